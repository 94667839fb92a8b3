/** Requirements of packet sockets, for raw IP and UDP. */
import assert from "node:assert/strict";
import { packetBatch } from "../../../lib/transport/raw_ip/engine/mod.ts";
import {
  anyAddress,
  codeOf,
  ownAddresses,
  type PacketHandler,
  PacketSocket,
  parseIpv4,
  type ReceivedPacket,
  routeTo,
  SystemError,
  udpProtocol,
} from "../../../lib/transport/raw_ip/socket/mod.ts";

const loopback = parseIpv4("127.0.0.1")!;
const alias = parseIpv4("127.0.0.2")!;

/** Registers the cases. @param protocol UDP's, or one of raw IP. */
export function socketCases(kind: string, protocol: number): void {
  // Opens the C library, which stays open: Deno 2.4 would report it as a leak of the first test.
  ownAddresses();
  const open = (localHost: number, handler: PacketHandler, localPort = 0) =>
    new PacketSocket({ protocol, localHost, localPort }, handler);

  Deno.test(`${kind}: a batch arrives whole and in order, with where it came from`, async () => {
    const arrived: (Omit<ReceivedPacket, "bytes"> & { length: number; number: number })[] = [];
    const whole = Promise.withResolvers<void>();
    const count = 150;
    const server = open(loopback, {
      onPacket: ({ bytes, host, port, localHost }) => {
        arrived.push({ host, port, localHost, length: bytes.length, number: bytes[4] });
        if (arrived.length === count) whole.resolve();
      },
    });
    const remote = { host: loopback, port: server.localPort };
    const handler = { onPacket: () => assert.fail("a packet came back") };
    const client = new PacketSocket({ protocol, localHost: alias, localPort: 0, remote }, handler);
    try {
      assert.equal(client.localHost, alias);
      const batch = packetBatch(50);
      const lengths = Array.from({ length: count }, (_, number) => number % 7 === 6 ? 300 : 1200);
      for (let first = 0; first < count; first += 50) {
        fill(batch, lengths.slice(first, first + 50), { ...remote, number: first });
        assert.equal(client.send(batch), 50);
      }
      await whole.promise;
      const port = protocol === udpProtocol ? client.localPort : 0;
      assert.deepEqual(
        arrived,
        lengths.map((length, number) => ({
          host: alias,
          port,
          localHost: loopback,
          length,
          number,
        })),
      );
    } finally {
      client.close();
      server.close();
    }
  });

  Deno.test(`${kind}: a socket of all addresses tells which one was called, and answers from it`, async () => {
    const answered = Promise.withResolvers<ReceivedPacket>();
    const server: PacketSocket = open(anyAddress, {
      onPacket: ({ bytes, host, port, localHost }) => {
        const answer = packet(client.localPort, bytes.length);
        server.sendPacket(answer, { host, port, localHost });
      },
    });
    const client: PacketSocket = open(loopback, {
      onPacket: (packet) => answered.resolve({ ...packet, bytes: packet.bytes.slice() }),
    });
    try {
      const remote = { host: parseIpv4("127.0.0.77")!, port: server.localPort };
      client.sendPacket(packet(server.localPort, 9000), remote);
      const { host, bytes } = await answered.promise;
      assert.equal(host, remote.host);
      assert.equal(bytes.length, 9000);
    } finally {
      client.close();
      server.close();
    }
  });

  Deno.test(`${kind}: a port is one program's, at one address or at all`, () => {
    const handler = { onPacket: () => {} };
    const isTaken = (error: unknown) => error instanceof SystemError && error.code === "EADDRINUSE";
    /** Whether the port is free once its holder has gone: another program may have taken it meanwhile. */
    const isFreed = (first: number, second: number): boolean => {
      const held = open(first, handler);
      assert.throws(() => open(second, handler, held.localPort), isTaken);
      held.close();
      try {
        open(second, handler, held.localPort).close();
        return true;
      } catch (error) {
        if (isTaken(error)) return false;
        throw error;
      }
    };
    for (const [first, second] of [[anyAddress, loopback], [loopback, anyAddress]]) {
      assert.ok(Array.from({ length: 20 }).some(() => isFreed(first, second)));
    }
  });

  Deno.test(`${kind}: an address of another machine cannot be bound`, () => {
    assert.throws(
      () => open(parseIpv4("203.0.113.1")!, { onPacket: () => {} }),
      (error) => error instanceof SystemError && error.code === "EADDRNOTAVAIL",
    );
  });

  Deno.test(`${kind}: where nothing listens, the system says so at once`, async () => {
    const told = Promise.withResolvers<string>();
    const remote = { host: parseIpv4("127.0.0.99")!, port: 9 };
    const client = new PacketSocket({ protocol, localHost: loopback, localPort: 0, remote }, {
      onPacket: () => {},
      onError: ({ errno }) => told.resolve(codeOf(errno)),
    });
    try {
      client.sendPacket(packet(9, 64), remote);
      const expected = protocol === udpProtocol ? "ECONNREFUSED" : "ENOPROTOOPT";
      assert.equal(await told.promise, expected);
    } finally {
      client.close();
    }
  });

  Deno.test(`${kind}: a packet that the interface does not take is told of; where it may be cut, it arrives`, async () => {
    const { mtu } = routeTo(loopback);
    const headerBytes = protocol === udpProtocol ? 28 : 20;
    const errors: string[] = [];
    const arrived = Promise.withResolvers<number>();
    const server = open(loopback, { onPacket: ({ bytes }) => arrived.resolve(bytes.length) });
    const client = open(loopback, {
      onPacket: () => {},
      onError: ({ errno }) => errors.push(codeOf(errno)),
    });
    try {
      const remote = { host: loopback, port: server.localPort };
      client.sendPacket(packet(server.localPort, 65_535 - headerBytes + 1), remote);
      assert.deepEqual(errors, ["EMSGSIZE"]);
      const length = Math.min(mtu, 60_000) - headerBytes;
      client.sendPacket(packet(server.localPort, length), { ...remote, mayBeCut: true });
      assert.equal(await arrived.promise, length);
    } finally {
      client.close();
      server.close();
    }
  });
}

/** A packet that passes a port's filter. */
function packet(port: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  bytes[0] = 0xf4;
  new DataView(bytes.buffer).setUint16(2, port);
  return bytes;
}

function fill(
  batch: ReturnType<typeof packetBatch>,
  lengths: readonly number[],
  { host, port, number }: { host: number; port: number; number: number },
): void {
  let offset = 0;
  for (const [index, length] of lengths.entries()) {
    const bytes = packet(port, length);
    bytes[4] = number + index;
    batch.bytes.set(bytes, offset);
    batch.offsets[index] = offset;
    batch.lengths[index] = length;
    batch.remoteAddresses[index] = host;
    batch.remotePorts[index] = port;
    offset += length;
  }
  batch.count = lengths.length;
}
