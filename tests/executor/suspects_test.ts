import assert from "node:assert/strict";
import { hasBegun } from "../../lib/executor/_progress.ts";
import { endableFromMs } from "../../lib/executor/_suspects.ts";

const now = 1000;

function fromMs(
  progress: string,
  { inFlight = {}, givenUp = {} }: {
    inFlight?: Record<number, number>;
    givenUp?: Record<number, number>;
  },
): number {
  const numbers = (calls: Record<number, number>) =>
    Object.entries(calls).map(([call, deadlineMs]) => [Number(call), deadlineMs] as const);
  return endableFromMs({
    progress: { begun: Number.parseInt(progress), isInside: progress.endsWith("inside") },
    inFlight: new Map(numbers(inFlight).map(([call, deadlineMs]) => [call, { deadlineMs }])),
    givenUp: new Map(numbers(givenUp)),
  }, now);
}

Deno.test("an executor that does not yield is ended when what may keep it has no right to, and not before", () => {
  const late = now - 10;
  const cases: [string, number, number][] = [
    ["nothing was called", fromMs("0", {}), now],
    ["what spins was left behind", fromMs("7 inside", {}), now],
    ["what waits has not begun", fromMs("7 inside", { inFlight: { 8: 5000 } }), now],
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
      now,
    ],
    [
      "what runs was cancelled, others wait",
      fromMs("7 inside", { inFlight: { 3: 5000 }, givenUp: { 7: 3000 } }),
      3000,
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
    if (expected <= now) assert.ok(actual <= now, `${name}: ${actual}`);
    else assert.equal(actual, expected, name);
  }
});

Deno.test("which calls have begun is known across the end of the numbers", () => {
  const begun = (last: number, call: number) => hasBegun({ begun: last, isInside: true }, call);
  assert.deepEqual([begun(0, 1), begun(5, 5), begun(5, 4), begun(5, 6)], [
    false,
    true,
    true,
    false,
  ]);
  assert.deepEqual([begun(2, 0xffff_ffff), begun(0xffff_ffff, 2)], [true, false]);
});
