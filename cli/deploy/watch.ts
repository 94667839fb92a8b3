/** `farcall init --watch`: deploys, and again on every save, until it is interrupted. */
import { type Configuration, loadConfiguration } from "../../lib/config/mod.ts";
import { filesOf, findInScripts, SourceWatch } from "../../lib/deploy/mod.ts";
import { printError, printNote } from "../output.ts";

/** Never returns by itself; mistakes and refusals are printed, and the next save is another attempt. */
export async function watch(
  file: string,
  deploy: (configuration: Configuration, reads: Set<string>) => Promise<unknown>,
): Promise<never> {
  using sources = new SourceWatch((folder, reason) =>
    printNote(`cannot watch ${folder}: ${reason}; save init.yaml after a change there`)
  );
  let isAnnounced = false;
  let known: Iterable<string> = [];
  while (true) {
    const sinceMs = Date.now();
    let configuration: Configuration | undefined;
    let isDone = false;
    const reads = new Set<string>();
    try {
      configuration = await loadConfiguration(file, { findInScripts });
      await deploy(configuration, reads);
      known = reads;
      isDone = true;
    } catch (error) {
      await printError(error);
      // Missing files may appear, and removed ones reappear.
      known = new Set([...known, ...reads]);
      configuration ??= await loadConfiguration(file, { scripts: "ignore" }).catch(() => undefined);
    }
    const files = filesOf(file, configuration, known);
    if (!isAnnounced) printNote(`watching ${files.size} files; Ctrl-C ends it`);
    isAnnounced = true;
    await sources.next({ files, isAnySource: !isDone, sinceMs });
  }
}
