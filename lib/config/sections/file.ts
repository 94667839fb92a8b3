/** Reads the file itself, and checks that it exists, is readable, not too large, and UTF-8. */
import { join, relative, resolve } from "node:path";
import { type Diagnostic, InvalidConfiguration, messageOf } from "../../errors/mod.ts";
import { NotUtf8, readUtf8 } from "../../encoding/mod.ts";
import { quote } from "../yaml/nodes.ts";
import { nearestPath } from "./scripts.ts";

/**
 * Reads a text file of at most `bytesMax` bytes.
 *
 * @throws {InvalidConfiguration} It cannot be read, is too large, or is not UTF-8.
 */
export async function readFile(path: string, bytesMax: number): Promise<string> {
  const bytes = await readBytes(path, bytesMax);
  try {
    return readUtf8(bytes);
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    throw notUtf8(path, bytes, error);
  }
}

async function readBytes(path: string, bytesMax: number): Promise<Uint8Array> {
  const absolute = resolve(path);
  try {
    if ((await Deno.stat(absolute)).isDirectory) {
      const hint = `try ${join(path, "init.yaml")}`;
      throw refusal(path, { message: "is a folder, expected a file", hint });
    }
    // Counts while reading: a pipe declares no size.
    using file = await Deno.open(absolute);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk = new Uint8Array(64 * 1024);
      const count = await file.read(chunk);
      if (count === null) break;
      length += count;
      if (length > bytesMax) {
        const message = `is larger than ${bytesMax} bytes`;
        throw refusal(path, { message, hint: "check that this is the file you mean" });
      }
      chunks.push(chunk.subarray(0, count));
    }
    return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  } catch (error) {
    if (error instanceof InvalidConfiguration) throw error;
    throw await explainUnreadable(path, error);
  }
}

async function explainUnreadable(path: string, cause: unknown): Promise<InvalidConfiguration> {
  const absolute = resolve(path);
  if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
    const meant = await nearestPath(absolute);
    const shown = meant !== undefined && path !== absolute ? relative(Deno.cwd(), meant) : meant;
    const hint = shown === undefined
      ? "farcall new starts a project; or pass the path of another file"
      : `did you mean ${quote(shown)}? Else create it, or pass another path`;
    return refusal(path, { message: `does not exist (looked for ${absolute})`, hint, cause });
  }
  const hint = "check its permissions, or pass the path of another file";
  return refusal(path, { message: `cannot be read: ${messageOf(cause)}`, hint, cause });
}

function notUtf8(
  path: string,
  bytes: Uint8Array,
  { place: position }: NotUtf8,
): InvalidConfiguration {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe || bytes[0] === 0xfe && bytes[1] === 0xff;
  const hint = "save the file as UTF-8";
  if (wide) return refusal(path, { message: "is UTF-16, expected UTF-8", hint });
  return refusal(path, { message: "is not UTF-8 from here on", hint, position });
}

/** An error about the whole file, or everything from a position on. */
function refusal(
  path: string,
  told: {
    message: string;
    hint: string;
    cause?: unknown;
    position?: { line: number; column: number };
  },
): InvalidConfiguration {
  const { message, hint, cause, position } = told;
  const { line, column } = position ?? { line: 1, column: 1 };
  const mistake: Diagnostic = { file: path, line, column, message: `the file ${message}`, hint };
  const where = position === undefined ? path : `${path}:${line}:${column}`;
  const details = [`hint: ${hint}`];
  return new InvalidConfiguration(`${where} ${message}`, [mistake], { cause, details });
}
