import { ConnectionLost } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";
import type { Transport } from "../mod.ts";
import { WriteQueue } from "../write_queue.ts";

/** The keys of one end (AES-256-GCM), each used for its own direction and for one session. */
export interface SealingKeys {
  readonly send: CryptoKey;
  readonly receive: CryptoKey;
}

/**
 * An encrypted and authenticated connection over a relayed one. It is a series of records: a 4-byte length, a
 * ciphertext and its tag. The records' implicit numbers are their nonces, so a missing, repeated or reordered record
 * ends the connection. Its end is not authenticated: protocols on top know where their messages end.
 */
export class SealedTransport implements Transport {
  readonly remote: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string | undefined;
  readonly localPort: number | undefined;
  readonly carrier: Transport["carrier"];
  /** The key that the other end has proved at this level, if any. */
  readonly remoteKey: PublicKey | undefined;
  readonly #inner: Transport;
  readonly #keys: SealingKeys;
  #sentCount = 0;
  #receivedCount = 0;
  /** Decrypted but unread bytes. */
  #opened = new Uint8Array();
  readonly #writes = new WriteQueue((bytes) => this.#writeWhole(bytes));

  constructor(inner: Transport, keys: SealingKeys, remoteKey?: PublicKey) {
    this.#inner = inner;
    this.#keys = keys;
    this.remoteKey = remoteKey;
    ({ remote: this.remote, remoteHost: this.remoteHost, remotePort: this.remotePort } = inner);
    ({ localHost: this.localHost, localPort: this.localPort, carrier: this.carrier } = inner);
  }

  get receivedBytes(): number | undefined {
    return this.#inner.receivedBytes;
  }

  get sentBytes(): number | undefined {
    return this.#inner.sentBytes;
  }

  async read(target: Uint8Array): Promise<number | null> {
    while (this.#opened.length === 0) {
      const record = await this.#readRecord();
      if (record === undefined) return null;
      this.#opened = await this.#open(record);
    }
    const count = Math.min(this.#opened.length, target.length);
    target.set(this.#opened.subarray(0, count));
    this.#opened = this.#opened.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writes.write(bytes);
  }

  async closeWrite(): Promise<void> {
    await this.#writes.settled();
    await this.#inner.closeWrite();
  }

  close(): void {
    this.#inner.close();
    this.#opened = new Uint8Array();
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += recordBytesMax) {
      // A copy, because the memory may be shared.
      const piece = bytes.slice(start, start + recordBytesMax);
      const algorithm = { name: "AES-GCM", iv: nonceOf(this.#sentCount++) };
      const sealed = await crypto.subtle.encrypt(algorithm, this.#keys.send, piece);
      const record = new Uint8Array(headerBytes + sealed.byteLength);
      new DataView(record.buffer).setUint32(0, sealed.byteLength);
      record.set(new Uint8Array(sealed), headerBytes);
      await this.#inner.write(record);
    }
  }

  async #open(record: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const algorithm = { name: "AES-GCM", iv: nonceOf(this.#receivedCount++) };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.#keys.receive, record));
    } catch (cause) {
      throw this.#broken("was changed on its way through NATS", cause);
    }
  }

  /** @returns undefined at the end of the stream. @throws {ConnectionLost} If it ends inside a record. */
  async #readRecord(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const header = await this.#readBytes(headerBytes);
    if (header === undefined) return undefined;
    const length = new DataView(header.buffer).getUint32(0);
    if (length < tagBytes || length > recordBytesMax + tagBytes) {
      throw this.#broken(`has an invalid record of ${length} bytes`);
    }
    const record = await this.#readBytes(length);
    if (record === undefined) throw this.#broken("ended inside a record");
    return record;
  }

  /** Reads a number of bytes. @returns undefined if the stream ends before the first. */
  async #readBytes(count: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    // A claimed length alone must not allocate memory.
    let bytes = new Uint8Array(Math.min(count, firstBytes));
    for (let filled = 0; filled < count;) {
      if (filled === bytes.length) {
        const larger = new Uint8Array(Math.min(count, 2 * bytes.length));
        larger.set(bytes);
        bytes = larger;
      }
      const read = await this.#inner.read(bytes.subarray(filled));
      if (read === null) {
        if (filled === 0) return undefined;
        throw this.#broken("ended inside a record");
      }
      filled += read;
    }
    return bytes;
  }

  #broken(why: string, cause?: unknown): ConnectionLost {
    this.#inner.close();
    const { remote: node } = this;
    return new ConnectionLost(`what came from ${node} ${why}`, { node, cause });
  }
}

const headerBytes = 4;
const tagBytes = 16;
const firstBytes = 4 * 1024;

/** A record with its header fills one message of a session. */
const recordBytesMax = limits.nats.messageBytesMax - headerBytes - tagBytes;

/** 12 bytes, never used twice with a key. */
function nonceOf(count: number): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(count));
  return nonce;
}
