import { type Limits, MiB } from "../../limits/mod.ts";
import { Channel } from "../../channel/mod.ts";
import { messageOf } from "../../errors/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { encodeJson } from "../../encoding/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import type { FullServiceLimits } from "../../manifest/mod.ts";
import { withinTimeout } from "../deadline.ts";
import { InFlight } from "./_in_flight.ts";
import { describeStatus, explain, isBrokenLink } from "../system/exit_status.ts";
import { LineBudget } from "./_line_budget.ts";
import { OutgoingCalls } from "./_outgoing_calls.ts";
import { BrokenRule, type LinkHandlers, LinkReader } from "./link_reader.ts";
import { hasBegun, type Progress, type ProgressReader } from "../progress.ts";
import { Watchdog } from "./_watchdog.ts";
import type { WatchedProcess } from "../system/process_watch.ts";
import type {
  ChildProcess,
  ExecutorEnd,
  ExecutorEvents,
  ExecutorOptions,
} from "./process_options.ts";
import type { OpenCall, StreamMessage, StreamSink } from "../call.ts";
import type { ConsoleLine, LoadBody, Ready } from "../link.ts";

/** More waits only if calls or results are large. */
const bulkBytes = 64 * 1024;
/** Arguments from this size on are written from where they are retained. */
const inPlaceBytesMin = 32 * 1024;

/** One executor process, as seen by the node: its calls in flight, deadlines, and end. */
export class ExecutorProcess implements WatchedProcess {
  readonly #channel: Channel;
  readonly #process: ChildProcess;
  readonly #events: ExecutorEvents;
  readonly #stderrTail: Promise<string>;
  readonly #inFlight = new InFlight((call) => this.#late(call));
  readonly #progress: ProgressReader;
  readonly #watchdog: Watchdog;
  readonly #limits: FullServiceLimits;
  readonly #bounds: Limits;
  readonly #watch: ExecutorOptions["watch"];
  readonly #reader: LinkReader;
  readonly #lines: LineBudget;
  readonly #outgoing: OutgoingCalls;
  /** Calls in flight that have begun to return a stream. */
  readonly #streaming = new Set<number>();
  #endReason: string | undefined;
  #memoryBytes: number | undefined;
  #isStopping = false;
  #ready: ((ready: Ready) => void) | undefined;
  #loading = -1;
  /** Resolves when the process has ended and every call in flight has had its exception. Never rejects. */
  readonly ended: Promise<ExecutorEnd>;

  /** @param transport The node's end of its link. */
  constructor(process: ChildProcess, transport: Transport, options: ExecutorOptions) {
    this.#process = process;
    // One side must always read; and a backlog of the other's, however large, never ends the link.
    const { bounds } = options;
    const channel = this.#channel = new Channel(transport, {
      bounds,
      messageBytesMax: () => this.#reader.bodyBytesMax,
      holdBackBytes: Infinity,
      queuedBytesMax: Infinity,
      slice: options.slice,
    });
    this.#events = options.events;
    this.#stderrTail = options.stderrTail;
    this.#limits = options.limits;
    this.#bounds = bounds;
    this.#watch = options.watch;
    this.#progress = options.progress;
    this.#reader = new LinkReader(this.#handlers(), {
      overloadCount: options.overloadCount,
      targetCount: options.targetCount,
      resultBytesMax: options.limits.resultBytesMax,
    });
    this.#outgoing = new OutgoingCalls(channel, (parent) => this.#runningCall(parent), bounds);
    this.#lines = new LineBudget(options.limits.logLinesPerSecondMax);
    this.#watchdog = new Watchdog({
      bounds,
      inFlight: this.#inFlight.calls,
      progress: () => this.#readProgress(),
      traffic: () => {
        const { readBytes, writtenBytes, queuedBytes } = this.#channel;
        // Small writes fit into the system's buffers whether they are read or not; only a larger backlog shows that the
        // executor reads. Pings and cancels do not count: a spinning script would get its grace period twice.
        return readBytes + (queuedBytes > bulkBytes ? writtenBytes : 0);
      },
      ping: (number) => channel.send(FrameKind.ping, 0, number),
      processorMs: () => this.#watch.processorMsOf(this),
      onAnswer: () => this.#events.recovered(),
      onStuck: (reason) => this.kill(reason),
    });
    this.ended = this.#live();
  }

  /** Sends it the scripts to load. */
  load(load: LoadBody): Promise<Ready> {
    const ready = new Promise<Ready>((resolve) => this.#ready = resolve);
    this.#channel.send(FrameKind.load, 0, 0, encodeJson(load));
    return ready;
  }

  /** The overload whose script it last said it was loading; -1 before the first. */
  get loading(): number {
    return this.#loading;
  }

  /** Why the node has killed it; undefined if it has not. */
  get endReason(): string | undefined {
    return this.#endReason;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Its resident memory when last measured; undefined if unknown. */
  get memoryBytes(): number | undefined {
    return this.#memoryBytes;
  }

  get callsInFlight(): number {
    return this.#inFlight.calls.size;
  }

  /** Whether it was ever sent a call. */
  get hasHadCalls(): boolean {
    return this.#inFlight.last !== 0;
  }

  get isBusy(): boolean {
    return this.callsInFlight > 0 || this.#watchdog.isAsked || !this.#watchdog.isSettled;
  }

  /** Whether a call may be sent now: it is alive, has room, and is not suspected of being blocked by a script. */
  get takesCalls(): boolean {
    return this.callsInFlight < this.#limits.callsMax && !this.#watchdog.isAsked &&
      this.#channel.queuedBytes <= this.#bounds.outboxBytesHigh &&
      this.#endReason === undefined && !this.#channel.isClosed;
  }

  /** Whether it has begun a call. */
  get hasBegunCalls(): boolean {
    return this.#readProgress().begun !== 0;
  }

  /** Sends a call. The payload is copied before this returns. @returns A handle to cancel it. */
  call(call: OpenCall, payload: Uint8Array): number {
    const number = this.#inFlight.add(call, payload);
    if (call.trace !== undefined) {
      this.#channel.send(FrameKind.trace, 0, number, encodeJson(call.trace));
    }
    this.#sendCall(call.overload, number, payload);
    this.#watchdog.sent(number);
    this.#watch.hurry();
    return number;
  }

  #sendCall(route: number, call: number, payload: Uint8Array): void {
    const isLarge = payload.length >= inPlaceBytesMin;
    const kept = isLarge ? this.#inFlight.lendArguments(call) : undefined;
    if (kept === undefined) return this.#channel.send(FrameKind.call, route, call, payload);
    this.#channel.sendInPlace({ kind: FrameKind.call, route, call }, kept.bytes, kept.onWritten);
  }

  /** Sends frames of a call's streams. */
  send(number: number, { kind, stream, body }: StreamMessage): void {
    if (this.#inFlight.calls.has(number)) this.#channel.send(kind, stream, number, body);
  }

  /** Cancels a call; its sink is not called afterwards. */
  cancel(number: number): void {
    if (!this.#inFlight.calls.has(number)) return;
    this.#watchdog.givesUp(number);
    const call = this.#inFlight.take(number)!;
    this.#streaming.delete(number);
    this.#outgoing.over(number);
    this.#channel.send(FrameKind.cancel, 0, number);
    this.#watchdog.gaveUp(number, call.deadlineMs);
  }

  look(nowMs: number): void {
    this.#watchdog.look(nowMs);
  }

  /** Ends the process: immediately if nothing is in flight, else by force after a grace period. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#channel.close();
    const timer = setTimeout(() => kill(this.#process), this.#bounds.executorStopTimeoutMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Kills the process. */
  kill(reason: string): void {
    this.#endReason ??= reason;
    kill(this.#process);
  }

  hasMemory(bytes: number): void {
    this.#memoryBytes = bytes;
    const { memoryBytes } = this.#limits;
    if (bytes <= memoryBytes) return;
    this.kill(
      `it used ${Math.ceil(bytes / MiB)} MiB of memory, ` +
        `${Math.floor(memoryBytes / MiB)} MiB are allowed (its service's limits: memory)`,
    );
  }

  async #live(): Promise<ExecutorEnd> {
    const reading = this.#channel.run((kind, route, number, body) => {
      this.#watchdog.heard();
      this.#reader.take(kind, route, number, body);
    }).catch((error) => {
      // A broken link is how its end appears here: the exit status says how it ended.
      if (isBrokenLink(error)) return;
      this.kill(`it broke a rule of its link to the node: ${messageOf(error)}`);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    reading.then(() => {
      this.#channel.close();
      if (this.#isStopping) return;
      // Without its link an executor is useless. Mostly it has already ended, and its status follows.
      timer = setTimeout(
        () => this.kill("it left its link to the node"),
        this.#bounds.executorExitTimeoutMs,
      );
    });
    const status = await this.#process.status;
    await reading;
    clearTimeout(timer);
    this.#watchdog.stop();
    this.#watch.remove(this);
    this.#progress.close(this.#inFlight.last);
    const stderrTail = await this.#stderrTail;
    const reason = this.#endReason ?? explain(stderrTail) ?? describeStatus(status);
    const progress = this.#progress.read(this.#inFlight.last);
    const overloads = new Set<number>();
    this.#outgoing.overAll();
    for (const [number, { call, page, start, end }] of this.#inFlight.takeAll()) {
      // An executor that never began any call would not begin this one either, however often it restarts.
      if (page !== undefined && progress.begun !== 0 && !hasBegun(progress, number)) {
        this.#events.notBegun(call, page.slice(start, end));
        continue;
      }
      overloads.add(call.overload);
      if (hasBegun(progress, number) || this.#streaming.has(number)) {
        const message = `the executor that ran the call was ended: ${reason}`;
        call.sink.exception("Execution Exception", message);
      } else {
        const message = `the executor was ended before it had begun the call: ${reason}`;
        call.sink.exception("Unavailable", message);
      }
      this.#events.callOver();
    }
    return { isExpected: this.#isStopping, reason, stderrTail, overloads: [...overloads] };
  }

  /** Accepts its messages only for calls in flight, and only in reply to requests. */
  #handlers(): LinkHandlers {
    return {
      loading: (overload) => this.#loading = overload,
      ready: (ready) => this.#ready?.(ready),
      result: (number, payload) => {
        const call = this.#answered(number);
        if (call === undefined) return;
        call.sink.result(payload);
        this.#events.callOver();
      },
      exception: (number, { type, message, stack }) => {
        const call = this.#answered(number);
        if (call === undefined) return;
        call.sink.exception(type, message, stack);
        this.#events.callOver();
      },
      open: (number) => {
        const streams = this.#streamsOf(number);
        if (streams === undefined) return;
        if (this.#streaming.has(number)) throw new BrokenRule("it opened a stream twice");
        this.#streaming.add(number);
        streams.open();
      },
      item: (number, payload) => {
        const streams = this.#streamsOf(number);
        if (streams === undefined) return;
        if (!this.#streaming.has(number)) {
          throw new BrokenRule("it sent an item of an unknown stream");
        }
        streams.item(payload);
      },
      credit: (number, stream, bytes) => this.#streamsOf(number)?.credit(stream, bytes),
      console: (line) => this.#print(line),
      ran: (number, startMs, endMs) => {
        const sent = this.#inFlight.calls.get(number);
        if (sent === undefined) this.#checkGivenUp(number);
        else sent.call.sink.ran?.(startMs, endMs);
      },
      scriptCall: (number, target, body) => this.#outgoing.take(number, target, body),
      scriptStream: (number, message) => this.#outgoing.send(number, message),
      scriptCancel: (number) => this.#outgoing.cancel(number),
      pong: (ping, isQueueAhead) => {
        if (!this.#watchdog.answered(ping, isQueueAhead)) {
          throw new BrokenRule("it answered a ping that it was not sent, or has lost calls");
        }
      },
      turn: (ping) => {
        if (!this.#watchdog.turned(ping)) {
          throw new BrokenRule(
            "it answered a ping that it was not sent, or begins none of its calls",
          );
        }
      },
    };
  }

  /** Removes a call that it answers. @returns Undefined if it was cancelled meanwhile. */
  #answered(number: number): OpenCall | undefined {
    const call = this.#inFlight.take(number);
    this.#outgoing.over(number);
    if (call === undefined) this.#checkGivenUp(number);
    else if (this.#streaming.size > 0) this.#streaming.delete(number);
    return call;
  }

  #runningCall(number: number): OpenCall | undefined {
    const sent = this.#inFlight.calls.get(number);
    if (sent === undefined) this.#checkGivenUp(number);
    return sent?.call;
  }

  #streamsOf(number: number): StreamSink | undefined {
    const sink = this.#runningCall(number)?.sink;
    if (sink === undefined || sink.streams !== undefined) return sink?.streams;
    throw new BrokenRule("it sent a stream frame for a call without streams");
  }

  #checkGivenUp(number: number): void {
    if (this.#watchdog.mayStillAnswer(number)) return;
    throw new BrokenRule(`it answered call ${number}, which it does not have`);
  }

  #print(line: ConsoleLine): void {
    const { isLogged, dropped } = this.#lines.take();
    if (dropped > 0) {
      const text = `${dropped} more lines were not logged: too many in a second`;
      this.#events.console({ level: "warn", text }, undefined);
    }
    if (!isLogged) return;
    const sent = line.call === undefined ? undefined : this.#inFlight.calls.get(line.call);
    const logged = this.#events.console(line, sent?.call.overload);
    if (logged !== undefined) this.#channel.holdUntil(logged);
  }

  /** Its progress, as it reports it. An impossible report ends it. */
  #readProgress(): Progress {
    const progress = this.#progress.read(this.#inFlight.last);
    if (progress.isForged) {
      this.kill("it broke a rule of its link to the node: its progress counters are invalid");
    }
    return progress;
  }

  #late(number: number): void {
    const { sink, isLimitOfService } = this.#inFlight.calls.get(number)!.call;
    this.cancel(number);
    const within = withinTimeout(isLimitOfService, this.#limits);
    sink.exception("Deadline Exceeded", `the script did not answer ${within}`);
    this.#events.callOver();
  }
}

/** Kills a process. */
export function kill(process: Pick<ChildProcess, "kill">): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // Already ended.
  }
}
