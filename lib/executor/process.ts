import { Channel } from "../channel/mod.ts";
import { messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { UnixRendezvous } from "../transport/mod.ts";
import {
  encodeJson,
  formatSignature,
  FrameKind,
  type FullServiceLimits,
  readUint32,
} from "../wire/mod.ts";
import { InFlight } from "./_in_flight.ts";
import { describeStatus, explain, isBrokenLink, readEnd } from "./_last_words.ts";
import { hasBegun, ProgressReader } from "./_progress.ts";
import { Pulse } from "./_pulse.ts";
import { spawnExecutor } from "./_spawn.ts";
import { ExecutorStartError, waitForFailure } from "./_start_error.ts";
import type { Watch, Watched } from "./_watch.ts";
import type { OpenCall, StreamMessage, StreamSink } from "./call.ts";
import type { ExecutorHost } from "./host.ts";
import {
  type ConsoleLine,
  type LinkException,
  type Load,
  type LoadBody,
  readLinkBody,
  type Ready,
} from "./link.ts";

/** What an executor's owner is told. */
export interface ExecutorEvents {
  /** A script printed a line. `overload` is known where the call is. */
  console(line: ConsoleLine, overload: number | undefined): void;
  /** A call had its outcome. */
  callOver(): void;
  /** It ended before it had begun this call, which can run elsewhere. */
  notBegun(call: OpenCall, payload: Uint8Array): void;
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
  /** The overloads of the calls that it cost. */
  readonly overloads: readonly number[];
}

const MiB = 1024 * 1024;
/** More than this waits only where calls or results are large. */
const bulkBytes = 64 * 1024;

/** One executor process, seen from the node: starting, calls in flight, deadlines, the end. */
export class ExecutorProcess implements Watched {
  readonly #channel: Channel;
  readonly #process: Deno.ChildProcess;
  readonly #events: ExecutorEvents;
  /** What it wrote to its standard error, once it has ended. */
  readonly #lastWords: Promise<string>;
  readonly #inFlight = new InFlight((call) => this.#late(call));
  readonly #progress: ProgressReader;
  readonly #pulse: Pulse;
  readonly #limits: FullServiceLimits;
  readonly #watch: Watch;
  #endReason: string | undefined;
  #memoryBytes: number | undefined;
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
      progress: ProgressReader;
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
    this.#progress = options.progress;
    this.#pulse = new Pulse({
      inFlight: this.#inFlight.calls,
      progress: () => this.#progress.read(),
      traffic: () => {
        const { readBytes, writtenBytes, queuedBytes } = this.#channel;
        // What was written lies in the system's buffers at first, read or not; only when more waits, it is read.
        // A ping and some cancels that wait are no such thing: a script that spins would get its grace twice.
        return readBytes + (queuedBytes > bulkBytes ? writtenBytes : 0);
      },
      ping: () => channel.send(FrameKind.ping, 0, 0),
      onAnswer: () => this.#events.recovered(),
      onStuck: () => this.kill("a script did not yield after its call was over"),
    });
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
    let progress: ProgressReader | undefined;
    let process: Deno.ChildProcess;
    try {
      rendezvous = new UnixRendezvous(host.newSocketPath());
      progress = new ProgressReader(rendezvous.path);
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
      progress?.close();
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
    const { failed, stopWaiting } = waitForFailure(process, whoLoads);
    const accepting = rendezvous.accept();
    try {
      const transport = await Promise.race([accepting, failed]);
      progress.unlink();
      const started = executor = new ExecutorProcess(
        process,
        new Channel(transport, {
          holdBackBytes: Infinity,
          slice: host.turns.slice(() => "executor"),
        }),
        {
          progress,
          watch: host.watch,
          events,
          lastWords,
          limits: serviceLimits,
        },
      );
      const { servicesFolder } = host;
      const ready = await Promise.race([started.#load({ ...load, servicesFolder }), failed]);
      if (ready.problems.length === 0) {
        host.watch.add(started);
        return started;
      }
      throw new ExecutorStartError(ready.problems.map((problem) => problem.message).join("; "));
    } catch (error) {
      rendezvous.close();
      progress.close();
      kill(process);
      // It may have connected in the very moment that it was given up.
      accepting.then((transport) => transport.close(), () => {});
      await process.status;
      if (!(error instanceof ExecutorStartError)) throw error;
      const words = await lastWords;
      throw words === "" ? error : new ExecutorStartError(`${error.message}: ${words}`);
    } finally {
      stopWaiting();
      signal.removeEventListener("abort", giveUp);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Its resident memory when it was last looked at; undefined where that is not known. */
  get memoryBytes(): number | undefined {
    return this.#memoryBytes;
  }

  get callsInFlight(): number {
    return this.#inFlight.calls.size;
  }

  get isBusy(): boolean {
    return this.callsInFlight > 0 || this.#pulse.isAsked || !this.#pulse.isSettled;
  }

  /**
   * Whether a call may be sent now: it has room, it is alive, and no script is suspected of keeping it
   * from everything else.
   */
  get takesCalls(): boolean {
    return this.callsInFlight < this.#limits.callsMax && !this.#pulse.isAsked &&
      this.#channel.queuedBytes <= limits.outboxBytesHigh &&
      this.#endReason === undefined && !this.#channel.isClosed;
  }

  /** Whether it has begun a call. */
  get hasBegunCalls(): boolean {
    return this.#progress.read().begun !== 0;
  }

  /** Sends a call. The payload is copied before this returns. @returns What it can be cancelled by. */
  call(call: OpenCall, payload: Uint8Array): number {
    const number = this.#inFlight.add(call, payload);
    this.#channel.send(FrameKind.call, call.overload, number, payload);
    this.#pulse.sent();
    this.#watch.hurry();
    return number;
  }

  /** Sends what came for the streams of a call. */
  send(number: number, { kind, stream, body }: StreamMessage): void {
    if (this.#inFlight.calls.has(number)) this.#channel.send(kind, stream, number, body);
  }

  /** Gives a call up; its sink is not called any more. */
  cancel(number: number): void {
    const call = this.#inFlight.take(number);
    if (call === undefined) return;
    this.#channel.send(FrameKind.cancel, 0, number);
    this.#pulse.gaveUp(number, call.deadlineMs);
  }

  look(nowMs: number): void {
    this.#pulse.look(nowMs);
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
    this.#memoryBytes = bytes;
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
    const reading = this.#channel.run((kind, route, number, body) => {
      if (kind === FrameKind.load) this.#loading = route;
      else this.#take(kind, route, number, body);
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
    this.#pulse.stop();
    this.#watch.remove(this);
    this.#progress.close();
    const lastWords = await this.#lastWords;
    const reason = this.#endReason ?? explain(lastWords) ?? describeStatus(status);
    const progress = this.#progress.read();
    const overloads = new Set<number>();
    for (const [number, { call, page, start, end }] of this.#inFlight.takeAll()) {
      // One that never began any would never begin this one, however often it were started.
      if (page !== undefined && progress.begun !== 0 && !hasBegun(progress, number)) {
        this.#events.notBegun(call, page.slice(start, end));
        continue;
      }
      overloads.add(call.overload);
      const message = `the executor that ran the call was ended: ${reason}`;
      call.sink.exception("Execution Exception", message);
      this.#events.callOver();
    }
    return { isExpected: this.#isStopping, reason, lastWords, overloads: [...overloads] };
  }

  #take(kind: number, route: number, number: number, body: Uint8Array): void {
    this.#pulse.heard();
    switch (kind) {
      case FrameKind.result: {
        const call = this.#inFlight.take(number);
        if (call === undefined) return;
        call.sink.result(body);
        this.#events.callOver();
        return;
      }
      case FrameKind.exception: {
        const call = this.#inFlight.take(number);
        if (call === undefined) return;
        const { type, message, stack } = readLinkBody<LinkException>(body);
        call.sink.exception(type, message, stack);
        this.#events.callOver();
        return;
      }
      case FrameKind.open:
        this.#streamsOf(number)?.open();
        return;
      case FrameKind.item:
        this.#streamsOf(number)?.item(body);
        return;
      case FrameKind.credit:
        this.#streamsOf(number)?.credit(route, readUint32(body, 0));
        return;
      case FrameKind.console: {
        const line = readLinkBody<ConsoleLine>(body);
        const sent = line.call === undefined ? undefined : this.#inFlight.calls.get(line.call);
        this.#events.console(line, sent?.call.overload);
        return;
      }
      case FrameKind.pong:
        this.#pulse.answered();
        return;
      case FrameKind.ready:
        this.#ready?.(readLinkBody<Ready>(body));
        return;
      default:
        throw new Error(`frame of kind ${kind}`);
    }
  }

  #streamsOf(number: number): StreamSink | undefined {
    return this.#inFlight.calls.get(number)?.call.sink.streams;
  }

  #late(number: number): void {
    const { sink } = this.#inFlight.calls.get(number)!.call;
    this.cancel(number);
    sink.exception("Deadline Exceeded", "the script did not answer within the call's deadline");
    this.#events.callOver();
  }
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}
