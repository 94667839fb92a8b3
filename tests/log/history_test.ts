/** Reading a log back: from its files, including rotated ones, and from memory, in either format. */
import assert from "node:assert/strict";
import { LogHistory } from "../../lib/log/history.ts";
import { RecordFiles } from "../../lib/log/_record_files.ts";
import { limitsWith } from "../../lib/limits/mod.ts";
import type { LogRecord } from "../../lib/log/mod.ts";
import { openLog, type OpenLogOptions } from "../../lib/log/open_log.ts";
import { parseRecord } from "../../lib/log/record_text.ts";
import { formatJson, formatText } from "../../lib/log/format.ts";
import { MemoryHistory } from "../../lib/log/memory_history.ts";
import { temporaryFolder, until } from "../_support/nodes/node.ts";

const everything = { sinceMs: 0, filter: {}, waitMs: 0 };

/** Reads to the end. */
async function readAll(
  history: LogHistory,
  wanted: Partial<Parameters<LogHistory["read"]>[0]> = {},
): Promise<{ records: LogRecord[]; position: string; batches: number; hasGap: boolean }> {
  const records: LogRecord[] = [];
  let { position } = wanted;
  let hasGap = false;
  for (let batches = 1;; batches++) {
    const batch = await history.read({ ...everything, ...wanted, position });
    records.push(...batch.records);
    position = batch.position;
    hasGap ||= batch.hasGap;
    if (batch.isEnd) return { records, position, batches, hasGap };
  }
}

const texts = (records: readonly LogRecord[]) => records.map(({ fields }) => fields.text);

/** Opens a log with numbered records, and waits until all are written. */
async function written(
  options: OpenLogOptions,
  count: number,
): Promise<AsyncDisposable & { history: LogHistory; add(text: string): void }> {
  const opened = await openLog(options);
  for (let n = 0; n < count; n++) {
    opened.log.info("script.console", { service: "math", rpc: "add", call: n, text: `n${n}` });
    // In many turns, so that files rotate as often as in practice.
    if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await until("all is written", async () => (await readAll(opened.history)).records.length >= 1);
  return {
    history: opened.history,
    add: (text) => opened.log.warn("script.console", { service: "constructor", text }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

Deno.test("a log that is being renamed is read from its oldest file", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/node.log`;
  await using log = await written({ file, format: "json" }, 3);
  await until("all is there", async () => (await readAll(log.history)).records.length === 3);
  // As between the two renames of the last file.
  await Deno.copyFile(file, `${file}.2`);
  assert.equal((await readAll(log.history)).records.length, 6);
});

for (const format of ["text", "json"] as const) {
  Deno.test(`records come back from the files of a log as they went in, as ${format}`, async (t) => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/node.log`;
    const rotation = { bytesMax: 4000, keep: 3 };
    await using log = await written({ file, format, rotation }, 200);
    await until(
      "the last one is there",
      async () => texts((await readAll(log.history)).records).at(-1) === "n199",
    );
    await t.step("all records of the rotated files, in order, each once", async () => {
      const { records, hasGap } = await readAll(log.history);
      assert.ok(records.length > 50 && records.length < 200, `${records.length}`);
      const numbers = records.map(({ fields }) => Number(fields.call));
      assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index));
      assert.equal(hasGap, false);
      const { level, event, fields } = records[0];
      assert.deepEqual([level, event, fields.service, fields.rpc], [
        "info",
        "script.console",
        "math",
        "add",
      ]);
    });
    await t.step("a batch of records fits one answer, and the next one continues", async () => {
      const bounds = limitsWith({ logBatchLength: 500, logScanLength: 1000 });
      const history = new LogHistory(new RecordFiles(file, bounds), bounds);
      const { records, batches } = await readAll(history);
      assert.ok(batches > 10);
      assert.equal(new Set(texts(records)).size, records.length);
    });
    await t.step("filters, and what follows a position across a rotation", async () => {
      const { position } = await readAll(log.history);
      for (let n = 0; n < 40; n++) {
        log.add(`more\n${n} "${"x".repeat(30)}"`);
        if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      let after: LogRecord[] = [];
      await until("all came", async () => {
        after = (await readAll(log.history, { position })).records;
        return after.length === 40;
      });
      assert.equal(after[7].fields.text, `more\n7 "${"x".repeat(30)}"`);
      const of = async (filter: Record<string, string>) =>
        (await readAll(log.history, { filter })).records.length;
      assert.equal(await of({ service: "constructor" }), 40);
      assert.equal(await of({ level: "warn" }), 40);
      assert.equal(await of({ level: "error" }), 0);
      assert.equal(await of({ call: "199" }), 1);
      assert.equal(await of({ service: "toString" }), 0);
    });
    await t.step("a reader that was away too long learns that records are missing", async () => {
      const { position } = await log.history.read(everything);
      for (let n = 0; n < 300; n++) {
        log.add("y".repeat(150));
        if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await until(
        "its place is gone",
        async () => (await readAll(log.history, { position })).hasGap,
      );
    });
  });
}

Deno.test("a log that grows while it is read is read once", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/node.log`;
  let count = 0;
  const grow = (): void => {
    const fields = { n: count++ };
    const line = formatJson({ epochMs: 1, level: "info", event: "e", fields });
    Deno.writeTextFileSync(path, line, { append: true });
  };
  grow();
  const files = new RecordFiles(path);
  for (let round = 0; round < 5; round++) {
    let isRead = false;
    const reading = files.read({ sinceMs: 0, filter: {} }).finally(() => isRead = true);
    while (!isRead) {
      grow();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const numbers = (await reading).records.map(({ fields }) => fields.n);
    assert.deepEqual(numbers, numbers.map((_, index) => index));
  }
});

Deno.test("the records of a time are found in a large file without reading all of it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/node.log`;
  const start = Date.UTC(2026, 0, 1);
  const record = (n: number): LogRecord => ({
    epochMs: start + n * 1000,
    level: "info",
    event: "call.executed",
    fields: { service: "math", rpc: "add", call: n, text: `a\nb ${n}` },
  });
  const lines = Array.from({ length: 20_000 }, (_, n) => formatText(record(n), false));
  await Deno.writeTextFile(path, lines.join("") + "half a rec");
  await using opened = await openLog({ file: path });
  const { history } = opened;
  const first = async (sinceMs: number) => {
    const batch = await history.read({ ...everything, sinceMs });
    return batch.records[0]?.fields.call;
  };
  for (const n of [0, 1, 777, 12_345, 19_999]) {
    assert.equal(await first(start + n * 1000), n);
    assert.equal(await first(start + n * 1000 - 1), n);
  }
  assert.equal(await first(start + 20_000_000), undefined);
  const { position } = await history.read({ ...everything, sinceMs: start + 19_000_000 });
  const offset = Number(position.split(":")[2]);
  const { size } = await Deno.stat(path);
  assert.ok(offset > size * 0.9, "it began near the end");
});

Deno.test("a log without a file keeps its last records, and says what is missing", async () => {
  const bounds = limitsWith({ logRingLength: 3000, logWaitMs: 60_000, logGatherMs: 1 });
  const history = new MemoryHistory(bounds);
  const add = (n: number) =>
    history.add({ epochMs: n, level: "info", event: "e", fields: { text: `n${n}` } });
  add(0);
  const { position } = await history.read(everything);
  for (let n = 1; n < 5000; n++) add(n);
  const { records, hasGap } = await readAll(history, { position });
  assert.ok(hasGap);
  assert.ok(records.length > 10 && records.length < 50, `${records.length}`);
  assert.equal(records.at(-1)!.fields.text, "n4999");
  const end = (await readAll(history)).position;
  const waiting = history.read({ ...everything, position: end, waitMs: 60_000 });
  add(5000);
  assert.deepEqual(texts((await waiting).records), ["n5000"]);
  const other = await history.read({ ...everything, position: "ring:nonsense:12" });
  assert.equal(other.records.length, records.length, "what is no position of its own begins anew");
  const closing = history.read({
    ...everything,
    position: (await readAll(history)).position,
    waitMs: 60_000,
  });
  history.close();
  assert.deepEqual((await closing).records, []);
});

Deno.test("a record is read as it was written, and nothing else is taken for one", () => {
  const record: LogRecord = {
    epochMs: 1_767_225_600_123,
    level: "error",
    event: "an.event.with.a.very.long.name",
    fields: {
      service: "constructor",
      message: 'a "quoted" = text\twith \\ and ünïcode',
      durationMs: 1.5,
      call: 12,
      script: "123456789012",
      empty: "",
      stack: "Error: no\n    at x (file:///a.js:1:2)\n      at y\n",
      text: "one line",
    },
  };
  for (const colors of [true, false]) {
    const read = parseRecord(formatText(record, colors).trimEnd())!;
    assert.deepEqual({ ...read, fields: { ...read.fields, stack: "" } }, {
      ...record,
      fields: {
        ...record.fields,
        stack: "",
        message: record.fields.message!.toString().replace("\t", "\t"),
      },
    });
    assert.equal(String(read.fields.stack).trimEnd(), String(record.fields.stack).trimEnd());
  }
  assert.deepEqual(parseRecord(formatJson(record).trimEnd()), record);
  const none = [
    "",
    "{",
    "{}",
    "null",
    '{"epochMs":1}',
    "2026-99-99T00:00:00.000Z info  x",
    "    at x",
  ];
  for (const text of none) assert.equal(parseRecord(text), undefined, text);
});
