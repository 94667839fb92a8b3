/** Bounds the number of a node's executors, and chooses which one to stop when another one is needed. */
import { type Limits, limits } from "../../limits/mod.ts";

/** A running executor. */
export interface Occupant {
  /** Whether it has no calls, and could stop. */
  readonly isIdle: boolean;
  /** Idle since this time, on the clock of `performance.now()`. */
  readonly idleSinceMs: number;
  /** Stops it; the next call of its service starts another. @returns Resolves when it has ended. */
  giveWay(): Promise<void>;
  /** While draining, it takes no new calls, and so becomes idle. */
  drain(isDraining: boolean): void;
}

/** A start that waits for room. */
export interface ExecutorRequest {
  /** Whether it is still needed; its caller may have given up. */
  isWanted(): boolean;
  /** Whether it is for a deployment's checks: one such start may exceed the bound if all other executors have calls. */
  readonly isOnTrial: boolean;
  /** Raised when its service is ended. */
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly wanted: ExecutorRequest;
  /** @param isGranted False if it is no longer needed. */
  readonly settle: (isGranted: boolean) => void;
}

/**
 * Bounds a node's executors. At the bound, a start stops the executor that has been idle longest; if none is idle,
 * starts wait in order, and every `executorTurnMs` another executor is drained and stopped.
 */
export class ExecutorRoom {
  readonly max: number;
  readonly #askEveryMs: number;
  /** The number of processes, including starting and stopping ones. */
  #taken = 0;
  /** Processes that are being stopped. */
  #leaving = 0;
  /** In the order of starting, or of the last drain. */
  readonly #occupants = new Set<Occupant>();
  readonly #waiting: Waiting[] = [];
  #draining: Occupant | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(max = Infinity, { executorTurnMs }: Limits = limits) {
    this.max = max;
    this.#askEveryMs = executorTurnMs;
  }

  /** The number of processes. */
  get taken(): number {
    return this.#taken;
  }

  /** Why starts wait, for messages. */
  get whyFull(): string {
    const executors = this.max === 1 ? "1 executor" : `${this.max} executors`;
    return `this node has ${executors}, as many as it may have, with calls in flight; ` +
      "let it have more (--limit executors=N)";
  }

  /**
   * Waits for room.
   *
   * @returns Releases it; undefined if it is no longer needed.
   */
  async take(wanted: ExecutorRequest): Promise<(() => void) | undefined> {
    if (this.#waiting.length > 0 || !this.#hasRoomFor(wanted)) {
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

  /** An executor takes no more calls. */
  remove(occupant: Occupant): void {
    this.#occupants.delete(occupant);
    if (this.#draining === occupant) this.#draining = undefined;
  }

  /** An executor has become idle, or a process has ended. */
  look(): void {
    if (this.#waiting.length === 0 && this.#timer === undefined) return;
    for (let index = 0; index < this.#waiting.length;) {
      const { wanted, settle } = this.#waiting[index]!;
      if (wanted.signal.aborted || !wanted.isWanted()) settle(false);
      else if (this.#hasRoomFor(wanted)) {
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

  /** Stops draining executors while nothing waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const draining = this.#draining;
    this.#draining = undefined;
    draining?.drain(false);
  }

  #hasRoomFor({ isOnTrial }: ExecutorRequest): boolean {
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

  /** Drains the next executor; the previous one resumes if it did not become idle. */
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
