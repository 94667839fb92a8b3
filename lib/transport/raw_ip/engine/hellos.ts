import { limits } from "../../../limits/mod.ts";

/** The HELLOs of a connecting end: when the next one is due, and whether its node is unreachable. */
export class Hellos {
  /** The deadline for the node's reply. */
  readonly untilMs: number;
  readonly #sentAtMs: number[] = [];
  #nextMs: number;
  #reports = 0;

  constructor(now: number, untilMs: number) {
    this.#nextMs = now;
    this.untilMs = untilMs;
  }

  get deadline(): number {
    return Math.min(this.#nextMs, this.untilMs);
  }

  isDue(now: number): boolean {
    return now >= this.#nextMs;
  }

  /** Records that one is sent. @returns Its number. */
  onSent(now: number): number {
    const number = this.#sentAtMs.push(now) - 1;
    const { helloRetryMs, helloRetryMsMax } = limits.rawIp;
    this.#nextMs = now + Math.min(helloRetryMs * 2 ** number, helloRetryMsMax);
    return number;
  }

  /** When the HELLO with this number was sent; undefined if it was not. */
  sentAtMs(number: number): number | undefined {
    return this.#sentAtMs[number];
  }

  /** Handles a report of the system, and tries again unless it was the last. @returns Whether it was. */
  onUnreachable(now: number): boolean {
    this.#reports += 1;
    const { unreachableReportsMax, unreachableRetryMs } = limits.rawIp;
    this.#nextMs = Math.min(this.#nextMs, now + this.#reports * unreachableRetryMs);
    return this.#reports >= unreachableReportsMax;
  }
}
