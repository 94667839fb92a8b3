import { type Limits, limits, MiB } from "../../limits/mod.ts";
import { onBehalfOf } from "../../context/mod.ts";
import { DeadlineExceeded, type ExceptionType, Overloaded, toException } from "../../errors/mod.ts";
import type { CompiledSignature } from "../../types/mod.ts";
import type { ExecutorStatus } from "../../protocol/mod.ts";
import {
  type CallTarget,
  fullLimits,
  type FullServiceLimits,
  type ServiceLimits,
} from "../../manifest/mod.ts";
import { bigIntHint } from "../bigint_hint.ts";
import { callTimeout, withinTimeout } from "../deadline.ts";
import { type ClientCalls, FairQueue, gaveWay, type Ticket, waitingCalls } from "../fair_queue.ts";
import { FunctionStreams, noValues, sourceOf } from "../function_streams.ts";
import { type CalledRpcs, calledRpcs } from "./_called_services.ts";
import { ProgramCall } from "./_program_call.ts";
import { ownOf, stackOf, thrownText } from "../thrown.ts";
import type { CallHandle, CallOrigin, CallSink } from "../call.ts";
import type { Executor } from "../executor.ts";

/** One overload of an embedded service. */
export interface ProgramOverload {
  readonly signature: CompiledSignature;
  readonly run: (...values: unknown[]) => unknown;
}

/** Options of an in-process executor. */
export interface InProcessExecutorParts {
  /** The service's name. */
  readonly service: string;
  readonly overloads: readonly ProgramOverload[];
  /** Only `timeoutMs`, `callsMax`, `queueMax` and `resultBytesMax` apply. */
  readonly limits: ServiceLimits;
  /** The rpcs of other services that its functions may call. */
  readonly targets: readonly CallTarget[];
  readonly node: ProgramNode;
  /** The node's bounds. Default: `limits`. */
  readonly bounds?: Limits;
}

/** The node of the executor. */
export interface ProgramNode {
  /** Makes a number unique in the node. */
  nextNumber(): number;
}

/** A result's payload, or an error. */
type FunctionOutcome = Uint8Array | Failure;

interface Failure {
  readonly type: ExceptionType;
  readonly message: string;
  readonly stack?: string;
}

/** A timer inside the function may fire this much before the call's own. */
const timerGranularityMs = 1;

/**
 * Runs functions of this program as the rpcs of one service: a bounded number concurrently, others queued in order, and
 * in slices of time, so that many short calls do not starve the program. There is no sandbox: a function that never
 * yields blocks the whole program.
 *
 * A function whose call ends early (deadline passed, caller left) is told by the call's signal, and occupies its place
 * until it ends, so that callers cannot start more by leaving early.
 */
export class InProcessExecutor implements Executor {
  readonly limits: FullServiceLimits;
  readonly #parts: InProcessExecutorParts;
  readonly #rpcs: CalledRpcs | undefined;
  readonly #bounds: Limits;
  #running = 0;
  /** Calls queued for a place, or for the next slice. */
  readonly #waiting = new FairQueue<ProgramCall>();
  /** The end of the current slice; undefined before its first call. */
  #sliceEndMs: number | undefined;

  constructor(parts: InProcessExecutorParts) {
    this.#parts = parts;
    this.#bounds = parts.bounds ?? limits;
    this.limits = fullLimits(parts.limits, this.#bounds);
    this.#rpcs = calledRpcs(parts.targets);
  }

  get callsWaiting(): number {
    return this.#waiting.size;
  }

  get status(): readonly ExecutorStatus[] {
    return [{ state: "embedded", callsInFlight: this.#running }];
  }

  call(
    overload: number,
    payload: Uint8Array,
    timeoutMs: number,
    sink: CallSink,
    origin: CallOrigin,
  ): CallHandle {
    const nowMs = performance.now();
    const client = this.#waiting.of(origin.client);
    const hasRoom = client.waiting.size === 0 && this.#hasRoom(nowMs) &&
      this.#waiting.mayRun(client, this.#freeSlots);
    if (!hasRoom) this.#checkQueue(client, payload.length);
    const time = callTimeout(timeoutMs, this.limits);
    const call = new ProgramCall({
      number: this.#parts.node.nextNumber(),
      overload,
      deadlineMs: nowMs + time.timeoutMs,
      isLimitOfService: time.isOfService,
      sink,
      origin,
      client,
      node: this.#parts.node,
      streams: this.#streamsOf(overload, sink),
      rpcs: this.#rpcs,
      itemBytesMax: this.limits.resultBytesMax,
      onCancelled: (cancelled) => {
        if (this.#leaveQueue(cancelled)) this.#fill();
      },
    });
    if (hasRoom) {
      this.#run(call, payload);
    } else {
      call.ticket = this.#waiting.add(call, client, payload.slice());
      this.#watch(call);
    }
    return call;
  }

  #streamsOf(overload: number, { streams }: CallSink): FunctionStreams | undefined {
    return FunctionStreams.of(this.#parts.overloads[overload]!.signature, {
      itemBytesMax: this.limits.resultBytesMax,
      sink: {
        // The caller must have its handle before the sink is called.
        credit: (stream, bytes) => queueMicrotask(() => streams?.credit(stream, bytes)),
        item: (payload) => streams?.item(payload),
      },
    });
  }

  #hasRoom(nowMs: number): boolean {
    return this.#running < this.limits.callsMax &&
      (this.#sliceEndMs === undefined || nowMs < this.#sliceEndMs);
  }

  get #freeSlots(): number {
    return this.limits.callsMax - this.#running;
  }

  /** Makes room for one more to wait. @throws {Overloaded} If no waiting call gives way to it. */
  #checkQueue(client: ClientCalls<ProgramCall>, bytes: number): void {
    const { callsMax, queueMax } = this.limits;
    const { service } = this.#parts;
    while (this.#running + this.#waiting.size >= callsMax + queueMax) {
      if (this.#giveWay(this.#waiting.yielding(client))) continue;
      throw new Overloaded(
        `service "${service}" already runs ${this.#running} calls and has ` +
          `${waitingCalls(this.#waiting.size)}; try again later`,
      );
    }
    const { queueBytesMax } = this.#bounds;
    while (this.#waiting.bytes + bytes > queueBytesMax) {
      if (this.#giveWay(this.#waiting.yielding(client, bytes))) continue;
      throw new Overloaded(
        `the calls that wait for service "${service}" already hold ` +
          `${Math.ceil(this.#waiting.bytes / MiB)} MiB of arguments, of at most ` +
          `${queueBytesMax / MiB} MiB; try again later`,
      );
    }
  }

  #giveWay(ticket: Ticket<ProgramCall> | undefined): boolean {
    if (ticket === undefined || !this.#leaveQueue(ticket.call)) return false;
    ticket.call.takeSink()?.exception("Overloaded", gaveWay(this.#parts.service));
    return true;
  }

  /** @returns Whether it waited. */
  #leaveQueue(call: ProgramCall): boolean {
    return call.ticket !== undefined && this.#waiting.remove(call.ticket);
  }

  /** Begins queued calls, as far as there is room. */
  #fill(): void {
    while (this.#hasRoom(performance.now())) {
      const next = this.#waiting.next(this.#freeSlots);
      if (next === undefined) return;
      this.#run(next.call, next.payload);
    }
  }

  /** Begins a call; its sink is always called later. */
  #run(call: ProgramCall, payload: Uint8Array): void {
    this.#beginSlice();
    this.#running += 1;
    call.client.begin();
    call.begin();
    const overload = this.#parts.overloads[call.overload]!;
    const outcome = onBehalfOf(call, () => this.#outcomeOf(call, overload, payload));
    if (outcome instanceof Promise) {
      this.#watch(call);
      outcome.then((settled) => this.#end(call, settled));
    } else {
      call.isOver = true;
      queueMicrotask(() => this.#end(call, outcome));
    }
  }

  #beginSlice(): void {
    if (this.#sliceEndMs !== undefined) return;
    this.#sliceEndMs = performance.now() + limits.executorSliceMs;
    setTimeout(() => {
      this.#sliceEndMs = undefined;
      this.#fill();
    }, 0);
  }

  #watch(call: ProgramCall): void {
    if (call.timer !== undefined) return;
    call.timer = setTimeout(() => {
      call.giveUp(new DeadlineExceeded("the time of the call is up"));
      const within = withinTimeout(call.isLimitOfService, this.limits);
      const message = this.#leaveQueue(call)
        ? `${this.limits.callsMax} calls, as many as may run at once, did not end ${within}`
        : `the function did not answer ${within}`;
      call.takeSink()?.exception("Deadline Exceeded", message);
      this.#fill();
    }, Math.ceil(call.deadlineMs - performance.now()));
  }

  #end(call: ProgramCall, outcome: FunctionOutcome): void {
    call.isOver = true;
    this.#running -= 1;
    call.client.end();
    call.streams?.over();
    call.ended();
    const sink = call.takeSink();
    if (outcome instanceof Uint8Array) sink?.result(outcome);
    else sink?.exception(outcome.type, outcome.message, outcome.stack);
    this.#fill();
  }

  /** Runs the function. Synchronous if the function is; never throws. */
  #outcomeOf(
    call: ProgramCall,
    { signature, run }: ProgramOverload,
    payload: Uint8Array,
  ): FunctionOutcome | Promise<FunctionOutcome> {
    let values: unknown[];
    try {
      values = signature.decodeArguments(payload);
    } catch (error) {
      return ours(error);
    }
    try {
      call.streams?.fill(values);
      const returned = run(...values);
      if (call.streams?.outbound !== undefined) {
        return this.#streamed(call, signature, { returned, values });
      }
      return isThenable(returned)
        ? this.#settled(call, signature, { returned, values })
        : this.#encoded(signature, returned);
    } catch (thrown) {
      return this.#failure(call, thrown, values);
    }
  }

  async #settled(
    call: ProgramCall,
    signature: CompiledSignature,
    { returned, values }: { returned: PromiseLike<unknown>; values: readonly unknown[] },
  ): Promise<FunctionOutcome> {
    try {
      return this.#encoded(signature, await returned);
    } catch (thrown) {
      return this.#failure(call, thrown, values);
    }
  }

  /** Sends the items of a returned stream. The outcome has no value. */
  async #streamed(
    call: ProgramCall,
    signature: CompiledSignature,
    { returned, values }: { returned: unknown; values: readonly unknown[] },
  ): Promise<FunctionOutcome> {
    try {
      const source = sourceOf(await returned, signature);
      call.open();
      await call.streams!.outbound!.pump(source);
      return noValues;
    } catch (thrown) {
      return this.#failure(call, thrown, values);
    }
  }

  #encoded(signature: CompiledSignature, value: unknown): FunctionOutcome {
    let payload: Uint8Array;
    try {
      payload = signature.encodeResult(value);
    } catch (error) {
      return ours(error);
    }
    const { resultBytesMax } = this.limits;
    if (payload.length <= resultBytesMax) return payload;
    const message = `the result has ${payload.length} bytes, ${resultBytesMax} are allowed ` +
      "(its service's limits: resultBytesMax)";
    return { type: "Message Too Large", message };
  }

  /**
   * Converts a function's error. An exception from its own call to another node counts as the function's failure,
   * because e.g. Client Not Registered would be wrong for this call. Only running out of time stays what it is.
   */
  #failure(call: ProgramCall, thrown: unknown, values: readonly unknown[]): Failure {
    if (performance.now() >= call.deadlineMs - timerGranularityMs) {
      const within = withinTimeout(call.isLimitOfService, this.limits);
      return { type: "Deadline Exceeded", message: `the function did not answer ${within}` };
    }
    const own = ownOf(thrown);
    if (own !== undefined) return ours(own);
    const hint = bigIntHint(thrown, values);
    return {
      type: "Execution Exception",
      message: thrownText(thrown) + (hint === undefined ? "" : `; ${hint}`),
      stack: stackOf(thrown),
    };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Converts an error from decoding arguments or encoding results. */
function ours(error: unknown): Failure {
  const { code, message, cause } = toException(error);
  return { type: code, message, stack: stackOf(cause) };
}
