/** Streams in the shell: items from standard input or a file, items to standard output. */
import { codecOfText, type CompiledSignature } from "../../lib/types/mod.ts";
import { messageOf, whyUnreadable } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { readStandardInput } from "../standard_input.ts";
import { printLine, UsageError, writeBytes } from "../output.ts";

const chunkBytes = 64 * 1024;

/**
 * Opens the items of an argument: `-` is standard input, `@PATH` a file. Items of `bytes` are read as they come,
 * texts a line each, all else a line each as it would be written as an argument.
 */
export async function* openSource(name: string, type: string): AsyncGenerator<unknown, void> {
  using file = name === "-" ? undefined : await openFile(name.slice(1));
  const input: Read = file === undefined
    ? readStandardInput
    : (buffer) =>
      file.read(buffer).catch((cause) => Promise.reject(unreadable(name.slice(1), cause)));
  const itemType = type.slice("Stream[".length, -1);
  if (itemType === "bytes") yield* chunksOf(input);
  else if (itemType === "str") yield* linesOf(input);
  else {
    const item = codecOfText(itemType);
    let line = 0;
    for await (const text of linesOf(input)) {
      line += 1;
      if (text.trim() === "") continue;
      let value: unknown;
      try {
        value = item.fromText(text);
      } catch (error) {
        const where = name === "-" ? "standard input" : name.slice(1);
        throw new UsageError(`${where}, line ${line}: ${messageOf(error)}`);
      }
      yield value;
    }
  }
}

/** Prints items as they come: bytes and texts as they are, all else as JSON, a line each. */
export async function printItems(
  items: AsyncIterable<unknown>,
  signature: CompiledSignature,
  { json }: { readonly json?: true },
): Promise<void> {
  const itemType = signature.returns[0].slice("Stream[".length, -1);
  const item = codecOfText(itemType);
  for await (const value of items) {
    if (json) printLine(item.write(value, undefined));
    else if (itemType === "bytes") writeBytes(value as Uint8Array);
    else printLine(itemType === "str" ? value as string : item.write(value, undefined));
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    if ((await Deno.stat(path)).isDirectory) throw new Deno.errors.IsADirectory();
    return await Deno.open(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  return new UsageError(`cannot read "${path}": ${whyUnreadable(cause)}`, { cause });
}

/** Reads into a buffer. @returns How many bytes; null at the end. */
type Read = (buffer: Uint8Array) => Promise<number | null>;

async function* chunksOf(read: Read): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (;;) {
    const buffer = new Uint8Array(chunkBytes);
    const count = await read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

async function* linesOf(read: Read): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunksOf(read)) {
    // Only what is new is looked through: a long line comes in many chunks.
    const [end, ...lines] = decoder.decode(chunk, { stream: true }).split("\n");
    rest += end;
    if (rest.length > limits.messageBytesMax) {
      throw new UsageError("a line is longer than what one item may hold; send Stream[bytes]");
    }
    for (const line of lines) {
      yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      rest = line;
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
