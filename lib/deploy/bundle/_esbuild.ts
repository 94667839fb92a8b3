/**
 * esbuild, started on first use and ended after the last. The only module that imports the package.
 *
 * In a compiled executable esbuild cannot start its own binary: the embedded file system is one that only
 * this process sees (measured: ENOENT). So the binary, which is embedded compressed (see tools/compile.ts),
 * is written once to a private folder under the user's cache, and its hash is checked before every use.
 */
import childProcess, { type ChildProcess, type SpawnOptions } from "node:child_process";
import { limits } from "../../limits/mod.ts";
import { once } from "node:events";
import { join } from "node:path";
import { InternalError, messageOf } from "../../errors/mod.ts";
import { makeTemporaryFolder } from "../../files/mod.ts";
import { scriptIdOf } from "../../identity/mod.ts";
import { readPacked } from "../../packed/mod.ts";
import { esbuildName } from "./_esbuild_name.ts";

/** The package, loaded. */
export type Esbuild = typeof import("npm:esbuild@0.28.2");
/** A message of esbuild. */
export type EsbuildMessage = import("npm:esbuild@0.28.2").Message;
/** A partial {@linkcode EsbuildMessage}, as a plugin makes it. */
export type EsbuildPartialMessage = import("npm:esbuild@0.28.2").PartialMessage;
/** A plugin for esbuild. */
export type EsbuildPlugin = import("npm:esbuild@0.28.2").Plugin;
/** esbuild's metadata on inputs and outputs. */
export type EsbuildMetafile = import("npm:esbuild@0.28.2").Metafile;

/** The binary for this platform, by the name under which the package looks it up. */
export const binaryName = `@esbuild/${platform()}/${
  Deno.build.os === "windows" ? "esbuild.exe" : "bin/esbuild"
}`;
/** What is packed in the executable: the binary, gzip-compressed, and its lower-case hex SHA-256. */
export const packedBinary = {
  gzip: `${esbuildName}-${platform()}.gz`,
  hash: `${esbuildName}-${platform()}.sha256`,
};

let loading: Promise<Esbuild> | undefined;
let userCount = 0;
/** Shared by all users; undefined while unused. */
let service: { readonly esbuild: Esbuild; readonly child: ChildProcess } | undefined;
/** A temporary binary, since no cache folder was writable. */
let temporaryFolder: string | undefined;

/**
 * Runs a body with esbuild. All concurrent bodies share one child process, which ends with the last of them, even if
 * that throws.
 *
 * @throws {InternalError} If the embedded binary cannot be found or written; it says what to do.
 */
export async function withEsbuild<Result>(
  body: (esbuild: Esbuild) => Promise<Result>,
): Promise<Result> {
  userCount++;
  try {
    loading ??= load();
    const esbuild = await loading.catch((cause) => {
      loading = undefined;
      throw cause;
    });
    service ??= { esbuild, child: start(esbuild) };
    return await body(esbuild);
  } finally {
    userCount--;
    if (userCount === 0 && service !== undefined) {
      const { esbuild, child } = service;
      service = undefined;
      await end(esbuild, child);
    }
  }
}

/**
 * Starts the child process. The package would hide it, but we must wait for its end, so `spawn` is replaced while the
 * package calls it. Synchronous, so that no other code sees the replacement.
 */
function start(esbuild: Esbuild): ChildProcess {
  const spawn = childProcess.spawn;
  let started: ChildProcess | undefined;
  childProcess.spawn = ((command: string, args: readonly string[], options: SpawnOptions) => {
    // It needs nothing of this environment, which may hold secrets; and the folder in which the package was loaded may
    // be gone.
    started = spawn(command, args, { ...options, cwd: undefined, env: systemEnvironment() });
    // Without a listener, a process that fails to start would crash ours.
    started.on("error", () => {});
    return started;
  }) as typeof spawn;
  try {
    esbuild.formatMessages([], { kind: "error" }).catch(() => {});
  } catch (cause) {
    throw new InternalError(
      "cannot start the bundler's process; run farcall where it may start one (with --allow-run)",
      { cause },
    );
  } finally {
    childProcess.spawn = spawn;
  }
  if (started === undefined) throw new InternalError("esbuild did not start its process");
  return started;
}

/** The minimal environment of a program. */
function systemEnvironment(): Record<string, string> {
  const root = Deno.build.os === "windows" ? Deno.env.get("SystemRoot") : undefined;
  return root === undefined ? {} : { SystemRoot: root };
}

async function end(esbuild: Esbuild, child: ChildProcess): Promise<void> {
  const isRunning = child.exitCode === null && child.signalCode === null;
  const signal = AbortSignal.timeout(limits.esbuildStopTimeoutMs);
  const exited = isRunning ? once(child, "exit", { signal }).catch(() => {}) : undefined;
  // The package unrefs its process; while we wait for it, it must keep ours alive.
  child.ref();
  await esbuild.stop();
  await exited;
}

async function load(): Promise<Esbuild> {
  if (!Deno.build.standalone) return await import("npm:esbuild@0.28.2");
  const before = Deno.env.get("ESBUILD_BINARY_PATH");
  Deno.env.set("ESBUILD_BINARY_PATH", await writeBinary());
  try {
    // The package reads the variable once, while it loads; no other code should see it. The package is CommonJS, so in
    // a bundle of farcall its exports are the default export.
    const loaded = await import("npm:esbuild@0.28.2") as unknown as { default: Esbuild };
    return loaded.default;
  } finally {
    if (before === undefined) Deno.env.delete("ESBUILD_BINARY_PATH");
    else Deno.env.set("ESBUILD_BINARY_PATH", before);
  }
}

function removeTemporaryFolder(): void {
  try {
    if (temporaryFolder !== undefined) Deno.removeSync(temporaryFolder, { recursive: true });
  } catch {
    // It is in the system's folder for temporary files.
  }
}

/** Puts the binary into a real file system. @returns Its path. */
async function writeBinary(): Promise<string> {
  const hash = new TextDecoder().decode(await readPacked(packedBinary.hash));
  const refusals: string[] = [];
  for (const cache of cacheFolders()) {
    const folder = join(cache, "farcall", `${esbuildName}-${platform()}`);
    try {
      return await writeInto(folder, hash);
    } catch (cause) {
      refusals.push(`${messageOf(cause)}: "${folder}"`);
    }
  }
  const found = await makeTemporaryFolder("farcall-esbuild-");
  refusals.push(...found.refusals);
  temporaryFolder = found.path;
  if (temporaryFolder !== undefined) {
    // The package keeps the path that it was loaded with, so the folder must exist as long as this process.
    globalThis.addEventListener("unload", removeTemporaryFolder, { once: true });
    try {
      return await writeInto(temporaryFolder, hash);
    } catch (cause) {
      refusals.push(`${messageOf(cause)}: "${temporaryFolder}"`);
    }
  }
  throw new InternalError(
    "cannot write the bundler to disk; set XDG_CACHE_HOME to a folder that can be written",
    { details: refusals },
  );
}

/** Writes the binary unless it is there unchanged; a running one is replaced, not overwritten. */
async function writeInto(folder: string, hash: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await checkPrivate(folder);
  const path = join(folder, Deno.build.os === "windows" ? "esbuild.exe" : "esbuild");
  if (await isThere(path, hash)) return path;
  const binary = await unpackBinary();
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeFile(temporary, binary, { createNew: true, mode: 0o700 });
    await Deno.chmod(temporary, 0o755);
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw cause;
  }
  return path;
}

async function unpackBinary(): Promise<Uint8Array<ArrayBuffer>> {
  const packed = await readPacked(packedBinary.gzip);
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** Refuses a folder in which others could swap the binary between the check and its start. */
async function checkPrivate(folder: string): Promise<void> {
  const { isDirectory, uid, mode } = await Deno.lstat(folder);
  if (!isDirectory) throw new Error("is not a folder");
  if (uid !== null && uid !== Deno.uid()) throw new Error("belongs to another user");
  if (mode !== null && (mode & 0o022) !== 0) await Deno.chmod(folder, 0o700);
}

async function isThere(path: string, hash: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.lstat(path);
    if (!isFile || (mode !== null && (mode & 0o111) === 0)) return false;
    return await scriptIdOf(await Deno.readFile(path)) === hash;
  } catch {
    return false;
  }
}

function platform(): string {
  const os = Deno.build.os === "windows" ? "win32" : Deno.build.os;
  const architecture = { x86_64: "x64", aarch64: "arm64" }[Deno.build.arch] ?? Deno.build.arch;
  return `${os}-${architecture}`;
}

function cacheFolders(): string[] {
  const folders: string[] = [];
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  const home = Deno.env.get("HOME");
  if (xdg !== undefined && xdg.startsWith("/")) folders.push(xdg);
  if (home !== undefined && home !== "") folders.push(join(home, ".cache"));
  return folders;
}
