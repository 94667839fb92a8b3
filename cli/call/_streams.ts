/** Streams in the shell: items from standard input or a file, items to standard output. */
import { codecOfText, type CompiledSignature } from "../../lib/types/mod.ts";
import { messageOf } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { printLine, UsageError, writeBytes } from "../output.ts";
import { chunksOf, linesOf, openInput } from "../text_input.ts";

/**
 * Opens the items of an argument: `-` is standard input, `@PATH` a file. `bytes` are read in chunks as they arrive,
 * texts line by line, other values line by line in the form of an argument.
 */
export async function* openSource(name: string, type: string): AsyncGenerator<unknown, void> {
  using input = await openInput(name);
  const itemType = type.slice("Stream[".length, -1);
  if (itemType === "bytes") return yield* chunksOf(input);
  const lines = linesOf(input, limits.messageBytesMax);
  if (itemType === "str") return yield* lines;
  const item = codecOfText(itemType);
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = item.fromText(text);
    } catch (error) {
      throw new UsageError(`${input.name}, line ${line}: ${messageOf(error)}`);
    }
    yield value;
  }
}

/** Prints items as they arrive: bytes and texts unchanged, other values as JSON, one per line. */
export async function printItems(
  items: AsyncIterable<unknown>,
  signature: CompiledSignature,
  { json }: { readonly json?: true },
): Promise<void> {
  const itemType = signature.returns[0]!.slice("Stream[".length, -1);
  const item = codecOfText(itemType);
  for await (const value of items) {
    if (json) printLine(item.write(value, undefined));
    else if (itemType === "bytes") writeBytes(value as Uint8Array);
    else printLine(itemType === "str" ? value as string : item.write(value, undefined));
  }
}
