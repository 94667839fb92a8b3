/**
 * The announcement of a desired state carries the store's entries that most nodes are about to read, so that a thousand
 * nodes need not request them one by one. Nodes check everything in it, a state by its signature and bytes by their
 * hash, and read missing or wrong entries from the store.
 */
import { scriptIdOf } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { blobIn, hashOfKey } from "./blobs.ts";
import type { EntrySource, StoredEntry } from "./link.ts";

/**
 * Encodes entries, each as the length of its key (2 bytes), the key, the length of its value (4 bytes) and the value.
 * Leaves out entries that no longer fit.
 */
export function encodeAnnouncement(entries: readonly StoredEntry[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const [name, value] of entries) {
    const key = encoder.encode(name);
    const entryLength = entryHeadBytes + key.length + value.length;
    if (length + entryLength > limits.fleet.announcementBytesMax) continue;
    const head = new DataView(new ArrayBuffer(entryHeadBytes));
    head.setUint16(0, key.length);
    head.setUint32(2, value.length);
    parts.push(new Uint8Array(head.buffer), key, value);
    length += entryLength;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Decodes entries; malformed bytes give none. Values are views. */
export function parseAnnouncement(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  if (bytes.length > limits.fleet.announcementBytesMax) return entries;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < entryHeadBytes) return new Map();
    const keyLength = view.getUint16(at);
    const valueLength = view.getUint32(at + 2);
    const keyAt = at + entryHeadBytes;
    const valueAt = keyAt + keyLength;
    at = valueAt + valueLength;
    if (at > bytes.length) return new Map();
    entries.set(decoder.decode(bytes.subarray(keyAt, valueAt)), bytes.subarray(valueAt, at));
  }
  return entries;
}

/** Reads entries from the announcement, else from the store. Ignores announced bytes with a wrong hash. */
export function announcedFirst(
  announced: ReadonlyMap<string, Uint8Array>,
  store: EntrySource,
): EntrySource {
  return {
    async get(key) {
      const value = announced.get(key);
      const hash = hashOfKey(key);
      const blob = value === undefined || hash === undefined ? undefined : blobIn(value);
      if (blob === undefined || await scriptIdOf(blob) !== hash) return await store.get(key);
      return { operation: "PUT", value: value! };
    },
  };
}

const entryHeadBytes = 6;
