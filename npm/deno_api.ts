/**
 * The part of Deno's API that callers use, implemented with Node's modules. `deno task npm` substitutes it for the name
 * `Deno` in the package's modules, where it is an ordinary constant: no program that imports the package sees it. Files
 * and processes are here, connections in `_sockets.ts`.
 */
import { closeSync, promises as files, writeSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { denoErrors, toDenoError } from "./_errors.ts";
import { connect, startTls } from "./_sockets.ts";

type Stat = Awaited<ReturnType<typeof files.stat>>;

/** Awaits a Node operation, and throws Deno's errors. */
async function asDeno<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw toDenoError(error);
  }
}

function infoOf(stat: Stat): Pick<Deno.FileInfo, "isFile" | "isDirectory" | "mode" | "uid"> {
  return {
    isFile: stat.isFile(),
    isDirectory: stat.isDirectory(),
    mode: process.platform === "win32" ? null : Number(stat.mode),
    uid: process.platform === "win32" ? null : Number(stat.uid),
  };
}

/** A file that is read sequentially. */
class ReadableFile implements Disposable {
  readonly #handle: files.FileHandle;

  constructor(handle: files.FileHandle) {
    this.#handle = handle;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const { bytesRead } = await asDeno(this.#handle.read(buffer, 0, buffer.length, null));
    return bytesRead === 0 ? null : bytesRead;
  }

  async stat(): Promise<ReturnType<typeof infoOf>> {
    return infoOf(await asDeno(this.#handle.stat()));
  }

  close(): void {
    // A handle that is merely dropped closes its descriptor with a warning.
    this.#handle.close().catch(() => {});
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A standard stream with synchronous writes. */
class StandardOutput {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  writeSync(bytes: Uint8Array): number {
    for (;;) {
      try {
        return writeSync(this.#descriptor, bytes);
      } catch (error) {
        // Node has made the pipe non-blocking; its reader needs a moment.
        if ((error as { code?: string }).code !== "EAGAIN") throw toDenoError(error);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }

  isTerminal(): boolean {
    return isatty(this.#descriptor);
  }
}

class StandardInput {
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #rest = new Uint8Array(0);

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      this.#chunks ??= process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      const { done, value } = await asDeno(this.#chunks.next());
      if (done) return null;
      this.#rest = new Uint8Array(value);
    }
    const count = Math.min(buffer.length, this.#rest.length);
    buffer.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  close(): void {
    closeSync(0);
  }

  isTerminal(): boolean {
    return isatty(0);
  }
}

/** The name under which the product's modules know it. */
const api = {
  args: process.argv.slice(2),
  build: { os: process.platform === "win32" ? "windows" : process.platform, standalone: false },
  connect,
  dlopen: (): never => {
    throw new Error(
      "raw IP and UDP call the system's C library, which Node.js cannot: use TCP, or Deno",
    );
  },
  cwd: (): string => process.cwd(),
  env: { get: (name: string): string | undefined => process.env[name] },
  errors: denoErrors,
  exit: (code?: number): never => process.exit(code),
  get noColor(): boolean {
    return (process.env.NO_COLOR ?? "") !== "";
  },
  lstat: async (path: string) => infoOf(await asDeno(files.lstat(path))),
  open: async (path: string) => new ReadableFile(await asDeno(files.open(path))),
  async *readDir(path: string): AsyncGenerator<Pick<Deno.DirEntry, "name" | "isFile">, void> {
    const folder = await asDeno(files.opendir(path));
    for await (const entry of folder) yield { name: entry.name, isFile: entry.isFile() };
  },
  permissions: { querySync: () => ({ state: "granted" }) },
  readTextFile: async (path: string) => await asDeno(files.readFile(path, "utf8")),
  stat: async (path: string) => infoOf(await asDeno(files.stat(path))),
  startTls,
  stderr: new StandardOutput(2),
  stdin: new StandardInput(),
  stdout: new StandardOutput(1),
  addSignalListener: (signal: NodeJS.Signals, listener: () => void): void => {
    process.on(signal, listener);
  },
  removeSignalListener: (signal: NodeJS.Signals, listener: () => void): void => {
    process.off(signal, listener);
  },
  uid: (): number | null => process.getuid?.() ?? null,
  unrefTimer: (timer: unknown): void => void (timer as { unref(): void }).unref(),
};

export { api as Deno };
