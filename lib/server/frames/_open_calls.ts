/** Open calls, streams and requests of one framed connection, by number. */
import { Uint32Map } from "../../channel/mod.ts";
import { MalformedMessage } from "../../errors/mod.ts";
import type { CallHandle } from "../../executor/mod.ts";
import { limits } from "../../limits/mod.ts";
import { FrameKind, type Route } from "../../protocol/mod.ts";
import type { CallStreams } from "../calls/call_streams.ts";
import type { StrayFrames } from "./_stray_frames.ts";

/** The table of open calls and requests. A number is used once at a time. */
export class OpenCalls {
  readonly #calls = new Uint32Map<CallHandle>();
  /** The streams of calls; created with the first one. */
  #streams: Map<number, CallStreams> | undefined;
  readonly #requests = new Set<number>();
  readonly #strays: StrayFrames;
  #askedCount = 0;

  constructor(strays: StrayFrames) {
    this.#strays = strays;
  }

  /** The number of open calls. */
  get size(): number {
    return this.#calls.size;
  }

  /** The number of calls and requests so far. */
  get askedCount(): number {
    return this.#askedCount;
  }

  /** The number of open calls with streams. */
  get streamingCount(): number {
    return this.#streams?.size ?? 0;
  }

  /** Adds a call or request. @throws {MalformedMessage} If its number is 0 or in use. */
  ask(number: number): void {
    checkNumber(number);
    if (this.#calls.has(number)) throw new MalformedMessage(`call ${number} is in flight already`);
    if (this.#requests.has(number)) throw new MalformedMessage(`request ${number} is open already`);
    this.#askedCount += 1;
    this.#strays.asked();
  }

  add(call: number, handle: CallHandle): void {
    this.#calls.set(call, handle);
  }

  addStreams(call: number, streams: CallStreams): void {
    (this.#streams ??= new Map()).set(call, streams);
  }

  addRequest(number: number): void {
    this.#requests.add(number);
  }

  endRequest(number: number): void {
    this.#requests.delete(number);
  }

  /** A call was refused; its caller may have sent more frames for it already. */
  refused({ argumentTypes, returnTypes }: Route): void {
    if (![...argumentTypes, ...returnTypes].some((type) => type.startsWith("Stream["))) return;
    const count = argumentTypes.length + limits.creditGrantsAheadMax;
    this.#strays.ended({ count, itemBytes: 0 });
  }

  /** Removes a call. */
  forget(call: number): void {
    this.#calls.take(call);
    const streams = this.#streams?.get(call);
    if (streams === undefined) return;
    this.#streams!.delete(call);
    streams.over();
    this.#strays.ended(streams.late);
  }

  /**
   * Takes a frame for a call: a cancel, an item, the end of items, or credit.
   *
   * @throws {MalformedMessage} If the caller may not send it.
   */
  take(kind: number, { stream, call }: { stream: number; call: number }, body: Uint8Array): void {
    checkNumber(call);
    const handle = this.#calls.get(call);
    if (handle === undefined) {
      if (kind !== FrameKind.cancel && this.#requests.has(call)) {
        throw new MalformedMessage(`request ${call} has no streams`);
      }
      this.#strays.takeLate(kind, call, body);
    } else if (kind === FrameKind.cancel) {
      handle.cancel();
      this.forget(call);
    } else {
      const streams = this.#streams?.get(call);
      if (streams === undefined) throw new MalformedMessage(`call ${call} has no streams`);
      streams.take(kind, stream, body);
    }
  }

  /** Cancels one without an answer. */
  cancel(call: number): void {
    this.#calls.get(call)?.cancel();
    this.forget(call);
  }

  /** Cancels all. */
  cancelAll(): void {
    for (const [, handle] of this.#calls.entries()) handle.cancel();
    this.#calls.clear();
    for (const streams of this.#streams?.values() ?? []) streams.over();
    this.#streams?.clear();
  }
}

/** Number 0 belongs to no call: an exception with it is about the connection. */
function checkNumber(number: number): void {
  if (number === 0) throw new MalformedMessage("calls and requests are numbered from 1");
}
