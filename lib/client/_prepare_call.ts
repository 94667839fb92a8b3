/** Turns a program's call and options into the request that attempts send. */
import { currentCall } from "../context/mod.ts";
import { scriptPin } from "../identity/mod.ts";
import type { Tracer } from "../traces/mod.ts";
import { checkHedge, checkRetries, checkTimeout } from "./_option_checks.ts";
import { inherited } from "./call_deadline.ts";
import type { CallRequest, TypedOptions } from "./calls/call_request.ts";
import type { CallOptions } from "./options.ts";

/** Defaults for all calls of a caller. */
export interface CallerDefaults {
  readonly client: string | undefined;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Undefined unless traces are exported. */
  readonly tracer: Tracer | undefined;
}

/** A call, as a program requests it. */
export type AskedCall = Pick<CallRequest, "service" | "rpc" | "values" | "wants">;

/** A call, ready for its attempts. */
export interface PreparedCall {
  readonly request: CallRequest;
  readonly hedgeMs: number | undefined;
  /** When it was prepared, on the clock of `performance.now()`. */
  readonly nowMs: number;
}

/** Checks the options of a call, and fills in defaults. @throws {TypeError} @throws {RangeError} */
export function prepareCall(
  { service, rpc, values, wants }: AskedCall,
  options: CallOptions & TypedOptions,
  defaults: CallerDefaults,
): PreparedCall {
  const { client, tracer } = defaults;
  const { types, form = "values", pin, openSource, readSource, trace, signal } = options;
  const timeoutMs = checkTimeout(options.timeoutMs) ?? defaults.timeoutMs;
  const hedgeMs = checkHedge(options.hedgeMs);
  const retries = checkRetries(options.retries) ?? defaults.retries;
  const nowMs = performance.now();
  const outer = currentCall();
  const isTiming = trace === undefined || !("traceparent" in trace);
  const context = isTiming ? options.context ?? outer?.trace : trace;
  const spans = tracer?.call({ service, rpc }, context);
  const request: CallRequest = {
    service,
    rpc,
    client,
    values,
    form,
    types,
    pin: pin === undefined ? undefined : scriptPin(pin),
    openSource,
    readSource,
    trace: isTiming ? trace : undefined,
    spans,
    context: spans?.context ?? context,
    depth: outer && outer.depth + 1,
    deadline: inherited({ deadlineMs: nowMs + timeoutMs, signal }, outer),
    retries,
    wants,
  };
  return { request, hedgeMs, nowMs };
}
