/**
 * A network in virtual time: the engine's endpoints; links that lose, reorder, duplicate and corrupt; and clocks that
 * jump.
 */
import { crc32 } from "../../lib/transport/raw_ip/_crc32.ts";
import {
  type Carrier,
  type Connection,
  createEndpoint,
  createMemory,
  type Endpoint,
  type EndpointOptions,
  type EngineMemory,
  packetBatch,
  rawIpCarrier,
} from "../../lib/transport/raw_ip/engine/mod.ts";

/** Random numbers, reproducible by seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ mixed >>> 15, mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 0x1_0000_0000;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  fill(target: Uint8Array): void {
    for (let index = 0; index < target.length; index++) target[index] = this.below(256);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

/** One direction of a link. */
export interface Link {
  delayMs: number;
  /** Additional random delay per packet, so that some overtake others. */
  jitterMs: number;
  loss: number;
  duplication: number;
  corruption: number;
  /** Larger IP packets vanish. */
  mtu: number;
  /** Bytes per millisecond; and queued bytes beyond which packets are dropped. */
  bytesPerMs: number;
  queueBytes: number;
  isDown: boolean;
}

export function link(changes: Partial<Link> = {}): Link {
  return {
    delayMs: 10,
    jitterMs: 0,
    loss: 0,
    duplication: 0,
    corruption: 0,
    mtu: 1500,
    bytesPerMs: Infinity,
    queueBytes: Infinity,
    isDown: false,
    ...changes,
  };
}

interface Event {
  atMs: number;
  order: number;
  run(): void;
}

/** Timers that fire at one moment: more than this many are an endless loop. */
const timersAtOnceMax = 1000;

export class Network {
  now = 0;
  readonly random: Random;
  packets = 0;
  lost = 0;
  bytes = 0;
  /** Sees each packet in transit; undefined: lost. */
  filter?: (packet: Uint8Array, from: Host) => Uint8Array | undefined;
  readonly #events: Event[] = [];
  #order = 0;
  readonly #hosts = new Map<number, Host>();

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  host(address: number, options: HostOptions = {}): Host {
    const host = new Host(this, address, options);
    this.#hosts.set(address, host);
    return host;
  }

  at(atMs: number, run: () => void): void {
    const events = this.#events;
    const event = { atMs, order: this.#order++, run };
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = index - 1 >> 1;
      if (!isBefore(event, events[parent])) break;
      events[index] = events[parent];
      index = parent;
    }
    events[index] = event;
  }

  #next(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (last === undefined || last === first) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1], events[child])) child += 1;
      if (!isBefore(events[child], last)) break;
      events[index] = events[child];
      index = child;
    }
    events[index] = last;
    return first;
  }

  /** Advances time until nothing is pending, `until` returns true, or `atMs` is reached. */
  run(atMs: number, until: () => boolean = () => false): void {
    while (!until()) {
      if (this.#events.length === 0 || this.#events[0].atMs > atMs) {
        if (atMs !== Infinity) this.now = Math.max(this.now, atMs);
        return;
      }
      const event = this.#next()!;
      this.now = Math.max(this.now, event.atMs);
      event.run();
    }
  }

  /** Transmits a packet from `from`. */
  send(packet: Uint8Array, from: Host, to: number, ports: { from: number; to: number }): void {
    const { random } = this;
    const { way } = from;
    this.packets += 1;
    this.bytes += packet.length;
    const target = this.#hosts.get(to);
    const filtered = this.filter === undefined ? packet : this.filter(packet, from);
    const isTooLarge = packet.length + from.carrier.headerBytes > way.mtu;
    if (target === undefined || filtered === undefined || isTooLarge || way.isDown) {
      this.lost += 1;
      return;
    }
    const backlogMs = Math.max(0, from.linkFreeAtMs - this.now);
    if (backlogMs * way.bytesPerMs > way.queueBytes) {
      this.lost += 1;
      return;
    }
    from.linkFreeAtMs = Math.max(from.linkFreeAtMs, this.now) +
      (packet.length + from.carrier.headerBytes) / way.bytesPerMs;
    if (random.chance(way.loss)) {
      this.lost += 1;
      return;
    }
    const copies = random.chance(way.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const bytes = filtered.slice();
      if (random.chance(way.corruption)) {
        bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      }
      const atMs = from.linkFreeAtMs + way.delayMs + random.next() * way.jitterMs;
      this.at(atMs, () => target.take(bytes, from.address, ports));
    }
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || one.atMs === other.atMs && one.order < other.order;
}

export interface HostOptions {
  port?: number;
  way?: Link;
  carrier?: Carrier;
  memory?: EngineMemory;
  isListening?: boolean;
  routeMtu?: number;
  engine?: Partial<EndpointOptions>;
}

/** A machine with one endpoint. */
export class Host {
  readonly endpoint: Endpoint;
  readonly carrier: Carrier;
  readonly accepted: Connection[] = [];
  /** The link for its outgoing packets. */
  way: Link;
  linkFreeAtMs = 0;
  readonly port: number;
  /** The offset of its clock from the network's. */
  clockMs = 0;
  onConnection?: (connection: Connection) => void;
  readonly #batch = packetBatch(64, 256 * 1024);
  #isFlushing = false;
  #armedMs = Infinity;
  #timersAtOnce = 0;
  #timerAtMs = -1;

  constructor(readonly network: Network, readonly address: number, options: HostOptions) {
    this.way = options.way ?? link();
    this.port = options.port ?? 4000;
    this.carrier = options.carrier ?? rawIpCarrier();
    const { random } = network;
    const secret = new Uint8Array(16);
    random.fill(secret);
    this.endpoint = createEndpoint({
      carrier: this.carrier,
      localPort: this.port,
      secret,
      random: (target) => random.fill(target),
      crc32,
      startMs: network.now,
      memory: options.memory ?? createMemory(),
      onConnection: options.isListening ?? true
        ? (connection) => {
          this.accepted.push(connection);
          this.onConnection?.(connection);
        }
        : undefined,
      onWork: () => this.#schedule(),
      routeMtu: () => options.routeMtu ?? 1500,
      ...options.engine,
    });
  }

  get now(): number {
    return this.network.now + this.clockMs;
  }

  #schedule(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.network.at(this.network.now, () => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    const batch = this.#batch;
    let batches = 0;
    while (this.endpoint.flush(this.now, batch)) {
      if (++batches > 10_000) throw new Error("flush never ends");
      for (let index = 0; index < batch.count; index++) {
        const at = batch.offsets[index];
        this.network.send(
          batch.bytes.subarray(at, at + batch.lengths[index]),
          this,
          batch.remoteAddresses[index],
          { from: this.port, to: batch.remotePorts[index] },
        );
      }
    }
    this.#arm();
  }

  #arm(): void {
    const dueMs = this.endpoint.deadline - this.clockMs;
    if (dueMs === Infinity || dueMs >= this.#armedMs) return;
    this.#armedMs = dueMs;
    this.network.at(Math.max(dueMs, this.network.now), () => {
      if (this.#armedMs !== dueMs) return;
      this.#armedMs = Infinity;
      this.tick();
    });
  }

  /** The timer fires. */
  tick(): void {
    this.#timersAtOnce = this.#timerAtMs === this.network.now ? this.#timersAtOnce + 1 : 0;
    this.#timerAtMs = this.network.now;
    if (this.#timersAtOnce > timersAtOnceMax) throw new Error("a timer fires without end");
    this.endpoint.onTimer(this.now);
    this.#arm();
  }

  take(packet: Uint8Array, remoteAddress: number, ports: { from: number; to: number }): void {
    if (!this.carrier.isBare && ports.to !== this.port) return;
    this.endpoint.receive(
      packet,
      { remoteAddress, remotePort: ports.from, localAddress: this.address },
      this.now,
    );
    this.endpoint.endTurn(this.now);
    this.#arm();
  }

  connect(to: Host, timeoutMs = 30_000): Connection {
    const connection = this.endpoint.connect({
      remoteAddress: to.address,
      remotePort: to.port,
      localAddress: this.address,
      timeoutMs,
      events: {},
    }, this.now);
    this.#arm();
    return connection;
  }
}
