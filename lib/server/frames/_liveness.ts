/** Judges by time whether the peer of a framed connection is alive. */
import type { Limits } from "../../limits/mod.ts";

/** The state of a connection at one moment. */
export interface Signs {
  readonly hasSaidHello: boolean;
  /** Whether the proof of a claimed key is outstanding. */
  readonly owesProof: boolean;
  /** Whether an incomplete frame has arrived while the node is reading. */
  readonly isInsideFrame: boolean;
  /** Total bytes that the peer has read. */
  readonly writtenBytes: number;
}

/** A verdict on a connection. */
export type Verdict = { readonly kind: "wait" | "ping" } | { readonly kind: "end"; why: string };

const wait: Verdict = { kind: "wait" };

/** Watches one connection. All times are on one clock, which the caller chooses. */
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

  /** A complete frame has arrived. */
  frameCame(nowMs: number): void {
    this.#lastSignMs = nowMs;
    this.#insideFrameSinceMs = undefined;
    this.#isPinged = false;
  }

  /** Judges the connection's state; on the verdict `ping`, the caller sends one. */
  check(nowMs: number, signs: Signs): Verdict {
    // A peer that is reading results may not have reached the ping after them.
    if (signs.writtenBytes !== this.#writtenBytes) {
      this.#writtenBytes = signs.writtenBytes;
      this.#lastSignMs = nowMs;
    }
    const { helloTimeoutMs, proofTimeoutMs, frameTimeoutMs, keepAliveMs } = this.#bounds;
    const silentMs = nowMs - this.#lastSignMs;
    if (!signs.hasSaidHello) {
      if (silentMs <= helloTimeoutMs) return wait;
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
      if (nowMs - this.#insideFrameSinceMs <= frameTimeoutMs) return wait;
      return { kind: "end", why: `a frame was not complete within ${frameTimeoutMs} ms` };
    }
    this.#insideFrameSinceMs = undefined;
    if (this.#isPinged && silentMs > 2 * keepAliveMs) {
      return { kind: "end", why: `nothing came for ${Math.round(silentMs)} ms, not even a pong` };
    }
    if (this.#isPinged || silentMs <= keepAliveMs) return wait;
    this.#isPinged = true;
    return { kind: "ping" };
  }
}
