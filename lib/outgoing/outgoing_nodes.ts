import type { NodeAddress } from "../client/address.ts";
import { isUnansweredBy } from "../client/calls/attempts.ts";
import type { TraceContext } from "../context/mod.ts";
import {
  ConnectionLost,
  type ErrorCode,
  FarcallError,
  NodeUnreachable,
  toException,
} from "../errors/mod.ts";
import type { CallHandle, StreamMessage, StreamSink } from "../executor/mod.ts";
import type { CalledNode, CallTarget } from "../manifest/mod.ts";
import type { Route } from "../protocol/mod.ts";
import type { AttemptSpan, Tracer } from "../traces/mod.ts";
import type { CompiledSignature } from "../types/mod.ts";
import { Pools, type PoolUse } from "./_pools.ts";
import { RelayedStreams } from "./_relayed_streams.ts";

/** A call to one of several nodes. */
export interface OutgoingNodeCall {
  /** The client name to use there. */
  readonly client: string;
  readonly target: CallTarget & {
    readonly signature: CompiledSignature;
    readonly isIdempotent: boolean;
    /** At least one. */
    readonly nodes: readonly CalledNode[];
  };
  /** The arguments; retained as long as the call lasts. */
  readonly payload: Uint8Array;
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** The script's trace context. */
  readonly trace: TraceContext | undefined;
  /** The depth of nested script calls, including this one. */
  readonly depth: number;
}

/** Receives the outcome; exactly one of the two is called, once, never before `call` has returned. */
export interface OutgoingNodeSink {
  /** The payload is a view that is valid only until this returns. */
  result(payload: Uint8Array): void;
  exception(type: ErrorCode, message: string): void;
  /** For a call with streams. */
  readonly streams: StreamSink | undefined;
}

/** The other nodes. */
export class OutgoingNodes {
  readonly #pools = new Pools();
  readonly #tracer: Tracer | undefined;

  /** @param tracer Makes the calls' spans. Default: none. */
  constructor(tracer?: Tracer) {
    this.#tracer = tracer;
  }

  /** Makes a call. Synchronous as far as nothing must be awaited. */
  call(call: OutgoingNodeCall, sink: OutgoingNodeSink): CallHandle {
    return new NodeCall(this.#pools.use(call), this.#tracer, { call, sink });
  }

  /** Ends every connection; calls in flight fail. */
  close(): Promise<void> {
    return this.#pools.close();
  }
}

/** One call, at one node after another while nothing has run. */
class NodeCall implements CallHandle {
  readonly #use: PoolUse;
  readonly #call: OutgoingNodeCall;
  readonly #sink: OutgoingNodeSink;
  readonly #abort = new AbortController();
  readonly #streams: RelayedStreams | undefined;

  constructor(
    use: PoolUse,
    tracer: Tracer | undefined,
    { call, sink }: { readonly call: OutgoingNodeCall; readonly sink: OutgoingNodeSink },
  ) {
    this.#use = use;
    this.#call = call;
    this.#sink = sink;
    this.#streams = sink.streams && new RelayedStreams(call.target.signature, sink.streams);
    const { target, trace } = call;
    const made = tracer?.call(target, trace);
    this.#run((node) => made?.attempt(node), made?.context ?? trace)
      .then(
        () => made?.end(),
        (error) => {
          made?.end(error);
          if (this.#abort.signal.aborted) return;
          const { code, message } = error instanceof FarcallError ? error : toException(error);
          sink.exception(code, message);
        },
      )
      .finally(() => use.end());
  }

  cancel(): void {
    this.#abort.abort();
  }

  send(message: StreamMessage): void {
    this.#streams?.send(message);
  }

  async #run(
    spanAt: (node: NodeAddress) => AttemptSpan | undefined,
    context: TraceContext | undefined,
  ): Promise<void> {
    const { pool } = this.#use;
    const { deadlineMs } = this.#call;
    const deadline = { deadlineMs, signal: this.#abort.signal };
    const failures: FarcallError[] = [];
    let left = this.#use.nodes;
    while (left.length > 0 && (failures.length === 0 || performance.now() < deadlineMs)) {
      const address = pool.choose(left);
      const span = spanAt(address);
      try {
        const node = pool.ready(address) ?? await pool.to(address, deadline);
        await node.call(
          this.#route(span?.context ?? context),
          this.#call.payload,
          { ...deadline, timeoutMs: deadlineMs - performance.now() },
          (payload) => {
            this.#streams?.answered();
            this.#sink.result(payload);
          },
          this.#streams,
        );
        span?.end();
        return;
      } catch (error) {
        span?.end(error as Error);
        if (!isUnansweredBy(error)) throw error;
        pool.failed(address, error);
        if (!this.#isRepeatable(error) || pool.isClosed) throw error;
        failures.push(error);
      } finally {
        pool.done(address);
      }
      left = left.filter((other) => other !== address);
    }
    throw failures.find((error) => !(error instanceof NodeUnreachable)) ?? failures[0];
  }

  #route(context: TraceContext | undefined): Route {
    const { target: { service, rpc, args, returns }, depth } = this.#call;
    return {
      service,
      rpc,
      argumentTypes: args,
      returnTypes: returns,
      ...(context && { traceparent: context.traceparent, tracestate: context.tracestate }),
      depth,
    };
  }

  /** Whether the call may be retried at another node: nothing has run, or may run again, and no stream has begun. */
  #isRepeatable(error: FarcallError): boolean {
    if (this.#streams?.hasBegun) return false;
    return !(error instanceof ConnectionLost) || this.#call.target.isIdempotent;
  }
}
