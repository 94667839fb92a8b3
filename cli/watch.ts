/** `farcall init --watch`: deploys, and again on every save, until it is interrupted. */
import { type Configuration, loadConfiguration } from "../lib/config/mod.ts";
import { filesOf, SourceWatch } from "../lib/deploy/mod.ts";
import { change, type InitCommandOptions } from "./init.ts";
import { printError, printNote } from "./output.ts";

/** Never returns by itself; mistakes and refusals are printed, and the next save is another attempt. */
export async function watch(file: string, options: InitCommandOptions): Promise<never> {
  using sources = new SourceWatch();
  let isAnnounced = false;
  let inputs: Iterable<string> = [];
  while (true) {
    const sinceMs = Date.now();
    let configuration: Configuration | undefined;
    let isDone = false;
    try {
      configuration = await loadConfiguration(file);
      const done = await change(configuration, options);
      inputs = done.inputs ?? inputs;
      isDone = true;
    } catch (error) {
      printError(error);
    }
    const files = filesOf(file, configuration, inputs);
    if (!isAnnounced) printNote(`watching ${files.size} files; Ctrl-C ends it`);
    isAnnounced = true;
    await sources.next({ files, isAnySource: !isDone, sinceMs });
  }
}
