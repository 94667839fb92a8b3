/** How many executors a node may have at once, and which of them gives way when another one is needed. */
import { type Limits, limits } from "../../limits/mod.ts";

/** An executor that has a place. */
export interface Occupant {
  /** Whether it has no calls, and could stop. */
  readonly isIdle: boolean;
  /** Since when, on the clock of `performance.now()`. */
  readonly idleSinceMs: number;
  /** It stops; another one is started when its service is called again. @returns When it has ended. */
  giveWay(): Promise<void>;
  /** It takes no calls while it is told to drain, and so becomes idle. */
  drain(isDraining: boolean): void;
}

/** A start that waits for a place. */
export interface ExecutorRequest {
  /** Whether it is still needed: its caller may have given up. */
  isWanted(): boolean;
  /** Whether a deployment tries it: one such may go beyond the bound where all others have calls. */
  readonly isOnTrial: boolean;
  /** Raised when its service is ended. */
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly wanted: ExecutorRequest;
  /** @param isGranted Else it is not wanted any more. */
  readonly settle: (isGranted: boolean) => void;
}

/**
 * The places of a node's executors. Where all are taken, the executor that has been idle for the longest time gives way;
 * where none is idle, starts wait in the order in which they came, and every `executorTurnMs` another executor is
 * asked to finish what it has begun and give way.
 */
export class ExecutorRoom {
  readonly max: number;
  readonly #askEveryMs: number;
  /** Processes, those included that start or stop. */
  #taken = 0;
  /** Of the processes, those that were told to give way. */
  #leaving = 0;
  /** In the order in which they were started, or last asked to drain. */
  readonly #occupants = new Set<Occupant>();
  readonly #waiting: Waiting[] = [];
  #draining: Occupant | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(max = Infinity, { executorTurnMs }: Limits = limits) {
    this.max = max;
    this.#askEveryMs = executorTurnMs;
  }

  /** How many processes there are. */
  get taken(): number {
    return this.#taken;
  }

  /** Why starts wait, in words. */
  get whyFull(): string {
    const executors = this.max === 1 ? "1 executor" : `${this.max} executors`;
    return `this node has ${executors}, as many as it may have, with calls in flight; ` +
      "let it have more (--limit executors=N)";
  }

  /**
   * Waits for a place.
   *
   * @returns What gives it back; undefined if it is not wanted any more.
   */
  async take(wanted: ExecutorRequest): Promise<(() => void) | undefined> {
    if (this.#waiting.length > 0 || !this.#hasPlaceFor(wanted)) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#waiting.push({ wanted, settle: resolve });
      const onAbort = (): void => this.look();
      wanted.signal.addEventListener("abort", onAbort, { once: true });
      this.look();
      const isGranted = await promise;
      wanted.signal.removeEventListener("abort", onAbort);
      if (!isGranted) return undefined;
    } else this.#taken += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#taken -= 1;
      this.look();
    };
  }

  /** An executor has started. */
  add(occupant: Occupant): void {
    this.#occupants.add(occupant);
  }

  /** An executor takes no calls any more. */
  remove(occupant: Occupant): void {
    this.#occupants.delete(occupant);
    if (this.#draining === occupant) this.#draining = undefined;
  }

  /** An executor has no calls any more, or there is one process less. */
  look(): void {
    if (this.#waiting.length === 0 && this.#timer === undefined) return;
    for (let index = 0; index < this.#waiting.length;) {
      const { wanted, settle } = this.#waiting[index]!;
      if (wanted.signal.aborted || !wanted.isWanted()) settle(false);
      else if (this.#hasPlaceFor(wanted)) {
        this.#taken += 1;
        settle(true);
      } else {
        index += 1;
        continue;
      }
      this.#waiting.splice(index, 1);
    }
    this.#dismissIdle();
    if (this.#waiting.length === 0) return this.close();
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#nextTurn(), this.#askEveryMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Takes no turns any more while nothing waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const draining = this.#draining;
    this.#draining = undefined;
    draining?.drain(false);
  }

  #hasPlaceFor({ isOnTrial }: ExecutorRequest): boolean {
    if (this.#taken < this.max) return true;
    return isOnTrial && this.#taken === this.max && this.#leaving === 0 &&
      this.#idle() === undefined;
  }

  #dismissIdle(): void {
    while (this.#leaving < this.#waiting.length) {
      const idle = this.#idle();
      if (idle === undefined) return;
      this.remove(idle);
      this.#leaving += 1;
      idle.giveWay().finally(() => {
        this.#leaving -= 1;
        this.look();
      });
    }
  }

  #idle(): Occupant | undefined {
    let longest: Occupant | undefined;
    for (const occupant of this.#occupants) {
      if (!occupant.isIdle) continue;
      if (longest === undefined || occupant.idleSinceMs < longest.idleSinceMs) longest = occupant;
    }
    return longest;
  }

  /** Has another executor drain; the one before goes on if it could not. */
  #nextTurn(): void {
    this.close();
    const [next] = this.#occupants;
    if (next !== undefined && this.#waiting.length > 0 && this.#leaving === 0) {
      this.#occupants.delete(next);
      this.#occupants.add(next);
      this.#draining = next;
      next.drain(true);
    }
    this.look();
  }
}
