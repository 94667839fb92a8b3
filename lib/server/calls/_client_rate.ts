/** The rate limit of one client. */
import { Overloaded } from "../../errors/mod.ts";
import { type CallRate, formatRate, type ManifestClient } from "../../manifest/mod.ts";

/** A token bucket. All times are on one clock, which the caller chooses. */
export class TokenBucket {
  readonly #rate: CallRate;
  #tokens: number;
  #atMs = -Infinity;

  /** Starts full. */
  constructor(rate: CallRate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Takes a token. @returns 0, or the milliseconds until the next token. */
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

/** The rate of one client, on one node, from one deployment to the next. */
export class ClientRate {
  readonly #client: ManifestClient;
  readonly #bucket: TokenBucket | undefined;

  constructor(client: ManifestClient) {
    this.#client = client;
    this.#bucket = client.rate && new TokenBucket(client.rate);
  }

  /** Counts a call. @throws {Overloaded} If it exceeds the rate; the message says when to retry. */
  take(nowMs: number): void {
    const waitMs = this.#bucket?.take(nowMs) ?? 0;
    if (waitMs === 0) return;
    const { name, rate } = this.#client;
    throw new Overloaded(
      `client "${name}" may call this node ${formatRate(rate!)}; try again in ${waitMs} ms`,
    );
  }
}
