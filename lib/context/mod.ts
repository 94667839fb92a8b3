/**
 * The call on whose behalf code runs: functions of an embedded node learn of it, and the calls that they make
 * inherit its deadline, its cancellation and its trace, without being passed on explicitly.
 *
 * This room must not know how calls travel: executors set the current call here, and callers look it up
 * here. It is kept in an AsyncLocalStorage, which programs that only call never load.
 *
 * @module
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { limits } from "../limits/mod.ts";

/** A place in a distributed trace, as W3C Trace Context writes it. */
export interface TraceContext {
  /** `00-`, the trace's id, `-`, the span's id, `-`, flags: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. */
  readonly traceparent: string;
  /** What tracing systems keep beside it; passed on as it is. */
  readonly tracestate?: string;
}

/**
 * Reads what a caller says of its trace. What is malformed means nothing, as the standard has it: a trace must not
 * cost a call.
 */
export function traceContext(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== "string" || !traceparentPattern.test(traceparent)) return undefined;
  const isNewer = !traceparent.startsWith("00");
  if (
    traceparent.length > traceparentLength && !(isNewer && traceparent[traceparentLength] === "-")
  ) {
    return undefined;
  }
  // Of a newer version, this one knows as much as it defines itself.
  const known = isNewer ? `00${traceparent.slice(2, traceparentLength)}` : traceparent;
  return isTracestate(tracestate) ? { traceparent: known, tracestate } : { traceparent: known };
}

const traceparentLength = 55;
const traceparentPattern = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}/;

function isTracestate(text: unknown): text is string {
  return typeof text === "string" && text !== "" && text.length <= limits.tracestateLengthMax &&
    /^[\t -~]*$/.test(text);
}

/** A call, as the function that it runs sees it. */
export interface CurrentCall {
  /** Counted from 1 by the node; its log records have it as `call`. */
  readonly id: number;
  /** The service that was called. */
  readonly service: string;
  /** The rpc of the service. */
  readonly rpc: string;
  /** The client that the caller was let in as. */
  readonly client: string;
  /** Where the caller calls from, as `host:port`. */
  readonly from: string;
  /**
   * Raised when the result is not wanted any more: the caller has cancelled the call or is gone, or its time
   * is up. `reason` is a `Cancelled` or a `DeadlineExceeded`.
   */
  readonly signal: AbortSignal;
  /** When its time is up, on the clock of `performance.now()`, in milliseconds. */
  readonly deadlineMs: number;
  /** Its remaining time, in milliseconds; 0 when it is up. */
  readonly remainingMs: number;
  /** Its place in a trace, which calls that are made for it inherit; left out where it has none. */
  readonly trace?: TraceContext;
  /** How many calls of scripts and functions led to it: loops end by it. 0 where a client called. */
  readonly depth: number;
  /** The services that the called service may call on its own node; left out if it may call none. */
  readonly farcall?: CallableServices;
}

/** Services that a function may call as its own service. */
export interface CallableServices {
  /**
   * The functions of a service: those of its rpcs that may be called, by their names.
   *
   * @throws {TypeError} If none may be called.
   */
  service(name: string): Readonly<Record<string, (...values: unknown[]) => Promise<unknown>>>;
}

/** A call that ends: what its function has left running afterwards is not done on its behalf any more. */
export interface EndingCall {
  /** Whether its function has returned, or thrown. */
  readonly isOver: boolean;
  /** The node that runs it: an identity, and nothing else. */
  readonly node: object;
  /** What its function may know of it. */
  readonly current: CurrentCall;
}

/** Whether the environment names a collector of traces, as far as this program may look: what exports them is loaded only then. */
export function wantsTraces(): boolean {
  return collectorVariables.some((variable) =>
    Deno.permissions.querySync({ name: "env", variable }).state === "granted" &&
    (Deno.env.get(variable) ?? "") !== ""
  );
}

const collectorVariables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

let storage: AsyncLocalStorage<EndingCall> | undefined;

/** Loads what {@linkcode onBehalfOf} needs. */
export async function openContext(): Promise<void> {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  storage ??= new AsyncLocalStorage();
}

/** Runs work on behalf of a call, with all that it begins. Only after {@linkcode openContext}. */
export function onBehalfOf<Result>(call: EndingCall, work: () => Result): Result {
  return storage!.run(call, work);
}

/**
 * The call that this code runs for: in a function of an embedded node, and in all that it calls and awaits,
 * until it has returned. Undefined anywhere else.
 *
 * @example
 * ```ts
 * import { currentCall, rpc } from "../../mod.ts";
 *
 * const whoami = rpc([], ["str"], () => `you are ${currentCall()?.client}`);
 * const slow = rpc(["str"], ["str"], async (url) => {
 *   return await (await fetch(url, { signal: currentCall()?.signal })).text();
 * });
 * ```
 */
export function currentCall(): CurrentCall | undefined {
  const call = storage?.getStore();
  return call === undefined || call.isOver ? undefined : call.current;
}

/** Whether this code runs for a call of that node, which would wait for itself if it waited for its calls. */
export function isOnBehalfOf(node: object): boolean {
  const call = storage?.getStore();
  return call !== undefined && !call.isOver && call.node === node;
}
