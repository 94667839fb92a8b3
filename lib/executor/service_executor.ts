import { messageOf, Overloaded } from "../errors/mod.ts";
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
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Gives it up at the executor, once it was sent there. */
  cancelSent: (() => void) | undefined;
}

/**
 * Runs the scripts of one service: starts an executor on the first call, stops it when idle, starts
 * another after a crash with growing waits, and lets calls wait while none is up.
 */
export class ServiceExecutor {
  readonly #host: ExecutorHost;
  readonly #load: Load;
  /** The one that takes calls. */
  #process: ExecutorProcess | undefined;
  /** Every one that has not ended: that one, and those that were told to stop. */
  readonly #alive = new Set<ExecutorProcess>();
  #starting: Promise<void> | undefined;
  readonly #waiting = new Set<Waiting>();
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #idleSinceMs = 0;
  /** Starts that failed, and executors that died before their first call, in a row. */
  #failures = 0;
  #notBeforeMs = 0;
  #lastFailure = "";
  #isRetired = false;
  #retired: (() => void) | undefined;
  readonly #killed = new AbortController();

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
    if (process?.takesCalls) {
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
    this.#letGoOf(process);
    await process.stop();
  }

  /** Lets calls in flight finish, takes no others, then stops. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.callsInFlight > 0 || this.#starting !== undefined) {
      await new Promise<void>((resolve) => this.#retired = resolve);
    }
    await this.rest();
  }

  /** Ends every process at once, one that starts included; calls get an exception that says why. */
  async kill(reason: string): Promise<void> {
    this.#isRetired = true;
    this.#killed.abort(reason);
    this.#failWaiting(reason);
    await this.#starting?.catch(() => {});
    await Promise.all([...this.#alive].map((process) => {
      process.kill(reason);
      return process.ended;
    }));
    this.#stopWatchingIdle();
  }

  #wait(
    overload: number,
    payload: Uint8Array,
    deadlineMs: number,
    sink: CallSink,
  ): CallHandle {
    if (this.#waiting.size >= limits.serviceDefaults.queueMax) {
      throw new Overloaded(
        `${this.#waiting.size} calls of service "${this.#load.service}" wait already; try again later`,
      );
    }
    const waiting: Waiting = {
      overload,
      payload,
      deadlineMs,
      sink,
      timer: undefined,
      cancelSent: undefined,
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
        if (waiting.cancelSent !== undefined) return waiting.cancelSent();
        clearTimeout(waiting.timer);
        this.#waiting.delete(waiting);
        this.#settled();
      },
    };
  }

  #startForWaiting(): void {
    if (this.#starting !== undefined) return;
    const { aborted, reason } = this.#killed.signal;
    const pauseMs = this.#notBeforeMs - performance.now();
    if (aborted) this.#failWaiting(reason);
    else if (pauseMs > 0) {
      const pause = pauseMs < 1000 ? `${Math.ceil(pauseMs)} ms` : `${Math.ceil(pauseMs / 1000)} s`;
      this.#failWaiting(`${this.#lastFailure}; the next attempt is in ${pause}`);
    } else this.#start().catch((error) => this.#failWaiting(error.message));
  }

  /** After this turn, since whoever called must have its handle before its sink is called. */
  #failWaiting(reason: string): void {
    const failed = [...this.#waiting];
    queueMicrotask(() => {
      for (const waiting of failed) {
        if (!this.#waiting.delete(waiting)) continue;
        clearTimeout(waiting.timer);
        waiting.sink.exception(
          "Execution Exception",
          `service "${this.#load.service}" has no executor: ${reason}`,
        );
      }
      this.#settled();
    });
  }

  #start(): Promise<void> {
    this.#starting ??= this.#startNow();
    return this.#starting;
  }

  async #startNow(): Promise<void> {
    const startedMs = performance.now();
    const events: ExecutorEvents = {
      console: (line, overload) => this.#logLine(line, overload),
      recovered: () => this.#settled(),
    };
    let process: ExecutorProcess;
    try {
      process = await this.#host.whenStartIsFree(() =>
        ExecutorProcess.start(this.#host, this.#load, { events, signal: this.#killed.signal })
      );
    } catch (error) {
      this.#starting = undefined;
      this.#failed(messageOf(error));
      if (!this.#killed.signal.aborted) {
        this.#host.log.error("executor.start-failed", {
          service: this.#load.service,
          reason: this.#lastFailure,
          nextAttemptMs: Math.max(0, Math.round(this.#notBeforeMs - performance.now())),
        });
      }
      throw error instanceof ExecutorStartError ? error : new ExecutorStartError(this.#lastFailure);
    }
    this.#starting = undefined;
    this.#process = process;
    this.#alive.add(process);
    process.ended.then((end) => this.#ended(process, end));
    this.#host.log.info("executor.started", {
      service: this.#load.service,
      durationMs: roundMs(performance.now() - startedMs),
    });
    this.#settled();
  }

  /** Gives waiting calls to the process while it has room. */
  #sendWaiting(): void {
    for (const waiting of this.#waiting) {
      const process = this.#process;
      if (!process?.takesCalls) return;
      clearTimeout(waiting.timer);
      this.#waiting.delete(waiting);
      const { overload, payload, deadlineMs, sink } = waiting;
      const call = process.call(overload, payload, deadlineMs, this.#counted(sink));
      waiting.cancelSent = () => process.cancel(call);
    }
  }

  /** The sink of a call on the process, which also lets the next one in. */
  #counted(sink: CallSink): CallSink {
    return {
      result: (payload) => {
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

  #letGoOf(process: ExecutorProcess): void {
    if (this.#process === process) this.#process = undefined;
    if (process.hasTakenCalls) this.#failures = 0;
    this.#stopWatchingIdle();
  }

  #ended(process: ExecutorProcess, end: ExecutorEnd): void {
    this.#alive.delete(process);
    if (end.isExpected) return;
    this.#letGoOf(process);
    if (!this.#killed.signal.aborted) {
      // One that ran calls had started well; what they did to it must not keep others waiting.
      if (!process.hasTakenCalls) this.#failed(`its executor ended: ${end.reason}`);
      this.#host.log.error("executor.ended", {
        service: this.#load.service,
        reason: end.reason,
        lastWords: end.lastWords === "" ? undefined : end.lastWords,
        inFlight: end.overloads.map((overload) => this.#name(overload)).join(", ") || undefined,
      });
    }
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
