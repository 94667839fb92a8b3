import { type Limits, MiB } from "../../limits/mod.ts";
import type { TraceContext } from "../../context/mod.ts";
import { messageOf, Overloaded } from "../../errors/mod.ts";
import { type ExecutorStatus, FrameKind } from "../../protocol/mod.ts";
import { fullLimits, type FullServiceLimits } from "../../manifest/mod.ts";
import { readUint32, takeOver, writeUint32 } from "../../encoding/mod.ts";
import { sendPayload } from "../../types/mod.ts";
import { type CallTimeout, callTimeout, withinTimeout } from "../deadline.ts";
import { type ClientCalls, FairQueue, gaveWay, type Ticket, waitingCalls } from "../fair_queue.ts";
import { WorkingTimer, workingTurnMs } from "../system/working_clock.ts";
import type { CallHandle, CallOrigin, CallSink, OpenCall, StreamMessage } from "../call.ts";
import type { Executor } from "../executor.ts";
import type { ExecutorHost } from "./host.ts";
import { Instance } from "./instance.ts";
import type { Load } from "../link.ts";
import type { ExecutorRoom } from "./executor_room.ts";

/** A payload waits in the memory that it came in if that is not much larger. */
const aloneShare = 1.25;

/** A call and its location: waiting, or at an executor. */
class RoutedCall implements OpenCall, CallHandle {
  readonly overload: number;
  readonly deadlineMs: number;
  readonly isLimitOfService: boolean;
  readonly sink: CallSink;
  readonly trace: TraceContext | undefined;
  readonly client: ClientCalls<RoutedCall>;
  /** While it waits. */
  timer: WorkingTimer | undefined;
  ticket: Ticket<RoutedCall> | undefined;
  readonly #onCancelled: (call: RoutedCall) => void;
  /** At its executor. */
  #placed: CallHandle | undefined;
  /** The credit for its result, in bytes: all of it is granted again if the call begins elsewhere. */
  #creditBytes = 0;

  constructor(
    overload: number,
    { timeoutMs, isOfService }: CallTimeout,
    { sink, trace, client, onCancelled }: {
      sink: CallSink;
      trace: TraceContext | undefined;
      client: ClientCalls<RoutedCall>;
      onCancelled: (call: RoutedCall) => void;
    },
  ) {
    this.client = client;
    this.overload = overload;
    this.deadlineMs = workingTurnMs() + timeoutMs;
    this.isLimitOfService = isOfService;
    this.sink = sink;
    this.trace = trace;
    this.#onCancelled = onCancelled;
  }

  /** It was sent to an executor, or lost its executor. */
  set placed(placed: CallHandle | undefined) {
    this.#placed = placed;
    if (placed === undefined) return;
    this.sink.placed?.();
    if (this.#creditBytes > 0) placed.send(creditOf(this.#creditBytes));
  }

  left(): void {
    this.client.end();
  }

  cancel(): void {
    if (this.#placed === undefined) this.#onCancelled(this);
    else this.#placed.cancel();
  }

  send(message: StreamMessage): void {
    if (message.kind === FrameKind.credit) this.#creditBytes += readUint32(message.body, 0);
    // Items need credit from a script that has begun, so they cannot arrive before.
    this.#placed?.send(message);
  }
}

function creditOf(bytes: number): StreamMessage {
  const body = new Uint8Array(4);
  writeUint32(body, 0, Math.min(bytes, 0xffff_ffff));
  return { kind: FrameKind.credit, stream: 0, body };
}

/**
 * Runs the scripts of one service on one or more executors: the first call starts one, calls that find all busy start
 * further ones, each call goes to the executor with the fewest in flight, and calls wait while none is up.
 */
export class ServiceExecutor implements Executor {
  readonly #room: ExecutorRoom;
  readonly #load: Load;
  readonly #limits: FullServiceLimits;
  readonly #bounds: Limits;
  readonly #instances: readonly Instance[];
  readonly #waiting = new FairQueue<RoutedCall>();
  readonly #killed = new AbortController();
  /** Whether a deployment is testing it. */
  #isOnTrial = false;
  #retired: (() => void) | undefined;
  readonly #onCancelled = (call: RoutedCall): void => {
    if (this.#leaveQueue(call)) this.#changed();
  };

  constructor(host: ExecutorHost, load: Load) {
    this.#room = host.room;
    this.#load = load;
    this.#bounds = host.bounds;
    this.#limits = fullLimits(load.limits, host.bounds);
    this.#instances = Array.from({ length: this.#limits.instances }, () =>
      new Instance({
        host,
        load,
        limits: this.#limits,
        killed: this.#killed.signal,
        isWaitedFor: () => this.#waiting.size > 0,
        isOnTrial: () => this.#isOnTrial,
        onChange: () => this.#changed(),
        onNotBegun: (call, payload) => this.#wait(call as RoutedCall, payload),
      }));
  }

  /** The service's name. */
  get service(): string {
    return this.#load.service;
  }

  /** The bounds of its calls. */
  get limits(): FullServiceLimits {
    return this.#limits;
  }

  /** Calls waiting for an executor. */
  get callsWaiting(): number {
    return this.#waiting.size;
  }

  /** The state of each executor. */
  get status(): ExecutorStatus[] {
    return this.#instances.map((instance) => instance.status);
  }

  /** Calls that run or wait. */
  get callsInFlight(): number {
    let calls = this.#waiting.size;
    for (const instance of this.#instances) calls += instance.callsInFlight;
    return calls;
  }

  /** Whether no executor starts. */
  get isFailing(): boolean {
    return this.#instances.every((instance) => !instance.isRunning && instance.isFailing);
  }

  /**
   * Runs a call, or queues it for an executor; the payload is copied before this returns.
   *
   * @param overload The overload's index in the service.
   * @param timeoutMs After this, or after the service's own timeout, the sink gets a Deadline Exceeded.
   * @param origin Its caller and trace context.
   * @throws {Overloaded} If too many calls are waiting.
   */
  call(
    overload: number,
    payload: Uint8Array,
    timeoutMs: number,
    sink: CallSink,
    origin?: Pick<CallOrigin, "client" | "trace">,
  ): CallHandle {
    const time = callTimeout(timeoutMs, this.#limits);
    const client = this.#waiting.of(origin?.client ?? "");
    const onCancelled = this.#onCancelled;
    const trace = origin?.trace;
    const call = new RoutedCall(overload, time, { sink, trace, client, onCancelled });
    const instance = this.#instanceFor(client);
    if (instance === undefined) {
      this.#checkQueue(client, payload.length);
      const isAlone = payload.buffer.byteLength < aloneShare * payload.length;
      this.#wait(call, isAlone && takeOver(payload) ? payload : payload.slice());
      this.#startForWaiting();
    } else {
      if (instance.callsInFlight > 0 || this.#load.isolation === "call") this.#startAnother();
      this.#place(call, payload, instance);
    }
    return call;
  }

  /**
   * Starts an executor now and loads every script. It is not stopped for others before {@linkcode endTrial}.
   *
   * @throws {ExecutorStartError} If that fails; the message names the failing overload.
   */
  async prepare(): Promise<void> {
    this.#isOnTrial = true;
    if (!this.#instances.some((instance) => instance.isRunning)) await this.#instances[0]!.start();
  }

  tryAgain(): void {
    if (!this.isFailing || this.#killed.signal.aborted) return;
    if (this.#instances.some((instance) => instance.isStarting)) return;
    const next = this.#instances.find((instance) => instance.pause === undefined);
    next?.start().catch(() => {});
  }

  /** Allows it to be stopped for others. */
  endTrial(): void {
    this.#isOnTrial = false;
    this.#room.look();
  }

  /** Stops idle executors; the next call starts one again. */
  async rest(): Promise<void> {
    if (this.#waiting.size > 0) return;
    await Promise.all(this.#instances.map((instance) => instance.rest()));
  }

  /** Finishes calls in flight without accepting others, then stops. */
  async retire(): Promise<void> {
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#retired = resolve);
    await this.rest();
  }

  /** Kills every process, including one that starts; calls get an exception that says why. */
  async kill(reason: string): Promise<void> {
    this.#killed.abort(reason);
    this.#failWaiting(reason);
    await Promise.all(this.#instances.map((instance) => instance.kill(reason)));
  }

  /** The instance for another call of a client; undefined if the call waits. */
  #instanceFor(client: ClientCalls<RoutedCall>): Instance | undefined {
    let freest: Instance | undefined;
    let freeSlots = 0;
    for (const instance of this.#instances) {
      if (!instance.takesCalls) continue;
      const { callsInFlight } = instance;
      freeSlots += this.#limits.callsMax - callsInFlight;
      if (freest === undefined || callsInFlight < freest.callsInFlight) freest = instance;
    }
    return this.#waiting.mayRun(client, freeSlots) ? freest : undefined;
  }

  /** The available instance with the fewest calls. */
  #freest(): Instance | undefined {
    let freest: Instance | undefined;
    for (const instance of this.#instances) {
      if (!instance.takesCalls) continue;
      if (freest === undefined || instance.callsInFlight < freest.callsInFlight) freest = instance;
    }
    return freest;
  }

  /** Starts an instance that is down, if any may start; callers do not wait for it. */
  #startAnother(): void {
    if (this.#instances.length === 1 || this.#killed.signal.aborted) return;
    const next = this.#instances.find((instance) =>
      !instance.isRunning && !instance.isStarting && instance.pause === undefined
    );
    next?.start().catch(() => {});
  }

  /** Makes room for one more waiting call. @throws {Overloaded} If no waiting call can be evicted for it. */
  #checkQueue(client: ClientCalls<RoutedCall>, bytes: number): void {
    const advice = "try again later, or give the service more instances";
    while (this.#waiting.size >= this.#limits.queueMax) {
      if (this.#giveWay(this.#waiting.yielding(client))) continue;
      throw new Overloaded(
        `service "${this.service}" already has ${waitingCalls(this.#waiting.size)}; ${advice}`,
      );
    }
    const { queueBytesMax } = this.#bounds;
    while (this.#waiting.bytes + bytes > queueBytesMax) {
      if (this.#giveWay(this.#waiting.yielding(client, bytes))) continue;
      throw new Overloaded(
        `the calls that wait for service "${this.service}" already hold ` +
          `${Math.ceil(this.#waiting.bytes / MiB)} MiB of arguments, of at most ` +
          `${queueBytesMax / MiB} MiB; ${advice}`,
      );
    }
  }

  #giveWay(ticket: Ticket<RoutedCall> | undefined): boolean {
    if (ticket === undefined || !this.#leaveQueue(ticket.call)) return false;
    ticket.call.sink.exception("Overloaded", gaveWay(this.service));
    return true;
  }

  /** Queues a call for an executor. */
  #wait(call: RoutedCall, payload: Uint8Array<ArrayBuffer>): void {
    call.placed = undefined;
    const timer = call.timer = new WorkingTimer(() => {
      const noRoom = this.#awaitedRoom;
      if (noRoom === undefined && workingTurnMs() < call.deadlineMs) {
        return timer.at(call.deadlineMs);
      }
      this.#leaveQueue(call);
      if (noRoom !== undefined) call.sink.exception("Overloaded", noRoom);
      else {
        const within = withinTimeout(call.isLimitOfService, this.#limits);
        call.sink.exception("Deadline Exceeded", `no executor was free ${within}`);
      }
      this.#changed();
    });
    // Refuse before the deadline: the caller can still read the refusal, or ask another node.
    const leftMs = call.deadlineMs - workingTurnMs();
    timer.at(call.deadlineMs - Math.min(this.#bounds.placeLeadMs, leftMs / 10));
    call.ticket = this.#waiting.add(call, call.client, payload);
  }

  /** Why no executor starts although the node has all that it may have. */
  get #awaitedRoom(): string | undefined {
    for (const { awaitedRoom } of this.#instances) {
      if (awaitedRoom !== undefined) return awaitedRoom;
    }
    return undefined;
  }

  /** @returns Whether it waited. */
  #leaveQueue(call: RoutedCall): boolean {
    if (call.ticket === undefined || !this.#waiting.remove(call.ticket)) return false;
    call.timer?.stop();
    return true;
  }

  #place(call: RoutedCall, payload: Uint8Array, instance: Instance): void {
    call.client.begin();
    call.placed = instance.call(call, payload);
  }

  /** The number of further calls that could be placed now. */
  get #freeSlots(): number {
    let free = 0;
    for (const instance of this.#instances) {
      if (instance.takesCalls) free += this.#limits.callsMax - instance.callsInFlight;
    }
    return free;
  }

  /** Starts an executor for waiting calls, or tells them why it cannot. */
  #startForWaiting(): void {
    const { aborted, reason } = this.#killed.signal;
    if (aborted) return this.#failWaiting(reason);
    // One start at a time: when it is up and busy, the next one follows.
    if (this.#instances.some((instance) => instance.isStarting)) return;
    const down = this.#instances.filter((instance) => !instance.isRunning && !instance.isStarting);
    const startable = down.find((instance) => instance.pause === undefined);
    if (startable !== undefined) {
      startable.start().catch((error) => {
        // Others may be up or starting, or may be tried.
        if (this.#waiting.size > 0) this.#startForWaitingAfter(messageOf(error));
      });
    } else if (down.length === this.#instances.length) {
      this.#failWaiting(down[0]!.pause ?? "it does not start");
    }
  }

  #startForWaitingAfter(failure: string): void {
    const isAnyUp = this.#instances.some((instance) => instance.isRunning || instance.isStarting);
    if (!isAnyUp) this.#failWaiting(failure);
  }

  /** After this turn: the caller must have its handle before its sink is called. */
  #failWaiting(reason: string): void {
    const failed = this.#waiting.tickets();
    queueMicrotask(() => {
      for (const { call } of failed) {
        if (!this.#leaveQueue(call)) continue;
        call.sink.exception(
          "Unavailable",
          `service "${this.service}" has no executor on this node: ${reason}`,
        );
      }
      this.#changed();
    });
  }

  /** Sends waiting calls to executors with room, and completes a retirement. */
  #changed(): void {
    for (let instance; this.#waiting.size > 0 && (instance = this.#freest()) !== undefined;) {
      const next = this.#waiting.next(this.#freeSlots);
      if (next === undefined) break;
      next.call.timer?.stop();
      sendPayload(next.payload, (payload) => this.#place(next.call, payload, instance));
    }
    if (this.#waiting.size > 0) {
      if (!this.#instances.some((instance) => instance.isRunning)) this.#startForWaiting();
      return;
    }
    if (this.#retired === undefined || !this.#isIdle()) return;
    this.#retired();
    this.#retired = undefined;
  }

  #isIdle(): boolean {
    return this.callsInFlight === 0 && !this.#instances.some((instance) => instance.isStarting);
  }
}
