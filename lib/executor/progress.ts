/**
 * An executor's progress, shared without messages: before it begins a call, it writes the call's number into a small
 * file that the node has open. A script that never yields blocks messages, but not this. So the node knows of a dead or
 * unresponsive executor which calls never began (these can run elsewhere) and which one blocks it.
 *
 * Writing takes 1.5 µs (measured), a tenth of a call's cost under load. So calls that arrive together and whose
 * functions have been quick before are recorded together.
 */

/** Calls are numbered in the order of sending, and begin in that order. */
export interface Progress {
  /** The last recorded call; 0 before the first. */
  readonly begun: number;
  /**
   * Its current activity: `inside` that call; `among` that call and those that arrived with it, any of which may have
   * begun; or something else, such as resuming a call that had yielded.
   */
  readonly now: "inside" | "among" | "elsewhere";
  /** Whether the record is implausible: then every call may have begun, and may be running. */
  readonly isForged?: true;
}

/** Whether a call may have begun. */
export function hasBegun({ begun, now }: Progress, call: number): boolean {
  return begun !== 0 && (now === "among" || isUpTo(call, begun));
}

/** Whether a call may be the one that blocks an unresponsive executor. */
export function mayBeRunning(progress: Progress, call: number): boolean {
  const { begun, now } = progress;
  if (now === "inside") return call === begun;
  if (now === "among") return isUpTo(begun, call);
  return hasBegun(progress, call);
}

/** Whether a call's number is at most another's. Numbers wrap around after 2^32. */
function isUpTo(call: number, other: number): boolean {
  return (other - call) >>> 0 < 2 ** 31;
}

/** The progress file of a socket's executor. */
export function progressPath(socketPath: string): string {
  return `${socketPath}.progress`;
}

const states = ["elsewhere", "inside", "among"] as const;
/**
 * The file is a ring of records, written one after the other, so that only its end takes a seek. A record is the call (u32),
 * the state (u8) and a sequence number (u24), by which the newest is found.
 */
const recordBytes = 8;
const ringRecords = 512;
const ringBytes = ringRecords * recordBytes;
const sequenceMask = 0xff_ffff;
/** Captured now, because `Deno` is gone once scripts run. */
const fromStart = Deno.SeekMode.Start;
/** A function is quick if its synchronous part takes less. */
const quickMs = 0.25;

/** The executor's side. */
export class ProgressWriter {
  readonly #file: Deno.FsFile;
  readonly #record = new Uint8Array(recordBytes);
  readonly #view = new DataView(this.#record.buffer);
  /** Of the last record; the first is the file's zeros. */
  #sequence = 0;
  readonly #now = performance.now.bind(performance);
  /** By overload: whether it was quick last time. */
  readonly #isQuick: boolean[] = [];
  /** The last call of this event-loop turn. */
  #last: { call: number; overload: number; startMs: number } | undefined;
  #told: Progress["now"] = "elsewhere";

  /** Opens the node's file. */
  constructor(socketPath: string) {
    this.#file = Deno.openSync(progressPath(socketPath), { write: true });
    this.#file.seekSync(recordBytes, fromStart);
  }

  /** Records that a call is about to begin. @returns Whether that succeeded; if not, the call must not begin. */
  begins(call: number, overload: number, nowMs: number): boolean {
    const last = this.#last;
    this.#last = { call, overload, startMs: nowMs };
    if (last === undefined) this.#endTurnSoon();
    else this.#isQuick[last.overload] = nowMs - last.startMs < quickMs;
    if (last === undefined || this.#isQuick[overload] !== true) return this.#write(call, "inside");
    return this.#told === "among" || this.#write(call, "among");
  }

  /** Whether an overload's function was quick the last time. */
  isQuick(overload: number): boolean {
    return this.#isQuick[overload] === true;
  }

  /** The last call has yielded, and continues later. */
  yields(): void {
    if (this.#told === "inside") this.#told = "elsewhere";
  }

  #endTurnSoon(): void {
    queueMicrotask(() => this.#endTurn());
  }

  #endTurn(): void {
    const { call, overload, startMs } = this.#last!;
    this.#last = undefined;
    this.#isQuick[overload] = this.#now() - startMs < quickMs;
    // The record of an answered call may stay: the node knows that it is over.
    if (this.#told !== "inside") this.#write(call, "elsewhere");
  }

  #write(call: number, now: Progress["now"]): boolean {
    this.#told = now;
    this.#sequence = (this.#sequence + 1) & sequenceMask;
    this.#view.setUint32(0, call);
    this.#view.setUint32(4, this.#sequence);
    this.#record[4] = states.indexOf(now);
    try {
      if (this.#sequence % ringRecords === 0) this.#file.seekSync(0, fromStart);
      return this.#file.writeSync(this.#record) === recordBytes;
    } catch {
      return false;
    }
  }
}

/** The node's side. */
export class ProgressReader {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #last: Progress | undefined;

  /** Creates the file in its full size, so that writing succeeds even if the disk fills up later. */
  constructor(socketPath: string) {
    this.#path = progressPath(socketPath);
    this.#file = Deno.openSync(this.#path, {
      read: true,
      write: true,
      createNew: true,
      mode: 0o600,
    });
    this.#file.writeSync(new Uint8Array(ringBytes));
  }

  /** @param lastCall The number of the last call that was sent; 0 before the first. */
  read(lastCall: number): Progress {
    if (this.#last !== undefined) return this.#last;
    const ring = new Uint8Array(ringBytes);
    this.#file.seekSync(0, fromStart);
    this.#file.readSync(ring);
    const view = new DataView(ring.buffer);
    const offset = newestOffset(view);
    const begun = view.getUint32(offset);
    const now = states[ring[offset + 4]!];
    if (now === undefined || (begun !== 0 && (lastCall === 0 || !isUpTo(begun, lastCall)))) {
      return { begun: lastCall, now: "among", isForged: true };
    }
    return { begun, now };
  }

  /** Unlinks the file, once the executor has it open. Idempotent. */
  unlink(): void {
    try {
      Deno.removeSync(this.#path);
    } catch {
      // It is unlinked already.
    }
  }

  /** Closes the file, keeping the last record. Idempotent. */
  close(lastCall = 0): void {
    if (this.#last !== undefined) return;
    this.#last = this.read(lastCall);
    this.#file.close();
    this.unlink();
  }
}

/** Where the newest record is: the one after it does not follow on it. */
function newestOffset(ring: DataView): number {
  const sequenceAt = (offset: number): number => ring.getUint32(offset + 4) & sequenceMask;
  let offset = 0;
  for (let next = recordBytes; next < ringBytes; offset = next, next += recordBytes) {
    if (sequenceAt(next) !== ((sequenceAt(offset) + 1) & sequenceMask)) break;
  }
  return offset;
}
