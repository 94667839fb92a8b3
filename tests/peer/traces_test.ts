/** Recorded packets of the original program, compared with farcall's encoder and decoder. */
import assert from "node:assert/strict";
import { silentLog } from "../../lib/log/mod.ts";
import { Engine, type TransmittedPacket } from "../../lib/peer/original/engine.ts";
import { type PeerProtocol, readPacket } from "../../lib/peer/original/packet.ts";
import { OriginalProgram } from "./_original_program.ts";
import { VirtualNetwork } from "./_virtual_network.ts";

interface Recorded {
  readonly t: number;
  readonly src: string;
  readonly dst: string;
  readonly proto: number;
  readonly payload: string;
}

async function recorded(name: string): Promise<Recorded[]> {
  const text = await Deno.readTextFile(new URL(`../golden/peer/${name}.jsonl`, import.meta.url));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line) as Recorded);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An engine that pretends to store everything; its sent bytes are collected. */
function machine(machineId: string): { engine: Engine; sent: TransmittedPacket[] } {
  const sent: TransmittedPacket[] = [];
  const engine = new Engine({
    machineId,
    log: silentLog,
    introduction: () => ({ name: "test", files: [] }),
    world: {
      transmit: (packet) => sent.push(packet),
      keepMessage: (_, done) => done(true),
      keepChunk: ({ file, index, data }, done) => {
        file.add(index, data.length);
        if (file.isWhole) engine.incoming.finish(file, 0);
        done(true);
      },
      introduced: () => {},
      heard: () => {},
    },
  });
  return { engine, sent };
}

Deno.test("farcall answers the original's recorded packets with the original's own bytes", async () => {
  const { engine, sent } = machine("50f459e0");
  let answered = 0;
  for (const { src, dst, proto, payload } of await recorded("original_message_file")) {
    if (src === "10.77.0.1") {
      const protocol = proto as PeerProtocol;
      engine.receive({ protocol, from: src, to: dst, payload: encoder.encode(payload) }, 0);
      continue;
    }
    const { bytes, from, to, protocol } = sent[answered++];
    assert.equal(decoder.decode(bytes), payload);
    assert.deepEqual({ from, to, protocol }, { from: src, to: dst, protocol: proto });
  }
  assert.equal(answered, 5);
  assert.equal(engine.incoming.unfinished.length, 0, "the file of three chunks is whole");
});

Deno.test("farcall sends the original's bytes, and accepts its acknowledgements", async () => {
  const { engine, sent } = machine("fd92a188");
  const outcomes: string[] = [];
  for (const { src, dst, proto, payload } of await recorded("original_message_file")) {
    const protocol = proto as PeerProtocol;
    if (src === "10.77.0.2") {
      engine.receive({ protocol, from: src, to: dst, payload: encoder.encode(payload) }, 0);
      continue;
    }
    const packet = readPacket(encoder.encode(payload));
    const settled = (delivery: string): number => outcomes.push(delivery);
    if (packet.kind === "message") {
      engine.sendMessage(dst, packet.message, { nowMs: 0, settled });
    } else if (packet.kind === "chunk") {
      const { data, chunk } = packet;
      engine.sendChunk(dst, { data, chunk, nowMs: 0, settled });
    } else assert.fail(`unexpected ${packet.kind}`);
    assert.equal(decoder.decode(sent.at(-1)!.bytes), payload);
  }
  assert.deepEqual(outcomes, Array(5).fill("acknowledged"));
  assert.deepEqual(engine.outgoing.counts, { unacknowledged: 0, waiting: 0 });
});

Deno.test("the original's storm of one message is one message here", async () => {
  const { engine, sent } = machine("50f459e0");
  const storm = (await recorded("original_silent_peer")).filter(({ proto }) => proto === 170);
  for (const { src, dst, t, payload } of storm) {
    const packet = { protocol: 170, from: src, to: dst, payload: encoder.encode(payload) } as const;
    engine.receive(packet, t * 1000);
  }
  assert.equal(engine.counts.received, 1);
  assert.equal(engine.counts.duplicates, storm.length - 1);
  assert.equal(sent.length, storm.length, "each number is acknowledged, or its resends go on");
});

Deno.test("the model of the original storms as the original did", async () => {
  const storm = (await recorded("original_silent_peer")).filter(({ proto }) => proto === 170);
  const network = new VirtualNetwork(1);
  const model = new OriginalProgram(network, {
    address: "10.77.0.1",
    machineId: "27d8cec4",
    firstLookMs: 499.2,
  });
  model.sendMessage("10.77.0.2", "is anybody there", "2026-11-29T20:28:49.471578Z");
  const lastMs = (storm.at(-1)!.t - storm[0].t) * 1000;
  network.run(lastMs + 100);
  const numbers = storm.map(({ payload }) => JSON.parse(payload).sequence_number);
  assert.deepEqual(numbers, Array.from(numbers, (_, index) => index));
  assert.equal(network.sent.length, storm.length);
  assert.deepEqual(
    network.sent.map(({ payload }) => decoder.decode(payload)),
    storm.map(({ payload }) => payload),
  );
});
