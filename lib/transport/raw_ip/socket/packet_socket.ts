/** Sockets for raw IPv4 and UDP packets, many per system call in both directions. Linux only. */
import { limits } from "../../../limits/mod.ts";
import { type PacketBatch, packetBatch } from "../engine/mod.ts";
import { BatchSender } from "./_batch_sender.ts";
import { attachFilter, packetsFor, packetsThatBeginWith } from "./_filter.ts";
import { c, checked, errnos, getOption, openLibc, setOption, trySetOption } from "./_libc.ts";
import { messagesMax } from "./_message_headers.ts";
import { thePoller } from "./_poller.ts";
import { HeldPort } from "./_raw_port.ts";
import { theReceiveRing } from "./_receive_ring.ts";
import { localAddressOf } from "./_route.ts";
import { anyAddress, socketAddress, socketAddressBytes } from "./ipv4.ts";

/** UDP's protocol number; its ports are the kernel's, those of other protocols ours. */
export const udpProtocol = 17;

/** Options for opening a socket. */
export interface PacketSocketOptions {
  /** The IP header's protocol number; {@linkcode udpProtocol} for UDP. */
  readonly protocol: number;
  /** The address to bind; {@linkcode anyAddress} for all. */
  readonly localHost: number;
  /** 0 for any free port. Undefined for raw packets without ports. */
  readonly localPort?: number;
  /** The only remote address and port. */
  readonly remote?: { readonly host: number; readonly port: number };
  /** For raw packets without ports: the first byte of the wanted packets. */
  readonly firstByte?: number;
}

/** The destination of a single packet. */
export interface Destination {
  readonly host: number;
  /** For UDP. */
  readonly port?: number;
  /** The source address; undefined if the system chooses. */
  readonly localHost?: number;
  /**
   * Whether the system may fragment it if an interface, here or on the path, cannot carry it. Otherwise it fails with
   * EMSGSIZE, or is lost on the path. Default: false.
   */
  readonly mayBeCut?: boolean;
}

/** A received packet. */
export interface ReceivedPacket {
  /** The payload after the IP or UDP header; valid until the handler returns. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly host: number;
  /** 0 for raw packets. */
  readonly port: number;
  /** The destination address on this machine. */
  readonly localHost: number;
}

/** Callbacks of a socket. */
export interface PacketHandler {
  onPacket(packet: ReceivedPacket): void;
  /** All received packets have been delivered. */
  onBatch?(): void;
  /** The socket is writable again, after {@linkcode PacketSocket.send} left packets. */
  onWritable?(): void;
  /** How many ms packets may wait for further ones, so that they share one wait; default 0. */
  coalesceMs?(): number;
  /**
   * A packet of ours failed, as ICMP or this system reports. Anyone can forge ICMP.
   *
   * @param error `remoteHost` is undefined if the system does not say whose packet it was.
   */
  onError?(error: { readonly errno: number; readonly remoteHost: number | undefined }): void;
}

/** Linux's default socket buffer. */
const systemBufferBytes = 208 * 1024;

/** The maximum length of an IPv4 packet. */
const packetBytesMax = 65_535;

let sender: BatchSender | undefined;

/** A batch of one. */
let single: PacketBatch | undefined;

/** A packet socket. Close it. */
export class PacketSocket {
  readonly localHost: number;
  /** 0 for raw packets without ports. */
  readonly localPort: number;
  readonly #fd: number;
  readonly #protocol: number;
  readonly #isConnected: boolean;
  readonly #handler: PacketHandler;
  #heldPort: HeldPort | undefined;
  #isClosed = false;
  #isCutting: boolean | undefined;
  /** Whether UDP packets may be sent joined. */
  #canSegment = false;

  /**
   * Opens a socket and starts receiving.
   *
   * @throws {Unsupported} If this is not Linux on x86_64 or aarch64.
   * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
   * @throws {SystemError} EPERM without the privilege for raw sockets, EADDRINUSE, EADDRNOTAVAIL.
   */
  constructor(options: PacketSocketOptions, handler: PacketHandler) {
    const { protocol, localPort } = options;
    const libc = openLibc();
    this.#handler = handler;
    this.#protocol = protocol;
    this.#isConnected = options.remote !== undefined;
    const type = protocol === udpProtocol ? c.SOCK_DGRAM : c.SOCK_RAW;
    const flags = c.SOCK_CLOEXEC | c.SOCK_NONBLOCK;
    this.#fd = checked(libc.socket(c.AF_INET, type | flags, protocol), "socket");
    try {
      const bound = this.#bind(options);
      this.localHost = bound.host;
      this.localPort = protocol === udpProtocol ? bound.port : this.#heldPort?.port ?? 0;
      if (protocol !== udpProtocol && localPort !== undefined) {
        attachFilter(this.#fd, packetsFor(this.localPort));
      }
      this.#setCutting(false);
      thePoller().add(this.#fd, {
        drain: () => this.#drain(),
        drainErrors: () => this.#drainErrors(),
        onWritable: () => this.#onWritable(),
        coalesceMs: () => this.#handler.coalesceMs?.() ?? 0,
      });
    } catch (error) {
      this.#heldPort?.release();
      libc.close(this.#fd);
      throw error;
    }
  }

  /** The socket's receive buffer in bytes, including the kernel's overhead. */
  get receiveBufferBytes(): number {
    return getOption(this.#fd, c.SOL_SOCKET, c.SO_RCVBUF) ?? systemBufferBytes;
  }

  #bind(options: PacketSocketOptions): { readonly host: number; readonly port: number } {
    const { protocol, localHost, localPort, remote, firstByte } = options;
    const fd = this.#fd;
    const libc = openLibc();
    growBuffer(fd, { plain: c.SO_RCVBUF, forced: c.SO_RCVBUFFORCE });
    growBuffer(fd, { plain: c.SO_SNDBUF, forced: c.SO_SNDBUFFORCE });
    if (firstByte !== undefined) attachFilter(fd, packetsThatBeginWith(firstByte));
    // Only connected sockets get other machines' reports about packets.
    if (remote !== undefined) setOption(fd, c.SOL_IP, c.IP_RECVERR, 1);
    const isUdp = protocol === udpProtocol;
    const local = socketAddress(localHost, isUdp ? localPort ?? 0 : 0);
    checked(libc.bind(fd, local, socketAddressBytes), "bind");
    if (remote !== undefined) {
      const address = socketAddress(remote.host, isUdp ? remote.port : 0);
      checked(libc.connect(fd, address, socketAddressBytes), "connect");
    } else if (isUdp && localHost === anyAddress) {
      setOption(fd, c.SOL_IP, c.IP_PKTINFO, 1);
    }
    const bound = localAddressOf(fd);
    if (isUdp) {
      this.#canSegment = trySetOption(fd, c.SOL_UDP, c.UDP_SEGMENT, 0) >= 0;
      // Kernels without it deliver packets one by one.
      trySetOption(fd, c.SOL_UDP, c.UDP_GRO, 1);
    } else if (localPort !== undefined) {
      this.#heldPort = HeldPort.take({ protocol, host: bound.host, port: localPort });
    }
    return bound;
  }

  /**
   * Sends the packets of a batch, from one on.
   *
   * @returns The first packet left because the system has no room (`onWritable` follows), or `batch.count`.
   */
  send(batch: PacketBatch, first = 0): number {
    if (this.#isClosed) return batch.count;
    sender ??= new BatchSender();
    thePoller().noteSent();
    while (first < batch.count) {
      const isCut = batch.isFragmented[first];
      let end = first + 1;
      while (end < batch.count && batch.isFragmented[end] === isCut) end += 1;
      this.#setCutting(isCut === 1);
      const sent = sender.send(this.#fd, batch, {
        first,
        end,
        canSegment: this.#canSegment,
        isConnected: this.#isConnected,
      });
      this.#canSegment = sent.canSegment;
      for (const { index, errno } of sent.refused) {
        this.#handler.onError?.({ errno, remoteHost: batch.remoteAddresses[index] });
      }
      first = sent.next;
      if (first < end) {
        thePoller().watchWritable(this.#fd, true);
        break;
      }
    }
    return first;
  }

  /** Sends one packet. @returns Whether the system had room for it; other errors go to the handler. */
  sendPacket(bytes: Uint8Array, { host, port = 0, localHost = 0, mayBeCut }: Destination): boolean {
    single ??= packetBatch(1, packetBytesMax);
    single.bytes.set(bytes);
    single.count = 1;
    single.lengths[0] = bytes.length;
    single.remoteAddresses[0] = host;
    single.remotePorts[0] = port;
    single.localAddresses[0] = localHost;
    single.isFragmented[0] = mayBeCut ? 1 : 0;
    return this.send(single) === 1;
  }

  /** Stops receiving and releases the port. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    thePoller().remove(this.#fd);
    openLibc().close(this.#fd);
    this.#heldPort?.release();
  }

  #setCutting(isCutting: boolean): void {
    if (this.#isCutting === isCutting) return;
    this.#isCutting = isCutting;
    setOption(this.#fd, c.SOL_IP, c.IP_MTU_DISCOVER, isCutting ? discover.never : discover.probe);
  }

  #onWritable(): void {
    thePoller().watchWritable(this.#fd, false);
    this.#handler.onWritable?.();
  }

  #drain(): { readonly count: number; readonly isMore: boolean } {
    let all = 0;
    let isMore = true;
    for (let round = 0; round < limits.packetBatchesPerTurn && isMore && !this.#isClosed; round++) {
      const count = theReceiveRing().receive(this.#fd);
      if (count < 0) {
        this.#handler.onError?.({ errno: -count, remoteHost: undefined });
        continue;
      }
      this.#tell(count);
      all += count;
      isMore = count === messagesMax;
    }
    if (all > 0 && !this.#isClosed) this.#handler.onBatch?.();
    return { count: all, isMore: isMore && !this.#isClosed };
  }

  #tell(count: number): void {
    const ring = theReceiveRing();
    for (let index = 0; index < count; index++) {
      const bytes = ring.bytes(index);
      if (this.#protocol === udpProtocol) this.#tellOfUdp(index, bytes);
      else this.#tellOfRaw(bytes);
    }
    ring.headers.resetForReceiving(count);
  }

  /** A read from a raw socket begins with the IP header. */
  #tellOfRaw(packet: Uint8Array<ArrayBuffer>): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const headerBytes = packet.length === 0 ? 0 : (packet[0]! & 15) * 4;
    if (headerBytes < 20 || packet.length < headerBytes) return;
    this.#handler.onPacket({
      bytes: packet.subarray(headerBytes),
      host: view.getUint32(12),
      port: 0,
      localHost: view.getUint32(16),
    });
  }

  /** The kernel may have joined several packets of one size. */
  #tellOfUdp(index: number, bytes: Uint8Array<ArrayBuffer>): void {
    const ring = theReceiveRing();
    const { localHost = this.localHost, segmentBytes = bytes.length } = ring.controlData(index);
    const host = ring.headers.host(index);
    const port = ring.headers.port(index);
    for (let offset = 0; offset < bytes.length; offset += segmentBytes) {
      const packet = bytes.subarray(offset, offset + segmentBytes);
      this.#handler.onPacket({ bytes: packet, host, port, localHost });
    }
  }

  #drainErrors(): void {
    const ring = theReceiveRing();
    let count = messagesMax;
    while (count === messagesMax && !this.#isClosed) {
      count = ring.receive(this.#fd, c.MSG_ERRQUEUE);
      const errors = Array.from({ length: Math.max(0, count) }, (_, index) => ({
        error: ring.controlData(index).error,
        remoteHost: ring.headers.host(index),
      }));
      ring.headers.resetForReceiving(errors.length);
      for (const { error, remoteHost } of errors) {
        if (error !== undefined) this.#handler.onError?.({ errno: error.errno, remoteHost });
      }
    }
  }
}

/** Sets IP_MTU_DISCOVER: fragments packets as needed, or never, ignoring the system's path MTU. */
const discover = { never: 0, probe: 3 } as const;

/** The largest permitted buffer; root may exceed the limit. */
function growBuffer(fd: number, option: { readonly plain: number; readonly forced: number }): void {
  if (trySetOption(fd, c.SOL_SOCKET, option.forced, limits.packetSocketBytes) >= 0) return;
  trySetOption(fd, c.SOL_SOCKET, option.plain, limits.packetSocketBytes);
}

/** Whether a socket was refused for lack of a privilege. */
export function isPrivilegeMissing(errno: number): boolean {
  return errno === errnos.EPERM || errno === errnos.EACCES;
}
