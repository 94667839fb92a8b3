import { limits } from "../../../../limits/mod.ts";
import type { AckBlock } from "../packets/ack_ranges.ts";
import type { CongestionControl, DeliverySample } from "./congestion_control.ts";
import { field, InFlight, marks, state, stateMask } from "./in_flight.ts";
import type { RoundTrip } from "./rtt.ts";

/** Callbacks for the fate of packets' contents. */
export interface Outcomes {
  /** A packet of this many bytes arrived, which carried a range of the stream (or none: `end` is 0). */
  onAcked(start: number, end: number, bytes: number): void;
  /** It was lost. */
  onLost(start: number, end: number, bytes: number, now: number): void;
  /** An MTU probe arrived or was lost. */
  onMtuProbe(bytes: number, hasArrived: boolean): void;
}

const timeFactorFirst = 9 / 8;
const timeFactorMax = 2;

/** Detects received and lost packets, and decides when to probe (RFC 9002, with adaptive thresholds as in RACK). */
export class LossRecovery {
  readonly inFlight = new InFlight();
  bytesInFlight = 0;
  packetsInFlight = 0;
  packetsLost = 0;
  /** Probes sent since the last acknowledgement. */
  probeCount = 0;
  /** Pings sent while the peer granted no credit, and so nothing was in flight. */
  blockedCount = 0;
  /** Since when the peer owes an acknowledgement. */
  owedSinceMs = 0;
  readonly #rtt: RoundTrip;
  readonly #congestion: CongestionControl;
  readonly #outcomes: Outcomes;
  #largestAcked = -1;
  #firstInFlight = 0;
  #lastSentAtMs = 0;
  /** When the next packet counts as lost by time; Infinity if none is due. */
  #lossAtMs = Infinity;
  #reorderedMax: number = limits.rawIp.reorderedPackets;
  #timeFactor = timeFactorFirst;
  #learntAtMs = 0;
  readonly #sample: DeliverySample = {
    ackedBytes: 0,
    lostBytes: 0,
    delivered: 0,
    deliveredAtMs: 0,
    firstSentAtMs: 0,
    sentAtMs: 0,
    isAppLimited: false,
  };

  constructor(rtt: RoundTrip, congestion: CongestionControl, outcomes: Outcomes) {
    this.#rtt = rtt;
    this.#congestion = congestion;
    this.#outcomes = outcomes;
  }

  /** Numbers a pure acknowledgement, which is not itself acknowledged. */
  onSentUnacknowledged(now: number): number {
    if (this.inFlight.isFull) this.#giveUpOldest(now);
    const number = this.inFlight.next;
    const at = this.inFlight.push();
    const { records } = this.inFlight;
    records[at + field.state] = state.gone;
    records[at + field.sentAtMs] = now;
    if (this.packetsInFlight === 0) this.inFlight.trim(now);
    return number;
  }

  /** Numbers a packet that carries the stream range from `start` to `end`. */
  onSent(bytes: number, start: number, end: number, mark: number, now: number): number {
    if (this.inFlight.isFull) this.#giveUpOldest(now);
    const congestion = this.#congestion;
    if (this.packetsInFlight === 0) {
      congestion.firstSentAtMs = now;
      congestion.deliveredAtMs = now;
      this.#firstInFlight = this.inFlight.next;
      if (this.probeCount === 0) this.owedSinceMs = now;
    }
    const number = this.inFlight.next;
    const at = this.inFlight.push();
    const { records } = this.inFlight;
    records[at + field.sentAtMs] = now;
    records[at + field.start] = start;
    records[at + field.end] = end;
    records[at + field.bytes] = bytes;
    records[at + field.delivered] = congestion.delivered;
    records[at + field.deliveredAtMs] = congestion.deliveredAtMs;
    records[at + field.firstSentAtMs] = congestion.firstSentAtMs;
    records[at + field.state] = state.inFlight | mark |
      (congestion.isAppLimited ? marks.appLimited : 0);
    this.bytesInFlight += bytes;
    this.packetsInFlight += 1;
    this.#lastSentAtMs = now;
    return number;
  }

  /** @returns Whether anything was newly acknowledged. */
  onAck(block: AckBlock, now: number): boolean {
    const { inFlight } = this;
    const sample = this.#sample;
    let newest = -1;
    for (let index = 0; index < block.count; index++) {
      const end = Math.min(block.ends[index]!, inFlight.next);
      if (end <= inFlight.low) break;
      for (let number = Math.max(block.starts[index]!, inFlight.low); number < end; number++) {
        const known = inFlight.stateOf(number);
        if (known === state.gone) continue;
        if (known === state.lost) this.#learnReordering(number);
        this.#acknowledge(number);
        if (number > newest) newest = number;
      }
    }
    if (newest < 0) return false;
    this.probeCount = 0;
    const at = inFlight.at(newest);
    const { records } = inFlight;
    sample.delivered = records[at + field.delivered]!;
    sample.deliveredAtMs = records[at + field.deliveredAtMs]!;
    sample.firstSentAtMs = records[at + field.firstSentAtMs]!;
    sample.sentAtMs = records[at + field.sentAtMs]!;
    sample.isAppLimited = (records[at + field.state]! & marks.appLimited) !== 0;
    // The last acknowledged packet may be a pure acknowledgement that needed no reply: it still measures the round
    // trip.
    const last = block.ends[0]! - 1;
    if (last > this.#largestAcked && last >= inFlight.low && block.delayMs !== Infinity) {
      const sentAtMs = records[inFlight.at(last) + field.sentAtMs]!;
      this.#rtt.sample(now - sentAtMs, block.delayMs, now);
    }
    if (last > this.#largestAcked) this.#largestAcked = last;
    this.#forgetReordering(now);
    this.#detectLost(now);
    this.#congestion.onAck(sample, this.bytesInFlight, now);
    sample.ackedBytes = 0;
    sample.lostBytes = 0;
    inFlight.trim(now - 2 * this.#rtt.probeTimeoutMs);
    return true;
  }

  #acknowledge(number: number): void {
    const { inFlight } = this;
    const at = inFlight.at(number);
    const { records } = inFlight;
    const flags = records[at + field.state]!;
    const bytes = records[at + field.bytes]!;
    if ((flags & stateMask) === state.inFlight) {
      this.bytesInFlight -= bytes;
      this.packetsInFlight -= 1;
    }
    records[at + field.state] = flags & ~stateMask;
    this.#sample.ackedBytes += bytes;
    if ((flags & marks.mtuProbe) !== 0) this.#outcomes.onMtuProbe(bytes, true);
    else this.#outcomes.onAcked(records[at + field.start]!, records[at + field.end]!, bytes);
  }

  /** A packet considered lost has arrived: adapt the thresholds to such reordering. */
  #learnReordering(number: number): void {
    const distance = this.#largestAcked - number + 1;
    this.#reorderedMax = Math.min(
      limits.rawIp.reorderedPacketsMax,
      Math.max(this.#reorderedMax, distance),
    );
    this.#timeFactor = Math.min(timeFactorMax, this.#timeFactor + 1 / 8);
  }

  #forgetReordering(now: number): void {
    const roundTripsMs = limits.rawIp.reorderingRoundTrips * this.#rtt.smoothedMs;
    if (now - this.#learntAtMs < roundTripsMs) return;
    this.#learntAtMs = now;
    this.#reorderedMax = Math.max(limits.rawIp.reorderedPackets, this.#reorderedMax >> 1);
    this.#timeFactor = Math.max(timeFactorFirst, this.#timeFactor - 1 / 8);
  }

  #detectLost(now: number): void {
    const { inFlight } = this;
    const waitMs = Math.max(
      this.#timeFactor * Math.max(this.#rtt.smoothedMs, this.#rtt.latestMs),
      limits.rawIp.lossTimeMsMin,
    );
    this.#lossAtMs = Infinity;
    let first = Math.max(this.#firstInFlight, inFlight.low);
    let isFirst = true;
    for (let number = first; number < inFlight.next; number++) {
      const at = inFlight.at(number);
      if ((inFlight.records[at + field.state]! & stateMask) !== state.inFlight) continue;
      if (number > this.#largestAcked) {
        if (isFirst) first = number;
        isFirst = false;
        break;
      }
      const lossAtMs = inFlight.records[at + field.sentAtMs]! + waitMs;
      if (lossAtMs <= now || this.#largestAcked - number >= this.#reorderedMax) {
        this.#lose(at, now);
        continue;
      }
      if (isFirst) first = number;
      isFirst = false;
      if (lossAtMs < this.#lossAtMs) this.#lossAtMs = lossAtMs;
    }
    this.#firstInFlight = isFirst ? inFlight.next : first;
  }

  #lose(at: number, now: number): void {
    const { records } = this.inFlight;
    const flags = records[at + field.state]!;
    const bytes = records[at + field.bytes]!;
    records[at + field.state] = flags & ~stateMask | state.lost;
    this.bytesInFlight -= bytes;
    this.packetsInFlight -= 1;
    if ((flags & marks.mtuProbe) !== 0) {
      this.#outcomes.onMtuProbe(bytes, false);
      return;
    }
    this.packetsLost += 1;
    this.#sample.lostBytes += bytes;
    this.#outcomes.onLost(records[at + field.start]!, records[at + field.end]!, bytes, now);
  }

  /** Handles a full table: its oldest number is never acknowledged. */
  #giveUpOldest(now: number): void {
    const { inFlight } = this;
    const at = inFlight.at(inFlight.low);
    if (inFlight.stateOf(inFlight.low) === state.inFlight) this.#lose(at, now);
    inFlight.records[at + field.state] = state.gone;
    inFlight.trim(-Infinity);
  }

  /** When to act if no acknowledgement arrives before. `isBlocked`: the peer's credit is used up. */
  deadline(isBlocked: boolean): number {
    if (this.#lossAtMs !== Infinity) return this.#lossAtMs;
    if (this.packetsInFlight === 0 && !isBlocked) return Infinity;
    const count = this.packetsInFlight === 0 ? this.blockedCount : this.probeCount;
    const backOff = 2 ** Math.min(count, 16);
    const { probeTimeoutMs } = this.#rtt;
    const most = Math.max(2 * probeTimeoutMs, limits.rawIp.probeTimeoutMsMax);
    return this.#lastSentAtMs + Math.min(probeTimeoutMs * backOff, most);
  }

  /** Handles the deadline. @returns Whether to send probes: nothing was found lost, but nothing arrives either. */
  onTimer(now: number): boolean {
    if (this.#lossAtMs !== Infinity) {
      this.#detectLost(now);
      return false;
    }
    if (this.packetsInFlight === 0) this.blockedCount += 1;
    else this.probeCount += 1;
    // Back-off counts from here, even if the probe cannot be sent now.
    this.#lastSentAtMs = now;
    return true;
  }
}
