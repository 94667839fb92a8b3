/** Arguments given by source: `-` for standard input, `@PATH` for a file. */
import { NotUtf8, readUtf8, toBase64 } from "../../encoding/mod.ts";
import { InvalidArguments } from "../../errors/mod.ts";
import { isSourceName } from "../../types/mod.ts";
import type { ReadSource } from "./call_request.ts";
import type { CallableOverload } from "./catalog.ts";

/** Whether one of these texts names a source. */
export function nameSources(texts: readonly unknown[]): boolean {
  return texts.some((text) => isSourceName(text as string));
}

/**
 * Reads the named sources of arguments in the string form: bytes for a `bytes`, text for everything else. `@@` begins a
 * literal text with an `@`. The name of a stream stays, since its items are read as they are sent.
 *
 * @param overloads The candidates: they say which argument is a stream, and which is bytes.
 * @throws {InvalidArguments} If a text is not UTF-8.
 */
export async function readNamedArguments(
  texts: readonly unknown[],
  overloads: readonly CallableOverload[],
  { readSource, types: named }: {
    readonly readSource: ReadSource;
    /** The argument types, if the caller names them. */
    readonly types?: readonly string[];
  },
): Promise<readonly unknown[]> {
  const asked = named && keyOf(named);
  const meant = overloads.filter(({ signature }) =>
    asked === undefined || keyOf(signature.args) === asked
  );
  const read: unknown[] = [];
  for (const [index, text] of (texts as readonly string[]).entries()) {
    const types = typesAt(meant, { index, count: texts.length });
    const isStream = types.some((type) => type.startsWith("Stream["));
    if (!isSourceName(text) || types.length === 0 || isStream) read.push(text);
    else if (text.startsWith("@@")) read.push(text.slice(1));
    else read.push(textOf(await readSource(text), { named: text, index, types }));
  }
  return read;
}

/** Equal for equal types, regardless of spacing. */
function keyOf(types: readonly string[]): string {
  return types.join(",").replaceAll(" ", "");
}

/** The possible types of an argument. */
function typesAt(
  overloads: readonly CallableOverload[],
  { index, count }: { readonly index: number; readonly count: number },
): string[] {
  return overloads
    .filter(({ signature }) => signature.args.length >= count)
    .map(({ signature }) => signature.args[index]!);
}

function textOf(
  bytes: Uint8Array,
  { named, index, types }: {
    readonly named: string;
    readonly index: number;
    readonly types: readonly string[];
  },
): string {
  const isBytes = (type: string): boolean => type === "bytes" || type === "Optional[bytes]";
  if (types.every(isBytes)) return toBase64(bytes);
  try {
    return readUtf8(bytes, { keepsMark: true });
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    if (types.some(isBytes)) return toBase64(bytes);
    const what = named === "-" ? "standard input" : `"${named.slice(1)}"`;
    throw new InvalidArguments(
      `argument ${index + 1}: ${what} ${error.message}; ` +
        `convert it to UTF-8, or send it to an argument of type bytes`,
      { cause: error },
    );
  }
}
