/** `farcall schema`: the JSON Schema of init.yaml, for editors. */
import { configurationSchema } from "../../lib/config/mod.ts";
import { writeText } from "../output.ts";

/** As saved to a file. */
export function schemaText(): string {
  return `${JSON.stringify(configurationSchema(), undefined, 2)}\n`;
}

/** Prints it. @returns The exit code. */
export function printSchema(): number {
  writeText(schemaText());
  return 0;
}
