import { limits } from "../../../limits/mod.ts";
import { Checksum } from "./packets/checksum.ts";
import { Memory } from "./chunks.ts";
import { EngineConnection } from "./connection.ts";
import { ConnectionTable } from "./connection_table.ts";
import type { Host } from "./host.ts";
import { Deadlines } from "./deadlines.ts";
import { Cookies, datagramLeast, isPlausible, readOpening } from "./packets/handshake.ts";
import * as packet from "./packets/packet.ts";
import type { ConnectionId } from "./packets/packet.ts";
import { ReceiveCoalescing } from "./receive_coalescing.ts";
import { Replies } from "./packets/replies.ts";
import type {
  Carrier,
  Connection,
  ConnectOptions,
  Endpoint,
  EndpointOptions,
  EngineMemory,
  PacketBatch,
  Path,
} from "./types.ts";

/**
 * Creates an endpoint.
 *
 * @throws {TypeError} If the secret does not have 16 bytes, or the memory is not `createMemory`'s.
 */
export function createEndpoint(options: EndpointOptions): Endpoint {
  return new EngineEndpoint(options);
}

/** The memory of all endpoints of a process. */
export function createMemory(): EngineMemory {
  return new Memory();
}

class EngineEndpoint implements Endpoint, Host {
  readonly carrier: Carrier;
  readonly localPort: number;
  readonly memory: Memory;
  readonly checksum: Checksum;
  readonly datagramMax: number;
  readonly fragments: boolean;
  readonly seed: number;
  now: number;
  readonly #options: EndpointOptions;
  readonly #table = new ConnectionTable();
  readonly #deadlines = new Deadlines<EngineConnection>();
  readonly #cookies: Cookies;
  readonly #replies: Replies;
  readonly #coalescing = new ReceiveCoalescing();
  /** Closed by the application, the longest first. */
  readonly #closing = new Set<EngineConnection>();
  #touched: EngineConnection[] = [];
  #announced: EngineConnection[] = [];
  #hasWork = false;
  #refuses: boolean;

  constructor(options: EndpointOptions) {
    if (options.secret.length !== 16) throw new TypeError("the secret must have 16 bytes");
    if (!(options.memory instanceof Memory)) throw new TypeError("memory is made by createMemory");
    this.#options = options;
    this.carrier = options.carrier;
    this.localPort = options.localPort;
    this.memory = options.memory;
    this.checksum = new Checksum(options.carrier, options.crc32);
    const most = limits.rawIp.mtuMax - options.carrier.headerBytes;
    this.datagramMax = Math.max(datagramLeast, Math.min(most, options.datagramMax ?? most));
    this.fragments = options.fragments ?? false;
    this.seed = packet.readU32(options.secret, 0);
    this.now = options.startMs;
    this.#cookies = new Cookies(options.secret, options.localPort);
    this.#replies = new Replies(this, options.startMs);
    this.#refuses = options.onConnection === undefined;
  }

  get connectionCount(): number {
    return this.#table.size;
  }

  get deadline(): number {
    return this.#deadlines.next;
  }

  get coalesceMs(): number {
    return this.#coalescing.ms;
  }

  routeMtu(remoteAddress: number): number {
    return this.#options.routeMtu?.(remoteAddress) ?? limits.rawIp.mtuEthernet;
  }

  /** The clocks of sleeping systems may jump, but never go back. */
  #tick(now: number): number {
    if (now > this.now) this.now = now;
    return this.now;
  }

  receive(bytes: Uint8Array, from: Path, now: number): void {
    now = this.#tick(now);
    if (bytes.length < packet.headBytes) return;
    const type = packet.typeOf(bytes);
    if (type === 0) return;
    let path = from;
    if (this.carrier.isBare) {
      if (packet.readU16(bytes, 2) !== this.localPort) return;
      const { remoteAddress, localAddress } = from;
      path = { remoteAddress, remotePort: packet.readU16(bytes, 4), localAddress };
    }
    if (!this.checksum.isRight(bytes, path.remoteAddress, path.localAddress)) return;
    switch (type) {
      case packet.types.data:
      case packet.types.probe:
        return this.#onData(bytes, path, now);
      case packet.types.hello:
        return this.#onHello(bytes, path, now);
      case packet.types.accept:
        return this.#onAccept(bytes, path, now);
      case packet.types.reset:
        return this.#onReset(bytes, path);
    }
  }

  #onData(bytes: Uint8Array, path: Path, now: number): void {
    const high = packet.readU32(bytes, 8);
    const low = packet.readU32(bytes, 12);
    const known = this.#table.find(high, low, path);
    if (known !== undefined) {
      this.#coalescing.onPacket(known.smoothedRttMs, now);
      return known.onPacket(bytes, now);
    }
    const id = { high, low };
    this.#table.sweep(now);
    const ended = this.#table.endedReason(id);
    if (ended !== undefined) {
      if (ended === packet.resetReasons.finished) this.#replies.finished(path, id, bytes.length);
      else this.#replies.unknown(path, id, bytes.length, ended);
      return;
    }
    if (this.#opens(bytes, path, id, now)) return;
    this.#replies.unknown(path, id, bytes.length, packet.resetReasons.unknown);
  }

  /** Handles a packet for an unknown id. @returns Whether it opened a connection. */
  #opens(bytes: Uint8Array, path: Path, id: ConnectionId, now: number): boolean {
    const openingEnd = packet.headBytes + packet.openingBytes;
    if (packet.typeOf(bytes) !== packet.types.data || bytes.length < openingEnd) return false;
    if ((bytes[1]! & packet.flags.opening) === 0 || this.#refuses) return false;
    const peer = readOpening(bytes, packet.headBytes);
    if (!isPlausible(peer) || !this.#cookies.isGood(id, path, peer.id, now)) return false;
    if (!this.#table.hasRoom(id, path.remoteAddress)) {
      this.#replies.reset(path, peer.id, packet.resetReasons.busy);
      return true;
    }
    const connection = new EngineConnection(this, { path, ownId: id, peer });
    this.#table.add(connection);
    this.#table.addPeerId(connection);
    this.#options.onConnection!(connection);
    connection.onPacket(bytes, now);
    return true;
  }

  #onHello(bytes: Uint8Array, path: Path, now: number): void {
    if (bytes.length < packet.helloBytes) return;
    const peer = readOpening(bytes, packet.headBytes);
    if (!isPlausible(peer)) return;
    if (this.#refuses) return this.#replies.refused(path, peer.id);
    if (packet.readU32(bytes, packet.headBytes + packet.openingBytes) !== packet.version) {
      return this.#replies.reset(path, peer.id, packet.resetReasons.protocol);
    }
    this.#replies.accept(path, peer.id, {
      id: this.#cookies.issue(path, peer.id, now),
      hello: packet.readU32(bytes, 16),
    });
  }

  #onAccept(bytes: Uint8Array, path: Path, now: number): void {
    if (bytes.length < packet.acceptBytes) return;
    const found = this.#table.find(packet.readU32(bytes, 8), packet.readU32(bytes, 12), path);
    const peer = readOpening(bytes, packet.headBytes);
    if (found === undefined || found.isOpen || !isPlausible(peer)) return;
    found.onAccept(peer, packet.readU32(bytes, 16), now);
    if (found.isOpen) this.#table.addPeerId(found);
  }

  #onReset(bytes: Uint8Array, path: Path): void {
    if (bytes.length < packet.resetBytes) return;
    const id = packet.readId(bytes, 8);
    const found = (bytes[1]! & packet.isEchoed) !== 0
      ? this.#table.findByPeerId(id, path)
      : this.#table.find(id.high, id.low, path);
    found?.onReset(bytes[packet.headBytes]!);
  }

  endTurn(now: number): void {
    this.#tick(now);
    this.#coalescing.endTurn();
    const announced = this.#announced;
    if (announced.length === 0) return;
    this.#announced = [];
    for (const connection of announced) {
      connection.isAnnounced = false;
      connection.tell();
    }
  }

  flush(now: number, batch: PacketBatch): boolean {
    now = this.#tick(now);
    batch.count = 0;
    // Connections go before strangers' HELLOs, of which there may always be more, but not for ever.
    this.#replies.write(batch, limits.rawIp.repliesFirst);
    if (this.#flushConnections(now, batch)) this.#replies.write(batch);
    if (batch.count > 0) return true;
    this.#hasWork = false;
    this.endTurn(now);
    return false;
  }

  /** @returns Whether that was all; false if the batch is full. */
  #flushConnections(now: number, batch: PacketBatch): boolean {
    const touched = this.#touched;
    let done = 0;
    while (done < touched.length && touched[done]!.flush(now, batch)) {
      const connection = touched[done++]!;
      connection.isTouched = false;
      this.#deadlines.schedule(connection, connection.deadline);
    }
    const isAll = done === touched.length;
    // The connection that filled the batch goes last in the next one.
    if (!isAll) touched.push(touched[done++]!);
    this.#touched = touched.slice(done);
    return isAll;
  }

  onTimer(now: number): void {
    now = this.#tick(now);
    for (;;) {
      const connection = this.#deadlines.pop(now);
      if (connection === undefined) break;
      if (connection.deadline <= now) {
        connection.onTimer(now);
        this.touch(connection);
      } else {
        this.#deadlines.schedule(connection, connection.deadline);
      }
    }
    this.endTurn(now);
  }

  connect(options: ConnectOptions, now: number): Connection {
    now = this.#tick(now);
    const random = new Uint8Array(8);
    do this.#options.random(random); while (random.every((byte) => byte === 0));
    const connection = new EngineConnection(this, {
      path: options,
      ownId: packet.readId(random, 0),
      connectUntilMs: now + options.timeoutMs,
      silentMs: options.silentMs,
    });
    connection.events = options.events;
    this.#table.add(connection);
    this.touch(connection);
    return connection;
  }

  unreachable(remoteAddress: number, now: number): void {
    this.#tick(now);
    for (const connection of [...this.#table.all()]) {
      if (connection.remoteAddress === remoteAddress) connection.onUnreachable();
    }
  }

  limitMtu(remoteAddress: number, mtu: number, now: number): void {
    this.#tick(now);
    for (const connection of this.#table.all()) {
      if (connection.remoteAddress === remoteAddress) connection.limitMtu(mtu);
    }
  }

  refuseConnections(): void {
    this.#refuses = true;
  }

  close(now: number): void {
    this.#tick(now);
    this.#refuses = true;
    for (const connection of [...this.#table.all()]) connection.reset();
  }

  touch(connection: EngineConnection): void {
    if (!connection.isTouched) {
      connection.isTouched = true;
      this.#touched.push(connection);
    }
    this.work();
  }

  /** Schedules a flush. */
  work(): void {
    if (this.#hasWork) return;
    this.#hasWork = true;
    this.#options.onWork();
  }

  announce(connection: EngineConnection): void {
    if (connection.isAnnounced) return;
    connection.isAnnounced = true;
    this.#announced.push(connection);
  }

  closing(connection: EngineConnection): void {
    this.#closing.add(connection);
    if (this.#closing.size <= limits.rawIp.closingMax) return;
    const [oldest] = this.#closing;
    oldest?.reset();
  }

  retire(connection: EngineConnection, reason: number): void {
    this.#closing.delete(connection);
    this.#table.remove(connection, reason, this.now);
    this.#deadlines.remove(connection);
  }

  sendReset(path: Path, id: ConnectionId, reason: number): void {
    this.#replies.reset(path, id, reason);
  }
}
