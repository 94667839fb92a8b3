import { posix } from "node:path";
import type { FunctionChecker } from "../functions/check.ts";
import { nameOfModule } from "./_import_graph.ts";
import type { Sources } from "./sources.ts";

/**
 * Reads the functions of scripts that were bundled. Loaded late: a parser comes with it.
 *
 * @param shownFolder The folder of init.yaml as a person would write it.
 */
export async function functionChecker(
  sources: Sources,
  shownFolder: string,
): Promise<FunctionChecker> {
  const { FunctionChecker } = await import("../functions/check.ts");
  const { graph } = sources;
  return new FunctionChecker({
    textOf: (path) => sources.textOf(path),
    importedBy: (path, specifier) =>
      graph.importsOf(path).find((imported) =>
        graph.specifierOf(path, imported) === specifier && nameOfModule(imported) === undefined
      ),
    shown: (path) => posix.join(shownFolder, path),
  });
}
