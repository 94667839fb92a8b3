import { posix } from "node:path";
import type { FunctionChecker } from "../functions/check.ts";
import { nameOfModule } from "./_import_graph.ts";
import type { Sources } from "./sources.ts";

/**
 * Checks the functions of bundled scripts. Loaded lazily, because it loads a parser.
 *
 * @param shownFolder The folder of init.yaml for messages.
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
