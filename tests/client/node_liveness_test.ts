/** When a caller considers a node dead: by checks at times controlled by the test. */
import assert from "node:assert/strict";
import { Liveness, type Signs } from "../../lib/client/connection/_keep_alive.ts";
import { limits } from "../../lib/limits/mod.ts";

const { keepAliveMs, nodeIdleMs, nodeSilentMs, pongTimeoutMs, sweepEveryMs, writeTimeoutMs } =
  limits;
const pingBytes = 12;
const mebibyte = 1024 * 1024;

/** After the greetings, with a call just sent. */
const nothingYet: Signs = {
  hasSaidHello: true,
  isOwed: true,
  readBytes: 100,
  writtenBytes: 100,
  queuedBytes: 0,
};

/** A check's verdict and time. */
type Said = [atMs: number, kind: string];

/**
 * Checks as often as requested, for an hour at most. Stops at the first verdict that ends the connection.
 *
 * @param signsAt The signs of life at each time; pings sent so far count as written, unless it says otherwise.
 */
function watch(signsAt: (nowMs: number, pings: number) => Partial<Signs>): Said[] {
  const said: Said[] = [];
  let pings = 0;
  const signs = (nowMs: number): Signs => ({
    ...nothingYet,
    writtenBytes: 100 + pings * pingBytes,
    ...signsAt(nowMs, pings),
  });
  const liveness = new Liveness(signs(0), limits);
  for (let nowMs = nodeSilentMs; nowMs < 3_600_000;) {
    const verdict = liveness.look(nowMs, signs(nowMs));
    if (verdict.kind === "ping" || verdict.kind === "end") said.push([nowMs, verdict.kind]);
    if (verdict.kind === "end") break;
    if (verdict.kind === "ping") pings += 1;
    nowMs += verdict.againInMs;
  }
  return said;
}

Deno.test("a silent node is pinged once, and then considered dead", () => {
  assert.deepEqual(watch(() => ({})), [
    [nodeSilentMs, "ping"],
    [nodeSilentMs + pongTimeoutMs, "end"],
  ]);
});

Deno.test("a node that only answers pings is never considered dead", () => {
  const said = watch((_, pings) => ({ readBytes: 100 + pings * pingBytes }));
  assert.ok(said.length > 100);
  assert.deepEqual(new Set(said.map(([, kind]) => kind)), new Set(["ping"]));
});

Deno.test("a node that sends anything, even parts of a long reply, is not even pinged", () => {
  assert.deepEqual(watch((nowMs) => ({ readBytes: nowMs })), []);
});

Deno.test("without pending replies, checks are rare, and a node that pings is not pinged", () => {
  const isOwed = false;
  const pingEveryMs = keepAliveMs + 2 * sweepEveryMs;
  for (let phaseMs = 0; phaseMs < pingEveryMs; phaseMs += 500) {
    const pingsBy = (nowMs: number) => Math.floor((nowMs + phaseMs) / pingEveryMs);
    const said = watch((nowMs) => {
      const answers = nowMs === 0 ? 0 : 1;
      return { isOwed, readBytes: 100 + pingBytes * (answers + pingsBy(nowMs)) };
    });
    assert.deepEqual(said, [], `phase ${phaseMs}`);
  }
  const liveness = new Liveness({ ...nothingYet, isOwed }, limits);
  const verdict = liveness.look(nodeSilentMs, { ...nothingYet, isOwed, readBytes: 112 });
  assert.deepEqual(verdict, { kind: "rest", againInMs: nodeIdleMs });
});

Deno.test("a node that owes nothing and does not ping either is pinged, and then considered dead", () => {
  const answeredMs = nodeSilentMs - 1;
  const readBytes = (nowMs: number) => nowMs < answeredMs ? 100 : 112;
  assert.deepEqual(watch((nowMs) => ({ isOwed: false, readBytes: readBytes(nowMs) })), [
    [nodeSilentMs + nodeIdleMs, "ping"],
    [nodeSilentMs + nodeIdleMs + pongTimeoutMs, "end"],
  ]);
});

Deno.test("calls with short deadlines detect a dead node, too: giving up does not count as an answer", () => {
  const said = watch(() => ({ isOwed: false }));
  assert.deepEqual(said.map(([, kind]) => kind), ["ping", "end"]);
});

Deno.test("a program that was busy itself reads pending input before it judges", () => {
  const liveness = new Liveness(nothingYet, limits);
  assert.equal(liveness.look(nodeSilentMs, nothingYet).kind, "ping");
  const pinged = { ...nothingYet, writtenBytes: 100 + pingBytes };
  // Its timer fires a minute late, before the node's data is read.
  assert.equal(liveness.look(60_000, pinged).kind, "wait");
  assert.equal(liveness.look(65_000, { ...pinged, readBytes: 112 }).kind, "wait");
});

Deno.test("a large send over a slow link does not expect a pong before it ends", () => {
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

Deno.test("a node's greeting has its own time limit", () => {
  assert.deepEqual(watch(() => ({ hasSaidHello: false })), []);
});
