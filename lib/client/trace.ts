import type { Timing } from "../protocol/mod.ts";

/**
 * A phase of a call: `resolve` chooses the overload and node, and encodes the arguments; `connect` and `handshake` make
 * a connection where none is open; `queue` waits for an executor; `execute` runs the script; `transfer` is the rest,
 * there and back.
 */
export type TracePhase =
  | "resolve"
  | "connect"
  | "handshake"
  | "queue"
  | "execute"
  | "transfer";

/** The phases of a call, in order. */
export const tracePhases: readonly TracePhase[] = [
  ...["resolve", "connect", "handshake", "queue", "execute", "transfer"] as const,
];

/** Records where the time of one call goes; sums up several attempts. */
export class CallTrace {
  readonly #ms = new Map<TracePhase, number>();
  #markMs = performance.now();

  /** How long a phase took, in milliseconds; undefined if it did not happen or is unknown. */
  get(phase: TracePhase): number | undefined {
    return this.#ms.get(phase);
  }

  /** The total, in milliseconds. */
  get totalMs(): number {
    return [...this.#ms.values()].reduce((sum, ms) => sum + ms, 0);
  }

  /** Adds milliseconds to a phase. */
  add(phase: TracePhase, ms: number): void {
    this.#ms.set(phase, (this.#ms.get(phase) ?? 0) + Math.max(0, ms));
  }

  /** Restarts the lap, dropping the time since the last mark. */
  mark(): void {
    this.#markMs = performance.now();
  }

  /** Adds the time since the last mark. */
  lap(phase: TracePhase): void {
    const nowMs = performance.now();
    this.add(phase, nowMs - this.#markMs);
    this.#markMs = nowMs;
  }

  /**
   * Splits the time since the last mark: the node's share by its own timing, the rest to `transfer`. Called when the
   * answer has arrived.
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
