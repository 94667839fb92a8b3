/** Packets written by strangers. */
import assert from "node:assert/strict";
import { FarcallError } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { silentLog } from "../../lib/log/mod.ts";
import { Engine } from "../../lib/peer/original/engine.ts";
import { readPacket, writeMessage } from "../../lib/peer/original/packet.ts";
import { writePythonJson } from "../../lib/peer/original/python_json.ts";
import { randomOf } from "./_virtual_network.ts";

const encoder = new TextEncoder();
const chunk = {
  sequence_number: 1,
  type: "file_chunk",
  data: "AAAA",
  details: { file_id: "f", file_name: "x", chunk_index: 0, total_chunks: 1 },
};

Deno.test("malformed packets are refused", () => {
  const long = "x".repeat(limits.peer.nameLengthMax + 1);
  const texts: string[] = [
    "",
    "{",
    "[]",
    "1",
    "null",
    '"x"',
    "[".repeat(60_000),
    `{"a":${"[".repeat(60_000)}`,
    '{"sequence_number":0,"sequence_number":0,"type":"message","data":"x"}',
    ...[
      { type: "message", data: "x" },
      { sequence_number: -1, type: "message", data: "x" },
      { sequence_number: 1.5, type: "message", data: "x" },
      { sequence_number: "1", type: "message", data: "x" },
      { sequence_number: 1, type: "message" },
      { sequence_number: 1, type: "message", data: "" },
      { sequence_number: 1, type: "message", data: {} },
      { sequence_number: 1, type: "message", data: 0 },
      { sequence_number: 1, type: "message", data: "x", machine_id: long },
      { sequence_number: 1, type: "message", data: "x", machine_id: {} },
      { ...chunk, data: "not base64!" },
      { ...chunk, data: { a: 1 } },
      ...[
        { total_chunks: 0 },
        { total_chunks: 1e9 },
        { total_chunks: -1 },
        { chunk_index: 1 },
        { chunk_index: -1 },
        { chunk_index: 0.5 },
        { file_id: long },
        { file_id: undefined },
      ].map((details) => ({ ...chunk, details: { ...chunk.details, ...details } })),
      { ...chunk, details: undefined },
      { ...chunk, data: "", details: { ...chunk.details, total_chunks: 2 } },
      { sequence_number: 1, type: "acknowledgement" },
      { sequence_number: 1, type: "acknowledgement", original_sequence: "x" },
    ].map((packet) => JSON.stringify(packet)),
  ];
  for (const text of texts) {
    assert.throws(() => readPacket(encoder.encode(text)), FarcallError, text.slice(0, 200));
  }
  assert.throws(() => readPacket(Uint8Array.of(0x7b, 0xff, 0x7d)), FarcallError);
});

Deno.test("everything that the original accepts is parsed", () => {
  const read = (fields: object) =>
    readPacket(encoder.encode(JSON.stringify({ sequence_number: 1, type: "message", ...fields })));
  const bare = { sender: "unknown", channel: "general", timestamp: undefined };
  const cases: [data: unknown, content: string][] = [
    ["text", "text"],
    [[1, "two"], '[1, "two"]'],
    [7, "7"],
    [{ content: { a: null } }, '{"a": null}'],
    [{ content: "\u2603" }, "\u2603"],
  ];
  for (const [data, content] of cases) {
    const packet = read({ data });
    assert.ok(packet.kind === "message");
    assert.deepEqual(packet.message, { content, ...bare });
  }
  const packet = read({ data: "x", details: { channel_id: "ops" }, machine_id: 12, extra: true });
  assert.ok(packet.kind === "message");
  assert.equal(packet.message.channel, "ops");
  assert.equal(packet.machineId, "12");
  assert.equal(read({ type: "ping", data: "x" }).kind, "other");
  assert.equal(read({ type: 5, data: "x" }).kind, "other");
});

Deno.test("JSON is written as Python writes it", () => {
  const cases: [value: Parameters<typeof writePythonJson>[0], text: string][] = [
    [{ a: 1, b: [true, null, "x"], c: {} }, '{"a": 1, "b": [true, null, "x"], "c": {}}'],
    ["\u00fc\u2603\ud83d\ude00\x7f", '"\\u00fc\\u2603\\ud83d\\ude00\\u007f"'],
    ['"\\/\b\f\n\r\t\x01', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001"'],
  ];
  for (const [value, text] of cases) assert.equal(writePythonJson(value), text);
});

Deno.test("thousands of mutated packets make an engine neither throw nor retain memory", () => {
  const seed = Number(Deno.env.get("FARCALL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  const random = randomOf(seed);
  const engine = new Engine({
    machineId: "aaaaaaaa",
    log: silentLog,
    introduction: () => ({ name: "x", files: [] }),
    world: {
      transmit: () => {},
      keepMessage: (_, done) => done(random() < 0.9),
      keepChunk: ({ file, index, data }, done) => {
        if (!file.isWhole) file.add(index, data.length);
        if (file.isWhole) engine.incoming.finish(file, 0);
        done(true);
      },
      introduced: () => {},
      heard: () => {},
    },
  });
  const head = { sequence: 1, machineId: "bbbbbbbb" };
  const message = { content: "hello", sender: "a", channel: "b", timestamp: "c" };
  const seeds = [
    writeMessage(head, message),
    encoder.encode(writePythonJson({ ...chunk, details: { ...chunk.details, total_chunks: 9 } })),
    encoder.encode(
      '{"sequence_number": 1, "type": "introduction", "data": {"farcall": {"name": "x", "files": ' +
        '[{"over": "ip", "port": 5}]}}}',
    ),
    encoder.encode(
      '{"sequence_number": 1, "type": "acknowledgement", "original_sequence": 0, "original_machine_id": "aaaaaaaa"}',
    ),
  ];
  try {
    for (let count = 0; count < 15_000; count++) {
      const bytes = seeds[count % seeds.length].slice();
      for (let change = 0; change <= random() * 3; change++) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = random() < 0.5 ? 0x30 + Math.floor(random() * 10) : Math.floor(random() * 256);
      }
      const payload = random() < 0.1
        ? bytes.subarray(0, Math.floor(random() * bytes.length))
        : bytes;
      const from = `10.0.${Math.floor(random() * 8)}.${Math.floor(random() * 256)}`;
      engine.receive({ protocol: 170, from, to: "10.0.0.1", payload }, count);
    }
  } catch (error) {
    throw new Error(`with FARCALL_TEST_SEED=${seed}`, { cause: error });
  }
  assert.ok(engine.counts.malformed > 0 && engine.counts.received > 0);
  assert.ok(engine.incoming.unfinished.length <= limits.peer.chunkedFilesMax);
});
