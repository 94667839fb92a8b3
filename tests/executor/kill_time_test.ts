import assert from "node:assert/strict";
import { hasBegun, type Progress } from "../../lib/executor/progress.ts";
import { killableFromMs } from "../../lib/executor/supervisor/_watchdog.ts";

const nowMs = 1000;

function fromMs(
  progress: string,
  { inFlight = {}, givenUp = {} }: {
    inFlight?: Record<number, number>;
    givenUp?: Record<number, number>;
  },
): number {
  const [begun, now = "elsewhere"] = progress.split(" ");
  const numbers = (calls: Record<number, number>) =>
    Object.entries(calls).map(([call, deadlineMs]) => [Number(call), deadlineMs] as const);
  return killableFromMs({
    progress: { begun: Number(begun), now: now as Progress["now"] },
    inFlight: new Map(numbers(inFlight).map(([call, deadlineMs]) => [call, { deadlineMs }])),
    givenUp: new Map(numbers(givenUp)),
  }, nowMs);
}

Deno.test("an unyielding executor is killed once no live call can be blocking it, and not before", () => {
  const late = nowMs - 10;
  const cases: [string, number, number][] = [
    ["nothing was called", fromMs("0", {}), nowMs],
    ["what spins was left behind", fromMs("7 inside", {}), nowMs],
    ["what waits has not begun", fromMs("7 inside", { inFlight: { 8: 5000 } }), nowMs],
    ["one runs", fromMs("7 inside", { inFlight: { 7: 5000 } }), 5000],
    [
      "one runs, others wait",
      fromMs("7 inside", { inFlight: { 3: 2000, 7: 5000, 8: 1500 } }),
      5000,
    ],
    [
      "one runs, another was late",
      fromMs("7 inside", { inFlight: { 7: 5000 }, givenUp: { 3: late } }),
      5000,
    ],
    [
      "one runs, one behind was late",
      fromMs("7 inside", { inFlight: { 7: 5000 }, givenUp: { 8: late } }),
      5000,
    ],
    ["what runs is late", fromMs("7 inside", { givenUp: { 7: late } }), late],
    [
      "what runs is late, others wait",
      fromMs("7 inside", { inFlight: { 3: 5000 }, givenUp: { 7: late } }),
      late,
    ],
    [
      "what runs was cancelled",
      fromMs("7 inside", { inFlight: { 8: 5000 }, givenUp: { 7: 3000 } }),
      nowMs,
    ],
    [
      "what runs was cancelled, others wait",
      fromMs("7 inside", { inFlight: { 3: 5000 }, givenUp: { 7: 3000 } }),
      3000,
    ],
    [
      "one of those together runs",
      fromMs("7 among", { inFlight: { 3: 2000, 7: 5000, 8: 4000 } }),
      4000,
    ],
    [
      "one of those together runs, one of them was late",
      fromMs("7 among", { inFlight: { 7: 5000 }, givenUp: { 8: late } }),
      late,
    ],
    [
      "one of those together runs, an earlier one was late",
      fromMs("7 among", { inFlight: { 9: 5000 }, givenUp: { 3: late } }),
      5000,
    ],
    ["one of several goes on", fromMs("7", { inFlight: { 3: 4000, 7: 5000, 8: 1500 } }), 4000],
    [
      "one of several goes on, one was late",
      fromMs("7", { inFlight: { 3: 4000 }, givenUp: { 7: late } }),
      late,
    ],
    [
      "one of several goes on, one behind was late",
      fromMs("7", { inFlight: { 3: 4000 }, givenUp: { 8: late } }),
      4000,
    ],
  ];
  for (const [name, actual, expected] of cases) {
    if (expected <= nowMs) assert.ok(actual <= nowMs, `${name}: ${actual}`);
    else assert.equal(actual, expected, name);
  }
});

Deno.test("the calls that have begun are known across a wraparound of numbers", () => {
  const begun = (last: number, call: number) => hasBegun({ begun: last, now: "inside" }, call);
  assert.deepEqual([begun(0, 1), begun(5, 5), begun(5, 4), begun(5, 6)], [
    false,
    true,
    true,
    false,
  ]);
  assert.equal(hasBegun({ begun: 5, now: "among" }, 6), true, "it may have");
  assert.deepEqual([begun(2, 0xffff_ffff), begun(0xffff_ffff, 2)], [true, false]);
});
