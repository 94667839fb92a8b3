/** farcall's version. */
import { version } from "../../lib/protocol/mod.ts";
import { printLine } from "../output.ts";

/** One line. */
export const versionText = `farcall ${version} (deno ${Deno.version.deno})`;

/** Prints it. @returns The exit code. */
export function printVersion({ json }: { readonly json?: true }): number {
  const { deno, v8, typescript } = Deno.version;
  printLine(json ? JSON.stringify({ farcall: version, deno, v8, typescript }) : versionText);
  return 0;
}
