/** Records a call's spans at its node; not used by a node that exports no traces. */
import type { CallHandle } from "../../executor/mod.ts";
import type { Tracer } from "../../traces/mod.ts";
import type { AdmittedCall, ReplySink } from "./admitted_call.ts";

/**
 * Runs a call within a new span.
 *
 * @param run Runs the call with its new trace context.
 */
export function runTraced(
  { tracer, node }: { readonly tracer: Tracer; readonly node: string },
  { call, sink }: { readonly call: AdmittedCall; readonly sink: ReplySink },
  run: (call: AdmittedCall, sink: ReplySink) => CallHandle,
): CallHandle {
  const { overload, payload, timeoutMs, client, from, via, trace, depth } = call;
  const { rpc, script } = overload;
  const facts = { service: overload.service.name, rpc, script, client: client.name, from, via };
  const served = tracer.serve({ ...facts, node }, trace);
  const traced = { overload, payload, timeoutMs, client, from, via, trace: served.context, depth };
  const handle = run(traced, {
    result: (payload) => {
      served.end();
      sink.result(payload);
    },
    exception: (type, message) => {
      served.end({ type, message });
      sink.exception(type, message);
    },
    streams: sink.streams,
    placed: () => {
      served.placed();
      sink.placed?.();
    },
    ran: (startMs, endMs) => served.ran(startMs, endMs),
  });
  return {
    number: handle.number,
    cancel: () => {
      handle.cancel();
      served.end({ type: "Cancelled", message: "the caller gave up on the call" });
    },
    send: (message) => handle.send(message),
  };
}
