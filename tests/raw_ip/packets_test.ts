/** Packets byte by byte, as in docs/raw-ip.md, so that other implementations can read them. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { crc32 } from "../../lib/transport/raw_ip/_crc32.ts";
import { plainCrc32, rawIpCarrier, udpCarrier } from "../../lib/transport/raw_ip/engine/mod.ts";
import { AckBlock, ReceivedPackets } from "../../lib/transport/raw_ip/engine/packets/ack_ranges.ts";
import { Checksum } from "../../lib/transport/raw_ip/engine/packets/checksum.ts";
import { expandNumber } from "../../lib/transport/raw_ip/engine/packets/packet.ts";
import { sipHash } from "../../lib/transport/raw_ip/engine/packets/siphash.ts";
import { RangeSet } from "../../lib/transport/raw_ip/engine/range_set.ts";
import { DataLayout } from "../../lib/transport/raw_ip/engine/receiving/receiving.ts";
import { type Host, Network, Random } from "./_network.ts";

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** All packets of a small conversation, with their senders. */
function conversation(options: { isUdp?: boolean } = {}): { from: string; bytes: string }[] {
  const network = new Network(1);
  // Only ids and secrets make packets differ between runs.
  network.random.fill = (target) => target.forEach((_, index) => target[index] = index + 1);
  const carrier = options.isUdp ? udpCarrier : rawIpCarrier();
  const client = network.host(0x0a000001, { port: 0x1234, isListening: false, carrier });
  const server = network.host(0x0a000002, { port: 0x1ff5, carrier });
  const seen: { from: string; bytes: string }[] = [];
  network.filter = (packet: Uint8Array, from: Host) => {
    seen.push({ from: from === client ? "client" : "server", bytes: hex(packet) });
    return packet;
  };
  server.onConnection = (connection) => {
    const buffer = new Uint8Array(100);
    connection.events = {
      onReadable: () => {
        const count = connection.read(buffer);
        connection.write(buffer.subarray(0, count));
        if (connection.isReadEnded) connection.end();
      },
    };
  };
  const connection = client.connect(server);
  connection.write(new TextEncoder().encode("hello"));
  connection.end();
  network.run(1000);
  return seen;
}

Deno.test("packets have the documented bytes", () => {
  assert.deepEqual(conversation(), [
    {
      // HELLO to port 1FF5 from port 1234, its first; then the client's id, 65,515 bytes, credit 65,536, version 1.
      from: "client",
      bytes: "f100" + "1ff51234" + "0000" + "0000000000000000" + "00000000" + "78e8c66a" +
        "0102030405060708" + "ffeb" + "000000010000" + "00000001" + "00".repeat(20),
    },
    {
      // ACCEPT of that: the client's id, then the server's, and the same two bounds.
      from: "server",
      bytes: "f200" + "12341ff5" + "0000" + "0102030405060708" + "00000000" + "2a661711" +
        "0fd6be13486cd161" + "ffeb" + "000000010000",
    },
    {
      // DATA 0 with an opening and the end of the stream: offset 0, "hello".
      from: "client",
      bytes: "f416" + "1ff51234" + "0000" + "0fd6be13486cd161" + "00000000" + "53a3a4b1" +
        "0102030405060708" + "ffeb" + "000000010000" + "000000000000" + "68656c6c6f",
    },
    {
      // DATA 0 back, which acknowledges 0 without delay or further ranges, credit 65,541; then the same.
      from: "server",
      bytes: "f407" + "12341ff5" + "0000" + "0102030405060708" + "00000000" + "8b7402d9" +
        "00000000" + "0000" + "00" + "00" + "000000010005" + "0000" +
        "000000000000" + "68656c6c6f",
    },
    {
      // DATA 1: a pure acknowledgement.
      from: "client",
      bytes: "f401" + "1ff51234" + "0000" + "0fd6be13486cd161" + "00000001" + "88455f2f" +
        "00000000" + "0000" + "00" + "00" + "000000010000" + "0000",
    },
  ]);
});

Deno.test("over UDP, packets do not contain ports, and checksums do not cover addresses", () => {
  const [hello] = conversation({ isUdp: true });
  assert.equal(hello.bytes.slice(4, 12), "00000000");
  const checksum = new Checksum(udpCarrier, crc32);
  const bytes = Uint8Array.from(hello.bytes.match(/../g)!, (byte) => parseInt(byte, 16));
  assert.ok(checksum.isRight(bytes, 1, 2));
});

Deno.test("a packet number is recovered from its lower half", () => {
  const span = 2 ** 32;
  for (const expected of [0, 5, span - 3, span, span + 2 ** 31, 5 * span - 1, 5 * span + 7]) {
    for (const distance of [-1_000_000, -300, -1, 0, 1, 300, 1_000_000]) {
      const number = expected + distance;
      if (number < 0) continue;
      assert.equal(expandNumber(number % span, expected), number);
    }
  }
});

Deno.test("cookies are SipHash-2-4, and checksums are zlib's", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);
  // The example in the paper's appendix.
  assert.deepEqual(sipHash(bytes, bytes.subarray(0, 15)), { high: 0xa129ca61, low: 0x49be45e5 });
  for (let length = 0; length < 20; length++) {
    const some = bytes.subarray(0, length);
    assert.equal(plainCrc32(some, 12345), crc32(some, 12345));
  }
});

Deno.test("the runtime's CRC-32 is right for every seed, even after V8 has compiled its caller", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_535));
  const seeds = [0, 1, 2 ** 31 - 1, 2 ** 31, 0xdeadbeef, 2 ** 32 - 1];
  const cases = [0, 1, 24, 300, 65_535].flatMap((length) =>
    seeds.map((seed) => {
      const some = bytes.subarray(0, length);
      return { some, seed, expected: plainCrc32(some, seed) };
    })
  );
  for (const { some, seed, expected } of cases) {
    const rounds = some.length > 300 ? 1 : 20_000;
    for (let round = 0; round < rounds; round++) {
      if (crc32(some, seed) !== expected) {
        assert.fail(`${some.length} bytes, seed ${seed}: wrong in round ${round}`);
      }
    }
  }
});

Deno.test("range sets contain what was added, and not what was removed", () => {
  const random = new Random(5);
  for (let round = 0; round < 50; round++) {
    const set = new RangeSet();
    const model = new Set<number>();
    for (let step = 0; step < 100; step++) {
      const start = random.below(60);
      const end = start + random.below(12);
      const isAdded = random.chance(0.6);
      if (isAdded) set.add(start, end);
      else set.remove(start, end);
      for (let value = start; value < end; value++) {
        if (isAdded) model.add(value);
        else model.delete(value);
      }
      for (let value = 0; value < 75; value++) assert.equal(set.has(value), model.has(value));
      const isAll = Array.from({ length: end - start }, (_, index) => start + index)
        .every((value) => model.has(value));
      if (end > start) assert.equal(set.hasAll(start, end), isAll);
      for (let index = 1; index < set.count; index++) {
        assert.ok(set.ends[index - 1] < set.starts[index], "neither touch nor overlap");
      }
    }
  }
});

Deno.test("an ack block encodes the received packets, at least the latest", () => {
  const random = new Random(6);
  const bytes = new Uint8Array(400);
  const block = new AckBlock();
  for (let round = 0; round < 200; round++) {
    const received = new ReceivedPackets();
    const model = new Set<number>();
    const first = random.pick([0, 2 ** 32 - 50, 2 ** 40]);
    for (let number = first; number < first + 300; number++) {
      if (random.chance(0.4)) continue;
      assert.equal(received.has(number), false);
      received.add(number, 10);
      model.add(number);
      assert.ok(received.has(number));
    }
    const room = random.pick([16, 40, 400]);
    const length = received.write(bytes, 3, room, 2 ** 40 + 5, 12);
    assert.ok(length <= room);
    const end = block.read(bytes.subarray(0, 3 + length), 3, first + 300);
    assert.equal(end, 3 + length);
    assert.equal(block.credit, 2 ** 40 + 5);
    assert.ok(Math.abs(block.delayMs - 2) < 0.01);
    const told: number[] = [];
    for (let index = 0; index < block.count; index++) {
      for (let number = block.ends[index] - 1; number >= block.starts[index]; number--) {
        told.push(number);
      }
    }
    const expected = [...model].sort((one, other) => other - one).slice(0, told.length);
    assert.deepEqual(told, expected);
    if (room === 400) assert.ok(block.count >= Math.min(limits.rawIp.ackRangesMax, 60));
  }
});

Deno.test("a truncated ack block, or one for unsent packets, is refused", () => {
  const received = new ReceivedPackets();
  for (const number of [1, 3, 5]) received.add(number, 0);
  const bytes = new Uint8Array(100);
  const length = received.write(bytes, 0, 100, 0, 0);
  const block = new AckBlock();
  assert.equal(block.read(bytes.subarray(0, length), 0, 6), length);
  assert.equal(block.read(bytes.subarray(0, length), 0, 5), -1);
  for (let cut = 0; cut < length; cut++) {
    assert.equal(block.read(bytes.subarray(0, cut), 0, 6), -1);
  }
});

Deno.test("DATA whose flags promise more than it holds is refused", () => {
  const layout = new DataLayout();
  const packet = (flags: number, length: number) => {
    const bytes = new Uint8Array(24 + length);
    bytes[0] = 0xf4;
    bytes[1] = flags;
    return layout.read(bytes);
  };
  assert.ok(packet(8, 0));
  for (const [flags, length] of [[2, 6], [2, 5], [2 | 4, 5], [1, 15], [1 | 2, 21], [16, 15]]) {
    const isWhole = flags === 2 && length === 6;
    assert.equal(packet(flags, length), isWhole, `flags ${flags}, ${length} bytes`);
  }
  assert.equal(packet(4, 6), false, "an end without a stream");
  assert.equal(packet(8, 1), false, "something behind the end");
});
