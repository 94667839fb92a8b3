import { messageOf } from "../../errors/mod.ts";
import { roundMs } from "../../log/mod.ts";
import type { ExecutorStatus } from "../../protocol/mod.ts";
import { formatSignature } from "../../types/mod.ts";
import type { FullServiceLimits } from "../../manifest/mod.ts";
import { scriptIdShownLength } from "../../identity/mod.ts";
import type { CallHandle, OpenCall, StreamMessage } from "../call.ts";
import type { ExecutorHost } from "./host.ts";
import type { Load } from "../link.ts";
import type { ExecutorProcess } from "./process.ts";
import type { ExecutorEnd, ExecutorEvents } from "./process_options.ts";
import type { Occupant } from "./executor_room.ts";
import { startExecutor } from "./_start_executor.ts";
import { logFailedStart, logLine } from "./_script_records.ts";
import { ExecutorStartError } from "../system/start_error.ts";

/** Shared by all instances of a service. */
export interface InstanceOptions {
  readonly host: ExecutorHost;
  readonly load: Load;
  readonly limits: FullServiceLimits;
  /** Raised when the service is killed. */
  readonly killed: AbortSignal;
  /** Whether the service has calls waiting for an executor. */
  readonly isWaitedFor: () => boolean;
  /** Whether a deployment is testing the service: then it keeps running. */
  readonly isOnTrial: () => boolean;
  /** Called on any change: the end of a call, a start, or a process. */
  readonly onChange: () => void;
  /** Its process ended before it began this call. {@linkcode onChange} follows. */
  readonly onNotBegun: (call: OpenCall, payload: Uint8Array<ArrayBuffer>) => void;
}

/** A call at an executor. */
class AssignedCall implements CallHandle {
  readonly #process: ExecutorProcess;
  readonly #number: number;
  readonly #onCancelled: () => void;

  constructor(process: ExecutorProcess, number: number, onCancelled: () => void) {
    this.#process = process;
    this.#number = number;
    this.#onCancelled = onCancelled;
  }

  cancel(): void {
    this.#process.cancel(this.#number);
    this.#onCancelled();
  }

  send(message: StreamMessage): void {
    this.#process.send(this.#number, message);
  }
}

/**
 * One executor of a service across restarts: started on demand, stopped when idle, restarted after a crash, with
 * growing pauses if it dies before its first call.
 */
export class Instance implements Occupant {
  readonly #options: InstanceOptions;
  readonly #onCallOver = (): void => this.#callOver();
  /** The process that takes calls. */
  #process: ExecutorProcess | undefined;
  /** All processes that have not ended: the current one, and those that were told to stop. */
  readonly #alive = new Set<ExecutorProcess>();
  #starting: Promise<void> | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #idleSinceMs = 0;
  /** Whether it waits for one of the node's executor slots. */
  #awaitsRoom = false;
  #isDraining = false;
  /** Consecutive failed starts, and deaths before the first call. */
  #failures = 0;
  #notBeforeMs = 0;
  #lastFailure = "";

  constructor(options: InstanceOptions) {
    this.#options = options;
  }

  get callsInFlight(): number {
    return this.#process?.callsInFlight ?? 0;
  }

  /** Whether it can take a call now. */
  get takesCalls(): boolean {
    if (this.#process === undefined || this.#isDraining || !this.#process.takesCalls) return false;
    return !this.#servesOnce || !this.#process.hasHadCalls;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Why its start waits; undefined if it has a slot. */
  get awaitedRoom(): string | undefined {
    return this.#awaitsRoom ? this.#options.host.room.whyFull : undefined;
  }

  get isIdle(): boolean {
    return this.#process !== undefined && this.callsInFlight === 0 && !this.#options.isOnTrial();
  }

  get idleSinceMs(): number {
    return this.#idleSinceMs;
  }

  /** Its state. */
  get status(): ExecutorStatus {
    const { callsInFlight } = this;
    if (this.#process !== undefined) {
      const { pid, memoryBytes } = this.#process;
      return { state: "running", callsInFlight, pid, memoryBytes };
    }
    const reason = this.awaitedRoom;
    if (reason !== undefined) return { state: "waiting", callsInFlight, reason };
    if (this.isStarting) return { state: "starting", callsInFlight };
    if (!this.isFailing) return { state: "down", callsInFlight };
    return { state: "failing", callsInFlight, reason: this.pause ?? this.#lastFailure };
  }

  /** Whether its last start failed, or its process died before its first call. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Why it may not be started now; undefined if it may. */
  get pause(): string | undefined {
    const pauseMs = this.#notBeforeMs - performance.now();
    if (pauseMs <= 0) return undefined;
    const shown = pauseMs < 1000 ? `${Math.ceil(pauseMs)} ms` : `${Math.ceil(pauseMs / 1000)} s`;
    return `${this.#lastFailure}; the next attempt is in ${shown}`;
  }

  /**
   * Sends it a call; the payload is copied. Requires {@linkcode takesCalls}.
   *
   * @returns The call at the executor.
   */
  call(call: OpenCall, payload: Uint8Array): CallHandle {
    const process = this.#process!;
    return new AssignedCall(process, process.call(call, payload), this.#onCallOver);
  }

  /**
   * Starts it; concurrent calls share one promise.
   *
   * @throws {ExecutorStartError} If that fails; the message names the failing overload.
   */
  start(): Promise<void> {
    if (this.#process !== undefined) return Promise.resolve();
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Stops it if nothing is in flight. */
  async rest(): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.callsInFlight > 0) return;
    this.#letGoOf(process);
    // A normal end.
    this.#failures = 0;
    await process.stop();
  }

  async giveWay(): Promise<void> {
    const { host, load, onChange } = this.#options;
    host.log.debug("executor.gave-way", { service: load.service });
    const rested = this.rest();
    onChange();
    await rested;
  }

  drain(isDraining: boolean): void {
    if (this.#isDraining === (isDraining && !this.#options.isOnTrial())) return;
    this.#isDraining = !this.#isDraining;
    if (!this.#isDraining) this.#options.onChange();
  }

  /** Kills all its processes, including one that starts; `killed` must have been raised. */
  async kill(reason: string): Promise<void> {
    await this.#starting?.catch(() => {});
    await Promise.all([...this.#alive].map((process) => {
      process.kill(reason);
      return process.ended;
    }));
    this.#stopWatchingIdle();
  }

  async #start(): Promise<void> {
    const { host, load, limits: serviceLimits, killed, onChange, onNotBegun } = this.#options;
    this.#awaitsRoom = true;
    const leaveRoom = await host.room.take({
      isWanted: () => this.#options.isWaitedFor() || this.#options.isOnTrial(),
      isOnTrial: this.#options.isOnTrial(),
      signal: killed,
    });
    this.#awaitsRoom = false;
    if (leaveRoom === undefined) {
      this.#starting = undefined;
      if (killed.aborted) throw new ExecutorStartError("the start was given up");
      return onChange();
    }
    const startedMs = performance.now();
    const events: ExecutorEvents = {
      console: (line, overload) => logLine(host, load, { line, overload }),
      callOver: this.#onCallOver,
      notBegun: onNotBegun,
      recovered: onChange,
    };
    let process: ExecutorProcess;
    try {
      process = await host.whenStartIsFree(async () => {
        await this.#checkScripts();
        const startOptions = { events, limits: serviceLimits, signal: killed };
        return await startExecutor(host, load, startOptions);
      });
    } catch (error) {
      this.#starting = undefined;
      leaveRoom();
      this.#failed(messageOf(error));
      if (!killed.aborted) {
        logFailedStart(host, {
          service: load.service,
          reason: this.#lastFailure,
          nextAttemptMs: Math.max(0, Math.round(this.#notBeforeMs - performance.now())),
        }, error instanceof ExecutorStartError ? error.problems : []);
      }
      throw error instanceof ExecutorStartError ? error : new ExecutorStartError(this.#lastFailure);
    }
    this.#starting = undefined;
    this.#process = process;
    this.#alive.add(process);
    process.ended.then((end) => {
      this.#ended(process, end);
      leaveRoom();
    });
    host.room.add(this);
    host.log.info("executor.started", {
      service: load.service,
      durationMs: roundMs(performance.now() - startedMs),
    });
    this.#callOver();
  }

  /** The files on disk may have changed since the node started. */
  async #checkScripts(): Promise<void> {
    const { host, load } = this.#options;
    const lost = new Set(await host.recheck(load.overloads.map(({ script }) => script)));
    if (lost.size === 0) return;
    const problems = load.overloads.filter(({ script }) => lost.has(script)).map((overload) =>
      `${formatSignature(overload.rpc, overload)}: its script is gone from this node's disk, or ` +
      `damaged there (${host.servicesFolder}/${overload.script}.js); run init again`
    );
    throw new ExecutorStartError(problems.join("; "));
  }

  /** Whether each process runs one call and is then replaced. */
  get #servesOnce(): boolean {
    return this.#options.load.isolation === "call";
  }

  #callOver(): void {
    const process = this.#process;
    if (this.#servesOnce && process?.hasHadCalls && process.callsInFlight === 0) {
      this.#letGoOf(process);
      process.stop();
      // The next call finds its replacement already loading.
      if (!this.#options.killed.aborted) this.start().catch(() => {});
    }
    if (this.callsInFlight === 0) {
      this.#idleSinceMs = performance.now();
      if (this.#idleTimer === undefined) this.#watchIdle(this.#options.limits.idleMs);
    }
    this.#options.onChange();
    if (this.callsInFlight === 0) this.#options.host.room.look();
  }

  /** One timer that keeps running while calls come and go; setting one per call would cost more than the call. */
  #watchIdle(waitMs: number): void {
    if (this.#process === undefined) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      const { idleMs } = this.#options.limits;
      const idleForMs = this.callsInFlight > 0 ? 0 : performance.now() - this.#idleSinceMs;
      if (idleForMs < idleMs) return this.#watchIdle(idleMs - idleForMs);
      this.#options.host.log.debug("executor.idle", { service: this.#options.load.service });
      this.rest();
    }, waitMs);
    Deno.unrefTimer(this.#idleTimer);
  }

  #stopWatchingIdle(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  #letGoOf(process: ExecutorProcess): void {
    if (this.#process === process) {
      this.#process = undefined;
      this.#isDraining = false;
      this.#options.host.room.remove(this);
    }
    if (process.hasBegunCalls) this.#failures = 0;
    this.#stopWatchingIdle();
  }

  #ended(process: ExecutorProcess, end: ExecutorEnd): void {
    this.#alive.delete(process);
    if (end.isExpected) return;
    this.#letGoOf(process);
    if (!this.#options.killed.aborted) {
      // A process that ran calls had started well; what calls do to it must not delay others.
      if (!process.hasBegunCalls) this.#failed(`its executor ended: ${end.reason}`);
      this.#options.host.log.error("executor.ended", {
        service: this.#options.load.service,
        reason: end.reason,
        stderrTail: end.stderrTail === "" ? undefined : end.stderrTail,
        inFlight: end.overloads.map((overload) => this.#name(overload)).join(", ") || undefined,
      });
    }
    this.#options.onChange();
  }

  /** The first failure may be accidental: the next start is immediate. After that, pauses double. */
  #failed(reason: string): void {
    this.#lastFailure = reason;
    this.#failures += 1;
    if (this.#failures < 2) return;
    const { executorBackOffMsFirst, executorBackOffMsMax } = this.#options.host.bounds;
    const pauseMs = Math.min(
      executorBackOffMsFirst * 2 ** Math.min(this.#failures - 2, 20),
      executorBackOffMsMax,
    );
    this.#notBeforeMs = performance.now() + pauseMs;
  }

  #name(overload: number): string {
    const { rpc, script } = this.#options.load.overloads[overload]!;
    return `${rpc} (script ${script.slice(0, scriptIdShownLength)})`;
  }
}
