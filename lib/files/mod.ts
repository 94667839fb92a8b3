/**
 * Temporary folders, durable writes, locks, and the program's own executable. This room must never know what they are
 * for.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
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
  { whyNot = () => Promise.resolve(undefined) }: {
    readonly whyNot?: (path: string) => Promise<string | undefined>;
  } = {},
): Promise<FoundFolder> {
  const refusals: string[] = [];
  for (const parent of parents()) {
    try {
      const path = await Deno.makeTempDir({ dir: parent, prefix });
      const why = await whyNot(path);
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
  if (cause instanceof Deno.errors.NotCapable) return "the runtime opens no files there";
  return messageOf(cause);
}

/** Below these, the runtime opens files only for a process that has all of its permissions. */
const systemFolders = ["/dev", "/proc", "/sys"];

/**
 * Why a process without all permissions, such as an executor, can open no files in a folder, as a text after "it";
 * undefined if it can.
 *
 * @param folder A path that need not exist.
 */
export async function whyClosed(folder: string): Promise<string | undefined> {
  const path = await realPath(resolve(folder));
  const system = systemFolders.find((each) => path === each || path.startsWith(`${each}/`));
  if (system === undefined) return undefined;
  return `lies in ${system}, where the runtime opens no files for executors`;
}

/** A path without the links in the part of it that exists. */
async function realPath(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  return await Deno.realPath(path).catch(async () => join(await realPath(parent), basename(path)));
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
