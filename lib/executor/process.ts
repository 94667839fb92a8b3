import { Channel } from "../channel/mod.ts";
import { type ExceptionType, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { UnixRendezvous } from "../transport/mod.ts";
import { encodeJson, formatSignature, FrameKind, type FullServiceLimits } from "../wire/mod.ts";
import { describeStatus, explain, readEnd } from "./_last_words.ts";
import { spawnExecutor } from "./_spawn.ts";
import type { Watch, Watched } from "./_watch.ts";
import type { ExecutorHost } from "./host.ts";
import type { ConsoleLine, LinkException, Load, LoadBody, Ready } from "./link.ts";

/** Takes the outcome of one call; exactly one of the two is called, once. */
export interface CallSink {
  /** The payload is a view that is valid only until this returns. */
  result(payload: Uint8Array): void;
  /** `stack` is for the log. */
  exception(type: ExceptionType, message: string, stack?: string): void;
}

/** What an executor's owner is told. */
export interface ExecutorEvents {
  /** A script printed a line. `overload` is known where the call is. */
  console(line: ConsoleLine, overload: number | undefined): void;
  /** It turned out to be responsive: it takes calls again. */
  recovered(): void;
}

/** How an executor ended. */
export interface ExecutorEnd {
  /** Whether it was told to. */
  readonly isExpected: boolean;
  /** In words, e.g. `exit code 133`. */
  readonly reason: string;
  /** The last lines of its standard error. */
  readonly lastWords: string;
  /** The overloads of the calls that were in flight. */
  readonly overloads: readonly number[];
}

interface InFlight {
  readonly overload: number;
  readonly sink: CallSink;
  readonly deadlineMs: number;
}

const MiB = 1024 * 1024;

/** One executor process, seen from the node: starting, calls in flight, deadlines, the end. */
export class ExecutorProcess implements Watched {
  readonly #channel: Channel;
  readonly #process: Deno.ChildProcess;
  readonly #events: ExecutorEvents;
  /** What it wrote to its standard error, once it has ended. */
  readonly #lastWords: Promise<string>;
  readonly #calls = new Map<number, InFlight>();
  readonly #limits: FullServiceLimits;
  readonly #watch: Watch;
  #nextCall = 1;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;
  #deadlineTimerMs = Infinity;
  #probeTimer: ReturnType<typeof setTimeout> | undefined;
  #endReason: string | undefined;
  #isStopping = false;
  #ready: ((ready: Ready) => void) | undefined;
  /** The overload whose script it loads, as far as it has said; -1 before it has. */
  #loading = -1;
  /** Resolves when the process has ended and every call in flight has had its exception. Never rejects. */
  readonly ended: Promise<ExecutorEnd>;

  private constructor(
    process: Deno.ChildProcess,
    channel: Channel,
    options: {
      watch: Watch;
      events: ExecutorEvents;
      lastWords: Promise<string>;
      limits: FullServiceLimits;
    },
  ) {
    this.#process = process;
    this.#channel = channel;
    this.#events = options.events;
    this.#lastWords = options.lastWords;
    this.#limits = options.limits;
    this.#watch = options.watch;
    this.ended = this.#live();
  }

  /**
   * Starts an executor and loads its scripts.
   *
   * @param options `signal` gives the start up: the process is ended at once.
   * @throws {ExecutorStartError} If it does not come up, or a script cannot be loaded.
   */
  static async start(
    host: ExecutorHost,
    load: Load,
    options: { events: ExecutorEvents; limits: FullServiceLimits; signal: AbortSignal },
  ): Promise<ExecutorProcess> {
    const { events, limits: serviceLimits, signal } = options;
    if (signal.aborted) throw new ExecutorStartError("the start was given up");
    let rendezvous: UnixRendezvous | undefined;
    let process: Deno.ChildProcess;
    try {
      rendezvous = new UnixRendezvous(host.newSocketPath());
      process = spawnExecutor({
        socketPath: rendezvous.path,
        servicesFolder: host.servicesFolder,
        workingFolder: host.workingFolder,
        limits: serviceLimits,
        permissions: load.permissions ?? {},
        confinement: host.confinement,
      });
    } catch (cause) {
      rendezvous?.close();
      throw new ExecutorStartError(`the executor could not be started: ${messageOf(cause)}`);
    }
    const giveUp = (): void => kill(process);
    signal.addEventListener("abort", giveUp, { once: true });
    const lastWords = readEnd(process.stderr);
    let executor: ExecutorProcess | undefined;
    const whoLoads = (): string | undefined => {
      const overload = load.overloads[executor === undefined ? -1 : executor.#loading];
      return overload === undefined ? undefined : formatSignature(overload.rpc, overload);
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const who = whoLoads();
        const late = who === undefined
          ? "the executor was not ready"
          : `${who}: its script was not loaded`;
        const question = who === undefined ? "" : "; does it run forever?";
        reject(
          new ExecutorStartError(
            `${late} within ${limits.executorStartTimeoutMs} ms${question}`,
          ),
        );
      }, limits.executorStartTimeoutMs);
    });
    const died = process.status.then((status) => {
      const who = whoLoads();
      const during = who === undefined ? "it started" : `it loaded the script of ${who}`;
      throw new ExecutorStartError(
        `the executor ended while ${during} (${describeStatus(status)})`,
      );
    });
    died.catch(() => {});
    const accepting = rendezvous.accept();
    try {
      const transport = await Promise.race([accepting, died, late]);
      const started = executor = new ExecutorProcess(
        process,
        new Channel(transport, { holdBackBytes: Infinity }),
        {
          watch: host.watch,
          events,
          lastWords,
          limits: serviceLimits,
        },
      );
      const { servicesFolder } = host;
      const ready = await Promise.race([started.#load({ ...load, servicesFolder }), died, late]);
      if (ready.problems.length === 0) {
        host.watch.add(started);
        return started;
      }
      throw new ExecutorStartError(ready.problems.map((problem) => problem.message).join("; "));
    } catch (error) {
      rendezvous.close();
      kill(process);
      // It may have connected in the very moment that it was given up.
      accepting.then((transport) => transport.close(), () => {});
      await process.status;
      if (!(error instanceof ExecutorStartError)) throw error;
      const words = await lastWords;
      throw words === "" ? error : new ExecutorStartError(`${error.message}: ${words}`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get callsInFlight(): number {
    return this.#calls.size;
  }

  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  /**
   * Whether a call may be sent now: it has room, it is alive, and no script is suspected of keeping it
   * from everything else.
   */
  get takesCalls(): boolean {
    return this.#calls.size < this.#limits.callsMax && this.#probeTimer === undefined &&
      this.#endReason === undefined && !this.#channel.isClosed;
  }

  /** Whether it was ever given a call. */
  get hasTakenCalls(): boolean {
    return this.#nextCall > 1;
  }

  /**
   * Sends a call. The payload is copied before this returns.
   *
   * @param deadlineMs When the sink is told that time is up, on the clock of `performance.now()`.
   * @returns The number by which it can be cancelled.
   */
  call(overload: number, payload: Uint8Array, deadlineMs: number, sink: CallSink): number {
    const call = this.#nextCall;
    this.#nextCall = call === 0xffff_ffff ? 1 : call + 1;
    if (this.#calls.size === 0) this.#watch.hurry();
    this.#calls.set(call, { overload, sink, deadlineMs });
    this.#channel.send(FrameKind.call, overload, call, payload);
    if (deadlineMs < this.#deadlineTimerMs) this.#watchDeadlines(deadlineMs);
    return call;
  }

  /** Gives a call up; its sink is not called any more. */
  cancel(call: number): void {
    if (!this.#calls.delete(call)) return;
    this.#channel.send(FrameKind.cancel, 0, call);
    this.#probe();
  }

  /** Ends the process: at once when nothing is in flight, else by force after a while. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#channel.close();
    const timer = setTimeout(() => kill(this.#process), limits.executorStopTimeoutMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the process at once. */
  kill(reason: string): void {
    this.#endReason ??= reason;
    kill(this.#process);
  }

  hasMemory(bytes: number): void {
    const { memoryBytes } = this.#limits;
    if (bytes <= memoryBytes) return;
    this.kill(
      `it used ${Math.ceil(bytes / MiB)} MiB of memory, ` +
        `${Math.floor(memoryBytes / MiB)} MiB are allowed (its service's limits: memory)`,
    );
  }

  #load(load: LoadBody): Promise<Ready> {
    const ready = new Promise<Ready>((resolve) => this.#ready = resolve);
    this.#channel.send(FrameKind.load, 0, 0, encodeJson(load));
    return ready;
  }

  async #live(): Promise<ExecutorEnd> {
    const reading = this.#channel.run((kind, route, call, body) => {
      if (kind === FrameKind.load) this.#loading = route;
      else this.#take(kind, call, body);
    }).catch((error) => {
      // A link that broke is what its end looks like from here: how it ended, its status says.
      if (isBrokenLink(error)) return;
      this.kill(`it sent what is no answer: ${messageOf(error)}`);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    reading.then(() => {
      this.#channel.close();
      if (this.#isStopping) return;
      // Without its link an executor is of no use. Mostly it has ended, and its status is on its way.
      timer = setTimeout(
        () => this.kill("it left its link to the node"),
        limits.executorExitTimeoutMs,
      );
    });
    const status = await this.#process.status;
    await reading;
    clearTimeout(timer);
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#probeTimer);
    this.#watch.remove(this);
    const lastWords = await this.#lastWords;
    const reason = this.#endReason ?? explain(lastWords) ?? describeStatus(status);
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { sink } of calls) {
      sink.exception(
        "Execution Exception",
        `the executor that ran the call was ended: ${reason}`,
      );
    }
    return {
      isExpected: this.#isStopping,
      reason,
      lastWords,
      overloads: [...new Set(calls.map((call) => call.overload))],
    };
  }

  #take(kind: number, call: number, body: Uint8Array): void {
    switch (kind) {
      case FrameKind.result: {
        const inFlight = this.#calls.get(call);
        if (inFlight === undefined) return;
        this.#calls.delete(call);
        inFlight.sink.result(body);
        return;
      }
      case FrameKind.exception: {
        const inFlight = this.#calls.get(call);
        if (inFlight === undefined) return;
        this.#calls.delete(call);
        const { type, message, stack } = parse<LinkException>(body);
        inFlight.sink.exception(type, message, stack);
        return;
      }
      case FrameKind.console: {
        const line = parse<ConsoleLine>(body);
        const inFlight = line.call === undefined ? undefined : this.#calls.get(line.call);
        this.#events.console(line, inFlight?.overload);
        return;
      }
      case FrameKind.pong:
        clearTimeout(this.#probeTimer);
        this.#probeTimer = undefined;
        this.#events.recovered();
        return;
      case FrameKind.ready:
        this.#ready?.(parse<Ready>(body));
        return;
      default:
        throw new Error(`frame of kind ${kind}`);
    }
  }

  /** One timer for the earliest deadline; deadlines mostly come in order, so it is seldom set anew. */
  #watchDeadlines(deadlineMs: number): void {
    clearTimeout(this.#deadlineTimer);
    this.#deadlineTimerMs = deadlineMs;
    this.#deadlineTimer = setTimeout(() => {
      this.#deadlineTimerMs = Infinity;
      const now = performance.now();
      let next = Infinity;
      for (const [call, { deadlineMs, sink }] of this.#calls) {
        if (deadlineMs > now) {
          next = Math.min(next, deadlineMs);
          continue;
        }
        this.cancel(call);
        sink.exception("Deadline Exceeded", "the script did not answer within the call's deadline");
      }
      if (next !== Infinity) this.#watchDeadlines(next);
    }, Math.min(Math.max(0, deadlineMs - performance.now()) + 1, 0x7fff_ffff));
  }

  /** Asks whether the process still turns its event loop; a script that never yields is ended. */
  #probe(): void {
    if (this.#probeTimer !== undefined) return;
    this.#channel.send(FrameKind.ping, 0, 0);
    this.#probeTimer = setTimeout(
      () => this.kill("a script did not yield after its call was over"),
      limits.executorUnresponsiveMs,
    );
  }
}

/** An executor did not come up. The message says why, and which overload where one is to blame. */
export class ExecutorStartError extends Error {
  override readonly name = "ExecutorStartError";
}

function isBrokenLink(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}

function parse<T>(body: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(body)) as T;
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}
