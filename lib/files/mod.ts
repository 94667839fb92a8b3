/**
 * Folders for temporary files, on any path where they are possible, and the program's own file. This room must never know
 * what they are for.
 *
 * @module
 */
import { resolve } from "node:path";
import { messageOf } from "../errors/mod.ts";

/** What came of looking for a folder. */
export interface FoundFolder {
  /** A new folder of one's own, which its maker removes; undefined where none could be made. */
  readonly path: string | undefined;
  /** Why none could be made, and where, for a person: `there is no such folder: "/x"`. */
  readonly refusals: readonly string[];
}

/**
 * Makes a private folder in the system's folder for temporary files, or else in one that most systems have: a
 * TMPDIR that is missing, full or not to be written is no reason not to work.
 *
 * @param options.whyNot Why a path will not do, after "it"; undefined where it will.
 */
export async function makeTemporaryFolder(
  prefix: string,
  { whyNot = () => undefined }: { readonly whyNot?: (path: string) => string | undefined } = {},
): Promise<FoundFolder> {
  const refusals: string[] = [];
  for (const parent of parents()) {
    try {
      const path = await Deno.makeTempDir({ dir: parent, prefix });
      const why = whyNot(path);
      if (why === undefined) return { path, refusals };
      await Deno.remove(path);
      refusals.push(`${why}: "${parent}"`);
    } catch (cause) {
      refusals.push(`${whyNone(cause)}: "${parent}"`);
    }
  }
  return { path: undefined, refusals };
}

/** Where to look, the system's own choice first. */
function parents(): Iterable<string | undefined> {
  if (Deno.build.os === "windows") return [undefined];
  const wanted = ["TMPDIR", "XDG_RUNTIME_DIR"].map((name) => Deno.env.get(name));
  const folders = [wanted[0] || "/tmp", wanted[1] || "/tmp", "/tmp", "/var/tmp", "/dev/shm"];
  return new Set(folders.map((folder) => resolve(folder)));
}

function whyNone(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is no such folder";
  if (cause instanceof Deno.errors.NotADirectory) return "it is not a folder";
  if (cause instanceof Deno.errors.PermissionDenied) return "it is not writable";
  return messageOf(cause);
}

/** What Linux appends to the path of an executable that has that name no longer. */
const deletedMark = " (deleted)";

/**
 * The file of this program, to start it again.
 *
 * @throws {Error} If it was replaced or removed: another program may lie there by now.
 */
export function ownExecutable(path = Deno.execPath()): string {
  if (!path.endsWith(deletedMark)) return path;
  throw new Error(
    `the executable ${path.slice(0, -deletedMark.length)} was replaced or removed while it ran; ` +
      "restart the node",
  );
}
