/** Takes admitted calls to their executors and back, and logs their outcomes. */
import { tickNowMs } from "../../channel/mod.ts";
import { type ExceptionType, type RpcException, toException } from "../../errors/mod.ts";
import type { CallHandle } from "../../executor/mod.ts";
import { limits } from "../../limits/mod.ts";
import { type Log, roundMs } from "../../log/mod.ts";
import { scriptIdShownLength } from "../../identity/mod.ts";
import type { LiveGeneration } from "./live_generation.ts";
import type { AdmittedCall, ReplySink } from "./admitted_call.ts";
import { DispatchedCall, type Outcomes } from "./_dispatched_call.ts";
import { costOfCall } from "../memory/costs.ts";
import type { Account, NodeMemory } from "../memory/node_memory.ts";
import type { Outcome } from "../metrics/call_series.ts";
import { ScriptCalls } from "./script_calls.ts";
import { RecentFailures } from "./recent_failures.ts";
import type { Tracer } from "../../traces/mod.ts";
import type { StackMapper } from "./stack_mapper.ts";
import { runTraced } from "./traced_run.ts";

/** Optional parts of a dispatcher. */
interface DispatcherParts {
  /** Maps script locations to source locations. */
  readonly places?: StackMapper;
  /** Exports spans of calls. */
  readonly tracer?: Tracer;
  /** Makes scripts' calls. */
  readonly services: { readonly live: LiveGeneration; readonly nodeName: string };
}

/** Runs calls, counts those in flight, and logs how each ended. */
export class Dispatcher {
  readonly #log: Log;
  readonly #memory: NodeMemory;
  readonly #places: StackMapper | undefined;
  readonly #tracer: Tracer | undefined;
  readonly #services: DispatcherParts["services"];
  readonly #scriptCalls: ScriptCalls;
  /** Completed calls of scripts. */
  readonly failures = new RecentFailures();
  readonly #outcomes: Outcomes = {
    succeeded: (call) => {
      const durationMs = this.#count(call, "ok");
      if (this.#log.keeps("info")) this.#log.info("call.executed", fields(call, durationMs));
    },
    failed: (call, failure) => this.#logFailure(call, failure),
    cancelled: (call) => {
      const durationMs = this.#count(call, "Cancelled");
      this.#log.info("call.cancelled", fields(call, durationMs));
    },
    over: (call) => this.#over(call),
  };
  #inFlight = 0;
  /** Failures whose stacks are being mapped to sources. */
  #unlogged = 0;
  #idle: (() => void)[] = [];

  constructor(log: Log, memory: NodeMemory, { places, tracer, services }: DispatcherParts) {
    this.#log = log;
    this.#memory = memory;
    this.#places = places;
    this.#tracer = tracer;
    this.#services = services;
    const run = (call: AdmittedCall, sink: ReplySink): CallHandle => this.run(call, sink);
    this.#scriptCalls = new ScriptCalls({ services, run, memory, tracer });
  }

  get callsInFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when no call is in flight, and all outcomes are logged. */
  async idle(): Promise<void> {
    while (this.#inFlight + this.#unlogged > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Closes scripts' connections to other nodes. */
  close(): Promise<void> {
    return this.#scriptCalls.close();
  }

  /** Runs a call. After cancelling it, the sink is not called. */
  run(call: AdmittedCall, sink: ReplySink): CallHandle {
    const tracer = this.#tracer;
    if (tracer === undefined) return this.#run(call, sink);
    const where = { tracer, node: this.#services.nodeName };
    return runTraced(where, { call, sink }, (call, sink) => this.#run(call, sink));
  }

  #run(call: AdmittedCall, sink: ReplySink): CallHandle {
    const startedMs = tickNowMs();
    this.#inFlight += 1;
    const { overload } = call;
    const { signature } = overload;
    const streams = signature.argumentStreams.length + Number(signature.resultStream !== undefined);
    const bytes = costOfCall(call.payload.length, streams);
    const dispatched = new DispatchedCall(call, sink, {
      startedMs,
      bytes,
      outcomes: this.#outcomes,
    });
    try {
      dispatched.account = this.#take(call, bytes, startedMs);
      dispatched.callOut = this.#scriptCalls.of(call, call.trace);
      const timeoutMs = Math.min(call.timeoutMs, limits.callTimeoutMsMax);
      const { executor } = overload.service;
      dispatched.handle = executor.call(
        overload.index,
        call.payload,
        timeoutMs,
        dispatched,
        dispatched,
      );
      return dispatched;
    } catch (error) {
      return this.#refused(dispatched, sink, toException(error));
    }
  }

  /** Its executor does not take it. */
  #refused(
    dispatched: DispatchedCall,
    sink: ReplySink,
    { code: type, message, cause }: RpcException,
  ): CallHandle {
    let isCancelled = false;
    queueMicrotask(() => {
      const stack = cause instanceof Error ? cause.stack : undefined;
      this.#logFailure(dispatched, { type, message, stack });
      if (!isCancelled) sink.exception(type, message);
      this.#over(dispatched);
    });
    return { cancel: () => isCancelled = true, send: () => {} };
  }

  #logFailure(
    dispatched: DispatchedCall,
    failure: { type: ExceptionType; message: string; stack: string | undefined },
  ): void {
    const { call } = dispatched;
    const record = {
      ...fields(dispatched, this.#count(dispatched, failure.type)),
      exception: failure.type,
      message: failure.message,
      stack: failure.stack,
    };
    const { script } = call.overload;
    const finish = (stack: string | undefined): void => {
      this.#log.warn("call.failed", { ...record, stack });
      if (stack !== undefined) this.failures.add({ script, message: failure.message, stack });
    };
    const mapped = failure.stack && this.#places?.mapped(failure.stack);
    if (typeof mapped !== "object") return finish(mapped || failure.stack);
    this.#unlogged += 1;
    mapped.catch(() => failure.stack).then((stack) => {
      finish(stack);
      this.#unlogged -= 1;
      this.#tellIdle();
    });
  }

  /** @returns The duration of the call, in milliseconds. */
  #count({ call, startedMs }: DispatchedCall, outcome: Outcome): number {
    // It may have begun in this very turn: then only the clock can measure it.
    const turnedMs = tickNowMs();
    const nowMs = turnedMs === startedMs ? performance.now() : turnedMs;
    const durationMs = nowMs - startedMs;
    call.overload.service.stats.record(call, outcome, { durationMs, nowMs });
    return durationMs;
  }

  /** @throws {Overloaded} If the client, or all clients together, exceed their memory. */
  #take({ client }: AdmittedCall, bytes: number, nowMs: number): Account {
    const account = this.#memory.ofClient(client.name);
    account.charge(bytes);
    try {
      client.callRate.take(nowMs);
    } catch (error) {
      account.release(bytes);
      throw error;
    }
    return account;
  }

  #over({ account, bytes }: DispatchedCall): void {
    account?.release(bytes);
    this.#inFlight -= 1;
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#inFlight + this.#unlogged > 0 || this.#idle.length === 0) return;
    for (const waiter of this.#idle.splice(0)) waiter();
  }
}

function fields({ call, number }: DispatchedCall, durationMs: number) {
  const { overload } = call;
  return {
    service: overload.service.name,
    rpc: overload.rpc,
    call: number,
    client: call.client.name,
    from: call.from,
    via: call.via,
    script: overload.script.slice(0, scriptIdShownLength),
    durationMs: roundMs(durationMs),
  };
}
