import assert from "node:assert/strict";
import { MalformedMessage, MessageTooLarge, type RpcException } from "../../lib/errors/mod.ts";
import {
  FrameDecoder,
  frameHeaderBytes,
  FrameKind,
  preface,
  routeNumberMax,
  writeFrameHeader,
} from "../../lib/protocol/frame.ts";
import { readUint32, writeUint32 } from "../../lib/encoding/uint32.ts";
import { type Random, thrownBy, withSeeds } from "./_values.ts";

interface Frame {
  kind: number;
  route: number;
  call: number;
  body: number[];
}

const bodyBytesMax = 1000;

function bytesOf(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + frame.body.length);
  writeFrameHeader(bytes, 0, { ...frame, bodyBytes: frame.body.length });
  bytes.set(frame.body, frameHeaderBytes);
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** A decoder and its output frames, copied as a sink must. */
function collecting(): { decoder: FrameDecoder; frames: Frame[] } {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder((kind, route, call, body) => {
    frames.push({ kind, route, call, body: [...body] });
  }, () => bodyBytesMax);
  return { decoder, frames };
}

Deno.test("a frame has the bytes specified in docs/protocol.md", () => {
  const frame: Frame = {
    kind: FrameKind.call,
    route: 0x0102,
    call: 0xfedcba98,
    body: [0xaa, 0xbb],
  };
  assert.deepEqual(
    [...bytesOf(frame)],
    [0, 0, 0, 2, 3, 0, 1, 2, 0xfe, 0xdc, 0xba, 0x98, 0xaa, 0xbb],
  );
  assert.equal(frameHeaderBytes, 12);
  const { decoder, frames } = collecting();
  decoder.push(bytesOf(frame));
  assert.deepEqual(frames, [frame]);
});

Deno.test("the preface can begin neither JSON nor a TLS record nor a line of text", () => {
  assert.deepEqual([...preface], [0xfc, 0x46, 0x43, 0x52]);
  assert.ok(preface[0] > 0x7f, "no ASCII, and no byte that UTF-8 begins a character with");
  assert.throws(() => new TextDecoder("utf-8", { fatal: true }).decode(preface));
});

Deno.test("numbers are big-endian and keep all 32 bits", () => {
  const bytes = new Uint8Array(6);
  for (const value of [0, 1, 0x01020304, 0x7fffffff, 0x80000000, 0xffffffff]) {
    writeUint32(bytes, 1, value);
    assert.equal(readUint32(bytes, 1), value);
    assert.equal(new DataView(bytes.buffer).getUint32(1), value);
  }
  assert.deepEqual([bytes[0], bytes[5]], [0, 0]);
});

Deno.test("kinds have unique numbers that fit in a byte", () => {
  const numbers: number[] = Object.values(FrameKind);
  assert.equal(new Set(numbers).size, numbers.length);
  assert.ok(numbers.every((number) => Number.isInteger(number) && number > 0 && number < 256));
});

const edges: readonly Frame[] = [
  { kind: 7, route: 0, call: 0, body: [] },
  { kind: 3, route: routeNumberMax, call: 0xffffffff, body: [1] },
  { kind: 9, route: 0, call: 0, body: [] },
  { kind: 255, route: 1, call: 1, body: new Array(300).fill(7) },
  { kind: 0, route: 0, call: 2, body: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
  { kind: 8, route: 0, call: 3, body: [] },
];

Deno.test("a stream split at any one position gives the same frames", () => {
  const stream = join(edges.map(bytesOf));
  for (let cut = 0; cut <= stream.length; cut++) {
    const { decoder, frames } = collecting();
    decoder.push(stream.subarray(0, cut));
    decoder.push(stream.subarray(cut));
    assert.deepEqual(frames, edges, `cut at ${cut}`);
    assert.equal(decoder.isInsideFrame, false);
  }
});

Deno.test("a stream that arrives one byte at a time gives the same frames", () => {
  const { decoder, frames } = collecting();
  for (const byte of join(edges.map(bytesOf))) decoder.push(Uint8Array.of(byte));
  assert.deepEqual(frames, edges);
});

Deno.test("any stream split anywhere gives the same frames", () => {
  withSeeds([21, 22, 23, 24, 25, 26], (random: Random) => {
    const sent = Array.from({ length: 60 }, (): Frame => ({
      kind: random.below(256),
      route: random.below(routeNumberMax + 1),
      call: random.below(2 ** 32),
      body: Array.from(
        { length: random.pick([0, 0, 1, 11, 12, 13, 200, bodyBytesMax]) },
        () => random.below(256),
      ),
    }));
    const stream = join(sent.map(bytesOf));
    const { decoder, frames } = collecting();
    // One buffer for all chunks, as in a channel: whatever a decoder keeps, it must have copied.
    const buffer = new Uint8Array(4000);
    for (let offset = 0; offset < stream.length;) {
      const length = Math.min(
        random.pick([0, 1, 5, 12, 100, 4000]),
        stream.length - offset,
      );
      buffer.fill(0xee);
      buffer.set(stream.subarray(offset, offset + length));
      decoder.push(buffer.subarray(0, length));
      offset += length;
    }
    assert.deepEqual(frames, sent);
    assert.equal(decoder.isInsideFrame, false);
  });
});

Deno.test("a body is a view of the input, without a copy", () => {
  const bytes = bytesOf(edges[3]);
  let seen: Uint8Array | undefined;
  new FrameDecoder((_kind, _route, _call, body) => seen = body, () => bodyBytesMax).push(bytes);
  assert.equal(seen?.buffer, bytes.buffer);
  assert.equal(seen?.byteOffset, frameHeaderBytes);
});

Deno.test("it shows whether a frame is incomplete", () => {
  const { decoder } = collecting();
  assert.equal(decoder.isInsideFrame, false);
  const bytes = bytesOf(edges[1]);
  decoder.push(bytes.subarray(0, 1));
  assert.equal(decoder.isInsideFrame, true);
  decoder.push(bytes.subarray(1, 12));
  assert.equal(decoder.isInsideFrame, true);
  decoder.push(bytes.subarray(12));
  assert.equal(decoder.isInsideFrame, false);
});

Deno.test("a body of the largest size is accepted, one byte more is not", () => {
  const { decoder, frames } = collecting();
  decoder.push(bytesOf({ kind: 3, route: 1, call: 1, body: new Array(bodyBytesMax).fill(1) }));
  assert.equal(frames.length, 1);
  const header = new Uint8Array(frameHeaderBytes);
  writeFrameHeader(header, 0, { bodyBytes: bodyBytesMax + 1, kind: 3, route: 1, call: 2 });
  const thrown = thrownBy(() => decoder.push(header));
  assert.ok(thrown instanceof MessageTooLarge);
  assert.equal(thrown.message, "a frame announces 1001 bytes, at most 1000 are accepted");
});

/** Headers that announce more than is ever accepted. */
const refused: [what: string, header: number[], error: new (message: string) => RpcException][] = [
  ["a body of 4 GiB", [255, 255, 255, 255, 3, 0, 0, 1, 0, 0, 0, 1], MessageTooLarge],
  ["a reserved flag", [0, 0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0], MalformedMessage],
  ["the highest flag", [0, 0, 0, 0, 7, 128, 0, 0, 0, 0, 0, 0], MalformedMessage],
];

Deno.test("an oversized body is refused by its header, however the input is split", () => {
  for (const [what, header, error] of refused) {
    for (let cut = 0; cut < header.length; cut++) {
      const { decoder, frames } = collecting();
      decoder.push(bytesOf(edges[0]));
      decoder.push(Uint8Array.from(header.slice(0, cut)));
      const thrown = thrownBy(() => decoder.push(Uint8Array.from(header.slice(cut))));
      assert.ok(thrown instanceof error, what);
      assert.deepEqual(frames, [edges[0]], "what came before it was handed out");
    }
  }
});

Deno.test("large frames read in place are the same, however the input is split", () => {
  withSeeds([31, 32, 33, 34], (random: Random) => {
    const KiB = 1024;
    const sent = [20 * KiB, 3, 64 * KiB, 0, 900 * KiB, 200, 300 * KiB].map((
      bytes,
      call,
    ): Frame => ({
      kind: 3,
      route: 1,
      call,
      body: Array.from({ length: bytes }, (_, index) => (index * 31 + call) & 0xff),
    }));
    const stream = join(sent.map(bytesOf));
    const frames: Frame[] = [];
    const decoder = new FrameDecoder((kind, route, call, body) => {
      frames.push({ kind, route, call, body: [...body] });
    }, () => KiB * KiB);
    let roomCount = 0;
    for (let offset = 0; offset < stream.length;) {
      const { room } = decoder;
      const bytes = Math.min(
        random.pick([1, 13, 5000, 70_000, 400_000]),
        room?.length ?? Infinity,
        stream.length - offset,
      );
      const arrived = stream.subarray(offset, offset + bytes);
      offset += bytes;
      if (room === undefined) decoder.push(arrived);
      else {
        // A reused buffer may be four times as large as requested.
        assert.ok(room.length <= Math.max(256 * KiB, 16 * decoder.pendingBytes));
        roomCount += 1;
        room.set(arrived);
        decoder.filled(bytes);
      }
    }
    assert.deepEqual(frames, sent);
    assert.ok(roomCount > 0 && !decoder.isInsideFrame);
  });
});

Deno.test("memory grows with what has arrived, not with what was announced", () => {
  const announced = 512 * 1024 * 1024;
  const decoder = new FrameDecoder(() => {}, () => announced);
  const header = new Uint8Array(frameHeaderBytes);
  writeFrameHeader(header, 0, { bodyBytes: announced, kind: 3, route: 1, call: 1 });
  const before = Deno.memoryUsage().external;
  decoder.push(header);
  decoder.push(new Uint8Array(1000));
  assert.ok(decoder.room !== undefined);
  const grown = Deno.memoryUsage().external - before;
  assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes were taken for a frame that is not there`);
});
