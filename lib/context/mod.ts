/**
 * The call on whose behalf code runs. Functions of an embedded node can read it, and calls that they make inherit its
 * deadline, cancellation and trace without passing them explicitly.
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
 * Reads a caller's trace context. A malformed one is ignored, as the standard demands: a trace must not fail a call.
 */
export function traceContext(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== "string" || !traceparentPattern.test(traceparent)) return undefined;
  const isNewer = !traceparent.startsWith("00");
  if (
    traceparent.length > traceparentLength && !(isNewer && traceparent[traceparentLength] === "-")
  ) {
    return undefined;
  }
  // A newer version is read as far as this one defines it.
  const known = isNewer ? `00${traceparent.slice(2, traceparentLength)}` : traceparent;
  return isTracestate(tracestate) ? { traceparent: known, tracestate } : { traceparent: known };
}

const traceparentLength = 55;
const traceparentPattern = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}/;

function isTracestate(text: unknown): text is string {
  return typeof text === "string" && text !== "" && text.length <= limits.tracestateLengthMax &&
    /^[\t -~]*$/.test(text);
}

/** A call, as its function sees it. */
export interface CurrentCall {
  /** Its number at the node, from 1; the field `call` of log records. */
  readonly id: number;
  /** The service that was called. */
  readonly service: string;
  /** The rpc of the service. */
  readonly rpc: string;
  /** The client that the caller was admitted as. */
  readonly client: string;
  /** The caller's address, as `host:port`. */
  readonly from: string;
  /**
   * Raised when the result is no longer needed: the caller cancelled or disconnected, or the deadline passed. `reason`
   * is a `Cancelled` or a `DeadlineExceeded`.
   */
  readonly signal: AbortSignal;
  /** Its deadline on the clock of `performance.now()`, in milliseconds. */
  readonly deadlineMs: number;
  /** The time until the deadline, in milliseconds; 0 once it has passed. */
  readonly remainingMs: number;
  /** Its place in a trace, which nested calls inherit; left out if it has none. */
  readonly trace?: TraceContext;
  /** The depth of nested calls, which is bounded to end loops; 0 for a client's call. */
  readonly depth: number;
  /** Calls other services of its own node; left out if the service may call none. */
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

/** A running call: work that its function leaves behind no longer counts as part of it. */
export interface EndingCall {
  /** Whether its function has returned or thrown. */
  readonly isOver: boolean;
  /** The node that runs it, for comparison only. */
  readonly node: object;
  /** The public view of it. */
  readonly current: CurrentCall;
}

/** Whether the environment, if readable, names a trace collector: the exporter is loaded only then. */
export function wantsTraces(): boolean {
  return collectorVariables.some((variable) =>
    Deno.permissions.querySync({ name: "env", variable }).state === "granted" &&
    (Deno.env.get(variable) ?? "") !== ""
  );
}

const collectorVariables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

let storage: AsyncLocalStorage<EndingCall> | undefined;

/** Prepares {@linkcode onBehalfOf}. */
export async function openContext(): Promise<void> {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  storage ??= new AsyncLocalStorage();
}

/** Runs work, and everything that it starts, on behalf of a call. Requires {@linkcode openContext}. */
export function onBehalfOf<Result>(call: EndingCall, work: () => Result): Result {
  return storage!.run(call, work);
}

/**
 * The call that this code runs for: in a function of an embedded node, and in everything that it calls and awaits until
 * it returns. Undefined anywhere else.
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

/** Whether this code runs in a call of that node, and so would deadlock if it waited for the node's calls. */
export function isOnBehalfOf(node: object): boolean {
  const call = storage?.getStore();
  return call !== undefined && !call.isOver && call.node === node;
}
