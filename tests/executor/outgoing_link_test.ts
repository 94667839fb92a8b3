/** The node's checks of the calls that an executor's scripts make. */
import assert from "node:assert/strict";
import type { CallOut, OutgoingSink } from "../../lib/executor/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { CallStreams } from "../../lib/server/calls/call_streams.ts";
import { compileSignature } from "../../lib/types/mod.ts";
import { until } from "../_support/nodes/node.ts";
import { FakeExecutor } from "./_fake_executor.ts";

const { scriptCall, scriptItem, scriptEnd, scriptCredit, scriptCancel, scriptException } =
  FrameKind;
const { scriptResult, result } = FrameKind;
const signature = compileSignature({ args: ["Stream[int]"], returns: ["Stream[int]"] });
const bytes = (count: number) => new Uint8Array(count);

function fourBytes(value: number): Uint8Array {
  const body = bytes(4);
  new DataView(body.buffer).setUint32(0, value);
  return body;
}

/** Calls by executors' scripts, as their node makes them. */
class Made {
  readonly sinks: OutgoingSink[] = [];
  /** The callee's replies go through these. */
  readonly streams: CallStreams[] = [];
  readonly sent: number[] = [];
  cancelled = 0;
  heldBytes = 0;

  readonly callOut: CallOut = (_, sink) => {
    this.sinks.push(sink);
    const budget = {
      charge: (count: number) => void (this.heldBytes += count),
      release: (count: number) => void (this.heldBytes -= count),
    };
    const streams = new CallStreams(signature, { ...sink.streams, budget });
    this.streams.push(streams);
    streams.handle = { send: ({ kind }) => void this.sent.push(kind) };
    return {
      cancel: () => this.cancelled += 1,
      send: ({ kind, stream, body }) => streams.take(kind, stream, body),
    };
  };
}

type Say = (fake: FakeExecutor, made: Made) => void;

/** What ends an executor that has made call 1 to another service, for its call 1. */
const broken: readonly [what: string, say: Say, why: RegExp][] = [
  [
    "an item without credit",
    (fake) => fake.say(scriptItem, 1, 1, bytes(3)),
    /\bcredit\b.*\bstream 1\b/,
  ],
  [
    "an item of a stream that the call does not have",
    (fake) => fake.say(scriptItem, 2, 1, bytes(3)),
    /\bstream 2\b/,
  ],
  ["an item of what is returned", (fake) => fake.say(scriptItem, 0, 1, bytes(3)), /\bstream 0\b/],
  [
    "credit for what it sends itself",
    (fake) => fake.say(scriptCredit, 1, 1, fourBytes(9)),
    /\bstream 1\b/,
  ],
  [
    "credit without end",
    (fake) => {
      fake.say(scriptCredit, 0, 1, fourBytes(limits.streamCreditBytesMax));
      fake.say(scriptCredit, 0, 1, fourBytes(1));
    },
    /\ballowed\b/,
  ],
  [
    "an item behind the end",
    (fake, made) => {
      made.streams[0].credit(1, 100);
      fake.say(scriptEnd, 1, 1);
      fake.say(scriptItem, 1, 1, bytes(3));
    },
    /\bstream 1\b/,
  ],
  [
    "the number of a call twice",
    (fake) => fake.say(scriptCall, 0, 1, fourBytes(1)),
    /\bcall\b.*\btwice\b/,
  ],
  [
    "an item of a call that was never made",
    (fake) => fake.say(scriptItem, 1, 2, bytes(3)),
    /\bnot\b.*\bmade\b/,
  ],
  [
    "an item of a call that it has given up",
    (fake) => {
      fake.say(scriptCancel, 0, 1);
      fake.say(scriptItem, 1, 1, bytes(3));
    },
    /\bnot\b.*\bmade\b/,
  ],
];

Deno.test("an executor that breaks a rule of scripts' calls is ended", async (t) => {
  for (const [what, say, why] of broken) {
    await t.step(what, async () => {
      await using fake = await FakeExecutor.start();
      const made = new Made();
      const call = fake.call({ callOut: made.callOut });
      fake.say(scriptCall, 0, 1, fourBytes(1));
      await until("it is made", () => made.sinks.length === 1);
      say(fake, made);
      const { reason } = await fake.process.ended;
      assert.match(reason, /\bbroke\b.*\blink\b.*: /);
      assert.match(reason, why);
      assert.equal(call.outcomes.length, 1);
      assert.equal(made.cancelled, 1, "what it has called is given up once");
    });
  }
  await t.step("more calls than it may have in flight", async () => {
    await using fake = await FakeExecutor.start({ bounds: { scriptCallsMax: 3 } });
    const made = new Made();
    fake.call({ callOut: made.callOut });
    for (let number = 1; number <= 4; number++) fake.say(scriptCall, 0, number, fourBytes(1));
    assert.match((await fake.process.ended).reason, /\b3 calls\b/);
    assert.equal(made.sinks.length, 3);
  });
});

Deno.test("messages that cross the end of a script's call are tolerated", async () => {
  await using fake = await FakeExecutor.start();
  const made = new Made();
  const { number, outcomes } = fake.call({ callOut: made.callOut });
  const count = limits.scriptCallsMax;
  for (let call = 1; call <= count; call++) fake.say(scriptCall, 0, call, fourBytes(number));
  await until("they are made", () => made.sinks.length === count);
  made.streams[0].credit(1, 100);
  fake.say(scriptItem, 1, 1, bytes(10));
  await until("an item is passed on", () => made.sent.length === 1);
  assert.ok(made.heldBytes > 0, "an item that may not have been read is paid for");
  for (const [index, sink] of made.sinks.entries()) {
    if (index % 2 === 0) sink.result(bytes(1));
    else sink.exception("Connection Lost", "s2 is gone");
  }
  for (let call = 1; call <= count; call++) {
    fake.say(scriptItem, 1, call, bytes(3));
    fake.say(scriptCredit, 0, call, fourBytes(1));
    fake.say(scriptCancel, 0, call);
  }
  // Each number may be reused.
  fake.say(scriptCall, 0, 1, fourBytes(number));
  await until("it is made anew", () => made.sinks.length === count + 1);
  fake.say(result, 0, number, bytes(1));
  await until("its caller has the answer", () => outcomes.length === 1);
  await until("what it has called is given up", () => made.cancelled === 1);
  const answers = fake.heard.filter(({ kind }) =>
    kind === scriptResult || kind === scriptException
  );
  assert.equal(answers.length, count);
  assert.equal(fake.end, undefined);
});
