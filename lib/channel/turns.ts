/**
 * How the connections of a program share its event-loop turns.
 *
 * Reading bytes that have arrived already does not yield to the loop: such a read resolves in a microtask, and timers,
 * executors and other connections wait as long as it goes on. So each connection has a slice of a turn. Once it is
 * spent, the connection waits for the next turn, in a line ordered by recent work and time of waiting.
 */
import { limits } from "../limits/mod.ts";
import { PriorityQueue, type QueueEntry } from "./_priority_queue.ts";
import { LoopTurns } from "./_loop_turn.ts";
import { beginTick } from "./tick_clock.ts";

/**
 * Priorities, in the order in which a turn resumes waiting connections: executors' answers, callers that have made a
 * request, possible callers that have not made one yet, strangers, and accepting connections. Each has its share of the
 * loop, however many connections it has.
 */
const priorities = ["executor", "known", "guest", "stranger", "arrival"] as const;
export type Priority = typeof priorities[number];

interface Bounds {
  /** Milliseconds that one connection may take of a turn. */
  readonly sliceMs: number;
  /** Milliseconds that the whole group may take, beyond the minimum for each connection. */
  readonly turnShareMs: number;
  /** The minimum for each connection, however long the turn has run. */
  readonly leastMs: number;
  /** The group rests this many times as long as it has worked. */
  readonly rest: number;
}

function boundsOf(priority: Priority): Bounds {
  const { sliceMs, turnShareMs, sliceMsLeast: leastMs } = limits;
  switch (priority) {
    case "executor":
      return { sliceMs, turnShareMs, leastMs, rest: 0 };
    case "known":
      return { sliceMs, turnShareMs, leastMs, rest: 0 };
    case "guest":
      return { sliceMs: limits.guestSliceMs, turnShareMs: limits.guestsTurnMs, leastMs, rest: 0 };
    case "stranger": {
      const { strangerSliceMs, strangersTurnMs, strangersRest } = limits;
      return {
        sliceMs: strangerSliceMs,
        turnShareMs: strangersTurnMs,
        leastMs,
        rest: strangersRest,
      };
    }
    case "arrival": {
      // Callers wait behind newcomers.
      const ms = limits.arrivalsTurnMs;
      return { sliceMs: ms, turnShareMs: ms, leastMs: ms, rest: 0 };
    }
  }
}

/** Where a connection waits: in the middle of its work, or before work that can wait. */
export type WaitingLine = "line" | "patient";

/** The connections of one priority. */
class Group {
  readonly bounds: Bounds;
  /** Each answer of an executor frees memory, and callers wait for it: it takes time from no other group. */
  readonly isFirst: boolean;
  /** Slices that wait for another turn. */
  readonly line = new PriorityQueue<Slice>();
  readonly patient = new PriorityQueue<Slice>();
  #isPatientsTurn = false;
  /** Milliseconds used in this turn. */
  usedMs = 0;
  restsUntilMs = 0;

  constructor(priority: Priority) {
    this.bounds = boundsOf(priority);
    this.isFirst = priority === "executor";
  }

  /** Whether its share of this turn is spent. */
  get isSpent(): boolean {
    return this.usedMs >= this.bounds.turnShareMs;
  }

  get isAwaited(): boolean {
    return this.line.length + this.patient.length > 0;
  }

  /**
   * Removes the slice to resume next. The lines alternate: thousands of connections with unfinished messages do not
   * delay the others, and still make progress.
   *
   * @param from Excludes the patient ones if it is `line`.
   */
  takeNext(from: WaitingLine): Slice | undefined {
    if (from === "line") return this.line.take();
    this.#isPatientsTurn = !this.#isPatientsTurn;
    const isPatients = this.line.length === 0 || this.#isPatientsTurn && this.patient.length > 0;
    return (isPatients ? this.patient : this.line).take();
  }

  /** Resumes all. */
  resumeAll(): void {
    for (const line of [this.line, this.patient]) {
      for (let count = line.length; count > 0; count--) line.take()!.goOn();
    }
  }
}

/**
 * How long a group rests. The clock overstates its work when the system gave the processor to another program
 * meanwhile.
 */
function restOf({ usedMs, bounds: { rest, turnShareMs } }: Group): number {
  return rest === 0 ? 0 : rest * Math.min(usedMs, turnsCounted * turnShareMs);
}

const turnsCounted = 5;

/** Work units between two readings of the clock; a cheap frame counts 1. */
const unitsPerLook = 32;
const recentHalfLifeMs = 1000;

/**
 * A connection waits as if it had come this many times its recent work later: behind those that have worked less, but
 * not behind all that come while it waits.
 */
const waitPerWork = 100;

/** A turn also ends without a wait: once this many times its work has passed since it began, the loop has turned. */
const spareOfTurn = 4;

/** Schedules connections on the event loop. */
export class Turns {
  readonly #groups = new Map(priorities.map((priority) => [priority, new Group(priority)]));
  #number = 0;
  #sinceMs = 0;
  /** Milliseconds that all groups have used in this turn. */
  #usedMs = 0;
  /** Whether connections wait to be accepted, so that work that can wait has less of the turn. */
  #isCrowded = false;
  readonly #loop = new LoopTurns();
  #isAwaited = false;
  /** When the first rest ends, if every waiting group rests. */
  #rest: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Makes the slice of one connection. @param priority Returns its current priority. */
  slice(priority: () => Priority): Slice {
    return new Slice(this, priority);
  }

  /** Counts turns. */
  get number(): number {
    return this.#number;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  group(priority: Priority): Group {
    return this.#groups.get(priority)!;
  }

  /** Counts a turn that passed by itself before this work began. */
  look(beganMs: number): void {
    const leastMs = Math.max(limits.turnShareMs, this.#usedMs);
    if (beganMs - this.#sinceMs > spareOfTurn * leastMs) this.#begin(beganMs);
  }

  #begin(nowMs: number): void {
    this.#number += 1;
    this.#sinceMs = nowMs;
    this.#usedMs = 0;
    for (const group of this.#groups.values()) group.usedMs = 0;
  }

  /** Records work of a connection. @returns Whether its slice of this turn is spent. */
  took(ms: number, { group, usedMs }: { group: Group; usedMs: number }): boolean {
    group.usedMs += ms;
    this.#usedMs += ms;
    const { sliceMs, leastMs } = group.bounds;
    if (usedMs >= sliceMs) return true;
    if (usedMs < leastMs) return false;
    return group.isSpent || (!group.isFirst && this.#usedMs >= limits.turnShareMs);
  }

  /** Resumes waiting connections, as far as this turn has time. */
  admit(group: Group, nowMs: number): void {
    if (!group.isAwaited || nowMs < group.restsUntilMs || group.isSpent) return;
    if (group.isFirst) return group.resumeAll();
    if (this.#usedMs >= limits.turnShareMs) return;
    group.takeNext(this.hasTimeForPatients(group) ? "patient" : "line")?.goOn();
  }

  /** Whether this turn has time for a group's work that can wait. */
  hasTimeForPatients(group: Group): boolean {
    return !group.isSpent && (!this.#isCrowded || group.usedMs < limits.patientsTurnMs);
  }

  /** Resumes every connection, and stops scheduling. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#rest);
    this.#loop.close();
    for (const group of this.#groups.values()) group.resumeAll();
  }

  /** Schedules a turn for waiting connections: yields to the loop, or waits until one of their groups has rested. */
  await(): void {
    if (this.#isAwaited || this.#isClosed) return;
    clearTimeout(this.#rest);
    const waiting = [...this.#groups.values()].filter(({ isAwaited }) => isAwaited);
    if (waiting.length === 0) return;
    const restMs = Math.min(...waiting.map((group) => group.restsUntilMs)) - performance.now();
    if (restMs > 0) {
      this.#rest = setTimeout(() => this.#turned(), restMs);
      return;
    }
    this.#isAwaited = true;
    void this.#loop.next().then(() => {
      this.#isAwaited = false;
      this.#turned();
    });
  }

  #turned(): void {
    const nowMs = performance.now();
    for (const group of this.#groups.values()) {
      if (group.usedMs > 0) group.restsUntilMs = nowMs + restOf(group);
    }
    this.#isCrowded = this.group("arrival").isAwaited;
    this.#begin(nowMs);
    for (const group of this.#groups.values()) this.admit(group, nowMs);
    this.await();
  }
}

/** One connection's share of event-loop turns. */
export class Slice {
  readonly #turns: Turns;
  #priority: () => Priority;
  #beganMs = 0;
  #beganIn = -1;
  #turn = -1;
  #usedMs = 0;
  #units = 0;
  #owedMs = 0;
  #waitsIn: Group | undefined;
  #line: PriorityQueue<Slice> | undefined;
  #entry: QueueEntry<Slice> | undefined;
  #wake: (() => void) | undefined;
  /** The group that it went on in: once its work is measured, the next of them goes on if the turn has time. */
  #resumedIn: Group | undefined;
  #recentMs = 0;
  #recentAtMs = 0;
  #isOver = false;

  constructor(turns: Turns, priority: () => Priority) {
    this.#turns = turns;
    this.#priority = priority;
  }

  /**
   * Starts measuring, after a wait for something other than a turn. Reads the real clock, not the tick's: several
   * connections run in one tick, and each pays only for its own work.
   */
  begin(): void {
    this.#beganMs = beginTick();
    this.#beganIn = this.#turns.number;
  }

  /**
   * Starts measuring work that can wait, as part of a message that may never be complete: where its group rests or its
   * share of this turn is spent, it waits for another turn, and not even the minimum for each connection is left.
   */
  async beginInTurn(): Promise<void> {
    this.begin();
    this.#turns.look(this.#beganMs);
    const group = this.#turns.group(this.#priority());
    const hasTime = this.#turns.hasTimeForPatients(group) && this.#beganMs >= group.restsUntilMs;
    if (!hasTime) await this.#waitIn("patient");
  }

  /** Counts work units, 1 for a cheap frame. @returns Whether to wait for {@linkcode next} before more. */
  isSpent(units: number): boolean {
    this.#units += units;
    return this.#units >= unitsPerLook && this.settle();
  }

  /**
   * Records the work since {@linkcode begin}.
   *
   * @param besidesMs An estimate of what it costs later, in microtasks, which cannot be measured here.
   * @returns Whether to wait for {@linkcode next} before more.
   */
  settle(besidesMs = 0): boolean {
    this.#units = 0;
    const nowMs = performance.now();
    const ms = nowMs - this.#beganMs + besidesMs + this.#owedMs;
    this.#owedMs = 0;
    this.#beganMs = nowMs;
    const turns = this.#turns;
    turns.look(nowMs - ms);
    if (this.#turn !== turns.number) {
      this.#turn = turns.number;
      this.#usedMs = 0;
    }
    this.#usedMs += ms;
    const group = turns.group(this.#priority());
    const isSpent = turns.took(ms, { group, usedMs: this.#usedMs });
    if (!isSpent) this.#leadOn(nowMs);
    return isSpent;
  }

  /** Counts work that runs in later microtasks, and reads the clock soon. */
  owe(ms: number): void {
    this.#owedMs += ms;
    this.#units += unitsPerLook;
  }

  /** The connection is closing: from now on it has a stranger's priority. */
  demote(): void {
    this.#priority = () => "stranger";
  }

  /** Waits for another turn. @param which `patient` in the middle of a message that may never be complete. */
  next(which: WaitingLine = "line"): Promise<void> {
    return this.#waitIn(which);
  }

  async #waitIn(which: WaitingLine): Promise<void> {
    if (this.#isOver || this.#turns.isClosed) return;
    const nowMs = performance.now();
    const age = (nowMs - this.#recentAtMs) / recentHalfLifeMs;
    const group = this.#waitsIn = this.#turns.group(this.#priority());
    this.#recentMs = this.#recentMs * 2 ** -age + Math.min(this.#usedMs, group.bounds.sliceMs);
    this.#recentAtMs = nowMs;
    const line = this.#line = group[which];
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#entry = line.add(this, nowMs + waitPerWork * this.#recentMs);
      this.#turns.await();
      this.#leadOn(nowMs);
    });
    this.begin();
  }

  /** Nothing is left to do until something arrives: the next of its group may go on in this turn. */
  pause(): void {
    if (this.#resumedIn === undefined) return;
    this.settle();
    this.#leadOn(this.#beganMs);
  }

  /** Resumes it. */
  goOn(): void {
    this.#resumedIn = this.#waitsIn;
    this.#waitsIn = undefined;
    this.#entry = undefined;
    this.#usedMs = 0;
    this.#wake?.();
    this.#wake = undefined;
  }

  /** The connection has ended: releases its waiter, and measures the end. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#waitsIn === undefined) {
      const nowMs = performance.now();
      this.#turns.look(nowMs);
      // In a later turn than that of its last work, it was waiting for its peer meanwhile.
      return this.#beganIn === this.#turns.number ? this.pause() : this.#leadOn(nowMs);
    }
    this.#line!.remove(this.#entry!);
    this.#waitsIn = undefined;
    this.goOn();
  }

  #leadOn(nowMs: number): void {
    const group = this.#resumedIn;
    if (group === undefined) return;
    this.#resumedIn = undefined;
    this.#turns.admit(group, nowMs);
  }
}
