/** Whether the other side of a framed connection still lives, judged by the clock. */
import type { Limits } from "../../limits/mod.ts";

/** What can be observed of a connection at a moment. */
export interface Signs {
  readonly hasSaidHello: boolean;
  /** Whether a key was named that is not proved, and nothing that might be its proof has come. */
  readonly owesProof: boolean;
  /** Whether a frame has begun to arrive that is not complete, while the node is reading. */
  readonly isInsideFrame: boolean;
  /** Bytes that the other side has taken so far, in all. */
  readonly writtenBytes: number;
}

/** A verdict on a connection. */
export type Verdict = { readonly kind: "wait" | "ping" } | { readonly kind: "end"; why: string };

/** Watches one connection. Times are on one clock, which is the caller's. */
export class Liveness {
  readonly #bounds: Limits;
  #lastSignMs: number;
  #writtenBytes = 0;
  #insideFrameSinceMs: number | undefined;
  #owesProofSinceMs: number | undefined;
  #isPinged = false;

  constructor(nowMs: number, bounds: Limits) {
    this.#bounds = bounds;
    this.#lastSignMs = nowMs;
  }

  /** A whole frame has come. */
  frameCame(nowMs: number): void {
    this.#lastSignMs = nowMs;
    this.#insideFrameSinceMs = undefined;
    this.#isPinged = false;
  }

  /** Judges a moment; on the verdict `ping`, the caller sends one. */
  check(nowMs: number, signs: Signs): Verdict {
    // A peer busy reading results may not have reached the ping behind them.
    if (signs.writtenBytes !== this.#writtenBytes) {
      this.#writtenBytes = signs.writtenBytes;
      this.#lastSignMs = nowMs;
    }
    const { helloTimeoutMs, proofTimeoutMs, frameTimeoutMs, keepAliveMs } = this.#bounds;
    const silentMs = nowMs - this.#lastSignMs;
    if (!signs.hasSaidHello) {
      if (silentMs <= helloTimeoutMs) return { kind: "wait" };
      return { kind: "end", why: `no hello came within ${helloTimeoutMs} ms` };
    }
    if (signs.owesProof) {
      this.#owesProofSinceMs ??= nowMs;
      if (nowMs - this.#owesProofSinceMs > proofTimeoutMs) {
        return { kind: "end", why: `its key was not proved within ${proofTimeoutMs} ms` };
      }
    }
    if (signs.isInsideFrame) {
      this.#insideFrameSinceMs ??= nowMs;
      if (nowMs - this.#insideFrameSinceMs <= frameTimeoutMs) return { kind: "wait" };
      return { kind: "end", why: `a frame was not complete within ${frameTimeoutMs} ms` };
    }
    this.#insideFrameSinceMs = undefined;
    if (this.#isPinged && silentMs > 2 * keepAliveMs) {
      return { kind: "end", why: `nothing came for ${Math.round(silentMs)} ms, not even a pong` };
    }
    if (this.#isPinged || silentMs <= keepAliveMs) return { kind: "wait" };
    this.#isPinged = true;
    return { kind: "ping" };
  }
}
