/**
 * Sends many packets with one system call; consecutive UDP packets of one size and destination as one message
 * (UDP_SEGMENT).
 */
import type { PacketBatch } from "../engine/mod.ts";
import { c, errnos, lastErrno, openLibc } from "./_libc.ts";
import { addressOf, MessageHeaders, messagesMax } from "./_message_headers.ts";

/** Room for IP_PKTINFO (32) and UDP_SEGMENT (24). */
const controlBytes = 56;

/** The maximum of every kernel that supports segments; newer ones allow 128 (measured: 40). */
const segmentsMax = 40;
const segmentedBytesMax = 65_000;

/** The result of sending a batch. */
export interface Sent {
  /** The first packet left because the kernel has no room; `batch.count` if none is. */
  readonly next: number;
  /** Packets that the kernel refused and that are lost, by errno. */
  readonly refused: readonly { readonly index: number; readonly errno: number }[];
}

const nothingRefused: Sent["refused"] = [];

/** Sends batches over the sockets of one thread. */
export class BatchSender {
  readonly #libc = openLibc();
  readonly #headers = new MessageHeaders(controlBytes);
  /** For each message, the index after its last packet. */
  readonly #ends = new Int32Array(messagesMax);

  /**
   * Sends as much of a batch as possible, from a packet on. Ignores the fragmentation flag: all packets have the same.
   *
   * @param isConnected Whether the socket is connected.
   */
  send(
    fd: number,
    batch: PacketBatch,
    { first, end, canSegment, isConnected }: {
      readonly first: number;
      readonly end: number;
      readonly canSegment: boolean;
      readonly isConnected: boolean;
    },
  ): Sent & { readonly canSegment: boolean } {
    let refused = nothingRefused;
    let triedTwice = -1;
    while (first < end) {
      const messages = this.#prepare(batch, { first, end, canSegment, isConnected });
      const flags = c.MSG_DONTWAIT | c.MSG_NOSIGNAL;
      const count = this.#libc.sendmmsg(fd, this.#headers.bytes, messages, flags);
      if (count > 0) {
        first = this.#ends[count - 1]!;
        continue;
      }
      const errno = lastErrno();
      if (errno === errnos.EAGAIN) break;
      if (errno === errnos.EINTR) continue;
      // The network card cannot send joined packets.
      if (errno === errnos.EIO && canSegment) {
        canSegment = false;
        continue;
      }
      // The error may belong to an earlier packet; then this one was not tried.
      if (triedTwice < first) {
        triedTwice = first;
        continue;
      }
      const lost = { index: first, errno };
      refused = [...refused, lost];
      first = this.#ends[0]!;
    }
    return { next: first, refused, canSegment };
  }

  /** Groups packets into messages. @returns Their number. */
  #prepare(
    batch: PacketBatch,
    { first, end, canSegment, isConnected }: {
      readonly first: number;
      readonly end: number;
      readonly canSegment: boolean;
      readonly isConnected: boolean;
    },
  ): number {
    const bytesAt = addressOf(batch.bytes as Uint8Array<ArrayBuffer>);
    let count = 0;
    for (let start = first; start < end && count < messagesMax; count++) {
      const behind = canSegment ? segmentsEnd(batch, start, end) : start + 1;
      const offset = batch.offsets[start]!;
      const length = batch.offsets[behind - 1]! + batch.lengths[behind - 1]! - offset;
      this.#headers.setBytes(count, { at: bytesAt + offset, length });
      const address = { host: batch.remoteAddresses[start]!, port: batch.remotePorts[start]! };
      this.#headers.setAddress(count, isConnected ? undefined : address);
      this.#setControl(count, {
        localHost: isConnected ? 0 : batch.localAddresses[start]!,
        segmentBytes: behind - start > 1 ? batch.lengths[start]! : 0,
      });
      this.#ends[count] = start = behind;
    }
    return count;
  }

  /** @param parts Each 0 if absent. */
  #setControl(
    index: number,
    { localHost, segmentBytes }: { readonly localHost: number; readonly segmentBytes: number },
  ): void {
    const { control } = this.#headers;
    const start = index * controlBytes;
    let offset = start;
    if (localHost !== 0) {
      setControlHeader(control, offset, { length: 28, level: c.SOL_IP, type: c.IP_PKTINFO });
      control.setInt32(offset + 16, 0, true);
      control.setUint32(offset + 20, localHost);
      control.setUint32(offset + 24, 0);
      offset += 32;
    }
    if (segmentBytes !== 0) {
      setControlHeader(control, offset, { length: 18, level: c.SOL_UDP, type: c.UDP_SEGMENT });
      control.setUint16(offset + 16, segmentBytes, true);
      offset += 24;
    }
    this.#headers.setControlLength(index, offset - start);
  }
}

function setControlHeader(
  control: DataView,
  offset: number,
  { length, level, type }: { length: number; level: number; type: number },
): void {
  control.setUint32(offset, length, true);
  control.setUint32(offset + 4, 0, true);
  control.setInt32(offset + 8, level, true);
  control.setInt32(offset + 12, type, true);
}

/**
 * The end of a run of packets that can go as one message: of one path and one size, except that the last may be
 * shorter.
 */
function segmentsEnd(batch: PacketBatch, start: number, endMax: number): number {
  const { offsets, lengths, remoteAddresses, remotePorts, localAddresses } = batch;
  const size = lengths[start]!;
  let bytes = size;
  let end = start + 1;
  while (end < endMax && end - start < segmentsMax) {
    const isContiguous = offsets[end] === offsets[end - 1]! + lengths[end - 1]!;
    if (!isContiguous || lengths[end]! > size || bytes + lengths[end]! > segmentedBytesMax) break;
    if (remoteAddresses[end] !== remoteAddresses[start]) break;
    if (remotePorts[end] !== remotePorts[start]) break;
    if (localAddresses[end] !== localAddresses[start]) break;
    bytes += lengths[end]!;
    end += 1;
    if (lengths[end - 1]! < size) break;
  }
  return end;
}
