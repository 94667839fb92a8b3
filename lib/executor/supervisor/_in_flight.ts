import { DeadlineTable } from "../../channel/deadline_table.ts";
import { limits } from "../../limits/mod.ts";
import { giveBufferOf, leadBytes, takeBuffer, takeOver } from "../../encoding/mod.ts";
import { frameHeaderBytes } from "../../protocol/mod.ts";
import { workingClock } from "../system/working_clock.ts";
import type { OpenCall } from "../call.ts";

/** A call that was sent to an executor. */
export interface SentCall {
  readonly call: OpenCall;
  readonly deadlineMs: number;
  /** Its arguments, part of a page if there was room: a call that never begins can run elsewhere. */
  readonly page: Uint8Array<ArrayBuffer> | undefined;
  readonly start: number;
  readonly end: number;
  /** Users of a page of its own: the call, and the connection while it writes from it. */
  users: number;
}

/** Many small arguments share a page: an array for each would cost a third of the node's work on a call. */
const pageBytes = 1024;
/** Larger arguments have a page of their own. */
const sharedBytesMax = 256;

/** Calls sent to one executor that have no outcome yet, by number; and their deadlines. */
export class InFlight {
  readonly #sent: DeadlineTable<SentCall>;
  #last = 0;
  #page = new Uint8Array(pageBytes);
  #pageEnd = 0;
  #keptBytes = 0;

  /** @param onLate Called when a call's deadline has passed; it must remove the call. */
  constructor(onLate: (number: number) => void) {
    this.#sent = new DeadlineTable(workingClock, onLate);
  }

  get calls(): Pick<DeadlineTable<SentCall>, "size" | "get" | "has" | "entries"> {
    return this.#sent;
  }

  /** The number of the last call added; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Adds a call, and copies its payload. @returns Its number: consecutive. */
  add(call: OpenCall, payload: Uint8Array): number {
    const number = this.#last = this.#last % 0xffff_ffff + 1;
    const sent = this.#kept(call, payload);
    this.#sent.set(number, sent);
    this.#keptBytes += sent.end - sent.start;
    return number;
  }

  /** A call's retained arguments, to be written from there. Undefined if they are not retained. */
  lendArguments(
    number: number,
  ): { bytes: Uint8Array<ArrayBuffer>; onWritten: () => void } | undefined {
    const sent = this.#sent.get(number)!;
    if (sent.page === undefined) return undefined;
    sent.users += 1;
    return { bytes: sent.page.subarray(sent.start, sent.end), onWritten: () => leave(sent) };
  }

  /** Removes a call, if present. */
  take(number: number): OpenCall | undefined {
    const sent = this.#sent.take(number);
    if (sent === undefined) return undefined;
    this.#keptBytes -= sent.end - sent.start;
    sent.call.left();
    leave(sent);
    return sent.call;
  }

  /** Removes all calls for good, in the order in which they were added. */
  takeAll(): [number, SentCall][] {
    // Numbers wrap after 2^32: the oldest is the first after the gap that follows the last one.
    const age = (number: number): number => (this.#last - number) >>> 0;
    const all = this.#sent.entries().sort(([a], [b]) => age(b) - age(a));
    this.#sent.clear();
    for (const [, { call }] of all) call.left();
    return all;
  }

  #kept(call: OpenCall, payload: Uint8Array): SentCall {
    const { deadlineMs } = call;
    const bytes = payload.length;
    if (this.#keptBytes + bytes > limits.executorKeptBytesMax) {
      return { call, deadlineMs, page: undefined, start: 0, end: 0, users: 1 };
    }
    if (bytes > sharedBytesMax) {
      if (payload.byteOffset >= frameHeaderBytes && takeOver(payload)) {
        const start = payload.byteOffset;
        const page = new Uint8Array(payload.buffer);
        return { call, deadlineMs, page, start, end: start + bytes, users: 1 };
      }
      const page = takeBuffer(leadBytes + bytes);
      page.set(payload, leadBytes);
      return { call, deadlineMs, page, start: leadBytes, end: leadBytes + bytes, users: 1 };
    }
    if (this.#sent.size === 0) this.#pageEnd = 0;
    if (this.#pageEnd + bytes > pageBytes) {
      this.#page = new Uint8Array(pageBytes);
      this.#pageEnd = 0;
    }
    const start = this.#pageEnd;
    this.#pageEnd += bytes;
    this.#page.set(payload, start);
    return { call, deadlineMs, page: this.#page, start, end: this.#pageEnd, users: 1 };
  }
}

function leave(sent: SentCall): void {
  sent.users -= 1;
  if (sent.users === 0 && sent.page !== undefined && sent.page.length > pageBytes) {
    giveBufferOf(sent.page);
  }
}
