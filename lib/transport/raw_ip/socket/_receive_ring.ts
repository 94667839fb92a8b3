/** Receives many packets with one system call, into buffers shared by all sockets of this thread. */
import { c, errnos, lastErrno, openLibc } from "./_libc.ts";
import { addressOf, MessageHeaders, messagesMax } from "./_message_headers.ts";

/** The maximum length of an IPv4 packet, and of the UDP packets that the kernel joins. */
const slotBytes = 64 * 1024;

/** Room for IP_PKTINFO (32), UDP_GRO (24), and an extended error with its sender's address (48). */
const controlBytes = 128;
const controlHeaderBytes = 16;

/** A packet's control data. */
export interface ControlData {
  /** The destination address, if the kernel reported it. */
  localHost?: number;
  /** The length of the packets that the kernel joined into one. */
  segmentBytes?: number;
  /** The error of a packet that this socket sent, and whether this machine or another one reports it. */
  error?: { readonly errno: number; readonly isLocal: boolean };
}

/** The buffers of this thread. A packet's bytes are valid until the next call. */
class ReceiveRing {
  readonly #libc = openLibc();
  readonly #buffer = new Uint8Array(messagesMax * slotBytes);
  readonly headers = new MessageHeaders(controlBytes);

  constructor() {
    const bufferAt = addressOf(this.#buffer);
    for (let index = 0; index < messagesMax; index++) {
      this.headers.setBytes(index, { at: bufferAt + index * slotBytes, length: slotBytes });
    }
    this.headers.resetForReceiving(messagesMax);
  }

  /** @returns The number of packets, or a negative errno; 0 if none has arrived. */
  receive(fd: number, flags = 0): number {
    const count = this.#libc.recvmmsg(
      fd,
      this.headers.bytes,
      messagesMax,
      c.MSG_DONTWAIT | flags,
      null,
    );
    if (count >= 0) return count;
    const errno = lastErrno();
    return errno === errnos.EAGAIN || errno === errnos.EINTR ? 0 : -errno;
  }

  bytes(index: number): Uint8Array<ArrayBuffer> {
    const offset = index * slotBytes;
    return this.#buffer.subarray(offset, offset + this.headers.length(index));
  }

  controlData(index: number): ControlData {
    const { control } = this.headers;
    const data: ControlData = {};
    let offset = index * controlBytes;
    const end = offset + this.headers.controlLength(index);
    while (offset + controlHeaderBytes <= end) {
      const length = control.getUint32(offset, true);
      const level = control.getInt32(offset + 8, true);
      const type = control.getInt32(offset + 12, true);
      const at = offset + controlHeaderBytes;
      if (length < controlHeaderBytes) break;
      if (level === c.SOL_IP && type === c.IP_PKTINFO) data.localHost = control.getUint32(at + 8);
      else if (level === c.SOL_UDP && type === c.UDP_GRO) {
        data.segmentBytes = control.getInt32(at, true);
      } else if (level === c.SOL_IP && type === c.IP_RECVERR) {
        const originLocal = 1;
        const isLocal = control.getUint8(at + 4) === originLocal;
        data.error = { errno: control.getUint32(at, true), isLocal };
      }
      offset += Math.ceil(length / 8) * 8;
    }
    return data;
  }
}

let ring: ReceiveRing | undefined;

/** The ring of this thread. */
export function theReceiveRing(): ReceiveRing {
  return ring ??= new ReceiveRing();
}
