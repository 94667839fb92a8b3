/**
 * Temporary folders, durable writes, locks, and the program's own executable. This room must never know what they are
 * for.
 *
 * @module
 */
import { resolve } from "node:path";
import { messageOf } from "../errors/mod.ts";

/** The result of looking for a folder. */
export interface FoundFolder {
  /** The new private folder, which the caller removes; undefined if none could be made. */
  readonly path: string | undefined;
  /** Why and where none could be made, for messages: `there is no such folder: "/x"`. */
  readonly refusals: readonly string[];
}

/**
 * Makes a private folder in the system's folder for temporary files, or in another usual one if TMPDIR is missing, full
 * or not writable.
 *
 * @param options.whyNot Returns why a path is unsuitable, as a text after "it"; undefined if it is suitable.
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

/** Candidates, the system's own choice first. */
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

/** Linux appends this to the path of an executable that was moved or removed. */
const deletedMark = " (deleted)";

/**
 * The executable of this program, to start it again.
 *
 * @throws {Error} If it was replaced or removed, because the path may hold another program by now.
 */
export function ownExecutable(path = Deno.execPath()): string {
  if (!path.endsWith(deletedMark)) return path;
  throw new Error(
    `the executable ${path.slice(0, -deletedMark.length)} was replaced or removed while it ran; ` +
      "restart the node",
  );
}
