/**
 * The protocol of file transfers between farcalls: JSON records prefixed by their length (32 bits, big-endian), with
 * the bytes of one file between two of them.
 *
 * receiver: hello → sender: offer → receiver: answer → sender: start, bytes, end → receiver: result. Either end may
 * send `wait` before its turn, while it reads existing data.
 */
import { MalformedMessage } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { isPublicKey, type PublicKey } from "../../identity/mod.ts";

/** An offered file. */
export interface Offer {
  /** The same for every attempt with the same file. */
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly sender: string;
  readonly channel: string;
  /** When it was sent; the same for all attempts. */
  readonly timestamp: string;
  readonly key: PublicKey | undefined;
  readonly signature: string | undefined;
}

/** A receiver's reply to an offer: what it already has of the file, or why it refuses. */
export type Answer =
  | { readonly have: number; readonly sha256: string }
  | { readonly refused: string };

/** A receiver's final result. */
export type Result = { readonly name: string } | { readonly failed: string };

type Fields = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The signed statement that proves a key; worthless to another receiver, at another time, or for another file. */
export function offerStatement(
  challenge: string,
  { to, offer, key }: { to: string; offer: Offer; key: PublicKey },
): Uint8Array<ArrayBuffer> {
  const { id, name, bytes, sender, channel, timestamp } = offer;
  const parts = ["farcall-file-1", challenge, to, id, name, bytes, sender, channel, timestamp, key];
  return encoder.encode(JSON.stringify(parts)) as Uint8Array<ArrayBuffer>;
}

/** Reads and writes records, and the bytes between them, on a connection with an idle timeout. */
export class RecordLink {
  readonly transport: Transport;
  readonly #buffer = new Uint8Array(limits.peer.fileBlockBytes);
  #start = 0;
  #end = 0;
  #lastMs = performance.now();
  readonly #watch: ReturnType<typeof setInterval>;
  #isSilent = false;

  constructor(transport: Transport) {
    this.transport = transport;
    const { transferSilenceMs } = limits.peer;
    this.#watch = setInterval(() => {
      if (performance.now() - this.#lastMs < transferSilenceMs) return;
      this.#isSilent = true;
      this.close();
    }, transferSilenceMs / 4);
  }

  /** Whether it was closed because it was idle for too long. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  async write(record: Fields): Promise<void> {
    const json = encoder.encode(JSON.stringify(record));
    const bytes = new Uint8Array(4 + json.length);
    new DataView(bytes.buffer).setUint32(0, json.length);
    bytes.set(json, 4);
    await this.writeBytes(bytes);
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    await this.transport.write(bytes);
    this.#lastMs = performance.now();
  }

  /** The next record other than `wait`. @throws {MalformedMessage} If the input is not a record. */
  async read(): Promise<Fields> {
    for (;;) {
      const head = await this.#readWhole(4);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
      if (length > limits.peer.transferRecordBytesMax) {
        throw new MalformedMessage(`a record of ${length} bytes is too long`);
      }
      const record = parseRecord(await this.#readWhole(length));
      if (record.wait !== true) return record;
      // Reading what has arrived does not yield: others have their turn before more of them.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** Bytes of the file, at most `bytesMax`; valid until the next call. @throws If the connection ends. */
  async readBytes(bytesMax: number): Promise<Uint8Array> {
    if (this.#start === this.#end) await this.#fill();
    const bytes = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + bytesMax));
    this.#start += bytes.length;
    return bytes;
  }

  /** Drains the connection for a while before closing: closing it with unread input may lose the last bytes written. */
  async drain(): Promise<void> {
    const timer = setTimeout(() => this.close(), limits.peer.transferLingerMs);
    try {
      for (;;) await this.readBytes(this.#buffer.length);
    } catch {
      // The other end has closed it.
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes it at once: the port must not stay in use until the other end has sent all of its file. */
  reset(): void {
    this.transport.reset?.();
    this.close();
  }

  close(): void {
    clearInterval(this.#watch);
    this.transport.close();
  }

  async #readWhole(length: number): Promise<Uint8Array> {
    const whole = new Uint8Array(length);
    for (let read = 0; read < length;) {
      const bytes = await this.readBytes(length - read);
      whole.set(bytes, read);
      read += bytes.length;
    }
    return whole;
  }

  async #fill(): Promise<void> {
    const count = await this.transport.read(this.#buffer);
    if (count === null) throw new Error("the connection ended");
    this.#lastMs = performance.now();
    this.#start = 0;
    this.#end = count;
  }
}

function parseRecord(bytes: Uint8Array): Fields {
  try {
    const record: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof record === "object" && record !== null && !Array.isArray(record)) {
      return record as Fields;
    }
  } catch {
    // Reported below.
  }
  throw new MalformedMessage("a record is not a JSON object");
}

/** @throws {MalformedMessage} If it is not a hello of this version. */
export function readHello(record: Fields): { challenge: string } {
  if (record.farcallFiles !== 1) {
    throw new MalformedMessage("the other end speaks another version of file transfers");
  }
  return { challenge: text(record, "challenge") };
}

/** @throws {MalformedMessage} If it is not an offer. */
export function readOffer(record: Fields): Offer {
  const { key, signature } = record;
  if (key !== undefined && !isPublicKey(key)) throw new MalformedMessage("key is not a public key");
  const id = text(record, "id");
  if (!/^[0-9a-f]{64}$/.test(id)) throw new MalformedMessage("id is not 64 hexadecimal digits");
  return {
    id,
    name: text(record, "name", 4096),
    bytes: count(record, "bytes"),
    sender: text(record, "sender"),
    channel: text(record, "channel"),
    timestamp: text(record, "timestamp"),
    key,
    signature: signature === undefined ? undefined : text(record, "signature"),
  };
}

/** @throws {MalformedMessage} If it is not an answer. */
export function readAnswer(record: Fields): Answer {
  if (record.refused !== undefined) return { refused: text(record, "refused", 1024) };
  return { have: count(record, "have"), sha256: text(record, "sha256") };
}

/** @throws {MalformedMessage} If it is not a result. */
export function readResult(record: Fields): Result {
  if (record.failed !== undefined) return { failed: text(record, "failed", 1024) };
  return { name: text(record, "name", 4096) };
}

/** A text field of a record. */
export function text(
  record: Fields,
  field: string,
  lengthMax: number = limits.peer.nameLengthMax,
): string {
  const value = record[field];
  if (typeof value === "string" && value.length <= lengthMax) return value;
  throw new MalformedMessage(`${field} is not a text of at most ${lengthMax} characters`);
}

/** An integer field of a record. */
export function count(record: Fields, field: string): number {
  const value = record[field];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedMessage(`${field} is not a whole number`);
}
