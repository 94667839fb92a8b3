/**
 * The payloads of many items in one buffer, each preceded by its length. An array for each would cost more than the
 * payloads.
 */
import { readUint32, writeUint32 } from "../../encoding/mod.ts";

const lengthBytes = 4;

/** Appends payloads. */
export class PackedItems {
  #buffer = new Uint8Array(256);
  #bytes = 0;

  /** What was appended so far; a view, valid until the next append. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#bytes);
  }

  /** Appends a copy of an item's payload. */
  add(payload: Uint8Array): void {
    const needed = this.#bytes + lengthBytes + payload.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    writeUint32(this.#buffer, this.#bytes, payload.length);
    this.#buffer.set(payload, this.#bytes + lengthBytes);
    this.#bytes = needed;
  }
}

/** The payloads in such a buffer, as views, in order. */
export function* itemsIn(packed: Uint8Array): Generator<Uint8Array, void> {
  for (let offset = 0; offset < packed.length;) {
    const start = offset + lengthBytes;
    offset = start + readUint32(packed, offset);
    yield packed.subarray(start, offset);
  }
}
