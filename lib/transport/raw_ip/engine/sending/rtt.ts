import { limits } from "../../../../limits/mod.ts";

/** How long a round trip takes, as RFC 9002 (5) estimates it, and what follows from it. */
export class RoundTrip {
  smoothedMs = 0;
  variationMs = 0;
  latestMs = 0;
  /** The shortest of the last 10 s. */
  minMs = Infinity;
  #minAtMs = 0;

  get isKnown(): boolean {
    return this.minMs !== Infinity;
  }

  /** @param delayMs How long the peer says that it kept the acknowledgement back. */
  sample(rttMs: number, delayMs: number, now: number): void {
    // Nothing takes so long and is waited for: the machine slept.
    if (rttMs >= limits.rawIp.silentMs) return;
    // Clocks have steps; a round trip of none would make a rate infinite.
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

  /** Whether the minimum is so old that it is worth draining the path for a new one. */
  isMinOld(now: number): boolean {
    return this.isKnown && now - this.#minAtMs > limits.rawIp.minRttWindowMs;
  }

  /** The old minimum's time is up, and `rttMs` is the best that could be had meanwhile. */
  replaceMin(rttMs: number, now: number): void {
    this.minMs = rttMs;
    this.#minAtMs = now;
  }

  /** How long an acknowledgement may take before it is asked for. */
  get probeTimeoutMs(): number {
    if (!this.isKnown) return limits.rawIp.probeTimeoutMsFirst;
    return this.smoothedMs + Math.max(4 * this.variationMs, 1) + limits.rawIp.ackDelayMs;
  }
}
