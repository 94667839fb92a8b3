/** Content-addressed blobs in the store: scripts and contents of desired states; large ones in parts. */
import { DeployRejected } from "../errors/mod.ts";
import { scriptIdOf } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { KvBucket } from "../transport/nats/mod.ts";
import type { EntrySource, StoredEntry } from "./link.ts";

/** Stores a blob, unless it exists. @returns The written entries. */
export async function putBlob(
  bucket: KvBucket,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<StoredEntry[]> {
  const hash = await scriptIdOf(bytes);
  const written: StoredEntry[] = [];
  if (await hasBlob(bucket, hash)) return written;
  const { blobPartBytes } = limits.fleet;
  const count = Math.max(1, Math.ceil(bytes.length / blobPartBytes));
  // The first part holds the number of parts and is written last, so a blob that has it is complete.
  for (let part = count - 1; part >= 0; part--) {
    const piece = bytes.subarray(part * blobPartBytes, (part + 1) * blobPartBytes);
    const value = new Uint8Array(4 + piece.length);
    new DataView(value.buffer).setUint32(0, count);
    value.set(piece, 4);
    await bucket.put(keyOf(hash, part), value);
    written.push([keyOf(hash, part), value]);
  }
  return written;
}

/**
 * Rewrites an existing blob to make it new: old unreferenced blobs are removed.
 *
 * @returns Whether it exists.
 */
export async function renewBlob(bucket: KvBucket, hash: string): Promise<boolean> {
  if (!await hasBlob(bucket, hash)) return false;
  const { count } = await partOf(bucket, hash, 0);
  for (let part = count - 1; part >= 0; part--) {
    const entry = await bucket.get(keyOf(hash, part));
    if (entry?.operation !== "PUT") return false;
    await bucket.put(keyOf(hash, part), entry.value);
  }
  return true;
}

/** The bytes of a blob in a single entry; undefined for a part, or none. */
export function blobIn(value: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (value.length < 4) return undefined;
  const isWhole = new DataView(value.buffer, value.byteOffset, 4).getUint32(0) === 1;
  return isWhole ? value.slice(4) : undefined;
}

/** Whether the blob exists with all of its parts. */
export async function hasBlob(bucket: KvBucket, hash: string): Promise<boolean> {
  const first = await bucket.get(keyOf(hash, 0));
  if (first?.operation !== "PUT" || first.value.length < 4) return false;
  const { value } = first;
  const count = new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
  if (count > partsMax) return false;
  for (let part = 1; part < count; part++) {
    if ((await bucket.get(keyOf(hash, part)))?.operation !== "PUT") return false;
  }
  return true;
}

/** Reads a blob. @throws {DeployRejected} If it is missing or has a wrong hash. */
export async function readBlob(
  bucket: EntrySource,
  { hash, bytesMax }: { readonly hash: string; readonly bytesMax: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const first = await partOf(bucket, hash, 0);
  const parts = [first.piece];
  if (first.count > Math.ceil(bytesMax / limits.fleet.blobPartBytes) + 1) {
    throw new DeployRejected(`the blob ${hash} in NATS is larger than ${bytesMax} bytes`);
  }
  for (let part = 1; part < first.count; part++) {
    parts.push((await partOf(bucket, hash, part)).piece);
  }
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  if (bytes.length <= bytesMax && await scriptIdOf(bytes) === hash) return bytes;
  throw new DeployRejected(`the blob ${hash} in NATS is not what was stored`);
}

async function partOf(
  bucket: EntrySource,
  hash: string,
  part: number,
): Promise<{ count: number; piece: Uint8Array }> {
  const entry = await bucket.get(keyOf(hash, part));
  if (entry?.operation !== "PUT" || entry.value.length < 4) {
    throw new DeployRejected(`part ${part + 1} of ${hash} is not in NATS; run init again`);
  }
  const { value } = entry;
  const count = new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
  return { count, piece: value.subarray(4) };
}

/** The hash of the blob whose first part has this key; undefined for any other key. */
export function hashOfKey(key: string): string | undefined {
  const hash = key.split(".")[1];
  return hash !== undefined && key === keyOf(hash, 0) ? hash : undefined;
}

/** The most parts of any blob. */
const partsMax = Math.ceil(limits.fleet.contentBytesMax / limits.fleet.blobPartBytes);

function keyOf(hash: string, part: number): string {
  return `blob.${hash}.${part}`;
}
