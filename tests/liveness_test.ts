import assert from "node:assert/strict";
import { limits } from "../lib/limits/mod.ts";
import { Liveness, type Signs } from "../lib/server/frames/_liveness.ts";

const { frameTimeoutMs, helloTimeoutMs, keepAliveMs } = limits;
const quiet: Signs = {
  hasSaidHello: true,
  owesProof: false,
  isInsideFrame: false,
  writtenBytes: 0,
};
const inside: Signs = { ...quiet, isInsideFrame: true };

/** Judges every second of a period; returns each verdict other than "wait", and its time. */
function watch(
  liveness: Liveness,
  fromMs: number,
  toMs: number,
  signsAt: (nowMs: number) => Signs,
): [atMs: number, kind: string][] {
  const said: [number, string][] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 1000) {
    const { kind } = liveness.check(nowMs, signsAt(nowMs));
    if (kind !== "wait") said.push([nowMs, kind]);
    if (kind === "end") break;
  }
  return said;
}

Deno.test("a connection without a hello ends in time, whatever it trickles", () => {
  const liveness = new Liveness(5000, limits);
  const dribbling: Signs = {
    hasSaidHello: false,
    owesProof: false,
    isInsideFrame: true,
    writtenBytes: 0,
  };
  const end = 5000 + helloTimeoutMs;
  assert.deepEqual(watch(liveness, 5000, 10 * end, () => dribbling), [[end + 1000, "end"]]);
});

Deno.test("a silent connection is pinged once, and ended if it stays silent", () => {
  const liveness = new Liveness(0, limits);
  // The ping itself is written: the vanished peer's kernel buffers accept it.
  let writtenBytes = 0;
  const said: string[] = [];
  for (let nowMs = 0; said.at(-1) !== "end" && nowMs < 1_000_000; nowMs += 1000) {
    const { kind } = liveness.check(nowMs, { ...quiet, writtenBytes });
    if (kind === "ping") writtenBytes += 12;
    if (kind !== "wait") said.push(kind);
    if (kind === "end") assert.ok(nowMs > 2 * keepAliveMs && nowMs < 4 * keepAliveMs, `${nowMs}`);
  }
  assert.deepEqual(said, ["ping", "end"]);
});

Deno.test("a connection that answers its pings stays forever", () => {
  const liveness = new Liveness(0, limits);
  let pings = 0;
  for (let nowMs = 0; nowMs < 100 * keepAliveMs; nowMs += 1000) {
    const { kind } = liveness.check(nowMs, quiet);
    assert.notEqual(kind, "end");
    if (kind === "ping") {
      pings += 1;
      liveness.frameCame(nowMs + 500);
    }
  }
  assert.ok(pings > 90);
});

Deno.test("a frame's time limit starts with its first byte, however long the silence before", () => {
  const liveness = new Liveness(0, limits);
  const begins = keepAliveMs - 1000;
  const said = watch(liveness, 0, 1_000_000, (nowMs) => nowMs < begins ? quiet : inside);
  assert.deepEqual(said, [[begins + frameTimeoutMs + 1000, "end"]]);
});

Deno.test("slow frames that arrive in time do not end the connection", () => {
  const liveness = new Liveness(0, limits);
  for (let nowMs = 0; nowMs < 20 * frameTimeoutMs; nowMs += 1000) {
    if (nowMs % frameTimeoutMs === 0) liveness.frameCame(nowMs);
    assert.equal(liveness.check(nowMs, inside).kind, "wait");
  }
});

Deno.test("a peer still reading is not silent", () => {
  const liveness = new Liveness(0, limits);
  const said = watch(
    liveness,
    0,
    20 * keepAliveMs,
    (nowMs) => ({ ...quiet, writtenBytes: Math.floor(nowMs / (keepAliveMs - 1000)) }),
  );
  assert.deepEqual(said, []);
  assert.deepEqual(
    watch(liveness, 20 * keepAliveMs, 100 * keepAliveMs, () => ({ ...quiet, writtenBytes: 99 }))
      .map(([, kind]) => kind),
    ["ping", "end"],
  );
});
