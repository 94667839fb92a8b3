/** Records for a disk or a reader that is slow, full or gone. */
import assert from "node:assert/strict";
import { LineWriter, StreamTarget } from "../../lib/log/line_writer.ts";
import { limitsWith } from "../../lib/limits/mod.ts";
import { until } from "../_support/nodes/node.ts";

const lost = (count: number): string => `lost ${count}\n`;

/** A stream that accepts a set number of bytes, and then fails. */
class Stream {
  text = "";
  /** How many more bytes it accepts. */
  room = Infinity;
  /** Awaited by writes. */
  gate: Promise<void> = Promise.resolve();
  writes = 0;

  async write(bytes: Uint8Array): Promise<number> {
    this.writes += 1;
    await this.gate;
    const count = Math.min(bytes.length, this.room);
    if (count === 0) throw new Error("no space left");
    this.room -= count;
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  }
}

Deno.test("the records of one event-loop turn are one write", async () => {
  const stream = new Stream();
  const writer = new LineWriter(new StreamTarget(stream), lost);
  for (const record of ["a\n", "b\n", "c\n"]) writer.add(record);
  await writer.flushed();
  assert.deepEqual({ text: stream.text, writes: stream.writes }, { text: "a\nb\nc\n", writes: 1 });
});

Deno.test("a stalled reader delays nobody, costs bounded memory, and learns what it missed", async () => {
  const bounds = limitsWith({
    logQueueLengthMax: 100,
    logWriteLengthMax: 20,
    logFlushTimeoutMs: 20,
  });
  const stream = new Stream();
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.gate = promise;
  const writer = new LineWriter(new StreamTarget(stream), lost, { bounds });
  writer.add("first\n");
  await Promise.resolve();
  for (let count = 0; count < 1000; count++) writer.add(`${count % 10}\n`);
  await writer.flushed();
  assert.equal(stream.text, "", "flushing gives up");
  resolve();
  let [lines, missed] = [[""], 0];
  await until("all is written, or said to be lost", () => {
    lines = stream.text.trimEnd().split("\n");
    const said = lines.flatMap((line) => /^lost (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    missed = said.reduce((sum, count) => sum + count, 0);
    return lines.length - said.length + missed === 1001;
  });
  assert.equal(lines[0], "first");
  assert.ok(missed >= 940, `${missed} were lost`);
});

Deno.test("a stream that fails in the middle of a record continues with a whole one", async () => {
  for (let room = 0; room <= 12; room++) {
    const stream = new Stream();
    const writer = new LineWriter(new StreamTarget(stream), lost);
    stream.room = room;
    const whole = Math.floor(room / 4);
    for (const record of ["aaa\n", "bbb\n", "ccc\n"]) writer.add(record);
    if (whole === 3) await writer.flushed();
    else await until("the write has failed", () => writer.lostCount === 3 - whole);
    stream.room = Infinity;
    writer.add("ddd\n");
    await writer.flushed();
    const torn = room % 4 === 0 ? [] : ["abc"[whole].repeat(room % 4)];
    assert.deepEqual(stream.text.split("\n"), [
      ...["aaa", "bbb", "ccc"].slice(0, whole),
      ...torn,
      "ddd",
      ...whole === 3 ? [] : [`lost ${3 - whole}`],
      "",
    ]);
  }
});

Deno.test("a full disk is not written to at every record, and flushing does not wait for the next attempt", async () => {
  const stream = new Stream();
  const writer = new LineWriter(new StreamTarget(stream), lost, {
    bounds: limitsWith({ logFailedPauseMs: 3_600_000 }),
  });
  stream.room = 2;
  writer.add("aaa\n");
  await until("the write has failed", () => writer.lostCount === 1);
  const { writes } = stream;
  for (const record of ["bbb\n", "ccc\n"]) {
    writer.add(record);
    await Promise.resolve();
  }
  assert.equal(stream.writes, writes, "it waits");
  stream.room = Infinity;
  await writer.flushed();
  assert.equal(stream.text, "aa\nbbb\nccc\nlost 1\n");
});

Deno.test("what a full disk has lost is said as soon as there is room, with no further record", async () => {
  const stream = new Stream();
  const bounds = limitsWith({ logFailedPauseMs: 1 });
  const writer = new LineWriter(new StreamTarget(stream), lost, { bounds });
  stream.room = 0;
  writer.add("aaa\n");
  await until("the write has failed", () => writer.lostCount === 1);
  stream.room = Infinity;
  await until("it is said", () => stream.text === "lost 1\n");
});
