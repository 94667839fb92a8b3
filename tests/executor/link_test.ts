import assert from "node:assert/strict";
import { consoleLevels, linkExceptionTypes } from "../../lib/executor/link.ts";
import { limits } from "../../lib/limits/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { until } from "../_support/nodes/node.ts";
import { FakeExecutor } from "./_fake_executor.ts";
import { failure, mentions } from "../_support/mentions.ts";

const { load, ready, console, result, exception, open, item, credit, pong, scriptCall } = FrameKind;

/** A location, and more. */
const lines = `${"a".repeat(64)}.js:1:1\n`;
const bytes = (count: number) => new Uint8Array(count);
const four = Uint8Array.of(0, 0, 0, 9);

/** Frames that an executor must not send while it has call 1, with streams, and call 2, without. */
const broken: readonly [string, kind: number, route: number, number: number, body?: unknown][] = [
  ["a frame that only nodes send", FrameKind.call, 0, 1],
  ["a frame that nobody knows", 200, 0, 0],
  ["ready again", ready, 0, 0, { problems: [] }],
  ["that it loads", load, 0, 0],
  ["a result of no call", result, 0, 3, bytes(3)],
  ["a result of call 0", result, 0, 0, bytes(3)],
  ["a result that is too large", result, 0, 1, bytes(1001)],
  ["an exception of no call", exception, 0, 9, { type: "Execution Exception", message: "" }],
  ...[
    "Client Not Registered",
    "Server Draining",
    "Unavailable",
    "Overloaded",
    "Nonsense",
    "constructor",
    5,
    null,
  ]
    .map((type): [string, number, number, number, unknown] => [
      `an exception of the type ${type}`,
      exception,
      0,
      1,
      { type, message: "x" },
    ]),
  ["an exception without a message", exception, 0, 1, { type: "Execution Exception" }],
  ["an exception that is not an object", exception, 0, 1, [[[[]]]]],
  ["an exception that is not JSON", exception, 0, 1, bytes(9)],
  ["an exception with a stack of numbers", exception, 0, 1, {
    type: "Execution Exception",
    message: "",
    stack: [1],
  }],
  ["an exception without end", exception, 0, 1, bytes(300 * 1024)],
  ...["constructor", "__proto__", "keeps", "fatal", 1, undefined].map((
    level,
  ): [string, number, number, number, unknown] => [
    `a line of the level ${level}`,
    console,
    0,
    0,
    { level, text: "x" },
  ]),
  ["a line that is no text", console, 0, 0, { level: "info", text: { length: 3 } }],
  ["a line of a call that is no number", console, 0, 0, { level: "info", text: "", call: "1" }],
  ["a line that is null", console, 0, 0, null],
  ["a timing without times", FrameKind.timing, 0, 1, { startMs: null, endMs: 1 }],
  ["a timing of a call that it does not have", FrameKind.timing, 0, 77, { startMs: 1, endMs: 2 }],
  ["a line of a place that is none", console, 0, 0, { level: "info", text: "", place: "/etc:1:1" }],
  ["a line of a place of two lines", console, 0, 0, { level: "info", text: "", place: lines }],
  ["a line of a place that is no text", console, 0, 0, { level: "info", text: "", place: [lines] }],
  ["a stream of a call without any", open, 0, 2],
  ["an item of a call without streams", item, 0, 2, bytes(3)],
  ["an item of a stream that is not open", item, 0, 1, bytes(3)],
  ["an item that is too large", item, 0, 1, bytes(1001)],
  ["credit of no call", credit, 1, 7, four],
  ["credit of three bytes", credit, 1, 1, bytes(3)],
  ["a pong that nobody asked for", pong, 0, 1],
  ["the turn of a ping that nobody sent", pong, 2, 1],
  ["a pong of another kind", pong, 77, 1],
  ["a script's call for a call that it does not have", scriptCall, 0, 1, four],
  ["a script's call for no call", scriptCall, 0, 1, bytes(3)],
  ["a script's call of what it may not call", scriptCall, 2, 1, Uint8Array.of(0, 0, 0, 1)],
  ["a script's call with arguments that are too large", scriptCall, 0, 1, bytes(1005)],
  ["what only nodes say of a script's call", FrameKind.scriptResult, 0, 1, bytes(3)],
  ["an opening of a script's call", FrameKind.scriptOpen, 0, 1],
  ["an item of a script's call that was not made", FrameKind.scriptItem, 1, 7, bytes(3)],
  ["an item of a script's call that is too large", FrameKind.scriptItem, 1, 7, bytes(1001)],
  ["an end of a script's call that was not made", FrameKind.scriptEnd, 1, 7],
  ["an end of a script's call with a body", FrameKind.scriptEnd, 1, 7, bytes(1)],
  ["credit of a script's call that was not made", FrameKind.scriptCredit, 0, 7, four],
  ["credit of a script's call of three bytes", FrameKind.scriptCredit, 0, 7, bytes(3)],
  ["a cancel of a script's call that was not made", FrameKind.scriptCancel, 0, 7],
];

Deno.test("an executor that sends an illegal frame is ended, and its calls get the reason", async (t) => {
  for (const [what, kind, route, number, body] of broken) {
    await t.step(what, async () => {
      await using fake = await FakeExecutor.start({ limits: { resultBytesMax: 1000 } });
      const calls = [fake.call({ streams: true }), fake.call()];
      fake.writer.begins(2, 0, 0);
      fake.say(kind, route, number, body);
      // Anything that it sends afterwards is ignored.
      fake.say(result, 0, 1, bytes(3));
      fake.say(console, 0, 0, { level: "info", text: "after" });
      const end = await fake.process.ended;
      assert.match(end.reason, /\bbroke\b.*\blink\b.*: /);
      assert.deepEqual(fake.lines, []);
      for (const { outcomes } of calls) {
        assert.equal(outcomes.length, 1);
        assert.match(
          outcomes[0],
          failure("Execution Exception", "executor", "broke a rule"),
        );
      }
    });
  }
  await t.step("a stream that is opened twice", async () => {
    await using fake = await FakeExecutor.start();
    const call = fake.call({ streams: true });
    fake.say(open, 0, 1);
    fake.say(item, 0, 1, bytes(3));
    fake.say(open, 0, 1);
    assert.match((await fake.process.ended).reason, /\bstream\b.*\btwice\b/);
    assert.deepEqual(call.streamed, ["open", "item 3"]);
  });
  await t.step("a script that loads another one", async () => {
    await using fake = await FakeExecutor.start({ isReady: false });
    fake.say(load, 2, 0);
    assert.match((await fake.process.ended).reason, /\boverload\b/);
  });
  await t.step("problems of unknown scripts", async () => {
    await using fake = await FakeExecutor.start({ isReady: false });
    fake.say(ready, 0, 0, { problems: [{ overload: 2, message: "x" }] });
    assert.match((await fake.process.ended).reason, /\boverload\b/);
  });
  await t.step("an impossible progress", async () => {
    await using fake = await FakeExecutor.start();
    const call = fake.call();
    fake.writer.begins(77, 0, 0);
    fake.process.look(Infinity);
    assert.match((await fake.process.ended).reason, /\bcounters\b/);
    assert.equal(call.outcomes.length, 1);
    assert.equal(
      fake.notBegun,
      0,
      "it is not known whether the call had begun: it runs nowhere else",
    );
  });
});

Deno.test("legal frames of an executor are accepted, and truncated if long", async () => {
  await using fake = await FakeExecutor.start({ limits: { resultBytesMax: 1000 } });
  for (const type of linkExceptionTypes) {
    const { number, outcomes } = fake.call();
    fake.say(exception, 0, number, { type, message: "é".repeat(20_000), stack: "s", more: 1 });
    await until("it is heard", () => outcomes.length === 1);
    assert.ok(outcomes[0].startsWith(`${type}: é`));
    assert.ok(outcomes[0].length < limits.exceptionMessageLengthMax + 50);
  }
  for (const level of consoleLevels) fake.say(console, 0, 0, { level, text: "€".repeat(9000) });
  await until("they are heard", () => fake.lines.length === consoleLevels.length);
  const lineBytes = new TextEncoder().encode(fake.lines[0]).length;
  assert.ok(lineBytes <= limits.scriptLogLineBytesMax && lineBytes > 8000, `${lineBytes}`);
  const call = fake.call({ streams: true });
  fake.say(open, 0, call.number);
  fake.say(item, 0, call.number, bytes(1000));
  fake.say(credit, 1, call.number, four);
  fake.say(result, 0, call.number, bytes(1000));
  await until("it is over", () => call.outcomes.length === 1);
  assert.deepEqual(call.streamed, ["open", "item 1000", "credit 1 9"]);
  assert.equal(fake.end, undefined);
});

Deno.test("a reply that crosses its call's cancellation is tolerated until the executor has read it", async () => {
  await using fake = await FakeExecutor.start();
  const pings: number[] = [];
  fake.onPing = (number) => pings.push(number);
  const { number, outcomes } = fake.call({ streams: true });
  fake.writer.begins(number, 0, 0);
  fake.process.cancel(number);
  fake.say(open, 0, number);
  fake.say(result, 0, number, bytes(3));
  await until("it is asked", () => pings.length === 1);
  await fake.settled();
  assert.equal(fake.end, undefined);
  fake.pong(pings[0]);
  fake.say(result, 0, number, bytes(3));
  assert.match((await fake.process.ended).reason, /\bcall 1\b/);
  assert.deepEqual(outcomes, []);
});

Deno.test("console lines are counted by the node, too: a flood ends its sender", async () => {
  await using fake = await FakeExecutor.start({ limits: { logLinesPerSecondMax: 9 } });
  const print = () => fake.say(console, 0, 0, { level: "info", text: "x" });
  const startMs = performance.now();
  /** Twice a second's worth at once, and what time has earned since; each second has one line for those left out. */
  const mostLines = () => Math.ceil(20 + (performance.now() - startMs) / 100);
  for (let line = 0; line < 60; line++) print();
  // It is answered once everything before it was read.
  const { number, outcomes } = fake.call();
  fake.say(result, 0, number, bytes(1));
  await until("they are heard", () => outcomes.length === 1);
  assert.ok(fake.lines.length >= 20 && fake.lines.length <= mostLines(), `${fake.lines.length}`);
  assert.equal(fake.end, undefined);
  for (let line = 0; line < 5000; line++) print();
  assert.match((await fake.process.ended).reason, mentions("console"));
  assert.ok(fake.lines.length <= 2 * mostLines(), `${fake.lines.length}`);
});

Deno.test("an executor that answers pings, but begins no call, is ended soon after a deadline", async (t) => {
  const bounds = { executorUnresponsiveMs: 100 };
  const look = (fake: FakeExecutor): Disposable => {
    const timer = setInterval(() => fake.process.look(performance.now()), 20);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  };
  await t.step("its queue has calls, and makes no progress", async () => {
    await using fake = await FakeExecutor.start({ bounds });
    fake.onPing = (number) => fake.pong(number, "queueAhead");
    using _ = look(fake);
    const { outcomes } = fake.call({ deadlineMs: 100 });
    fake.call();
    assert.match((await fake.process.ended).reason, /\bnone\b.*\bcalls\b/);
    assert.match(outcomes[0], /^Deadline Exceeded|^Execution Exception/);
    // No call had ever begun, so this one would not begin on the next executor either.
    assert.equal(fake.notBegun, 0);
  });
  await t.step("its queue turns, and no call begins", async () => {
    await using fake = await FakeExecutor.start({ bounds });
    fake.onPing = (number) => {
      fake.pong(number, "queueAhead");
      fake.pong(number, "turn");
    };
    using _ = look(fake);
    fake.call();
    assert.match((await fake.process.ended).reason, /\bnone\b.*\bcalls\b/);
  });
  await t.step("it claims that no call waits", async () => {
    await using fake = await FakeExecutor.start({ bounds });
    using _ = look(fake);
    fake.call({ deadlineMs: 100 });
    assert.match((await fake.process.ended).reason, /\blost\b.*\bcalls\b/);
  });
  await t.step("a busy one is not ended", async () => {
    await using fake = await FakeExecutor.start({ bounds });
    const calls = Array.from({ length: 40 }, () => fake.call());
    let begun = 0;
    const pings: number[] = [];
    fake.onPing = (number) => {
      pings.push(number);
      fake.pong(number, "queueAhead");
    };
    using _ = look(fake);
    for (const { number } of calls) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      fake.writer.begins(number, 0, 0);
      begun += 1;
      // Each call takes a while; pings have their turns between calls.
      if (begun % 3 === 0) { for (const ping of pings.splice(0)) fake.pong(ping, "turn"); }
      fake.say(result, 0, number, bytes(1));
    }
    await until("all are answered", () => calls.every(({ outcomes }) => outcomes.length === 1));
    assert.equal(fake.end, undefined);
  });
});

Deno.test("an unresponsive executor is judged by its processor time", async (t) => {
  const bounds = {
    executorUnresponsiveMs: 100,
    executorStillMs: 600,
    executorSilentMs: 300,
  };
  const silent = async (
    processorMs: (ms: number) => number | undefined,
  ): Promise<[string, number]> => {
    await using fake = await FakeExecutor.start({ bounds });
    fake.onPing = () => {};
    const startMs = performance.now();
    Object.defineProperty(fake, "processorMs", {
      get: () => processorMs(performance.now() - startMs),
    });
    const { number } = fake.call();
    fake.writer.begins(number, 0, 0);
    fake.process.cancel(number);
    const { reason } = await fake.process.ended;
    return [reason, performance.now() - startMs];
  };
  await t.step("one that spins is ended at once", async () => {
    const [reason] = await silent((ms) => ms);
    assert.match(reason, /\byield\b/);
  });
  await t.step(
    "one that gets a hundredth of the processor has as long as one that has stopped, and no script is blamed",
    async () => {
      const [reason, afterMs] = await silent((ms) => ms / 100);
      assert.match(
        reason,
        /\banswer\b.* \d+(\.\d+)? m?s\b.* \d+(\.\d+)? ms\b.*\bprocessor\b/,
      );
      assert.ok(afterMs >= 600);
    },
  );
  await t.step("one with unknown processor time gets a grace period", async () => {
    const [reason, afterMs] = await silent(() => undefined);
    assert.match(reason, /\banswer\b.* \d+(\.\d+)? m?s/);
    assert.ok(afterMs >= 300);
  });
});

const seed = Number(Deno.env.get("FARCALL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

Deno.test(`random frames of an executor harm nobody but itself (seed ${seed})`, async () => {
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
  const pick = <T>(...values: T[]): T => values[random(values.length)];
  const texts = [
    "",
    "x",
    "constructor",
    "__proto__",
    "Execution Exception",
    "info",
    "\u0000",
    "é".repeat(9000),
  ];
  const value = (depth = 0): unknown =>
    pick<() => unknown>(
      () => pick(...texts),
      () => random(5),
      () => null,
      () => pick<unknown>(-1, 1.5, 2 ** 40, true),
      () => depth > 3 ? 0 : [value(depth + 1), value(depth + 1)],
      () => ({
        [
          pick(
            "type",
            "level",
            "problems",
            "call",
            "text",
            "message",
            "stack",
            "place",
            "__proto__",
          )
        ]: depth > 3 ? 0 : value(depth + 1),
        type: pick(...texts, ...linkExceptionTypes),
        level: pick(...texts, ...consoleLevels),
        text: pick(...texts),
        message: pick(...texts),
      }),
    )();
  const body = (): unknown =>
    pick<() => unknown>(
      () => value(),
      () => bytes(pick(0, 0, 1, 4, 5, 100, 2000)),
      () => bytes(random(64)).map(() => random(256)),
      () => four,
    )();
  const kinds = [...Object.values(FrameKind), 0, 17, 99, 255];
  for (let round = 0; round < 60; round++) {
    await using fake = await FakeExecutor.start({
      limits: { resultBytesMax: 1000 },
      isReady: random(10) > 0,
    });
    fake.onPing = (number) =>
      pick(() => {}, () => fake.pong(number), () => fake.pong(number, "turn"))();
    const calls = Array.from({ length: 6 }, (_, index) => fake.call({ streams: index % 2 === 0 }));
    for (let frame = 0; frame < 30; frame++) {
      if (random(8) === 0) fake.writer.begins(random(9), 0, 0);
      if (random(8) === 0) fake.process.cancel(random(9));
      if (random(8) === 0) fake.process.look(Infinity);
      const kind = pick(...kinds, result, exception, console, open, item, credit);
      // Its own bodies are not all valid JSON: then it sends nothing.
      fake.say(kind, random(4), random(9), body() ?? {});
      if (random(4) === 0) await fake.settled();
    }
    fake.process.kill("the round is over");
    await fake.process.ended;
    for (const { outcomes, streamed } of calls) {
      assert.ok(outcomes.length <= 1, `${outcomes}`);
      assert.ok(streamed.indexOf("open") === streamed.lastIndexOf("open"));
      const known = [...linkExceptionTypes, "Unavailable", "Deadline Exceeded", "result"];
      for (const outcome of outcomes) {
        assert.ok(known.some((each) => outcome.startsWith(each)), outcome);
      }
    }
    for (const line of fake.lines) assert.equal(typeof line, "string");
  }
});
