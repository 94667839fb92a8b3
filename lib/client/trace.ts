import type { Timing } from "../protocol/mod.ts";

/**
 * A part of a call: `resolve` finds out what to call where, and writes the arguments; `connect` and `handshake` make a
 * connection, where none stands; `queue` waits for an executor, `execute` runs the script; `transfer` is the rest of the
 * way there and back.
 */
export type TracePhase =
  | "resolve"
  | "connect"
  | "handshake"
  | "queue"
  | "execute"
  | "transfer";

/** Where the time of one call goes, in the order in which it passes. */
export const tracePhases: readonly TracePhase[] = [
  ...["resolve", "connect", "handshake", "queue", "execute", "transfer"] as const,
];

/** Collects where the time of one call goes, from when it is made; over several attempts the sum. */
export class CallTrace {
  readonly #ms = new Map<TracePhase, number>();
  #markMs = performance.now();

  /** How long a part took, in milliseconds; undefined if there was none, or it is unknown. */
  get(phase: TracePhase): number | undefined {
    return this.#ms.get(phase);
  }

  /** All of it, in milliseconds. */
  get totalMs(): number {
    return [...this.#ms.values()].reduce((sum, ms) => sum + ms, 0);
  }

  /** Adds a time, in milliseconds. */
  add(phase: TracePhase, ms: number): void {
    this.#ms.set(phase, (this.#ms.get(phase) ?? 0) + Math.max(0, ms));
  }

  /** Restarts the lap: the time since the last mark is dropped. */
  mark(): void {
    this.#markMs = performance.now();
  }

  /** Adds what has passed since the last mark. */
  lap(phase: TracePhase): void {
    const nowMs = performance.now();
    this.add(phase, nowMs - this.#markMs);
    this.#markMs = nowMs;
  }

  /**
   * The answer has come: what the node did not need, since the last mark, was the way.
   *
   * @internal
   */
  answered(timing: Timing | undefined): void {
    const passedMs = performance.now() - this.#markMs;
    this.mark();
    if (timing !== undefined) {
      this.add("queue", timing.queueMs);
      this.add("execute", timing.executeMs);
    }
    this.add("transfer", passedMs - (timing?.queueMs ?? 0) - (timing?.executeMs ?? 0));
  }
}
