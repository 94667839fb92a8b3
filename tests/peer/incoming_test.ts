/** Detection of duplicates. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { type Arrival, type DataPacket, Incoming } from "../../lib/peer/original/incoming.ts";
import { readPacket } from "../../lib/peer/original/packet.ts";

const source = { from: "10.0.0.2", protocol: 170 } as const;

function messageOf(fields: Record<string, unknown> = {}): DataPacket {
  const packet = readPacket(new TextEncoder().encode(JSON.stringify({
    sequence_number: 0,
    type: "message",
    data: { content: "x", sender: "a", channel_id: "general", timestamp: "2026-11-29T20:27:26Z" },
    details: { channel_id: "general" },
    machine_id: "aaaaaaaa",
    ...fields,
  })));
  assert.notEqual(packet.kind, "acknowledgement");
  return packet as DataPacket;
}

function chunkOf(fields: Record<string, unknown>, data = "AAAA", sequence = 0): DataPacket {
  return messageOf({
    sequence_number: sequence,
    type: "file_chunk",
    data,
    details: { file_id: "t", file_name: "x", chunk_index: 0, total_chunks: 2, ...fields },
  });
}

/** Handles a packet, and stores it if requested. */
function kept(incoming: Incoming, packet: DataPacket, nowMs = 0): Arrival["do"] {
  const arrival = incoming.take(packet, source, nowMs);
  if (arrival.do === "keep chunk" && packet.kind === "chunk") {
    arrival.file.add(packet.chunk.index, packet.data.length);
  }
  if (arrival.do === "keep" || arrival.do === "keep chunk") arrival.receipt.kept(nowMs);
  return arrival.do;
}

Deno.test("a message is a duplicate by its number, or by its content; otherwise it is new", () => {
  const first = messageOf();
  const data = {
    content: "x",
    sender: "a",
    channel_id: "general",
    timestamp: "2026-11-29T20:27:26Z",
  };
  const cases: [what: string, packet: DataPacket, from: string, expected: Arrival["do"]][] = [
    ["the same", messageOf(), source.from, "acknowledge"],
    ["another number", messageOf({ sequence_number: 7 }), source.from, "acknowledge"],
    ["another machine at the same address", messageOf({ machine_id: "b" }), source.from, "keep"],
    ["another address", messageOf(), "10.0.0.3", "keep"],
    [
      "another text",
      messageOf({ sequence_number: 8, data: { ...data, content: "y" } }),
      source.from,
      "keep",
    ],
    [
      "another time",
      messageOf({ sequence_number: 9, data: { ...data, timestamp: "2026-11-29T20:27:27Z" } }),
      source.from,
      "keep",
    ],
  ];
  for (const [what, packet, from, expected] of cases) {
    const incoming = new Incoming();
    assert.equal(kept(incoming, first), "keep");
    assert.equal(incoming.take(packet, { ...source, from }, 0).do, expected, what);
  }
});

Deno.test("a restarted program without a machine id does not look like a duplicate sender", () => {
  const incoming = new Incoming();
  const say = (content: string) =>
    messageOf({ machine_id: undefined, data: { content, sender: "a" } });
  assert.equal(kept(incoming, say("one")), "keep");
  assert.equal(kept(incoming, say("one")), "acknowledge");
  assert.equal(kept(incoming, say("two")), "keep");
});

Deno.test("a chunk being stored is neither acknowledged nor stored again, and a lost one counts as new", () => {
  const incoming = new Incoming();
  const arrival = incoming.take(messageOf(), source, 0);
  assert.equal(arrival.do, "keep");
  assert.equal(incoming.take(messageOf(), source, 0).do, "wait");
  assert.equal(incoming.take(messageOf({ sequence_number: 3 }), source, 0).do, "wait");
  if (arrival.do === "keep") arrival.receipt.lost();
  assert.equal(kept(incoming, messageOf({ sequence_number: 3 })), "keep");
  assert.equal(kept(incoming, messageOf()), "acknowledge");
});

Deno.test("chunks: a late duplicate of a complete file starts no new file", () => {
  const incoming = new Incoming();
  assert.equal(kept(incoming, chunkOf({})), "keep chunk");
  assert.equal(kept(incoming, chunkOf({}, "AAAA", 5)), "acknowledge");
  assert.equal(kept(incoming, chunkOf({ chunk_index: 1 }, "AA==", 6)), "keep chunk");
  const [file] = incoming.unfinished;
  assert.ok(file.isWhole);
  // Naming the file failed: the next copy of a chunk triggers another attempt.
  const again = incoming.take(chunkOf({}, "AAAA", 7), source, 0);
  assert.equal(again.do, "keep chunk");
  if (again.do === "keep chunk") again.receipt.lost();
  incoming.finish(file, 0);
  assert.equal(kept(incoming, chunkOf({}, "AAAA", 8)), "acknowledge");
  assert.equal(incoming.unfinished.length, 0);
});

Deno.test("a file that contradicts itself, or is too large, is refused", () => {
  const incoming = new Incoming({ fileBytesMax: 100 });
  assert.equal(kept(incoming, chunkOf({})), "keep chunk");
  assert.equal(kept(incoming, chunkOf({ total_chunks: 3, chunk_index: 1 }, "AAAA", 1)), "refuse");
  assert.equal(
    kept(incoming, chunkOf({ file_id: "u", total_chunks: 50, chunk_index: 3 }, "AAAA", 2)),
    "refuse",
    "150 bytes at least",
  );
});

Deno.test("strangers cannot make its memory grow without bound", () => {
  const incoming = new Incoming();
  const { chunkedFilesPerMachineMax, recentPerMachineMax } = limits.peer;
  const outcomes = Array.from(
    { length: 100 },
    (_, index) =>
      kept(
        incoming,
        chunkOf({ file_id: `f${index}`, total_chunks: limits.peer.chunksMax }, "AAAA", index),
      ),
  );
  assert.ok(
    outcomes.filter((outcome) => outcome === "keep chunk").length <= chunkedFilesPerMachineMax,
  );
  for (let index = 0; index < 2 * recentPerMachineMax; index++) {
    kept(incoming, messageOf({ sequence_number: 1000 + index, data: { content: `${index}` } }));
  }
  assert.equal(
    kept(incoming, messageOf({ sequence_number: 1000, data: { content: "0" } })),
    "keep",
    "forgotten",
  );
});
