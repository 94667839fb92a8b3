import { limits } from "../../../../limits/mod.ts";

/** Lost probes after which a size counts as too large. */
const triesMax = 3;
/** This many large packets lost, in this many round trips in which none arrived, indicate a black hole. */
const blackHolePackets = 6;
const blackHoleEpisodes = 3;
/** The size that every path carries. */
const leastSize = 128;
/** The search ends when the best size is this close to one that is too large, in bytes. */
const nearEnough = 64;

/**
 * Packetization layer path MTU discovery (RFC 8899): probes with larger packets, and neither needs nor trusts ICMP.
 * Sizes exclude the carrier's header, except for `mtu`, which includes it.
 */
export class PathMtu {
  /** Bytes of the largest packet known to pass. */
  size: number;
  readonly #headerBytes: number;
  #peerMax: number;
  readonly #hints: number[];
  /** The smallest size believed not to pass. */
  #tooLarge: number;
  #tried = 0;
  #tries = 0;
  #isInFlight = false;
  #retryAtMs = 0;
  #base: number;
  /** Large packets lost, and round trips with such losses, since one last arrived. */
  #largeLost = 0;
  #lossEpisodes = 0;
  #episodeAtMs = -Infinity;

  constructor(headerBytes: number, options: { routeMtu: number; peerMax: number }) {
    this.#headerBytes = headerBytes;
    this.#peerMax = options.peerMax;
    this.#base = Math.min(limits.rawIp.mtuMin - headerBytes, options.peerMax);
    this.size = this.#base;
    this.#hints = [limits.rawIp.mtuEthernet - headerBytes, options.routeMtu - headerBytes];
    this.#tooLarge = this.#limit;
  }

  /** One more than the largest useful size. */
  get #limit(): number {
    return Math.min(limits.rawIp.mtuMax - this.#headerBytes, this.#hints[1]!, this.#peerMax) + 1;
  }

  get mtu(): number {
    return this.size + this.#headerBytes;
  }

  get baseSize(): number {
    return this.#base;
  }

  /** The size to probe now; 0 for none. */
  probeSize(now: number): number {
    if (this.#isInFlight || now < this.#retryAtMs) return 0;
    if (this.#tries > 0) return this.#tried;
    const next = this.#nextSize();
    if (next === 0) {
      // Paths change; by then a larger size may pass.
      this.#retryAtMs = now + limits.rawIp.mtuRaiseMs;
      this.#tooLarge = this.#limit;
    }
    this.#tried = next;
    return next;
  }

  #nextSize(): number {
    for (const hint of this.#hints) {
      if (hint > this.size && hint < this.#tooLarge) return hint;
    }
    if (this.#limit - 1 > this.size && this.#tooLarge === this.#limit) return this.#limit - 1;
    if (this.#tooLarge - this.size <= nearEnough) return 0;
    return (this.size + this.#tooLarge) >> 1;
  }

  onProbeSent(): void {
    this.#isInFlight = true;
    this.#tries += 1;
  }

  onProbe(size: number, hasArrived: boolean): void {
    this.#isInFlight = false;
    if (hasArrived) {
      if (size > this.size && size < this.#tooLarge) this.size = size;
      this.#tries = 0;
    } else if (this.#tries >= triesMax) {
      this.#tooLarge = Math.min(this.#tooLarge, size);
      this.#tries = 0;
    }
  }

  /** A packet other than a probe has arrived. */
  onArrived(size: number): void {
    if (size > this.#base) this.#largeLost = this.#lossEpisodes = 0;
  }

  /**
   * A packet was lost. If only large ones vanish, time after time, the path's MTU has shrunk silently; as long as one
   * gets through, losses are ordinary.
   */
  onLost(size: number, rttMs: number, now: number): void {
    if (size <= this.#base) return;
    this.#largeLost += 1;
    if (now - this.#episodeAtMs >= rttMs) {
      this.#episodeAtMs = now;
      this.#lossEpisodes += 1;
    }
    if (this.#largeLost >= blackHolePackets && this.#lossEpisodes >= blackHoleEpisodes) {
      this.#fall(now);
    }
  }

  #fall(now: number): void {
    this.#largeLost = this.#lossEpisodes = 0;
    if (this.size === this.#base) return;
    this.#tooLarge = this.#limit;
    this.size = this.#base;
    this.#tries = 0;
    this.#isInFlight = false;
    this.#retryAtMs = now + limits.rawIp.mtuBlackHoleMs;
  }

  /** This machine refuses packets above an MTU. */
  limit(mtu: number): void {
    const most = Math.max(mtu - this.#headerBytes, leastSize);
    this.#hints[1] = Math.min(this.#hints[1]!, most);
    this.#tooLarge = Math.min(this.#tooLarge, most + 1);
    this.size = Math.min(this.size, most);
    this.#base = Math.min(this.#base, this.size);
    this.#tries = 0;
    this.#isInFlight = false;
  }
}
