/** `struct mmsghdr` (64 bytes), of which one system call takes many, and the buffers that it points to. */
import { socketAddressBytes } from "./ipv4.ts";

/** Maximum messages that one call sends or receives. */
export const messagesMax = 64;

const headerBytes = 64;
const headerWords = headerBytes / 4;
const word = {
  name: 0,
  nameLength: 2,
  vector: 4,
  vectorCount: 6,
  control: 8,
  controlLength: 10,
  flags: 12,
  length: 14,
};
const vectorBytes = 16;
const vectorWords = vectorBytes / 4;

/** Message headers, each with one buffer for its payload, one for an address, and one for control data. */
export class MessageHeaders {
  readonly bytes = new Uint8Array(messagesMax * headerBytes);
  /** All control data, {@linkcode controlBytes} per message. */
  readonly control: DataView<ArrayBuffer>;
  readonly controlBytes: number;
  readonly #words = new Uint32Array(this.bytes.buffer);
  readonly #vectors = new Uint32Array(messagesMax * vectorWords);
  readonly #names = new Uint8Array(messagesMax * socketAddressBytes);
  readonly #nameView = new DataView(this.#names.buffer);
  readonly #controlAll: Uint8Array<ArrayBuffer>;

  constructor(controlBytes: number) {
    this.controlBytes = controlBytes;
    this.#controlAll = new Uint8Array(messagesMax * controlBytes);
    this.control = new DataView(this.#controlAll.buffer);
    const namesAt = addressOf(this.#names);
    const controlAt = addressOf(this.#controlAll);
    const vectorsAt = addressOf(this.#vectors);
    for (let index = 0; index < messagesMax; index++) {
      const offset = index * headerWords;
      setPointer(this.#words, offset + word.name, namesAt + index * socketAddressBytes);
      setPointer(this.#words, offset + word.control, controlAt + index * controlBytes);
      setPointer(this.#words, offset + word.vector, vectorsAt + index * vectorBytes);
      this.#words[offset + word.vectorCount] = 1;
    }
  }

  /** The address of a message's payload, from {@linkcode addressOf}, and its length or capacity. */
  setBytes(index: number, { at, length }: { readonly at: number; readonly length: number }): void {
    setPointer(this.#vectors, index * vectorWords, at);
    this.#vectors[index * vectorWords + 2] = length;
  }

  /** The length of a received message. */
  length(index: number): number {
    return this.#words[index * headerWords + word.length]!;
  }

  host(index: number): number {
    return this.#nameView.getUint32(index * socketAddressBytes + 4);
  }

  port(index: number): number {
    return this.#nameView.getUint16(index * socketAddressBytes + 2);
  }

  /** The destination of a message; undefined if the socket is connected. */
  setAddress(
    index: number,
    address: { readonly host: number; readonly port: number } | undefined,
  ): void {
    this.#words[index * headerWords + word.nameLength] = address === undefined
      ? 0
      : socketAddressBytes;
    if (address === undefined) return;
    const offset = index * socketAddressBytes;
    const familyIpv4 = 2;
    this.#nameView.setUint16(offset, familyIpv4, true);
    this.#nameView.setUint16(offset + 2, address.port);
    this.#nameView.setUint32(offset + 4, address.host);
  }

  controlLength(index: number): number {
    return this.#words[index * headerWords + word.controlLength]!;
  }

  setControlLength(index: number, length: number): void {
    this.#words[index * headerWords + word.controlLength] = length;
  }

  /** Prepares messages to be received into: the kernel has overwritten their capacities. */
  resetForReceiving(count: number): void {
    for (let index = 0; index < count; index++) {
      const offset = index * headerWords;
      this.#words[offset + word.nameLength] = socketAddressBytes;
      this.#words[offset + word.controlLength] = this.controlBytes;
      this.#words[offset + word.flags] = 0;
    }
  }
}

/** The address of a buffer, valid as long as the buffer is referenced. */
export function addressOf(buffer: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
}

function setPointer(words: Uint32Array, index: number, address: number): void {
  words[index] = address % 2 ** 32;
  words[index + 1] = Math.floor(address / 2 ** 32);
}
