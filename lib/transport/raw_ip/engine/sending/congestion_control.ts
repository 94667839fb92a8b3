import { limits } from "../../../../limits/mod.ts";
import type { RoundTrip } from "./rtt.ts";

/**
 * Congestion control after BBR (Cardwell et al., 2017): it models the path by its delivery rate and its shortest round
 * trip, and keeps their product in flight. A single loss means nothing: on radio links it is noise.
 */

const startupGain = 2.885;
const drainGain = 1 / startupGain;
/** Pacing gains of eight successive round trips: a little more than the delivery rate, as much less, then the same. */
const cycle = [1.25, 0.75, 1, 1, 1, 1, 1, 1];
const windowGain = 2;
/** The maximum of several rates slightly exceeds the true one: sending at it would build a queue on the path. */
const margin = 0.99;
/** Round trips over which the maximum rate is taken. */
const rateRounds = 10;
/** Startup ends when the rate has grown by less than this factor for `flatRounds` round trips. */
const growth = 1.25;
const flatRounds = 3;
/** More than this multiple of the bandwidth-delay product in flight means a queue on the path. */
const queueing = 1.5;
/** A round trip without growth and with a higher loss than this ends startup at once: the path's queue is full. */
const overflowLoss = 0.02;
/** Packets per loss measurement, the highest credible loss, and the share of it that is compensated. */
const noisePackets = 32;
const noiseMax = 0.4;
const noiseShare = 0.9;
/** Window factors for a near peer: after a round trip that loses more than `overflowLoss`, and after any other. */
const nearBackOff = 0.7;
const nearGrowth = 1.05;
const initialPackets = 16;
const minPackets = 4;
/** How long the path is drained to measure its shortest round trip again. */
const drainedMs = 200;
/** Bounds of a burst. It is 2 ms worth of the rate within these, or 16 packets if that is less. */
const burstBytesLeast = 64 * 1024;
const burstBytesMost = 256 * 1024;

/** The result of one acknowledgement, for the latest packet that it acknowledges. */
export interface DeliverySample {
  /** Bytes newly acknowledged, and bytes found lost. */
  ackedBytes: number;
  lostBytes: number;
  /** The values at the time that packet was sent. */
  delivered: number;
  deliveredAtMs: number;
  firstSentAtMs: number;
  sentAtMs: number;
  isAppLimited: boolean;
}

type Mode = "startup" | "drain" | "probeRate" | "probeRtt";

export class CongestionControl {
  /** Maximum bytes in flight. */
  windowBytes: number;
  /** The guaranteed capacity of the peer's socket. */
  #socketBytes = Infinity;
  /** Maximum bytes in flight to a near peer: less than the socket if switches on the path hold less. */
  #nearBytes = Infinity;
  /** Bytes delivered, and when the last of them were acknowledged. */
  delivered = 0;
  deliveredAtMs = 0;
  /** When the first packet of the current sample was sent. */
  firstSentAtMs = 0;
  readonly #rtt: RoundTrip;
  #packetBytes: number;
  #mode: Mode = "startup";
  /** Until this much is delivered, the application limits the rate, not the path. */
  #appLimitedUntil = 0;
  #rate = 0;
  readonly #rates = new Float64Array(rateRounds);
  #rateRound = 0;
  #roundEnds = 0;
  #roundLost = 0;
  #roundDelivered = 0;
  #isRoundStart = false;
  /** The base loss, independent of the rate: the minimum of the last ten round trips. */
  #noise = 0;
  readonly #noises = new Float64Array(rateRounds);
  #noiseRound = 0;
  #isPipeFull = false;
  #fullRate = 0;
  #fullCount = 0;
  #phase = 0;
  #phaseAtMs = 0;
  #rttProbeEndsMs = 0;
  #rttProbeMinMs = Infinity;
  #windowBefore = 0;
  #epochAtMs = 0;
  #epochBytes = 0;
  /** Bytes acknowledged at once in excess of the rate: the maximum of this and the last ten round trips. */
  #extra = 0;
  #extraBefore = 0;
  #extraRounds = 0;

  constructor(rtt: RoundTrip, packetBytes: number) {
    this.#rtt = rtt;
    this.#packetBytes = packetBytes;
    this.windowBytes = this.#initialBytes;
  }

  get #initialBytes(): number {
    return Math.max(
      minPackets * this.#packetBytes,
      Math.min(initialPackets * this.#packetBytes, burstBytesLeast),
    );
  }

  set socketBytes(bytes: number) {
    this.#socketBytes = this.#nearBytes = bytes;
  }

  /** Changes the packet size. */
  set packetBytes(bytes: number) {
    this.#packetBytes = bytes;
    if (this.#rate === 0) this.windowBytes = Math.max(this.windowBytes, this.#initialBytes);
  }

  get bytesPerMs(): number {
    return this.#rate;
  }

  get mode(): string {
    return this.#mode;
  }

  /** The pacing rate; Infinity before anything is known. */
  get pacingBytesPerMs(): number {
    if (!this.#rtt.isKnown || this.#isNear) return Infinity;
    const gain = this.#mode === "startup"
      ? startupGain
      : this.#mode === "drain"
      ? drainGain
      : this.#mode === "probeRate"
      ? cycle[this.#phase]!
      : 1;
    const byRate = margin * gain * this.#rate / (1 - noiseShare * this.#noise);
    // A rate limited by the application says nothing about the path: an idle caller must not be slow when it becomes
    // busy.
    return this.#isPipeFull
      ? Math.max(byRate, minPackets * this.#packetBytes / this.#rtt.smoothedMs / 4)
      : Math.max(byRate, 2 * this.windowBytes / this.#rtt.smoothedMs);
  }

  /** Whether the peer is so near that its socket is the only queue. */
  get #isNear(): boolean {
    return this.#rtt.minMs < limits.rawIp.pacedRttMsMin;
  }

  /** The application has less to send than the window allows. */
  markAppLimited(bytesInFlight: number): void {
    this.#appLimitedUntil = this.delivered + bytesInFlight;
  }

  get isAppLimited(): boolean {
    return this.#appLimitedUntil > 0;
  }

  onAck(sample: DeliverySample, bytesInFlight: number, now: number): void {
    this.delivered += sample.ackedBytes;
    this.deliveredAtMs = now;
    this.firstSentAtMs = sample.sentAtMs;
    if (this.delivered > this.#appLimitedUntil) this.#appLimitedUntil = 0;
    this.#roundLost += sample.lostBytes;
    this.#roundDelivered += sample.ackedBytes;
    this.#isRoundStart = sample.delivered >= this.#roundEnds;
    this.#updateRate(sample, now);
    this.#updateExtra(sample.ackedBytes, now);
    if (this.#isRoundStart) {
      // An application-limited sample says nothing about the path, unless more is in flight than the path can carry.
      const isTelling = !sample.isAppLimited || bytesInFlight > queueing * this.#product(1);
      if (!this.#isPipeFull && isTelling) this.#lookForFullPipe();
      this.#roundEnds = this.delivered;
      this.#measureNoise();
    }
    this.#updateMode(sample, bytesInFlight, now);
    this.#updateWindow(sample.ackedBytes);
  }

  #updateRate(sample: DeliverySample, now: number): void {
    const intervalMs = Math.max(
      sample.sentAtMs - sample.firstSentAtMs,
      now - sample.deliveredAtMs,
      // Acknowledgements delayed on the path arrive together, and would suggest an impossible rate.
      this.#rtt.minMs,
      0.005,
    );
    const rate = (this.delivered - sample.delivered) / intervalMs;
    if (this.#isRoundStart && this.#rates[this.#rateRound]! > 0 && !sample.isAppLimited) {
      this.#rateRound = (this.#rateRound + 1) % rateRounds;
      this.#rates[this.#rateRound] = 0;
      this.#rate = maxOf(this.#rates);
    }
    if (sample.isAppLimited && rate < this.#rate) return;
    if (rate > this.#rates[this.#rateRound]!) this.#rates[this.#rateRound] = rate;
    if (rate > this.#rate) this.#rate = rate;
    else if (this.#rate === 0) this.#rate = rate;
  }

  /** Acknowledgements arrive aggregated; packets must keep flowing in between. */
  #updateExtra(ackedBytes: number, now: number): void {
    if (this.#isRoundStart && ++this.#extraRounds >= rateRounds) {
      this.#extraRounds = 0;
      this.#extraBefore = this.#extra;
      this.#extra = 0;
    }
    const expected = this.#rate * (now - this.#epochAtMs);
    if (this.#epochBytes <= expected) {
      this.#epochAtMs = now;
      this.#epochBytes = ackedBytes;
      this.#extra = Math.max(this.#extra, Math.min(ackedBytes, this.windowBytes));
      return;
    }
    this.#epochBytes += ackedBytes;
    this.#extra = Math.max(
      this.#extra,
      Math.min(this.#epochBytes - expected, this.windowBytes, this.#rate * 100),
    );
  }

  #measureNoise(): void {
    const all = this.#roundLost + this.#roundDelivered;
    if (all < noisePackets * this.#packetBytes) return;
    const lost = this.#roundLost / all;
    this.#nearBytes = lost > overflowLoss
      ? Math.max(this.#nearBytes * nearBackOff, initialPackets * this.#packetBytes)
      : Math.min(this.#nearBytes * nearGrowth, this.#socketBytes);
    this.#noises[this.#noiseRound] = lost;
    this.#noiseRound = (this.#noiseRound + 1) % rateRounds;
    this.#roundLost = 0;
    this.#roundDelivered = 0;
    let least = noiseMax;
    for (const noise of this.#noises) least = Math.min(least, noise);
    this.#noise = least;
  }

  #lookForFullPipe(): void {
    if (this.#rate >= this.#fullRate * (growth - this.#noise / 2)) {
      this.#fullRate = this.#rate;
      this.#fullCount = 0;
      return;
    }
    const overflows = this.#roundLost >
      (overflowLoss + 1.5 * this.#noise) * (this.#roundDelivered + this.#roundLost);
    this.#fullCount += overflows ? flatRounds : 1;
    this.#isPipeFull = this.#fullCount >= flatRounds;
  }

  #updateMode(sample: DeliverySample, bytesInFlight: number, now: number): void {
    if (this.#mode === "startup" && this.#isPipeFull) this.#mode = "drain";
    if (this.#mode === "drain" && bytesInFlight <= this.#product(1)) this.#cruise(now);
    if (this.#mode === "probeRate") this.#turnPhase(sample, bytesInFlight, now);
    if (this.#mode === "probeRtt") {
      this.#rttProbeMinMs = Math.min(this.#rttProbeMinMs, this.#rtt.latestMs);
      if (this.#rttProbeEndsMs === 0 && bytesInFlight <= minPackets * this.#packetBytes) {
        this.#rttProbeEndsMs = now + drainedMs;
      } else if (this.#rttProbeEndsMs !== 0 && now >= this.#rttProbeEndsMs) {
        this.#rtt.replaceMin(this.#rttProbeMinMs, now);
        this.windowBytes = Math.max(this.windowBytes, this.#windowBefore);
        if (this.#isPipeFull) this.#cruise(now);
        else this.#mode = "startup";
      }
    } else if (this.#rtt.isMinOld(now)) {
      // An idle path is already drained.
      if (bytesInFlight === 0 || sample.isAppLimited) {
        this.#rtt.replaceMin(this.#rtt.latestMs, now);
        return;
      }
      this.#mode = "probeRtt";
      this.#windowBefore = Math.max(this.#windowBefore, this.windowBytes);
      this.#rttProbeEndsMs = 0;
      this.#rttProbeMinMs = Infinity;
    }
  }

  #cruise(now: number): void {
    this.#mode = "probeRate";
    // Connections that began together should not all probe at the same time.
    this.#phase = 2 + this.delivered % 6;
    this.#phaseAtMs = now;
  }

  #turnPhase(sample: DeliverySample, bytesInFlight: number, now: number): void {
    const isLong = now - this.#phaseAtMs > this.#rtt.minMs;
    const gain = cycle[this.#phase]!;
    const isOver = gain > 1
      ? isLong && (sample.lostBytes > 0 || bytesInFlight >= this.#product(gain))
      : gain < 1
      ? isLong || bytesInFlight <= this.#product(1)
      : isLong;
    if (!isOver) return;
    this.#phase = (this.#phase + 1) % cycle.length;
    this.#phaseAtMs = now;
  }

  /** A multiple of the bandwidth-delay product, in bytes. */
  #product(gain: number): number {
    return this.#rtt.isKnown ? gain * this.#rate * this.#rtt.minMs : this.windowBytes;
  }

  #updateWindow(ackedBytes: number): void {
    const least = minPackets * this.#packetBytes;
    if (this.#windowBefore > 0 && this.#mode !== "probeRtt") {
      this.windowBytes = Math.max(this.windowBytes, this.#windowBefore);
      this.#windowBefore = 0;
    }
    if (this.#mode === "probeRtt") {
      this.windowBytes = least;
      return;
    }
    const extra = Math.max(this.#extra, this.#extraBefore) + 3 * this.burstBytes;
    const target = this.#product(windowGain) + extra;
    if (this.#isPipeFull) {
      this.windowBytes = Math.min(this.windowBytes + ackedBytes, target);
    } else if (this.windowBytes < target || this.delivered < this.#initialBytes) {
      this.windowBytes += ackedBytes;
    }
    if (this.#isNear) this.windowBytes = Math.min(this.windowBytes, this.#nearBytes);
    this.windowBytes = Math.max(this.windowBytes, least);
  }

  /** Burst allowed after a pause: timers are late on busy processors. */
  get catchUpBytes(): number {
    return 2 * this.burstBytes;
  }

  /** Bytes that may be sent at once: bursts are cheaper to send, and queues on the path absorb them. */
  get burstBytes(): number {
    const least = Math.max(
      2 * this.#packetBytes,
      Math.min(16 * this.#packetBytes, burstBytesLeast),
    );
    return Math.max(least, Math.min(2 * this.#rate, burstBytesMost, this.#socketBytes / 2));
  }

  /**
   * Nothing was acknowledged for several probe timeouts: the path may be gone, or full. The next acknowledgement will
   * tell.
   */
  onSilence(): void {
    if (this.#mode === "probeRtt") return;
    this.#windowBefore = Math.max(this.#windowBefore, this.windowBytes);
    this.windowBytes = minPackets * this.#packetBytes;
  }
}

function maxOf(values: Float64Array): number {
  let max = 0;
  for (let index = 0; index < values.length; index++) max = Math.max(max, values[index]!);
  return max;
}
