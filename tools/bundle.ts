/**
 * Writes dist/farcall.js, executor.js, granted_executor.js and helper.js, unless they are there and current: `deno task
 * bundle`. From them start farcall in this checkout (tools/farcall.ts) and the processes of its nodes; see
 * lib/files/built_file.ts.
 */
import { builtFileUrl, builtNames, currentFile } from "../lib/files/built_file.ts";

/** Writes the files that are not current. Where it cannot, it says why: everything starts without them, too. */
export async function updateBuiltFiles(): Promise<void> {
  const root = new URL("../", import.meta.url);
  const outdated = builtNames.filter((name) => currentFile(builtFileUrl(name), root) === undefined);
  if (outdated.length === 0) return;
  const { writeBuiltFile } = await import("./write_built_file.ts");
  const written = await Promise.allSettled(
    outdated.map((name) => writeBuiltFile(name, builtFileUrl(name))),
  );
  const failed = written.find((each) => each.status === "rejected");
  if (failed === undefined) return;
  const { printNote } = await import("../cli/output.ts");
  const { messageOf } = await import("../lib/errors/mod.ts");
  printNote(
    `cannot write dist/*.js, so farcall starts from its modules: ${messageOf(failed.reason)}`,
  );
}

if (import.meta.main) await updateBuiltFiles();
