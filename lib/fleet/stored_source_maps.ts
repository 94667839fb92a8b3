/**
 * Source maps of scripts in the store, for stacks in the logs of nodes that fetch scripts there. Each is signed by the
 * key that deployed it. They are optional: a node ignores missing or badly signed ones.
 */
import { isObject } from "../encoding/mod.ts";
import {
  isPublicKey,
  isSignedBy,
  type PublicKey,
  scriptIdOf,
  type SigningKey,
} from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { EntrySource } from "./link.ts";
import { readJson } from "./signed_state.ts";

/** The script of a source map. */
export interface ScriptSourceMap {
  readonly fleet: string;
  /** The script's id. */
  readonly script: string;
}

/** The store's key of a script's source map. */
export function sourceMapKeyOf(script: string): string {
  return `places.${script}`;
}

/**
 * The stored form: a line of JSON with key and signature, then the gzip-compressed source map.
 *
 * @returns undefined if it exceeds the size of a value.
 */
export async function encodeSourceMap(
  key: SigningKey,
  { fleet, script, sourceMap }: ScriptSourceMap & { readonly sourceMap: Uint8Array<ArrayBuffer> },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { publicKey } = key;
  const statement = await statementOf({ fleet, script, sourceMap, key: publicKey });
  const head = JSON.stringify({ key: publicKey, signature: await key.sign(statement) });
  const packing = new Blob([sourceMap]).stream().pipeThrough(new CompressionStream("gzip"));
  const whole = new Blob([`${head}\n`, await new Response(packing).arrayBuffer()]);
  if (whole.size > limits.fleet.blobPartBytes) return undefined;
  return new Uint8Array(await whole.arrayBuffer());
}

/** Reads the source map of a script; undefined if none is signed by a deploy key. */
export async function readSourceMap(
  entries: EntrySource,
  { fleet, script, isDeployKey }: ScriptSourceMap & { isDeployKey(key: PublicKey): boolean },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const entry = await entries.get(sourceMapKeyOf(script));
  if (entry?.operation !== "PUT") return undefined;
  const end = entry.value.indexOf(newline);
  const head = readJson(entry.value.subarray(0, Math.max(0, end)));
  if (!isObject(head) || !isPublicKey(head.key) || typeof head.signature !== "string") {
    return undefined;
  }
  const { key, signature } = head;
  if (!isDeployKey(key)) return undefined;
  const sourceMap = await unpack(entry.value.slice(end + 1), limits.sourceMapBytesMax);
  if (sourceMap === undefined) return undefined;
  const statement = await statementOf({ fleet, script, sourceMap, key });
  return await isSignedBy(key, signature, statement) ? sourceMap : undefined;
}

/** Decompresses up to a number of bytes; undefined on failure. */
async function unpack(
  packed: Uint8Array<ArrayBuffer>,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    for await (const part of stream) {
      length += part.length;
      if (length > bytesMax) return undefined;
      parts.push(part as Uint8Array<ArrayBuffer>);
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function statementOf(
  { fleet, script, sourceMap, key }: ScriptSourceMap & {
    readonly sourceMap: Uint8Array<ArrayBuffer>;
    readonly key: PublicKey;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const fields = [fleet, script, await scriptIdOf(sourceMap), key];
  return new TextEncoder().encode(
    `farcall fleet places 1\n${JSON.stringify(fields)}`,
  ) as Uint8Array<ArrayBuffer>;
}

const newline = 10;
