/** What strangers can do to a receiver: take bounded memory, disk, log and traffic. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { limits } from "../../lib/limits/mod.ts";
import { type LogRecord, logTo, silentLog } from "../../lib/log/mod.ts";
import { StrangerLog } from "../../lib/peer/_stranger_log.ts";
import { giveName } from "../../lib/peer/folder/give_name.ts";
import { Space } from "../../lib/peer/folder/space.ts";
import { Engine } from "../../lib/peer/original/engine.ts";
import { type DataPacket, Incoming } from "../../lib/peer/original/incoming.ts";
import { readPacket } from "../../lib/peer/original/packet.ts";
import { Parts } from "../../lib/peer/transfer/parts.ts";
import { withFolder } from "./_folder.ts";

const bytesOf = (packet: unknown) => new TextEncoder().encode(JSON.stringify(packet));

function otherPacket(sequence: number): DataPacket {
  const packet = { sequence_number: sequence, type: "x", data: 1, machine_id: "m".repeat(200) };
  return readPacket(bytesOf(packet)) as DataPacket;
}

Deno.test("the more machines a stranger pretends to be, the less is remembered of each", () => {
  const incoming = new Incoming();
  const { recentOfAllMax, recentMachinesMax } = limits.peer;
  const isDuplicate = (sequence: number, from: string): boolean => {
    const arrival = incoming.take(otherPacket(sequence), { from, protocol: 170 }, 0);
    assert.equal(arrival.do, "acknowledge");
    return arrival.do === "acknowledge" && arrival.isDuplicate;
  };
  const share = recentOfAllMax / recentMachinesMax;
  for (let sequence = 0; sequence <= 2 * share; sequence++) isDuplicate(sequence, "alone");
  assert.equal(isDuplicate(0, "alone"), true);
  for (let machine = 1; machine < recentMachinesMax; machine++) isDuplicate(0, `${machine}`);
  for (let sequence = 0; sequence <= 2 * share; sequence++) isDuplicate(sequence, "alone");
  assert.equal(isDuplicate(2 * share, "alone"), true);
  assert.equal(isDuplicate(0, "alone"), false);
});

Deno.test("no acknowledgement is several times as long as its packet, whose address may be forged", () => {
  let sent = 0;
  const engine = new Engine({
    machineId: "aaaaaaaa",
    log: silentLog,
    introduction: () => ({ name: "\u2603".repeat(200), files: [] }),
    world: {
      transmit: ({ bytes }) => sent += bytes.length,
      keepMessage: (_, done) => done(true),
      keepChunk: (_, done) => done(true),
      introduced: () => {},
      heard: () => {},
    },
  });
  const packets = [
    { sequence_number: 1, type: "x", data: 1 },
    { sequence_number: 2, type: "message", data: "x" },
    { sequence_number: 3, type: "introduction", data: { farcall: { files: [] } } },
    {
      sequence_number: 4,
      type: "introduction",
      data: { content: "x".repeat(600), farcall: { files: [] } },
    },
  ];
  const answered = packets.map((packet, index) => {
    const payload = bytesOf(packet);
    sent = 0;
    engine.receive({ protocol: 170, from: "10.0.0.2", to: "10.0.0.1", payload }, index);
    assert.ok(sent <= limits.peer.acknowledgementFactorMax * payload.length, `${sent} bytes`);
    return sent > 0;
  });
  assert.equal(answered.at(-1), true);
});

Deno.test("records that other machines cause are limited per second, and the rest are counted", () => {
  const records: LogRecord[] = [];
  let nowMs = 0;
  const log = new StrangerLog(logTo((record) => records.push(record)), () => nowMs);
  const { recordsPerSecondMax: most } = limits.peer;
  for (let count = 0; count < most + 7; count++) log.warn("peer.refused", { from: "10.0.0.2" });
  log.info("peer.introduced", { from: "10.0.0.2" });
  for (let count = 0; count < most + 7; count++) log.error("peer.entrance-lost");
  assert.equal(records.length, most + 1 + most + 7);
  nowMs = 1000;
  log.warn("peer.refused", { from: "10.0.0.2" });
  const [leftOut, refused] = records.slice(-2);
  assert.deepEqual([leftOut.event, leftOut.fields.count], ["log.left-out", 7]);
  assert.equal(leftOut.fields.events, "peer.refused 7");
  assert.equal(refused.event, "peer.refused");
});

Deno.test("any number of files with one name get numbers, without gaps, and overwrite nothing", () =>
  withFolder(async (folder) => {
    const names = new Set<string>();
    const count = 100;
    for (let file = 0; file < count; file++) {
      const path = join(folder, "part");
      await Deno.writeTextFile(path, `${file}`);
      names.add(await giveName(path, { folder, name: "x.txt" }));
      await Deno.remove(path);
    }
    assert.equal(names.size, count);
    assert.ok(names.has("x.txt") && names.has("x_1.txt") && names.has(`x_${count - 1}.txt`));
    await Deno.remove(join(folder, "x_3.txt"));
    await Deno.writeTextFile(join(folder, "part"), "again");
    assert.equal(await giveName(join(folder, "part"), { folder, name: "x.txt" }), "x_3.txt");
  }));

Deno.test("a bounded number of partial files stays, and none without bytes", () =>
  withFolder(async (folder) => {
    const { partsMax, unfinishedKeptMs } = limits.peer;
    const pathOf = (part: number) => join(folder, `file-${part.toString(16).padStart(32, "0")}`);
    const names = async () => (await Array.fromAsync(Deno.readDir(folder))).length;
    const old = pathOf(0xffff);
    await Deno.writeTextFile(old, "x");
    await Deno.utime(old, 0, (Date.now() - unfinishedKeptMs) / 1000 - 60);
    for (let part = 0; part < partsMax; part++) await Deno.writeTextFile(pathOf(part), "x");
    const parts = await Parts.open(folder, await Space.of(folder, {}));
    assert.equal(await names(), partsMax, "the old one is gone");
    const [empty, interrupted] = [pathOf(partsMax), pathOf(partsMax + 1)];
    for (const [path, text] of [[empty, ""], [interrupted, "x"]]) {
      parts.begin(path);
      await Deno.writeTextFile(path, text);
      await parts.end(path);
    }
    assert.equal(await names(), partsMax);
    await assert.rejects(Deno.stat(empty), Deno.errors.NotFound);
    assert.equal((await Deno.stat(interrupted)).size, 1);
  }));
