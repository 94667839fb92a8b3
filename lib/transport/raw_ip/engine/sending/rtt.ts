import { limits } from "../../../../limits/mod.ts";

/** Estimates the round trip as RFC 9002 (5) does, and derives timeouts from it. */
export class RoundTrip {
  smoothedMs = 0;
  variationMs = 0;
  latestMs = 0;
  /** The minimum of the last 10 s. */
  minMs = Infinity;
  #minAtMs = 0;

  get isKnown(): boolean {
    return this.minMs !== Infinity;
  }

  /** @param delayMs How long the peer says it delayed the acknowledgement. */
  sample(rttMs: number, delayMs: number, now: number): void {
    // No awaited packet takes so long: the machine slept.
    if (rttMs >= limits.rawIp.silentMs) return;
    // Clocks have a resolution; a round trip of 0 would make the rate infinite.
    rttMs = Math.max(rttMs, 0.005);
    const isFirst = !this.isKnown;
    if (rttMs <= this.minMs || now - this.#minAtMs > limits.rawIp.minRttWindowMs) {
      this.minMs = rttMs;
      this.#minAtMs = now;
    }
    this.latestMs = rttMs - delayMs >= this.minMs ? rttMs - delayMs : rttMs;
    if (isFirst) {
      this.smoothedMs = this.latestMs;
      this.variationMs = this.latestMs / 2;
      return;
    }
    this.variationMs += (Math.abs(this.smoothedMs - this.latestMs) - this.variationMs) / 4;
    this.smoothedMs += (this.latestMs - this.smoothedMs) / 8;
  }

  /** Whether the minimum is old enough to drain the path for a new one. */
  isMinOld(now: number): boolean {
    return this.isKnown && now - this.#minAtMs > limits.rawIp.minRttWindowMs;
  }

  /** Replaces an expired minimum by `rttMs`, the best measured since. */
  replaceMin(rttMs: number, now: number): void {
    this.minMs = rttMs;
    this.#minAtMs = now;
  }

  /** How long to wait for an acknowledgement before probing. */
  get probeTimeoutMs(): number {
    if (!this.isKnown) return limits.rawIp.probeTimeoutMsFirst;
    return this.smoothedMs + Math.max(4 * this.variationMs, 1) + limits.rawIp.ackDelayMs;
  }
}
