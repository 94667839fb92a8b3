/** Paces packets: a token bucket of bytes that fills at the current rate. */
export class Pacer {
  #bytesPerMs = Infinity;
  #burstBytes = Infinity;
  #budget = 0;
  #atMs = 0;

  /** @param bytesPerMs Infinity for no pacing. */
  setRate(bytesPerMs: number, burstBytes: number, now: number): void {
    if (this.#bytesPerMs === Infinity) {
      this.#budget = burstBytes;
      this.#atMs = now;
    } else {
      this.#fill(now);
    }
    this.#bytesPerMs = bytesPerMs;
    this.#burstBytes = burstBytes;
    this.#budget = Math.min(this.#budget, burstBytes);
  }

  #fill(now: number): void {
    if (now > this.#atMs) {
      this.#budget = Math.min(
        this.#burstBytes,
        this.#budget + (now - this.#atMs) * this.#bytesPerMs,
      );
      this.#atMs = now;
    }
  }

  /** Whether a packet may be sent now. */
  mayGo(now: number): boolean {
    if (this.#bytesPerMs === Infinity) return true;
    this.#fill(now);
    return this.#budget > 0;
  }

  sent(bytes: number): void {
    this.#budget -= bytes;
  }

  /** When a good part of a burst may be sent: a single packet is not worth a timer. */
  nextMs(now: number): number {
    if (this.mayGo(now)) return now;
    const wanted = Math.min(this.#burstBytes / 4, 2 * this.#bytesPerMs);
    return now + (wanted - this.#budget) / this.#bytesPerMs;
  }
}
