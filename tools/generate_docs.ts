/**
 * Writes the generated parts of the documents from the program's own tables: `deno task docs`. The tests fail while
 * they differ.
 */
import { withGeneratedParts } from "../cli/usage/markdown.ts";

const path = new URL("../docs/cli.md", import.meta.url);
await Deno.writeTextFile(path, withGeneratedParts(await Deno.readTextFile(path)));
