/**
 * Writes the generated parts of the documents from the program's own tables: `deno task docs`. Tests fail if they
 * differ.
 */
import { partsOfConfiguration, withGeneratedParts } from "../cli/usage/markdown.ts";

await generate("cli.md", withGeneratedParts);
await generate("init-yaml.md", (text) => withGeneratedParts(text, partsOfConfiguration()));

async function generate(name: string, change: (text: string) => string): Promise<void> {
  const path = new URL(`../docs/${name}`, import.meta.url);
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
}
