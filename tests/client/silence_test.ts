/** When a caller takes a node for dead: by looks at a clock that the test moves. */
import assert from "node:assert/strict";
import { type Signs, Silence } from "../../lib/client/_silence.ts";
import { limits } from "../../lib/limits/mod.ts";

const { nodeSilentMs, pongTimeoutMs, writeTimeoutMs } = limits;
const pingBytes = 12;
const mebibyte = 1024 * 1024;

/** What a look said, and when. */
type Said = [atMs: number, kind: string];

/**
 * Looks as often as it is told to, for an hour at most. Ends at the first verdict that does.
 *
 * @param signsAt What there is to see; the pings that were sent so far are written at once, unless it says else.
 */
function watch(signsAt: (nowMs: number, pings: number) => Partial<Signs>): Said[] {
  const said: Said[] = [];
  let pings = 0;
  const signs = (nowMs: number): Signs => ({
    hasSaidHello: true,
    isOwed: true,
    readBytes: 100,
    writtenBytes: 100 + pings * pingBytes,
    queuedBytes: 0,
    ...signsAt(nowMs, pings),
  });
  const silence = new Silence(signs(0));
  for (let nowMs = nodeSilentMs; nowMs < 3_600_000;) {
    const verdict = silence.look(nowMs, signs(nowMs));
    if (verdict.kind !== "wait") said.push([nowMs, verdict.kind]);
    if (verdict.kind === "rest" || verdict.kind === "end") break;
    if (verdict.kind === "ping") pings += 1;
    nowMs += verdict.againInMs;
  }
  return said;
}

Deno.test("a node that says nothing is pinged once, and then taken for dead", () => {
  assert.deepEqual(watch(() => ({})), [
    [nodeSilentMs, "ping"],
    [nodeSilentMs + pongTimeoutMs, "end"],
  ]);
});

Deno.test("a node that only answers pings is never taken for dead", () => {
  const said = watch((_, pings) => ({ readBytes: 100 + pings * pingBytes }));
  assert.ok(said.length > 100);
  assert.deepEqual(new Set(said.map(([, kind]) => kind)), new Set(["ping"]));
});

Deno.test("a node from which anything comes, if only parts of a long answer, is not even pinged", () => {
  assert.deepEqual(watch((nowMs) => ({ readBytes: nowMs })), []);
});

Deno.test("once the answers are here, nobody looks any more, and nothing is sent", () => {
  assert.deepEqual(watch((nowMs) => ({ isOwed: false, readBytes: nowMs })), [[
    nodeSilentMs,
    "rest",
  ]]);
});

Deno.test("calls with short deadlines find a dead node out, too: giving up is no answer", () => {
  const said = watch(() => ({ isOwed: false }));
  assert.deepEqual(said.map(([, kind]) => kind), ["ping", "end"]);
});

Deno.test("a program that was busy itself hears what came meanwhile before it judges", () => {
  const signs: Signs = {
    hasSaidHello: true,
    isOwed: true,
    readBytes: 100,
    writtenBytes: 100,
    queuedBytes: 0,
  };
  const silence = new Silence(signs);
  assert.equal(silence.look(nodeSilentMs, signs).kind, "ping");
  const pinged = { ...signs, writtenBytes: 100 + pingBytes };
  // Its timer comes a minute late, before what the node has sent is read.
  assert.equal(silence.look(60_000, pinged).kind, "wait");
  assert.equal(silence.look(65_000, { ...pinged, readBytes: 112 }).kind, "wait");
});

Deno.test("who sends much over a slow line waits for its end before it counts on a pong", () => {
  const total = 16 * mebibyte;
  const sending = (msPerMebibyte: number) => (nowMs: number, pings: number): Partial<Signs> => {
    const all = total + pings * pingBytes;
    const writtenBytes = Math.min(all, mebibyte * Math.floor(nowMs / msPerMebibyte));
    return { writtenBytes, queuedBytes: all - writtenBytes };
  };
  const slow = watch(sending(writeTimeoutMs - pongTimeoutMs));
  assert.deepEqual(slow.map(([, kind]) => kind), ["ping", "end"]);
  assert.ok(slow[1][0] >= 16 * (writeTimeoutMs - pongTimeoutMs) + pongTimeoutMs / 2);
  const stuck = watch(() => ({ writtenBytes: mebibyte, queuedBytes: total }));
  assert.deepEqual(stuck, [[nodeSilentMs, "ping"], [nodeSilentMs + writeTimeoutMs, "end"]]);
});

Deno.test("a node that has not greeted has its own time for that", () => {
  assert.deepEqual(watch(() => ({ hasSaidHello: false })), []);
});
