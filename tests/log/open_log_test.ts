import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { type LogFields, type LogRecord, logTo } from "../../lib/log/mod.ts";
import { openLog, type OpenLogOptions } from "../../lib/log/open_log.ts";
import { temporaryFolder } from "../_support/nodes/node.ts";

/** A log's output once it is closed. */
async function written(
  options: OpenLogOptions,
  record: (log: Awaited<ReturnType<typeof openLog>>["log"]) => void,
): Promise<string> {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/farcall.log`;
  {
    await using opened = await openLog({ ...options, file });
    record(opened.log);
  }
  return await Deno.readTextFile(file);
}

// deno-lint-ignore no-control-regex
const steering = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Input from callers and scripts that tries to take over a terminal, or to forge a record. */
const hostile = {
  "a line break": "c1\n2026-01-01T00:00:00.000Z error node.hacked",
  "a carriage return": "c1\r2026-01-01T00:00:00.000Z error node.hacked",
  "colours": "\x1b[31mred\x1b[0m",
  "a title": "\x1b]0;owned\x07",
  "a control sequence in one character": "\x9b31m",
  "a backspace": "good\b\b\b\bevil",
  "a null": "a\0b",
  "a line separator": "a\u2028b\u2029c",
  "text from right to left": "abc\u202egpj.exe",
  "a quote": 'a" level=error b="',
  "an equals sign": "a=b",
  "nothing": "",
  "half a character": "\ud800",
};

Deno.test("JSON records are one line each, with the time in two forms", async () => {
  const beforeMs = Date.now();
  const text = await written({ format: "json", level: "debug" }, (log) => {
    log.debug("a.debug");
    log.info("an.info", { client: "c1", count: 3, isSo: true, left: undefined });
    log.warn("a.warning", { message: 'with "quotes" {braces} and \\' });
    log.error("an.error", { stack: "Error\n    at x" });
  });
  const records = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(records.map(({ level, event }) => [level, event]), [
    ["debug", "a.debug"],
    ["info", "an.info"],
    ["warn", "a.warning"],
    ["error", "an.error"],
  ]);
  for (const { time, epochMs } of records) {
    assert.ok(Number.isInteger(epochMs) && epochMs >= beforeMs && epochMs <= Date.now());
    assert.equal(time, new Date(epochMs).toISOString());
  }
  const [, info, warning, error] = records;
  assert.deepEqual(
    Object.keys(info),
    ["time", "epochMs", "level", "event"].concat("client", "count", "isSo"),
  );
  assert.equal(info.count, 3);
  assert.equal(warning.message, 'with "quotes" {braces} and \\');
  assert.equal(error.stack, "Error\n    at x");
});

Deno.test("text records are a line with a time, a level and an event, and indented lines for a stack", async () => {
  const text = await written({}, (log) => {
    log.debug("too.detailed");
    log.info("call.executed", { service: "math", durationMs: 0.125, text: "a b" });
    log.error("call.failed", { stack: "Error: x\n    at y", message: "x" });
  });
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  assert.match(
    text,
    new RegExp(
      `^${time} info  call\\.executed       service=math durationMs=0\\.125 text="a b"\n` +
        `${time} error call\\.failed         message=x\n` +
        "    stack: Error: x\n          at y\n$",
    ),
  );
});

Deno.test("input to a node can neither control a terminal nor forge a record", async (t) => {
  for (const [name, value] of Object.entries(hostile)) {
    await t.step(name, async () => {
      const fields: LogFields = { client: value, service: value, message: value };
      const text = await written({}, (log) => log.warn("call.refused", fields));
      assert.equal(text.trimEnd().split("\n").length, 1, text);
      assert.doesNotMatch(
        text.trimEnd(),
        steering,
      );
      assert.equal(text.match(/ (client|service|message)=/g)?.length, 3, text);
      const json = await written({ format: "json" }, (log) => log.warn("call.refused", fields));
      assert.doesNotMatch(
        json.trimEnd(),
        steering,
      );
      assert.equal(JSON.parse(json).client, value, "JSON keeps what was sent");
    });
  }
  await t.step("multi-line fields are indented", async () => {
    const value = hostile["a line break"];
    const text = await written(
      {},
      (log) => log.warn("script.console", { text: value, stack: value }),
    );
    const [first, ...rest] = text.trimEnd().split("\n");
    assert.match(first, /^\d{4}-.* warn {2}script\.console/);
    for (const line of rest) assert.match(line, /^ {4}/);
  });
});

Deno.test("a level omits less urgent records, and tells readers so", async () => {
  for (const [level, kept] of [["debug", 4], ["info", 3], ["warn", 2], ["error", 1]] as const) {
    const text = await written({ level }, (log) => {
      for (const each of ["debug", "info", "warn", "error"] as const) {
        log[each]("some.event");
        const isKept = ["error", "warn", "info", "debug"].indexOf(each) < kept;
        assert.equal(log.keeps(each), isKept);
      }
    });
    assert.equal(text.trimEnd().split("\n").length, kept);
  }
});

Deno.test("each open log has its own records, whatever else is opened and closed", async () => {
  await using folder = await temporaryFolder();
  const [first, second] = [`${folder.path}/1`, `${folder.path}/2`];
  const one = await openLog({ file: first, format: "json" });
  one.log.info("one.before");
  const two = await openLog({ file: second, format: "json", level: "debug" });
  two.log.debug("two");
  one.log.debug("one.not");
  one.log.info("one.between");
  await two[Symbol.asyncDispose]();
  two.log.error("two.after");
  one.log.info("one.after");
  await one[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  const events = async (file: string) =>
    (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => JSON.parse(line).event);
  assert.deepEqual(await events(first), ["one.before", "one.between", "one.after"]);
  assert.deepEqual(await events(second), ["two"]);
});

Deno.test("a log appends to its file, and one that cannot be opened fails immediately", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/farcall.log`;
  await Deno.writeTextFile(file, "before\n");
  {
    await using opened = await openLog({ file });
    opened.log.info("after");
  }
  assert.match(await Deno.readTextFile(file), /^before\n\d.*after\s*\n$/);
  await assert.rejects(openLog({ file: folder.path }));
  await assert.rejects(openLog({ file: `${folder.path}/missing/farcall.log` }));
});

Deno.test("a full disk does not harm the node", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using opened = await openLog({ file: "/dev/full" });
  for (let count = 0; count < 10; count++) opened.log.error("lost");
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  opened.log.error("lost, too");
});

Deno.test("records stay small for any input, and give its original length", async () => {
  const long = "😀x".repeat(20_000);
  const lines = ["stack", "text", "stderrTail"];
  const fields: LogFields = Object.fromEntries(
    ["from", "client", "service", "rpc", "message", "reason", "anything", ...lines].map((name) => [
      name,
      long,
    ]),
  );
  const records: LogRecord[] = [];
  logTo((record) => records.push(record)).warn("call.refused", fields);
  const json = await written({ format: "json" }, (log) => log.warn("call.refused", fields));
  for (const each of [records[0].fields, JSON.parse(json)]) {
    for (const name of Object.keys(fields)) {
      const [, text, length] = /^(.*)… \((\d+) characters\)$/.exec(each[name])!;
      assert.equal(Number(length), long.length);
      assert.ok(long.startsWith(text) && text.isWellFormed(), name);
      const most = lines.includes(name)
        ? limits.logBlockLengthMax
        : name === "reason"
        ? limits.logReasonLengthMax
        : limits.logFieldLengthMax;
      assert.ok(text.length <= most && text.length > most - 2, `${name} has ${text.length}`);
    }
  }
  const whole = "x".repeat(limits.logFieldLengthMax);
  assert.ok((await written({}, (log) => log.info("a", { whole }))).includes(whole));
});
