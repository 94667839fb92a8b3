/** Transfers over an adverse network: all input must come out, in bounded time, and nothing may be left over. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import {
  type Connection,
  createMemory,
  udpCarrier,
} from "../../lib/transport/raw_ip/engine/mod.ts";
import { type Host, type Link, link, Network, Random } from "./_network.ts";

/** The byte at an offset of a stream. */
function byteAt(stream: number, offset: number): number {
  return Math.imul(offset + 1, 0x9e3779b1 + stream * 2) >>> 21 & 255;
}

/** One end of a connection, with an application that writes, reads, stalls and ends as it likes. */
class User {
  sent = 0;
  received = 0;
  isEnded = false;
  failure: string | undefined;
  isOver = false;
  readonly #buffer: Uint8Array;
  #isStalled = false;

  constructor(
    readonly network: Network,
    readonly host: Host,
    readonly connection: Connection,
    readonly options: { stream: number; bytes: number; readsAtOnce: number; stallMs: number },
  ) {
    this.#buffer = new Uint8Array(options.readsAtOnce);
    connection.events = {
      onOpened: () => this.write(),
      onWritable: () => this.write(),
      onReadable: () => this.read(),
      onClosed: (failure) => {
        this.read();
        this.failure = failure;
        this.isOver = true;
      },
    };
  }

  write(): void {
    const { bytes, stream } = this.options;
    while (this.sent < bytes) {
      const length = Math.min(bytes - this.sent, 1 + this.network.random.below(20_000));
      const piece = Uint8Array.from({ length }, (_, index) => byteAt(stream, this.sent + index));
      const count = this.connection.write(piece);
      this.sent += count;
      if (count < length) return;
    }
    this.connection.end();
  }

  read(): void {
    if (this.#isStalled) return;
    for (;;) {
      const count = this.connection.read(this.#buffer);
      for (let index = 0; index < count; index++) {
        if (this.#buffer[index] !== byteAt(this.options.stream ^ 1, this.received + index)) {
          assert.fail(`byte ${this.received + index} is wrong`);
        }
      }
      this.received += count;
      if (count === 0) break;
      if (this.options.stallMs > 0 && this.network.random.chance(0.1)) {
        this.#isStalled = true;
        this.network.at(this.network.now + this.options.stallMs, () => {
          this.#isStalled = false;
          this.read();
        });
        return;
      }
    }
    this.isEnded ||= this.connection.isReadEnded;
  }
}

function randomLink(random: Random, loss: number): Link {
  const delayMs = random.pick([0.05, 1, 5, 20, 50, 150]);
  return link({
    delayMs,
    jitterMs: random.chance(0.4) ? delayMs * random.next() : 0,
    loss: random.chance(0.7) ? loss * random.next() : 0,
    duplication: random.chance(0.3) ? 0.1 : 0,
    corruption: random.chance(0.3) ? 0.05 : 0,
    mtu: random.pick([1280, 1400, 1500, 1500, 9000, 65_535]),
    bytesPerMs: random.pick([Infinity, 12_500, 1250]),
    queueBytes: random.pick([Infinity, 100_000, 30_000]),
  });
}

export interface TransferResult {
  connections: number;
  failures: number;
  virtualMs: number;
  packets: number;
}

/** The time limit for a transfer of this size over these links. */
const virtualMsMax = 10 * 60_000;

/** One network with several connections, all determined by one seed. */
export function transfer(seed: number): TransferResult {
  const random = new Random(seed);
  const network = new Network(random.below(2 ** 31));
  const loss = random.pick([0, 0.02, 0.1, 0.4]);
  const memories = [createMemory(), createMemory()];
  const engine = { fragments: random.chance(0.3) };
  const carrier = random.chance(0.3) ? udpCarrier : undefined;
  const [client, server] = [1, 2].map((address) =>
    network.host(address, {
      way: randomLink(random, loss),
      memory: memories[address - 1],
      isListening: address === 2,
      routeMtu: random.pick([1500, 9000, 65_535]),
      carrier,
      engine,
    })
  );
  const users: User[] = [];
  const count = random.chance(0.1) ? 20 : 1 + random.below(3);
  const sizes = () => random.pick([0, 1, 100, 5000, 40_000, count > 3 ? 10_000 : 200_000]);
  const habits = () => ({
    readsAtOnce: random.pick([100, 5000, 65_536]),
    stallMs: random.chance(0.2) ? random.between(1, 200) : 0,
  });
  const accepted = new Map<Connection, User>();
  let stream = 2 * random.below(1000);
  const streams = new Map<number, number>();
  server.onConnection = (connection) => {
    // A stream's first bytes do not identify it, and the peer's port is the same for all, so they are counted.
    const number = streams.get(accepted.size) ?? 0;
    const user = new User(network, server, connection, {
      stream: number + 1,
      bytes: sizes(),
      ...habits(),
    });
    accepted.set(connection, user);
    users.push(user);
    user.write();
  };
  // One at a time, because accepting may reorder concurrent ones.
  const begin = (index: number): void => {
    if (index === count) return;
    streams.set(accepted.size, stream);
    const user = new User(network, client, client.connect(server, 60_000), {
      stream,
      bytes: sizes(),
      ...habits(),
    });
    stream += 2;
    users.push(user);
    const before = accepted.size;
    const next = () =>
      accepted.size > before || user.isOver ? begin(index + 1) : network.at(network.now + 5, next);
    next();
  };
  network.at(0, () => begin(0));
  disturb(network, random, [client, server]);
  const isOver = () => users.length >= 2 * count && users.every((user) => user.isOver);
  network.run(virtualMsMax, isOver);
  const result = {
    connections: users.length,
    failures: users.filter(({ failure }) => failure !== undefined).length,
    virtualMs: network.now,
    packets: network.packets,
  };
  if (result.failures === 0) {
    assert.ok(isOver(), `${users.filter((user) => !user.isOver).length} of ${users.length} hang`);
  }
  network.run(network.now + 2 * limits.rawIp.idlePingMs);
  for (const user of users) {
    if (result.failures > 0) continue;
    user.read();
    assert.ok(user.isEnded, "the stream's end has arrived");
    const sum = (kind: "sent" | "received") => users.reduce((all, user) => all + user[kind], 0);
    assert.equal(sum("received"), sum("sent"));
  }
  for (const user of users) user.connection.close();
  network.run(network.now + 2 * limits.rawIp.closeLingerMs);
  for (const host of [client, server]) {
    assert.equal(host.endpoint.connectionCount, 0, "no connection is left");
    assert.equal(host.endpoint.deadline, Infinity, "no timer is left");
  }
  for (const memory of memories) assert.equal(memory.heldBytes, 0, "no memory is left");
  return result;
}

/** Temporary outages of one direction, path changes and clock jumps, so that transfers can complete. */
function disturb(network: Network, random: Random, hosts: readonly Host[]): void {
  for (let times = random.below(4); times > 0; times--) {
    const host = random.pick(hosts);
    const atMs = random.between(0, 2000);
    const kind = random.below(4);
    network.at(atMs, () => {
      if (kind === 0) {
        host.way.isDown = true;
        network.at(network.now + random.between(10, 5000), () => host.way.isDown = false);
      } else if (kind === 1) {
        host.way.mtu = random.pick([1280, 1400, 1500, 9000]);
      } else if (kind === 2) {
        host.clockMs += random.pick([5, 1000, 60_000, 3_600_000]);
        host.tick();
      } else {
        host.way.delayMs = random.between(0.05, 300);
      }
    });
  }
}
