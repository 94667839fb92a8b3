/** Individually signed requests: each is valid once, for a short time, at one node. */
import { Overloaded, Unauthenticated } from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { isSignedBy, type PublicKey, type RequestProof, shortKey } from "../../identity/mod.ts";
import type { NodeIdentity } from "./identity.ts";

/** The clocks of a node, in milliseconds. */
export interface Clocks {
  /** Since the UNIX epoch; may be set. */
  wall(): number;
  /** Since an arbitrary moment; monotonic. */
  steady(): number;
}

const systemClocks: Clocks = { wall: () => Date.now(), steady: () => performance.now() };

/** A request must be remembered as long as it is valid: from a clock ahead of ours to one behind it. */
const rememberedMs = 2 * limits.proofWindowMs;

/** Requests of one period. */
class Remembered {
  readonly all = new Set<number>();
  readonly #byKey = new Map<PublicKey, number>();

  countOf(key: PublicKey): number {
    return this.#byKey.get(key) ?? 0;
  }

  add(request: number, key: PublicKey): void {
    this.all.add(request);
    this.#byKey.set(key, this.countOf(key) + 1);
  }
}

/** The signed requests of one node. */
export class SignedRequests {
  readonly #bounds: Limits;
  readonly #clocks: Clocks;
  readonly #startedMs: number;
  /** The current and the previous period: some bits of each request's hash, which two share only by rare accident. */
  #recent = new Remembered();
  #older = new Remembered();
  #recentSinceMs: number;

  constructor(bounds: Limits, clocks: Clocks = systemClocks) {
    this.#bounds = bounds;
    this.#clocks = clocks;
    this.#startedMs = clocks.wall();
    this.#recentSinceMs = clocks.steady();
  }

  /**
   * Verifies a request's proof, and remembers it.
   *
   * @returns The proved key.
   * @throws {Unauthenticated} If it is invalid here and now; the message says why.
   * @throws {Overloaded} If no more requests can be remembered.
   */
  async check(proof: RequestProof, here: NodeIdentity): Promise<PublicKey> {
    const { key, to, timeMs, nonce, signature, statement } = proof;
    if (!(proof.isGenuine ?? await isSignedBy(key, signature, statement))) {
      throw new Unauthenticated(
        "the signature is not one of the key over the request; see docs/protocol.md",
      );
    }
    here.check({ to, node: "", key });
    this.#checkTime(timeMs);
    // An unknown key has proved nothing that could be replayed.
    if (here.knows(key)) this.#checkIsNew(await bitsOf(`${key}\n${nonce}`), key);
    return key;
  }

  #checkTime(timeMs: number): void {
    const nowMs = this.#clocks.wall();
    if (Math.abs(nowMs - timeMs) > limits.proofWindowMs) {
      throw new Unauthenticated(
        `the request was signed at ${
          dateOf(timeMs)
        } by the caller's clock, and by the node's it is ` +
          `${dateOf(nowMs)}; ${limits.proofWindowMs / 1000} s between them are allowed`,
      );
    }
    // Requests accepted before a restart are not remembered after it.
    if (timeMs < this.#startedMs) {
      throw new Unauthenticated(
        `the request was signed at ${
          dateOf(timeMs)
        } by the caller's clock, and this node started ` +
          `at ${dateOf(this.#startedMs)} by its own; sign it again`,
      );
    }
  }

  #checkIsNew(request: number, key: PublicKey): void {
    const nowMs = this.#clocks.steady();
    if (nowMs - this.#recentSinceMs > rememberedMs) {
      const isRecent = nowMs - this.#recentSinceMs <= 2 * rememberedMs;
      this.#older = isRecent ? this.#recent : new Remembered();
      this.#recent = new Remembered();
      this.#recentSinceMs = nowMs;
    }
    if (this.#recent.all.has(request) || this.#older.all.has(request)) {
      throw new Unauthenticated(
        "this nonce was already used; sign each request with a fresh nonce",
      );
    }
    const { signedRequestsMax } = this.#bounds;
    const free = signedRequestsMax - this.#recent.all.size - this.#older.all.size;
    if (free <= 0) {
      throw new Overloaded(
        `this node has taken ${signedRequestsMax} signed requests within minutes; call it over ` +
          "frames, where a connection is proved once",
      );
    }
    const ofKey = this.#recent.countOf(key) + this.#older.countOf(key);
    if (ofKey >= limits.heldPerFreeMax * free) {
      throw new Overloaded(
        `this node has taken ${ofKey} signed requests of the key ${
          shortKey(key)
        } within minutes, and ` +
          `keeps the ${free} that it could still take for others; call it over frames, where a ` +
          "connection is proved once",
      );
    }
    this.#recent.add(request, key);
  }
}

/** 52 bits of a hash. */
async function bitsOf(text: string): Promise<number> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const view = new DataView(hash);
  return view.getUint32(0) * 2 ** 20 + (view.getUint32(4) >>> 12);
}

/** As ISO 8601; unchanged if it is not a date. */
function dateOf(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
