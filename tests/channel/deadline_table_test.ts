/** Deadlines, on a clock controlled by the test. */
import assert from "node:assert/strict";
import { type DeadlineClock, DeadlineTable } from "../../lib/channel/deadline_table.ts";

/** A clock with one timer. */
class Clock implements DeadlineClock {
  nowMs = 0;
  atMs = Infinity;
  #onTime = (): void => {};

  now(): number {
    return this.nowMs;
  }

  timer(onTime: () => void) {
    this.#onTime = onTime;
    return {
      at: (ms: number) => this.atMs = Math.min(this.atMs, ms),
      stop: () => this.atMs = Infinity,
    };
  }

  pass(ms: number): void {
    this.nowMs += ms;
    if (this.nowMs < this.atMs) return;
    this.atMs = Infinity;
    this.#onTime();
  }
}

Deno.test("each entry expires once, when its time is up, unless it was removed before", () => {
  const clock = new Clock();
  const late: number[] = [];
  const table = new DeadlineTable<{ deadlineMs: number }>(clock, (number, { deadlineMs }) => {
    assert.ok(deadlineMs <= clock.nowMs);
    table.take(number);
    late.push(number);
    // The callback of one removes another, too.
    if (number === 4) table.take(5);
  });
  for (const [number, deadlineMs] of [[1, 50], [2, 10], [3, 30], [4, 60], [5, 60]]) {
    table.set(number, { deadlineMs });
  }
  assert.equal(clock.atMs, 10);
  table.take(3);
  const seen: number[][] = [];
  for (let turn = 0; turn < 8; turn++) {
    clock.pass(10);
    seen.push(late.splice(0));
  }
  assert.deepEqual(seen.slice(0, 5), [[2], [], [], [], [1]]);
  // The order within the table is undefined.
  assert.ok(seen[5].includes(4) || seen[5].includes(5));
  assert.deepEqual(seen.slice(6), [[], []]);
  assert.equal(table.size, 0);
  table.set(6, { deadlineMs: 100 });
  table.clear();
  assert.deepEqual([clock.atMs, table.size], [Infinity, 0]);
});
