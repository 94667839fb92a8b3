import type { Limits } from "../../limits/mod.ts";
import { hasBegun, mayBeRunning, type Progress } from "../progress.ts";
import { workingMs, WorkingTimer } from "../system/working_clock.ts";

/** A watchdog's interface to its executor. */
export interface WatchdogOptions {
  readonly bounds: Limits;
  readonly inFlight: Unresponsiveness["inFlight"] & { readonly size: number };
  readonly progress: () => Progress;
  /** Sends a ping. */
  readonly ping: (number: number) => void;
  /**
   * A number that changes when the executor has read its input, or was heard to send: one that moves much data is
   * silent for long although its event loop turns.
   */
  readonly traffic: () => number;
  /** Its processor time in milliseconds; undefined if unknown. */
  readonly processorMs: () => Promise<number | undefined>;
  /** It has replied, and takes calls again. */
  readonly onAnswer: () => void;
  /** It must be killed, for this reason. */
  readonly onStuck: (reason: string) => void;
}

/** The decisive ping. */
interface Ping {
  readonly number: number;
  /** The last call sent before it. */
  readonly lastCall: number;
  /** When it was read, if it has since been waiting for its turn. */
  readMs: number | undefined;
}

/**
 * Checks whether an executor still begins calls. Pings it when one of its calls was cancelled; and when it has not been
 * heard for a while, soon after its last call and then at intervals, since a script may begin to spin after its reply.
 * Not with each call: that would cost as much as the call. A ping is answered when it is read and, if calls are queued
 * in the executor, again when it has had its turn among them: an executor that reads and begins no call is as useless
 * as one that spins. Processor time distinguishes the two: on a busy machine a healthy executor may wait long for a
 * processor.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #bounds: Limits;
  readonly #givenUp = new Map<number, number>();
  /** Those cancelled after the ping was sent, about which its reply says nothing. */
  readonly #givenUpSince = new Set<number>();
  #ping: Ping | undefined;
  /** Unanswered pings: whether they were read and wait for their turn. */
  readonly #owed = new Map<number, { isRead: boolean }>();
  #lastPing = 0;
  #lastCall = 0;
  /** Further pings read while the first one waits for its turn; the executor's timers are blocked. */
  #readAfter = 0;
  /** Its progress when a ping last had its turn. */
  #atTurn:
    | { readonly begun: number; readonly lastCall: number; readonly traffic: number }
    | undefined;
  readonly #judgeTimer = new WorkingTimer(() => this.#judge());
  /** Since when it is under suspicion, and its processor time at that moment. */
  #doubt: { readonly sinceMs: number; readonly processorMs: number | undefined } | undefined;
  #isMeasuring = false;
  #isStopped = false;
  #heardMs = workingMs();
  #hasBeenHeard = false;
  #isSettled = true;
  #traffic = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#bounds = options.bounds;
  }

  /** Whether a ping is unanswered: it should get no calls. */
  get isAsked(): boolean {
    return this.#ping !== undefined;
  }

  /** Whether it has replied since its last call. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether a call was cancelled so recently that its reply may have crossed the cancellation. */
  mayStillAnswer(call: number): boolean {
    return this.#givenUp.has(call);
  }

  /** A call was sent. */
  sent(call: number): void {
    this.#isSettled = false;
    this.#lastCall = call;
  }

  /** Something was received from it. */
  heard(): void {
    this.#hasBeenHeard = true;
  }

  /** A call is about to be cancelled. While it waits there, it shows whether any call begins. */
  givesUp(call: number): void {
    if (this.#ping === undefined && !hasBegun(this.#options.progress(), call)) this.#ask();
  }

  /** A sent call was cancelled. */
  gaveUp(call: number, deadlineMs: number): void {
    this.#givenUp.set(call, deadlineMs);
    if (this.#ping !== undefined) this.#givenUpSince.add(call);
    this.#ask();
  }

  /**
   * It has read a ping.
   *
   * @param isQueueAhead Whether calls are queued: then {@linkcode turned} follows.
   * @returns Whether that is possible.
   */
  answered(ping: number, isQueueAhead: boolean): boolean {
    const owed = this.#owed.get(ping);
    if (owed === undefined || owed.isRead) return false;
    if (isQueueAhead) owed.isRead = true;
    else this.#owed.delete(ping);
    const asked = this.#ping;
    if (asked === undefined) return true;
    if (ping === asked.number) {
      if (!isQueueAhead) return this.#isAnswered(this.#hasForgottenCalls(asked));
      asked.readMs = workingMs();
      this.#doubt = undefined;
    } else this.#readAfter += 1;
    // Its event loop turns: timers that are due run before it reads the second ping after this.
    if (this.#readAfter > 1) this.#options.onStuck("it reads, but begins none of its calls");
    else this.#judgeTimer.at(workingMs() + this.#bounds.executorDoubtMs);
    return true;
  }

  /** A ping has had its turn among the calls. @returns Whether that is possible. */
  turned(ping: number): boolean {
    if (this.#owed.get(ping)?.isRead !== true) return false;
    this.#owed.delete(ping);
    if (this.#ping?.number !== ping) return true;
    return this.#isAnswered(this.#hasStoodStill(this.#ping));
  }

  /** Pings it if it has been silent for long enough. Call it at intervals. */
  look(nowMs: number): void {
    if (this.#hasBeenHeard) {
      this.#hasBeenHeard = false;
      this.#heardMs = nowMs;
    }
    if (this.#ping !== undefined || nowMs - this.#heardMs < this.#bounds.executorQuietMs) return;
    const isQuietForLong = nowMs - this.#heardMs >= this.#bounds.executorQuietMsMax;
    if (!this.#isSettled || isQuietForLong || this.#isAnyWaiting()) this.#ask();
  }

  /** Stops watching. */
  stop(): void {
    this.#isStopped = true;
    this.#judgeTimer.stop();
  }

  #isAnyWaiting(): boolean {
    return this.#options.inFlight.size > 0 && !hasBegun(this.#options.progress(), this.#lastCall);
  }

  #ask(): void {
    if (this.#ping === undefined) {
      this.#isSettled = true;
      this.#readAfter = 0;
      const number = this.#sendPing();
      this.#ping = { number, lastCall: this.#lastCall, readMs: undefined };
      this.#traffic = this.#options.traffic();
    }
    this.#judgeTimer.at(workingMs() + this.#bounds.executorDoubtMs);
  }

  #sendPing(): number {
    const number = this.#lastPing = this.#lastPing % 0xffff_ffff + 1;
    this.#owed.set(number, { isRead: false });
    this.#options.ping(number);
    return number;
  }

  /** @returns The opposite of `isWrong`: a wrong reply does not count as one. */
  #isAnswered(isWrong: boolean): boolean {
    if (isWrong) return false;
    this.#judgeTimer.stop();
    this.#doubt = undefined;
    this.#ping = undefined;
    const isAskedTooEarly = this.#givenUpSince.size > 0;
    this.#givenUpSince.clear();
    if (!isAskedTooEarly) this.#givenUp.clear();
    this.#options.onAnswer();
    if (isAskedTooEarly) this.#ask();
    return true;
  }

  /** It says that no calls are queued: whether an earlier one contradicts that. */
  #hasForgottenCalls({ lastCall }: Ping): boolean {
    this.#atTurn = undefined;
    return this.#isWaitingSince(lastCall, this.#options.progress());
  }

  /** A ping has its turn before some calls: whether none has begun since the previous ping's turn. */
  #hasStoodStill({ lastCall }: Ping): boolean {
    const before = this.#atTurn;
    const progress = this.#options.progress();
    const traffic = this.#options.traffic();
    this.#atTurn = { begun: progress.begun, lastCall, traffic };
    // An executor that waits for its replies to be read begins nothing meanwhile.
    return before !== undefined && before.begun === progress.begun &&
      traffic - before.traffic < this.#bounds.writeBytesMax / 4 &&
      this.#isWaitingSince(before.lastCall, progress);
  }

  /** Whether a call is waiting that was sent no later than `lastCall`. */
  #isWaitingSince(lastCall: number, progress: Progress): boolean {
    const isWaiting = (call: number): boolean =>
      (lastCall - call) >>> 0 < 2 ** 31 && !hasBegun(progress, call);
    for (const [call] of this.#options.inFlight.entries()) if (isWaiting(call)) return true;
    for (const call of this.#givenUpSince) if (isWaiting(call)) return true;
    return false;
  }

  #judge(): void {
    const asked = this.#ping;
    if (asked === undefined || this.#isStopped) return;
    const { inFlight, progress, traffic } = this.#options;
    const nowMs = workingMs();
    if (traffic() !== this.#traffic) {
      this.#traffic = traffic();
      this.#doubt = undefined;
      return this.#judgeTimer.at(nowMs + this.#bounds.executorUnresponsiveMs);
    }
    if (asked.readMs !== undefined && nowMs - asked.readMs >= this.#bounds.executorUnresponsiveMs) {
      if ([...this.#owed.values()].every(({ isRead }) => isRead)) this.#sendPing();
    }
    const fromMs = killableFromMs(
      { progress: progress(), inFlight, givenUp: this.#givenUp },
      nowMs,
    );
    if (fromMs <= nowMs) {
      this.#measure(asked);
    } else {
      this.#doubt = undefined;
      const againMs = asked.readMs === undefined
        ? Infinity
        : nowMs + this.#bounds.executorUnresponsiveMs;
      this.#judgeTimer.at(Math.min(fromMs, againMs));
    }
  }

  /** Kills it, unless it is only waiting for a processor. */
  async #measure(asked: Ping): Promise<void> {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    const processorMs = await this.#options.processorMs();
    this.#isMeasuring = false;
    if (this.#isStopped || this.#ping === undefined) return;
    const nowMs = workingMs();
    if (this.#ping !== asked) return this.#judgeTimer.at(nowMs + this.#bounds.executorDoubtMs);
    this.#doubt ??= { sinceMs: nowMs, processorMs };
    const { sinceMs, processorMs: beforeMs } = this.#doubt;
    const { executorUnresponsiveMs, executorSilentMs, executorStillMs } = this.#bounds;
    const silentMs = nowMs - sinceMs;
    if (processorMs === undefined || beforeMs === undefined) {
      if (silentMs < executorSilentMs) return this.#judgeTimer.at(sinceMs + executorSilentMs);
      return this.#options.onStuck(`it did not answer for ${executorSilentMs} ms`);
    }
    const usedMs = processorMs - beforeMs;
    if (usedMs >= executorUnresponsiveMs) {
      return this.#options.onStuck("a script did not yield after its call was over");
    }
    if (silentMs >= executorStillMs) {
      return this.#options.onStuck(
        `it did not answer for ${
          executorStillMs / 1000
        } s, and had ${usedMs} ms of processor time ` +
          "in them: it was stopped, or the machine has too much to do",
      );
    }
    this.#judgeTimer.at(
      nowMs + Math.max(this.#bounds.executorDoubtMs, executorUnresponsiveMs - usedMs),
    );
  }
}

/** The node's knowledge of an unresponsive executor. */
export interface Unresponsiveness {
  readonly progress: Progress;
  /** Unanswered calls, by number. */
  readonly inFlight: { entries(): Iterable<[number, { readonly deadlineMs: number }]> };
  /** Calls cancelled or timed out since it last yielded, with their deadlines. */
  readonly givenUp: ReadonlyMap<number, number>;
}

/**
 * When an unresponsive executor may be killed: once a call that may be blocking it is past its deadline. A call within
 * its deadline may use the processor that long, and cancelling another call must not cost it its answer. If no call can
 * be blocking it, leftover work of an ended call is: then it may be killed now.
 */
export function killableFromMs(
  { progress, inFlight, givenUp }: Unresponsiveness,
  nowMs: number,
): number {
  const waiting = [...inFlight.entries()];
  const isWaitedFor = waiting.some(([call]) => hasBegun(progress, call));
  const isAnyRunning = [...waiting, ...givenUp].some(([call]) => mayBeRunning(progress, call));
  // The recorded call is over: the executor does something else now.
  const told: Progress = isAnyRunning ? progress : { ...progress, now: "elsewhere" };
  let fromMs = Infinity;
  for (const [call, { deadlineMs }] of waiting) {
    if (mayBeRunning(told, call)) fromMs = Math.min(fromMs, deadlineMs);
  }
  for (const [call, deadlineMs] of givenUp) {
    if (!mayBeRunning(told, call)) continue;
    // Its answer is no longer needed, but killing early must not cost other calls theirs.
    fromMs = Math.min(fromMs, isWaitedFor ? deadlineMs : nowMs);
  }
  return fromMs === Infinity ? nowMs : fromMs;
}
