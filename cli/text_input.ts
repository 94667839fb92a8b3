/** A command's inputs: standard input and files, as bytes or as valid UTF-8. */
import { NotUtf8, readUtf8, utf16Message, Utf8Reader } from "../lib/encoding/mod.ts";
import { whyUnreadable } from "../lib/errors/mod.ts";
import { UsageError } from "./output.ts";

/** Reads into a buffer. @returns The number of bytes; null at the end. @throws {UsageError} If it cannot be read. */
export type Read = (buffer: Uint8Array) => Promise<number | null>;

/** An input. */
export interface Input extends Disposable {
  /** For messages: `standard input`, or the path in quotes. */
  readonly name: string;
  readonly read: Read;
}

const chunkBytes = 64 * 1024;

/** Opens an input: `-` is standard input, `@PATH` a file. @throws {UsageError} If it cannot be read. */
export async function openInput(named: string): Promise<Input> {
  if (named === "-") return standardInput;
  const path = named.slice(1);
  const unreadable = (cause: unknown): UsageError =>
    new UsageError(`cannot read "${path}": ${whyUnreadable(cause)}`, { cause });
  let file: Deno.FsFile;
  try {
    if ((await Deno.stat(path)).isDirectory) throw new Deno.errors.IsADirectory();
    file = await Deno.open(path);
  } catch (cause) {
    throw unreadable(cause);
  }
  return {
    name: `"${path}"`,
    read: (buffer) => file.read(buffer).catch((cause) => Promise.reject(unreadable(cause))),
    [Symbol.dispose]: () => file.close(),
  };
}

/** Standard input. */
export const standardInput: Input = {
  name: "standard input",
  async read(buffer) {
    try {
      return await Deno.stdin.read(buffer);
    } catch (cause) {
      throw new UsageError(`cannot read standard input: ${whyUnreadable(cause)}`, { cause });
    }
  },
  [Symbol.dispose]: () => {},
};

/** The bytes of an input as they arrive. */
export async function* chunksOf({ read }: Input): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (;;) {
    const buffer = new Uint8Array(chunkBytes);
    const count = await read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

/**
 * All bytes of an input.
 *
 * @throws {UsageError} If it cannot be read, or has more than `bytesMax`.
 */
export async function allOf(input: Input, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunksOf(input)) {
    length += chunk.length;
    if (length > bytesMax) {
      throw new UsageError(`${input.name} has more than ${bytesMax} bytes, which is the most here`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The text of bytes, without a byte order mark. @throws {UsageError} If they are not UTF-8. */
export function textOf(bytes: Uint8Array, { name }: Pick<Input, "name">): string {
  try {
    return readUtf8(bytes);
  } catch (error) {
    const [first, second] = bytes;
    const isUtf16 = first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
    if (isUtf16) throw new UsageError(`${name}: ${utf16Message}`, { cause: error });
    throw notText(error, name);
  }
}

/**
 * The lines of an input as they arrive, without line ends.
 *
 * @throws {UsageError} If it is not UTF-8, or a line is longer than `lengthMax` characters.
 */
export async function* linesOf(input: Input, lengthMax: number): AsyncGenerator<string, void> {
  const reader = new Utf8Reader();
  const decode = (read: () => string): string => {
    try {
      return read();
    } catch (error) {
      throw notText(error, input.name);
    }
  };
  let rest = "";
  for await (const chunk of chunksOf(input)) {
    // Scan only new data: a long line arrives in many chunks.
    const [end, ...lines] = decode(() => reader.read(chunk)).split("\n");
    rest += end;
    if (rest.length > lengthMax) {
      throw new UsageError("a line is longer than one item may be; send Stream[bytes]");
    }
    for (const line of lines) {
      yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      rest = line;
    }
  }
  rest += decode(() => reader.end());
  if (rest !== "") yield rest;
}

/** Explains input that is not UTF-8; other errors pass unchanged. */
function notText(error: unknown, name: string): unknown {
  if (!(error instanceof NotUtf8)) return error;
  return new UsageError(
    `${name} ${error.message}; convert it (iconv -f LATIN1 -t UTF-8), or send it as bytes`,
    { cause: error },
  );
}
