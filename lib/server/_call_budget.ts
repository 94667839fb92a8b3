/** What one client may ask of a node: calls by its rate, and so many bytes of arguments at once. */
import { Overloaded } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type CallRate, formatRate, type ManifestClient } from "../wire/mod.ts";

const MiB = 1024 ** 2;

/** A token bucket. Times are on one clock, which is the caller's. */
export class TokenBucket {
  readonly #rate: CallRate;
  #tokens: number;
  #atMs = -Infinity;

  /** Full. */
  constructor(rate: CallRate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Takes a token. @returns 0, or if there is none, after how many milliseconds there will be. */
  take(nowMs: number): number {
    const { calls, periodMs, burst } = this.#rate;
    const gained = (nowMs - this.#atMs) * calls / periodMs;
    this.#tokens = Math.min(burst, this.#tokens + Math.max(0, gained));
    this.#atMs = nowMs;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * periodMs / calls);
    this.#tokens -= 1;
    return 0;
  }
}

/** The budget of one client, on one node, from one deployment to the next. */
export class CallBudget {
  readonly #client: ManifestClient;
  readonly #bucket: TokenBucket | undefined;
  #bytes = 0;

  constructor(client: ManifestClient) {
    this.#client = client;
    this.#bucket = client.rate && new TokenBucket(client.rate);
  }

  /**
   * Takes a call from the budget; {@linkcode give} gives its bytes back when it has ended.
   *
   * @param bytes Those of its arguments.
   * @throws {Overloaded} If it is one too many; it says when to come again.
   */
  take(bytes: number, nowMs: number): void {
    const { name, rate } = this.#client;
    // One call is let through however large it is: messages have their own bound.
    if (this.#bytes > 0 && this.#bytes + bytes > limits.callBytesPerClientMax) {
      throw new Overloaded(
        `client "${name}" has ${this.#bytes} bytes of arguments in flight on this node, ` +
          `${limits.callBytesPerClientMax / MiB} MiB are allowed; wait for a call to end`,
      );
    }
    const waitMs = this.#bucket?.take(nowMs) ?? 0;
    if (waitMs > 0) {
      throw new Overloaded(
        `client "${name}" may call this node ${formatRate(rate!)}; try again in ${waitMs} ms`,
      );
    }
    this.#bytes += bytes;
  }

  /** Gives the bytes of a call back. */
  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
