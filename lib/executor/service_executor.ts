import { Overloaded } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { roundMs } from "../log/mod.ts";
import { scriptIdShownLength } from "../wire/mod.ts";
import type { ExecutorHost } from "./host.ts";
import type { ConsoleLine, Load } from "./link.ts";
import {
  type CallSink,
  type ExecutorEnd,
  type ExecutorEvents,
  ExecutorProcess,
  ExecutorStartError,
} from "./process.ts";

/** A call that can be given up. */
export interface CallHandle {
  /** Tells the script, and forgets the call: its sink is not called any more. */
  cancel(): void;
}

interface Waiting {
  readonly overload: number;
  readonly payload: Uint8Array;
  readonly deadlineMs: number;
  readonly sink: CallSink;
  /** The number on the executor, once it was sent there. */
  sent: number | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Runs the scripts of one service: starts an executor on the first call, stops it when idle, starts
 * another after a crash with growing waits, and lets calls wait while none is up.
 */
export class ServiceExecutor {
  readonly #host: ExecutorHost;
  readonly #load: Load;
  #process: ExecutorProcess | undefined;
  #starting: Promise<void> | undefined;
  readonly #waiting = new Set<Waiting>();
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #idleSinceMs = 0;
  /** Starts that failed, or executors that died before they answered, in a row. */
  #failures = 0;
  #notBeforeMs = 0;
  #lastFailure = "";
  #isRetired = false;
  #isKilled = false;
  #retired: (() => void) | undefined;

  constructor(host: ExecutorHost, load: Load) {
    this.#host = host;
    this.#load = load;
  }

  /** The service's name. */
  get service(): string {
    return this.#load.service;
  }

  /** Calls that run or wait. */
  get callsInFlight(): number {
    return (this.#process?.callsInFlight ?? 0) + this.#waiting.size;
  }

  /** Whether a process is up. */
  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /**
   * Runs a call, or lets it wait for an executor; the payload is copied before this returns.
   *
   * @param overload The overload's place in what was loaded.
   * @param timeoutMs After this the sink gets a Deadline Exceeded.
   * @throws {Overloaded} If too many calls wait.
   */
  call(overload: number, payload: Uint8Array, timeoutMs: number, sink: CallSink): CallHandle {
    const deadlineMs = performance.now() + timeoutMs;
    const process = this.#process;
    if (process !== undefined && hasRoom(process)) {
      const call = process.call(overload, payload, deadlineMs, this.#counted(sink));
      return { cancel: () => process.cancel(call) };
    }
    return this.#wait(overload, payload.slice(), deadlineMs, sink);
  }

  /**
   * Starts an executor now and loads every script.
   *
   * @throws {ExecutorStartError} If that fails; the message says which overload is to blame.
   */
  async prepare(): Promise<void> {
    if (this.#process === undefined) await this.#start();
  }

  /** Stops the process if nothing is in flight; the next call starts another. */
  async rest(): Promise<void> {
    const process = this.#process;
    if (process === undefined || this.callsInFlight > 0) return;
    this.#process = undefined;
    this.#stopWatchingIdle();
    await process.stop();
  }

  /** Lets calls in flight finish, takes no others, then stops. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.callsInFlight > 0) await new Promise<void>((resolve) => this.#retired = resolve);
    await this.rest();
  }

  /** Ends the process at once; calls in flight get an exception that says why. */
  async kill(reason: string): Promise<void> {
    this.#isRetired = true;
    this.#isKilled = true;
    this.#failWaiting(reason);
    await this.#starting?.catch(() => {});
    const process = this.#process;
    process?.kill(reason);
    await process?.ended;
    this.#stopWatchingIdle();
  }

  #wait(
    overload: number,
    payload: Uint8Array,
    deadlineMs: number,
    sink: CallSink,
  ): CallHandle {
    if (this.#waiting.size >= limits.executorQueueMax) {
      throw new Overloaded(
        `${this.#waiting.size} calls of service "${this.#load.service}" wait already; try again later`,
      );
    }
    const waiting: Waiting = {
      overload,
      payload,
      deadlineMs,
      sink,
      sent: undefined,
      timer: undefined,
    };
    waiting.timer = setTimeout(() => {
      this.#waiting.delete(waiting);
      sink.exception("Deadline Exceeded", "no executor was free within the call's deadline");
      this.#settled();
    }, Math.max(0, deadlineMs - performance.now()));
    this.#waiting.add(waiting);
    if (this.#process === undefined) this.#startForWaiting();
    return {
      cancel: () => {
        clearTimeout(waiting.timer);
        if (waiting.sent !== undefined) this.#process?.cancel(waiting.sent);
        this.#waiting.delete(waiting);
        this.#settled();
      },
    };
  }

  #startForWaiting(): void {
    if (this.#starting !== undefined) return;
    const pauseMs = this.#notBeforeMs - performance.now();
    if (pauseMs > 0) {
      this.#failWaiting(
        `${this.#lastFailure}; the next attempt is in ${Math.ceil(pauseMs / 1000)} s`,
      );
      return;
    }
    this.#start().catch((error) => this.#failWaiting(error.message));
  }

  #failWaiting(reason: string): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // After this turn: whoever called must have its handle before its sink is called.
    queueMicrotask(() => {
      for (const { sink, timer } of waiting) {
        clearTimeout(timer);
        sink.exception(
          "Execution Exception",
          `service "${this.#load.service}" has no executor: ${reason}`,
        );
      }
      this.#settled();
    });
  }

  #start(): Promise<void> {
    this.#starting ??= this.#startNow().finally(() => this.#starting = undefined);
    return this.#starting;
  }

  async #startNow(): Promise<void> {
    const startedMs = performance.now();
    let process: ExecutorProcess | undefined;
    const events: ExecutorEvents = {
      console: (line, overload) => this.#logLine(line, overload),
      recovered: () => this.#settled(),
      ended: (end) => {
        if (process !== undefined && !end.isExpected) this.#crashed(process, end);
      },
    };
    try {
      process = await this.#host.whenStartIsFree(() =>
        ExecutorProcess.start(this.#host, this.#load, events)
      );
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
      this.#host.log.error("executor.start-failed", {
        service: this.#load.service,
        reason: this.#lastFailure,
        nextAttemptMs: Math.round(this.#notBeforeMs - performance.now()),
      });
      throw error instanceof ExecutorStartError ? error : new ExecutorStartError(this.#lastFailure);
    }
    this.#process = process;
    this.#host.log.info("executor.started", {
      service: this.#load.service,
      durationMs: roundMs(performance.now() - startedMs),
    });
    this.#sendWaiting();
    this.#settled();
  }

  /** Gives waiting calls to the process while it has room. */
  #sendWaiting(): void {
    for (const waiting of this.#waiting) {
      const process = this.#process;
      if (process === undefined || !hasRoom(process)) return;
      clearTimeout(waiting.timer);
      this.#waiting.delete(waiting);
      waiting.sent = process.call(
        waiting.overload,
        waiting.payload,
        waiting.deadlineMs,
        this.#counted(waiting.sink),
      );
    }
  }

  /** The sink of a call on the process, which also lets the next one in. */
  #counted(sink: CallSink): CallSink {
    return {
      result: (payload) => {
        this.#failures = 0;
        sink.result(payload);
        this.#settled();
      },
      exception: (type, message, stack) => {
        sink.exception(type, message, stack);
        this.#settled();
      },
    };
  }

  /** A call is over: let others in, and see whether this was the last. */
  #settled(): void {
    if (this.#waiting.size > 0) {
      this.#sendWaiting();
      return;
    }
    if (this.callsInFlight > 0 || this.#starting !== undefined) return;
    this.#retired?.();
    this.#retired = undefined;
    this.#idleSinceMs = performance.now();
    if (this.#idleTimer === undefined) this.#watchIdle(limits.executorIdleMs);
  }

  /** One timer that runs on while calls come and go; setting one a call would cost more than the call. */
  #watchIdle(waitMs: number): void {
    if (this.#process === undefined || this.#isRetired) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      const idleMs = this.callsInFlight > 0 ? 0 : performance.now() - this.#idleSinceMs;
      if (idleMs < limits.executorIdleMs) {
        this.#watchIdle(limits.executorIdleMs - idleMs);
        return;
      }
      this.#host.log.debug("executor.idle", { service: this.#load.service });
      this.rest();
    }, waitMs);
    Deno.unrefTimer(this.#idleTimer);
  }

  #stopWatchingIdle(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  #crashed(process: ExecutorProcess, end: ExecutorEnd): void {
    if (this.#process === process) this.#process = undefined;
    if (this.#isKilled) return;
    this.#failed(`its executor ended: ${end.reason}`);
    this.#host.log.error("executor.ended", {
      service: this.#load.service,
      reason: end.reason,
      lastWords: end.lastWords === "" ? undefined : end.lastWords,
      inFlight: end.overloads.map((overload) => this.#name(overload)).join(", ") || undefined,
    });
    this.#stopWatchingIdle();
    if (this.#waiting.size > 0) this.#startForWaiting();
    this.#settled();
  }

  /** The first failure may be chance: the next start is at once. Then the waits double. */
  #failed(reason: string): void {
    this.#lastFailure = reason;
    this.#failures += 1;
    if (this.#failures < 2) return;
    const pauseMs = Math.min(
      limits.executorBackOffMsFirst * 2 ** Math.min(this.#failures - 2, 20),
      limits.executorBackOffMsMax,
    );
    this.#notBeforeMs = performance.now() + pauseMs;
  }

  #name(overload: number): string {
    const { rpc, script } = this.#load.overloads[overload];
    return `${rpc} (script ${script.slice(0, scriptIdShownLength)})`;
  }

  #logLine(line: ConsoleLine, overload: number | undefined): void {
    this.#host.log[line.level]("script.console", {
      service: this.#load.service,
      rpc: overload === undefined ? undefined : this.#load.overloads[overload].rpc,
      call: line.call,
      text: line.text,
    });
  }
}

/** Whether a process takes another call now. */
function hasRoom(process: ExecutorProcess): boolean {
  return process.callsInFlight < limits.executorCallsMax && !process.isSuspect;
}
