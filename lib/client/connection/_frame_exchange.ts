/** A call over a framed connection, with or without streams. */
import { NamedSource, sendPayload } from "../../types/mod.ts";
import type { Route, Timing } from "../../protocol/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import type { Answer, ChosenCall } from "./callable_node.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import { CallStreams, type StreamEnds } from "./call_streams.ts";
import type { ReadResult, Recovery, SendOptions } from "./connection_options.ts";

/** The connection, as seen by a call. */
export interface FrameLink {
  /** Whether new calls may be sent. */
  readonly isUsable: boolean;
  /** The error if they may not. */
  notSent(): Error;
  call<T>(
    route: Route,
    payload: Uint8Array,
    options: SendOptions,
    read: ReadResult<T>,
    streams?: StreamEnds,
  ): Promise<T>;
}

/** Makes a call. Runs synchronously as far as possible. */
export function exchangeFrames(link: FrameLink, call: ChosenCall): Promise<unknown> {
  return call.signature.hasStreams ? exchangeStreams(link, call) : exchangeValues(link, call);
}

/** Calls a nonexistent overload, to get the node's reason why this caller cannot call the rpc. */
export function provokeFrames(
  link: FrameLink,
  route: Route,
  { deadlineMs, signal }: CallDeadline,
): Promise<unknown> {
  const timeoutMs = deadlineMs - performance.now();
  return link.call(route, noBytes, { deadlineMs, timeoutMs, signal }, () => undefined);
}

const noBytes = new Uint8Array(0);

function exchangeValues(link: FrameLink, call: ChosenCall): Promise<unknown> {
  const { route, signature } = call;
  const payload = signature.encodeArguments(call.values);
  const sending = new Sending(link, call);
  const read = (result: Uint8Array, script: ScriptId): unknown => {
    sending.answered();
    return call.answered({ value: signature.decodeResult(result), script });
  };
  return sendPayload(payload, (payload) => link.call(route, payload, sending, read));
}

async function exchangeStreams(link: FrameLink, call: ChosenCall): Promise<unknown> {
  const { route, signature } = call;
  const values = call.values.map((value, index) =>
    value instanceof NamedSource ? call.open(value, index) : value
  );
  const payload = signature.encodeArguments(values);
  const sending = new Sending(link, call);
  const streams = new CallStreams(signature, values);
  const read = (result: Uint8Array, script: ScriptId): Answer => {
    sending.answered();
    return { value: streams.items ?? signature.decodeResult(result), script };
  };
  const replying = link.call(route, payload, sending, read, streams);
  try {
    if (streams.items === undefined) return call.answered(await replying);
    // Also if it was never sent: whatever ends the call ends the wait for its stream.
    replying.catch((error) => streams.fail(error));
    return call.answered({ value: streams.items, script: await streams.opened });
  } catch (error) {
    if (streams.hasBegun) call.taken();
    throw error;
  }
}

/** A call's remaining time, and its trace. */
class Sending implements SendOptions {
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly recovery: Recovery | undefined;
  onTiming: ((timing: Timing) => void) | undefined;
  answered: () => void;

  /** @throws {NodeUnreachable} If the connection has ended, e.g. while the node described its services. */
  constructor(link: FrameLink, call: ChosenCall) {
    if (!link.isUsable) throw link.notSent();
    const { deadline: { deadlineMs, signal }, nowMs, trace, recovery } = call;
    this.deadlineMs = deadlineMs;
    this.timeoutMs = deadlineMs - (nowMs ?? performance.now());
    this.signal = signal;
    this.recovery = recovery;
    this.answered = nothing;
    call.sent();
    if (trace !== undefined) this.#follow(trace);
  }

  #follow(trace: CallTrace): void {
    let timing: Timing | undefined;
    this.onTiming = (told) => timing = told;
    this.answered = () => trace.answered(timing);
    trace.lap("resolve");
  }
}

function nothing(): void {}
