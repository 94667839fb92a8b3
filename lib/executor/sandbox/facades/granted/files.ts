/**
 * File functions for scripts, each of which checks the real path. A script's arguments are read first, and once:
 * reading them may run the script's code, which could then name another path, or move a link.
 */
import { isFixed } from "./buffers.ts";
import { answered, answeredSync, plainCopy } from "./errors.ts";
import { entryAt, GrantedPaths, type OpenOptions } from "./granted_paths.ts";
import { URL } from "../url.ts";

const runtime = Deno;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const pieceBytes = 64 * 1024;

type Files = { readonly read: GrantedPaths; readonly write: GrantedPaths };

/** A path from a script: absolute, without `.` and `..`. */
function pathOf(given: unknown): string {
  const isUrl = given instanceof URL;
  if (isUrl && given.protocol !== "file:") throw new TypeError("a file's URL begins with file:");
  const text = isUrl ? decodeURIComponent(given.pathname) : String(given);
  if (!text.startsWith("/")) throw new TypeError(`a path begins with /, which "${text}" does not`);
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

async function bytesIn(file: Deno.FsFile): Promise<Uint8Array> {
  using _ = file;
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(pieceBytes);
    const length = await file.read(piece);
    if (length === null) return joined(pieces);
    pieces.push(piece.subarray(0, length));
  }
}

function bytesInSync(file: Deno.FsFile): Uint8Array {
  using _ = file;
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(pieceBytes);
    const length = file.readSync(piece);
    if (length === null) return joined(pieces);
    pieces.push(piece.subarray(0, length));
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function fill(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  using _ = file;
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

function fillSync(file: Deno.FsFile, bytes: Uint8Array): void {
  using _ = file;
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function openForWriting(files: Files, given: unknown, options: unknown): Deno.FsFile {
  const path = pathOf(given);
  const { append, create = true, createNew } = Object(options) as Record<string, unknown>;
  const mode = modeOf(options);
  const open: OpenOptions = {
    write: true,
    append: Boolean(append),
    create: Boolean(create),
    createNew: Boolean(createNew),
    ...mode,
  };
  const file = files.write.open(path, open);
  if (!append) file.truncateSync(0);
  if (mode.mode !== undefined) runtime.chmodSync(path, mode.mode);
  return file;
}

function modeOf(options: unknown): { mode?: number } {
  const { mode } = Object(options) as { mode?: unknown };
  return mode === undefined ? {} : { mode: Number(mode) };
}

function recursiveOf(options: unknown): { recursive: boolean } {
  const { recursive } = Object(options) as { recursive?: unknown };
  return { recursive: Boolean(recursive) };
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array && isFixed(data)) return data;
  throw new TypeError("only a Uint8Array over a buffer of fixed length can be written");
}

function readApi(files: Files): Record<string, (...args: never[]) => unknown> {
  const open = (path: unknown) => files.read.open(pathOf(path), { read: true });
  const entries = (given: unknown): unknown[] => {
    const path = pathOf(given);
    files.read.real(path);
    return [...runtime.readDirSync(path)].map(plainCopy);
  };
  return {
    stat: (given: unknown) => {
      const path = pathOf(given);
      files.read.real(path);
      return plainCopy(runtime.statSync(path));
    },
    lstat: (given: unknown) => {
      const path = pathOf(given);
      files.read.checkFolderOf(path);
      return plainCopy(runtime.lstatSync(path));
    },
    realPath: (path: unknown) => files.read.real(pathOf(path)),
    readLink: (given: unknown) => {
      const path = pathOf(given);
      files.read.checkFolderOf(path);
      return runtime.readLinkSync(path);
    },
    readDirSync: (path: unknown) => answeredSync(() => entries(path)[Symbol.iterator]()),
    readDir: async function* (path: unknown) {
      yield* await answered(() => entries(path));
    },
    readFile: (path: unknown) => answered(() => bytesIn(open(path))),
    readFileSync: (path: unknown) => answeredSync(() => bytesInSync(open(path))),
    readTextFile: (path: unknown) =>
      answered(async () => decoder.decode(await bytesIn(open(path)))),
    readTextFileSync: (path: unknown) =>
      answeredSync(() => decoder.decode(bytesInSync(open(path)))),
  };
}

function writeApi(files: Files): Record<string, (...args: never[]) => unknown> {
  const copying = (from: unknown, to: unknown): [Deno.FsFile, Deno.FsFile] => {
    const source = files.read.open(pathOf(from), { read: true });
    try {
      return [source, openForWriting(files, to, {})];
    } catch (error) {
      source.close();
      throw error;
    }
  };
  return {
    mkdir: (given: unknown, options?: unknown) => {
      const path = pathOf(given);
      const make = { ...recursiveOf(options), ...modeOf(options) };
      files.write.checkFolderOf(path);
      runtime.mkdirSync(path, make);
    },
    remove: (given: unknown, options?: unknown) => {
      const path = pathOf(given);
      const remove = recursiveOf(options);
      files.write.checkFolderOf(path);
      runtime.removeSync(path, remove);
    },
    rename: (from: unknown, to: unknown) => {
      const [source, target] = [pathOf(from), pathOf(to)];
      files.write.checkFolderOf(source);
      files.write.checkFolderOf(target);
      // Grants apply to real locations: a link must not replace a granted path.
      if (files.write.isRoot(target) && entryAt(source)?.isSymlink) {
        throw new TypeError(`"${source}" is a link: it cannot take the place of what was granted`);
      }
      runtime.renameSync(source, target);
    },
    truncate: (path: unknown, given: unknown = 0) => {
      const length = Number(given);
      using file = files.write.open(pathOf(path), { write: true });
      file.truncateSync(length);
    },
    copyFile: (from: unknown, to: unknown) =>
      answered(async () => {
        const [source, target] = copying(from, to);
        await fill(target, await bytesIn(source));
      }),
    copyFileSync: (from: unknown, to: unknown) =>
      answeredSync(() => {
        const [source, target] = copying(from, to);
        fillSync(target, bytesInSync(source));
      }),
    writeFile: (path: unknown, data: unknown, options?: unknown) =>
      answered(() => {
        const bytes = bytesOf(data);
        return fill(openForWriting(files, path, options), bytes);
      }),
    writeFileSync: (path: unknown, data: unknown, options?: unknown) =>
      answeredSync(() => {
        const bytes = bytesOf(data);
        fillSync(openForWriting(files, path, options), bytes);
      }),
    writeTextFile: (path: unknown, text: unknown, options?: unknown) =>
      answered(() => {
        const bytes = encoder.encode(String(text));
        return fill(openForWriting(files, path, options), bytes);
      }),
    writeTextFileSync: (path: unknown, text: unknown, options?: unknown) =>
      answeredSync(() => {
        const bytes = encoder.encode(String(text));
        fillSync(openForWriting(files, path, options), bytes);
      }),
  };
}

/** Functions without a counterpart of another name: one synchronous, one asynchronous. */
const plain = ["stat", "lstat", "realPath", "readLink", "mkdir", "remove", "rename", "truncate"];

/** The functions of `Deno` for granted files. */
export function filesApi(
  granted: { readonly read: readonly string[]; readonly write: readonly string[] },
): Record<string, unknown> {
  const files = {
    read: new GrantedPaths("read", granted.read),
    write: new GrantedPaths("write", granted.write),
  };
  const api = {
    ...granted.read.length > 0 ? readApi(files) : {},
    ...granted.write.length > 0 ? writeApi(files) : {},
  } as Record<string, (...args: unknown[]) => unknown>;
  for (const name of plain) {
    const run = api[name];
    if (run === undefined) continue;
    api[name] = (...args) => answered(() => run(...args));
    api[`${name}Sync`] = (...args) => answeredSync(() => run(...args));
  }
  return api;
}
