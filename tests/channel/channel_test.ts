import assert from "node:assert/strict";
import { Channel } from "../../lib/channel/mod.ts";
import { MalformedMessage, MessageTooLarge } from "../../lib/errors/mod.ts";
import { limits, limitsWith } from "../../lib/limits/mod.ts";
import { memoryPair } from "../../lib/transport/mod.ts";
import {
  FrameDecoder,
  frameHeaderBytes,
  preface,
  writeFrameHeader,
} from "../../lib/protocol/mod.ts";
import { leadBytes } from "../../lib/encoding/mod.ts";
import { FakeTransport, turn } from "./_fake_transport.ts";
import { mentions } from "../_support/mentions.ts";

interface Frame {
  kind: number;
  route: number;
  call: number;
  body: number[];
}

/** The frames in a stream of bytes. */
function framesIn(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  new FrameDecoder(
    (kind, route, call, body) => frames.push({ kind, route, call, body: [...body] }),
    () => limits.messageBytesMax,
  ).push(bytes);
  return frames;
}

function frameBytes(kind: number, call: number, bodyBytes = 0): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + bodyBytes);
  writeFrameHeader(bytes, 0, { bodyBytes, kind, route: 0, call });
  return bytes;
}

/** Reads a channel into a list. */
function collecting(channel: Channel): { calls: number[]; running: Promise<void> } {
  const calls: number[] = [];
  return { calls, running: channel.run((_kind, _route, call) => void calls.push(call)) };
}

Deno.test("everything sent in one turn is one write, in order", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport);
  channel.sendRaw(preface);
  channel.send(1, 0, 0, Uint8Array.of(1, 2));
  for (let call = 1; call <= 100; call++) channel.send(3, 7, call, 0x01020304, Uint8Array.of(call));
  channel.send(6, 0, 5);
  assert.equal(transport.writes.length, 0, "nothing is written before the turn is over");
  await turn();
  assert.equal(transport.writes.length, 1);
  const [bytes] = transport.writes;
  assert.deepEqual(bytes.subarray(0, 4), preface);
  const frames = framesIn(bytes.subarray(4));
  assert.equal(frames.length, 102);
  assert.deepEqual(frames[0], { kind: 1, route: 0, call: 0, body: [1, 2] });
  assert.deepEqual(frames[5], { kind: 3, route: 7, call: 5, body: [1, 2, 3, 4, 5] });
  assert.deepEqual(frames[101], { kind: 6, route: 0, call: 5, body: [] });
  channel.close();
});

Deno.test("the next write grows during a pending one, and no write overtakes another", async () => {
  const transport = new FakeTransport();
  transport.holdsWrites = true;
  const channel = new Channel(transport);
  channel.send(7, 0, 1);
  await turn();
  for (const call of [2, 3, 4]) {
    channel.send(7, 0, call);
    await turn();
  }
  assert.equal(transport.writes.length, 1);
  transport.releaseWrite();
  await turn();
  assert.equal(transport.writes.length, 2);
  assert.deepEqual(framesIn(transport.writes[1]).map((frame) => frame.call), [2, 3, 4]);
  transport.releaseWrite();
  await channel.flushed();
  channel.close();
});

Deno.test("senders may reuse their buffers immediately", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport);
  const body = Uint8Array.of(1);
  channel.send(3, 0, 1, body);
  body[0] = 2;
  await turn();
  assert.deepEqual(framesIn(transport.writes[0])[0].body, [1]);
  channel.close();
});

Deno.test("a large body is written in place, in order, and returned to its owner afterwards", async () => {
  const transport = new FakeTransport();
  transport.holdsWrites = true;
  const channel = new Channel(transport);
  const memory = new Uint8Array(leadBytes + 100_000).fill(7);
  let isWritten = false;
  channel.send(3, 0, 1, Uint8Array.of(1));
  const header = { kind: 4, route: 5, call: 2 };
  channel.sendInPlace(header, memory.subarray(leadBytes), () => isWritten = true);
  channel.send(3, 0, 3, Uint8Array.of(3));
  assert.equal(channel.queuedBytes, 3 * frameHeaderBytes + 100_002);
  for (let write = 0; write < 3; write++) {
    await turn();
    assert.equal(isWritten, write === 2);
    transport.releaseWrite();
  }
  await channel.flushed();
  assert.equal(
    memory[leadBytes - frameHeaderBytes + 4],
    header.kind,
    "its header is in front of it",
  );
  const written = new Uint8Array(
    await new Blob(transport.writes as Uint8Array<ArrayBuffer>[]).arrayBuffer(),
  );
  const frames = framesIn(written);
  assert.deepEqual(frames.map(({ call }) => call), [1, 2, 3]);
  assert.deepEqual({ ...frames[1], body: undefined }, { ...header, body: undefined });
  assert.ok(frames[1]!.body.length === 100_000 && frames[1]!.body.every((byte) => byte === 7));
  channel.close();
});

Deno.test("a large body that is unwritten when the connection ends is never returned to its owner", async () => {
  const transport = new FakeTransport();
  transport.holdsWrites = true;
  const channel = new Channel(transport);
  const written: number[] = [];
  for (let call = 1; call <= 2; call++) {
    const body = new Uint8Array(leadBytes + 100_000).subarray(leadBytes);
    channel.sendInPlace({ kind: 4, route: 0, call }, body, () => written.push(call));
  }
  await turn();
  channel.close();
  channel.sendInPlace(
    { kind: 4, route: 0, call: 3 },
    new Uint8Array(leadBytes + 100_000).subarray(leadBytes),
    () => written.push(3),
  );
  await turn();
  assert.deepEqual(written, []);
});

Deno.test("a large message is written in parts, and its progress is visible", async () => {
  const transport = new FakeTransport();
  transport.holdsWrites = true;
  const channel = new Channel(transport);
  const body = new Uint8Array(2 * limits.writeBytesMax + 5).fill(9);
  channel.send(4, 0, 1, body);
  await turn();
  const sizes: number[] = [];
  for (let round = 0; round < 3; round++) {
    sizes.push(channel.writtenBytes);
    transport.releaseWrite();
    await turn();
  }
  assert.deepEqual(sizes, [0, limits.writeBytesMax, 2 * limits.writeBytesMax]);
  assert.equal(channel.writtenBytes, frameHeaderBytes + body.length);
  assert.deepEqual(
    transport.writes.map((write) => write.length),
    [limits.writeBytesMax, limits.writeBytesMax, frameHeaderBytes + 5],
  );
  await channel.flushed();
  channel.close();
});

Deno.test("frames are decoded however they are split, including bytes read before", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport);
  const calls: number[] = [];
  const bytes = frameBytes(7, 1, 100);
  const running = channel.run((_kind, _route, call) => void calls.push(call), bytes.slice(0, 50));
  assert.equal(channel.isInsideFrame, true);
  transport.arrive(bytes.subarray(50));
  await turn();
  assert.deepEqual(calls, [1]);
  assert.equal(channel.isInsideFrame, false);
  // Larger than a single read of a channel.
  const large = frameBytes(7, 2, 3_000_000);
  for (let offset = 0; offset < large.length;) {
    offset += transport.arrive(large.subarray(offset));
    await turn();
  }
  assert.deepEqual(calls, [1, 2]);
  assert.ok(transport.reads < 40, `${transport.reads} reads for 3 MB`);
  transport.end();
  await running;
  channel.close();
});

Deno.test("input from a peer that does not read its output is not read", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport);
  transport.holdsWrites = true;
  const { calls, running } = collecting(channel);
  channel.send(4, 0, 1, new Uint8Array(limits.outboxBytesHigh));
  transport.arrive(frameBytes(7, 1));
  await turn();
  assert.deepEqual([calls, transport.isRead, channel.isHeldBack], [[1], false, true]);
  // Reading resumes when half of it is written: neither earlier, nor only at the end.
  let written = 0;
  while (!transport.isRead) {
    transport.releaseWrite();
    written += limits.writeBytesMax;
    await turn();
  }
  assert.ok(written >= limits.outboxBytesHigh / 2 && written < limits.outboxBytesHigh);
  assert.equal(channel.isHeldBack, false);
  transport.arrive(frameBytes(7, 2));
  await turn();
  assert.deepEqual(calls, [1, 2]);
  channel.close();
  await running;
});

Deno.test("a session that asks for it keeps reading, however much waits to be written", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport, { holdBackBytes: Infinity });
  transport.holdsWrites = true;
  const { calls, running } = collecting(channel);
  channel.send(4, 0, 1, new Uint8Array(2 * limits.outboxBytesHigh));
  for (const call of [1, 2]) {
    transport.arrive(frameBytes(7, call));
    await turn();
  }
  assert.deepEqual([calls, channel.isHeldBack], [[1, 2], false]);
  channel.close();
  await running;
});

Deno.test("a peer with too much unread output is cut off, and the reader learns why", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport, { bounds: limitsWith({ outboxBytesMax: 100_000 }) });
  transport.holdsWrites = true;
  const { running } = collecting(channel);
  channel.send(4, 0, 1, new Uint8Array(90_000));
  await turn();
  channel.send(4, 0, 2, new Uint8Array(9_000));
  assert.equal(channel.isClosed, false);
  channel.send(4, 0, 3, new Uint8Array(9_000));
  assert.equal(channel.isClosed, true);
  assert.equal(transport.isClosed, true);
  await assert.rejects(running, mentions("108036 bytes"));
});

Deno.test("a sink that throws ends reading with its error", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport);
  const error = new MalformedMessage("no");
  const running = channel.run(() => {
    throw error;
  });
  transport.arrive(frameBytes(7, 1));
  await assert.rejects(running, error);
  // Its owner ends the connection: there may be a final message to send.
  channel.send(5, 0, 0);
  await channel.flushed();
  assert.equal(transport.writes.length, 1);
  channel.close();
});

Deno.test("a frame larger than accepted ends reading before it has arrived", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport, { messageBytesMax: () => 10 });
  const { calls, running } = collecting(channel);
  transport.arrive(frameBytes(7, 1, 10));
  await turn();
  transport.arrive(frameBytes(7, 2, 11).subarray(0, frameHeaderBytes));
  await assert.rejects(running, MessageTooLarge);
  assert.deepEqual(calls, [1]);
  channel.close();
});

Deno.test("a connection that breaks during a write ends reading with the reason", async () => {
  const transport = new FakeTransport();
  transport.holdsWrites = true;
  const channel = new Channel(transport);
  const { running } = collecting(channel);
  const flushed = channel.flushed();
  channel.send(7, 0, 1);
  await turn();
  const error = new Error("broken pipe");
  transport.breakWrite(error);
  await assert.rejects(running, error);
  await flushed;
  assert.equal(transport.isClosed, true);
});

Deno.test("a connection that breaks during a read ends reading with the reason", async () => {
  const transport = new FakeTransport();
  const channel = new Channel(transport);
  const { running } = collecting(channel);
  const error = new Error("reset");
  transport.breakReading(error);
  await assert.rejects(running, error);
  channel.close();
});

Deno.test("closing ends reading without an error, drops unsent data, and is idempotent", async () => {
  const transport = new FakeTransport();
  transport.holdsWrites = true;
  const channel = new Channel(transport);
  const { running } = collecting(channel);
  channel.send(7, 0, 1);
  await turn();
  channel.send(7, 0, 2);
  const flushed = channel.flushed();
  channel.close();
  channel.close();
  await running;
  await flushed;
  channel.send(7, 0, 3);
  await turn();
  assert.equal(transport.writes.length, 1);
});

Deno.test("many senders at both ends of one connection lose nothing", async () => {
  const [near, far] = memoryPair();
  const channels = [new Channel(near), new Channel(far)];
  const received = channels.map(collecting);
  const count = 3000;
  for (const channel of channels) {
    for (let call = 0; call < count; call++) {
      channel.send(3, 0, call, new Uint8Array(call % 997));
      if (call % 100 === 0) await turn();
    }
  }
  for (const channel of channels) await channel.flushed();
  while (received.some(({ calls }) => calls.length < count)) await turn();
  const expected = Array.from({ length: count }, (_, call) => call);
  for (const { calls } of received) assert.deepEqual(calls, expected);
  for (const channel of channels) channel.close();
  await Promise.all(received.map(({ running }) => running));
});
