import type { CurrentCall, EndingCall } from "../../context/mod.ts";
import { Cancelled, type DeadlineExceeded } from "../../errors/mod.ts";
import type { ClientCalls, Ticket } from "../fair_queue.ts";
import type { FunctionStreams } from "../function_streams.ts";
import { type CalledRpcs, CalledServices } from "./_called_services.ts";
import type { CallHandle, CallOrigin, CallSink, StreamMessage } from "../call.ts";

/** Why a call ended before its function. */
type GivenUp = Cancelled | DeadlineExceeded;

/** The parts of an embedded function's call. */
export interface ProgramCallParts {
  readonly number: number;
  /** The overload's index in its service. */
  readonly overload: number;
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** Whether that is its service's limit, as opposed to its caller's. */
  readonly isLimitOfService: boolean;
  readonly sink: CallSink;
  readonly origin: CallOrigin;
  readonly client: ClientCalls<ProgramCall>;
  readonly node: object;
  /** Its caller has cancelled it. */
  readonly onCancelled: (call: ProgramCall) => void;
  /** Its streams, if any. */
  readonly streams: FunctionStreams | undefined;
  /** The services that its function may call, if any. */
  readonly rpcs: CalledRpcs | undefined;
  /** The largest item that it may send, in bytes. */
  readonly itemBytesMax: number;
}

/** A call of an embedded function, between its caller and its function. */
export class ProgramCall implements EndingCall, CallHandle {
  readonly number: number;
  readonly overload: number;
  readonly deadlineMs: number;
  readonly isLimitOfService: boolean;
  readonly client: ClientCalls<ProgramCall>;
  /** While queued. */
  ticket: Ticket<ProgramCall> | undefined;
  /** Whether its function has returned or thrown. */
  isOver = false;
  readonly node: object;
  /** Fires at its deadline. */
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly streams: FunctionStreams | undefined;
  readonly #origin: CallOrigin;
  readonly #onCancelled: (call: ProgramCall) => void;
  #sink: CallSink | undefined;
  /** In milliseconds of UNIX time, if needed. */
  #beganMs: number | undefined;
  /** Made on demand, because most functions do not read it. */
  #controller: AbortController | undefined;
  #givenUp: GivenUp | undefined;
  #current: CurrentCall | undefined;
  readonly #services: CalledServices | undefined;

  constructor(parts: ProgramCallParts) {
    const { rpcs, deadlineMs, itemBytesMax, sink: { callOut } } = parts;
    this.#services = rpcs && callOut &&
      new CalledServices(rpcs, { callOut, deadlineMs, itemBytesMax });
    this.#origin = parts.origin;
    this.node = parts.node;
    this.#onCancelled = parts.onCancelled;
    this.#sink = parts.sink;
    this.client = parts.client;
    this.number = parts.number;
    this.overload = parts.overload;
    this.deadlineMs = parts.deadlineMs;
    this.isLimitOfService = parts.isLimitOfService;
    this.streams = parts.streams;
  }

  get current(): CurrentCall {
    this.#current ??= currentOf(this, this.#origin, {
      signal: () => this.#signal(),
      services: this.#services,
    });
    return this.#current;
  }

  cancel(): void {
    this.takeSink();
    this.giveUp(new Cancelled("the caller gave up on the call"));
    this.#onCancelled(this);
  }

  /** Its function is about to begin. */
  begin(): void {
    if (this.#sink?.ran !== undefined) this.#beganMs = performance.timeOrigin + performance.now();
    this.#sink?.placed?.();
  }

  /** Its function has ended. */
  ended(): void {
    this.#services?.over();
    if (this.#beganMs === undefined) return;
    this.#sink?.ran?.(this.#beganMs, performance.timeOrigin + performance.now());
  }

  /** Its function has begun to return a stream. */
  open(): void {
    this.#sink?.streams?.open();
  }

  send(message: StreamMessage): void {
    this.streams?.take(message);
  }

  /** Raises the signal, and ends the streams. */
  giveUp(reason: GivenUp): void {
    if (this.#givenUp !== undefined) return;
    this.#givenUp = reason;
    this.#controller?.abort(reason);
    this.streams?.over(reason);
    this.#services?.over();
  }

  /** The sink of its outcome; undefined the second time, and after a cancel. */
  takeSink(): CallSink | undefined {
    clearTimeout(this.timer);
    const sink = this.#sink;
    this.#sink = undefined;
    return sink;
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#givenUp !== undefined) this.#controller.abort(this.#givenUp);
    }
    return this.#controller.signal;
  }
}

function currentOf(
  { number, deadlineMs }: ProgramCall,
  { service, rpc, client, from, trace, depth = 0 }: CallOrigin,
  { signal, services }: {
    readonly signal: () => AbortSignal;
    readonly services: CalledServices | undefined;
  },
): CurrentCall {
  return {
    id: number,
    service,
    rpc,
    client,
    from,
    deadlineMs,
    ...(trace !== undefined && { trace }),
    depth,
    ...(services !== undefined && { farcall: services }),
    get signal() {
      return signal();
    },
    get remainingMs() {
      return Math.max(0, deadlineMs - performance.now());
    },
  };
}
