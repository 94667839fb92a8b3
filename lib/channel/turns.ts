/**
 * How the connections of a program share the turns of its event loop.
 *
 * Reading what has come already does not let the loop turn: the promise of such a read resolves among microtasks, and
 * timers, executors and other connections wait for as long as it goes on. So each connection has a slice of a turn, and
 * a connection that has spent it waits for the next turn, in a queue led by those that worked least of late.
 */
import { limits } from "../limits/mod.ts";
import { LoopTurns } from "./_loop_turn.ts";

/**
 * Kinds of work, in the order in which a turn resumes what waits: an executor's answers, callers that have made a
 * request, possible callers that have not made one yet, everybody else, and accepting connections. Each kind has its
 * share of the loop, however many connections it has.
 */
const claims = ["executor", "known", "guest", "stranger", "arrival"] as const;
export type Claim = typeof claims[number];

interface Bounds {
  /** What one connection may take of a turn. */
  readonly sliceMs: number;
  /** What all of them may, beyond the least for each. */
  readonly tickNowMs: number;
  /** What one connection may take of a turn, however long that is already. */
  readonly leastMs: number;
  /** For so many times what they have taken they leave the loop to others. */
  readonly rest: number;
}

function boundsOf(claim: Claim): Bounds {
  const { sliceMs, tickNowMs, sliceMsLeast: leastMs } = limits;
  switch (claim) {
    case "executor":
      return { sliceMs, tickNowMs, leastMs, rest: 0 };
    case "known":
      return { sliceMs, tickNowMs, leastMs, rest: 0 };
    case "guest":
      return { sliceMs: limits.guestSliceMs, tickNowMs: limits.guestsTurnMs, leastMs, rest: 0 };
    case "stranger": {
      const { strangerSliceMs, strangersTurnMs, strangersRest } = limits;
      return { sliceMs: strangerSliceMs, tickNowMs: strangersTurnMs, leastMs, rest: strangersRest };
    }
    case "arrival": {
      // Callers wait behind those who come.
      const ms = limits.arrivalsTurnMs;
      return { sliceMs: ms, tickNowMs: ms, leastMs: ms, rest: 0 };
    }
  }
}

/** Those with one claim. */
class Group {
  readonly bounds: Bounds;
  /** Each answer of an executor makes room, and callers wait behind those of others: it asks nobody else for time. */
  readonly isFirst: boolean;
  /** Slices that wait for another turn. */
  readonly line: Slice[] = [];
  /** What was taken of this turn. */
  usedMs = 0;
  restsUntilMs = 0;

  constructor(claim: Claim) {
    this.bounds = boundsOf(claim);
    this.isFirst = claim === "executor";
  }
}

/**
 * For how long a group leaves the loop to others. Of what it took, the clock tells more than that where the system has
 * given the processor to another program meanwhile.
 */
function restOf({ usedMs, bounds: { rest, tickNowMs } }: Group): number {
  return rest === 0 ? 0 : rest * Math.min(usedMs, turnsCounted * tickNowMs);
}

const turnsCounted = 5;

/** So much work is done between two looks at the clock; what is cheap counts 1. */
const unitsPerLook = 32;
const recentHalfLifeMs = 1000;

/**
 * A turn that was not waited for is over by itself, too: if the loop had so many times what was taken since it began,
 * it has turned meanwhile.
 */
const spareOfTurn = 4;

/** Shares the turns. */
export class Turns {
  readonly #groups = new Map(claims.map((claim) => [claim, new Group(claim)]));
  #number = 0;
  #sinceMs = 0;
  /** What all groups have taken of this turn. */
  #usedMs = 0;
  readonly #loop = new LoopTurns();
  #isAwaited = false;
  /** Where all who wait rest: the end of the first rest. */
  #rest: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** The slice of one connection. @param claim Is asked whenever it matters. */
  slice(claim: () => Claim): Slice {
    return new Slice(this, claim);
  }

  /** Counts turns. */
  get number(): number {
    return this.#number;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  group(claim: Claim): Group {
    return this.#groups.get(claim)!;
  }

  /** Counts another turn, if there was one by itself until some work began. */
  look(beganMs: number): void {
    const leastMs = Math.max(limits.tickNowMs, this.#usedMs);
    if (beganMs - this.#sinceMs > spareOfTurn * leastMs) this.#begin(beganMs);
  }

  #begin(nowMs: number): void {
    this.#number += 1;
    this.#sinceMs = nowMs;
    this.#usedMs = 0;
    for (const group of this.#groups.values()) group.usedMs = 0;
  }

  /** Takes down work of a connection. @returns Whether it has had its part of this turn. */
  took(ms: number, { group, usedMs }: { group: Group; usedMs: number }): boolean {
    group.usedMs += ms;
    this.#usedMs += ms;
    const { sliceMs, tickNowMs, leastMs } = group.bounds;
    if (usedMs >= sliceMs) return true;
    if (usedMs < leastMs) return false;
    return group.usedMs >= tickNowMs || (!group.isFirst && this.#usedMs >= limits.tickNowMs);
  }

  /** Resumes waiting connections, as far as this turn has time for them. */
  admit(group: Group, nowMs: number): void {
    const { line, bounds } = group;
    if (line.length === 0 || nowMs < group.restsUntilMs || group.usedMs >= bounds.tickNowMs) return;
    if (group.isFirst) {
      for (const slice of line.splice(0)) slice.goOn();
      return;
    }
    if (this.#usedMs >= limits.tickNowMs) return;
    let first = 0;
    for (let index = 1; index < line.length; index++) {
      if (line[index]!.recentMs < line[first]!.recentMs) first = index;
    }
    line.splice(first, 1)[0]!.goOn();
  }

  /** Somebody waits. */
  wait(group: Group, slice: Slice): void {
    group.line.push(slice);
    this.#await();
  }

  /** Lets everybody go on, and watches nothing more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#rest);
    this.#loop.close();
    for (const { line } of this.#groups.values()) for (const slice of line.splice(0)) slice.goOn();
  }

  /** Lets the loop turn, or waits until the rest of a waiting group is over. */
  #await(): void {
    if (this.#isAwaited || this.#isClosed) return;
    clearTimeout(this.#rest);
    const waiting = [...this.#groups.values()].filter(({ line }) => line.length > 0);
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
    this.#begin(nowMs);
    for (const group of this.#groups.values()) this.admit(group, nowMs);
    this.#await();
  }
}

/** What one connection may do in a turn. */
export class Slice {
  readonly #turns: Turns;
  #claim: () => Claim;
  #beganMs = 0;
  #turn = -1;
  #usedMs = 0;
  #units = 0;
  #owedMs = 0;
  #waitsIn: Group | undefined;
  #wake: (() => void) | undefined;
  /** Whether another may be let go on after it. */
  #isLedOn = false;
  #recentMs = 0;
  #recentAtMs = 0;
  #isOver = false;

  constructor(turns: Turns, claim: () => Claim) {
    this.#turns = turns;
    this.#claim = claim;
  }

  /** What it took of late, when it last had to wait. */
  get recentMs(): number {
    return this.#recentMs;
  }

  /**
   * Work begins, after a wait for something else than a turn. By the clock itself, not by that of the tick: many
   * connections have their turn in one, and each pays for its own work alone.
   */
  begin(): void {
    this.#beganMs = performance.now();
  }

  /** Counts what was done: 1 for what is cheap. @returns Whether to wait for {@linkcode next} before more. */
  isSpent(units: number): boolean {
    this.#units += units;
    return this.#units >= unitsPerLook && this.settle();
  }

  /**
   * Takes down what was done since {@linkcode begin}.
   *
   * @param besidesMs What that costs later, among microtasks, which no clock tells.
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
    const group = turns.group(this.#claim());
    const isSpent = turns.took(ms, { group, usedMs: this.#usedMs });
    if (!isSpent) this.#leadOn(group, nowMs);
    return isSpent;
  }

  /** Counts work that will be done among microtasks, which no clock tells; looks at the clock soon. */
  owe(ms: number): void {
    this.#owedMs += ms;
    this.#units += unitsPerLook;
  }

  /** The connection has heard its last word: from now on its work is a stranger's. */
  demote(): void {
    this.#claim = () => "stranger";
  }

  /** Waits for another turn. */
  async next(): Promise<void> {
    if (this.#isOver || this.#turns.isClosed) return;
    const nowMs = performance.now();
    const age = (nowMs - this.#recentAtMs) / recentHalfLifeMs;
    this.#recentMs = this.#recentMs * 2 ** -age + this.#usedMs;
    this.#recentAtMs = nowMs;
    const group = this.#waitsIn = this.#turns.group(this.#claim());
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#turns.wait(group, this);
      this.#leadOn(group, nowMs);
    });
    this.begin();
  }

  /** Its turn has come. */
  goOn(): void {
    this.#waitsIn = undefined;
    this.#usedMs = 0;
    this.#isLedOn = true;
    this.#wake?.();
    this.#wake = undefined;
  }

  /** The connection has ended: it waits no more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const line = this.#waitsIn?.line;
    if (line === undefined) return;
    line.splice(line.indexOf(this), 1);
    this.goOn();
  }

  #leadOn(group: Group, nowMs: number): void {
    if (!this.#isLedOn) return;
    this.#isLedOn = false;
    this.#turns.admit(group, nowMs);
  }
}
