import { Channel } from "../../channel/channel.ts";
import {
  DeadlineExceeded,
  FarcallError,
  MalformedMessage,
  type NodeUnreachable,
  toException,
} from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { Timer } from "../../timers/mod.ts";
import { formatPeer } from "../../transport/conn.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  decodeException,
  decodeGoodbye,
  decodeHello,
  decodeTiming,
  encodeControl,
  FrameKind,
  type Hello,
  preface,
  protocolVersion,
  type Request,
  type Responses,
  type Route,
  software,
} from "../../protocol/mod.ts";
import { encodeJson } from "../../encoding/mod.ts";
import { formatWay, type NodeAddress } from "../address.ts";
import type { CallableNode, ChosenCall } from "./callable_node.ts";
import type { StreamEnds } from "./call_streams.ts";
import { exchangeFrames, provokeFrames } from "./_frame_exchange.ts";
import type {
  NodeConnectionOptions,
  RawReply,
  ReadResult,
  SendOptions,
  SpeakOptions,
} from "./connection_options.ts";
import { Prover } from "./_prover.ts";
import { openTo } from "./connect.ts";
import { KeepAlive } from "./_keep_alive.ts";
import { NodeErrors } from "./_node_errors.ts";
import {
  CallWaiter,
  Pending,
  RequestWaiter,
  type Waiter,
  type WaiterOptions,
} from "./_pending_requests.ts";
import { type CallDeadline, cancelledBy } from "../call_deadline.ts";
import { readPreface } from "./_preface.ts";
import { RouteNumbers } from "./_route_numbers.ts";
import type { Way } from "./way.ts";

/** A connection to one node that carries many concurrent calls. */
export class NodeConnection implements CallableNode {
  readonly address: NodeAddress;
  readonly bounds: Limits;
  readonly #channel: Channel;
  readonly #pending: Pending;
  readonly #routes: RouteNumbers;
  readonly #errors: NodeErrors;
  #isGreeted = false;
  /** The largest body that the node is known to accept. */
  #bodyBytesMax: number;
  readonly #prover: Prover | undefined;
  readonly #greetingTimer: Timer;
  readonly #keepAlive: KeepAlive;
  readonly #greeting = Promise.withResolvers<void>();
  /** Why it takes no new calls while those in flight finish. */
  #leaving: FarcallError | undefined;
  /** The specific reason for its end, if known. */
  #endedBy: FarcallError | undefined;
  /** Resolves when it has ended. Never rejects. */
  readonly ended: Promise<void>;
  /** Resolves when the node has greeted and the proof of the key is sent; otherwise rejects with the reason. */
  readonly greeted: Promise<void> = this.#greeting.promise;

  /** Runs a session over a transport, and closes it at the end. With a key, send nothing before {@linkcode greeted}. */
  constructor(address: NodeAddress, transport: Transport, options: SpeakOptions = {}) {
    const { client, key, bounds = limits, timeoutMs = bounds.connectTimeoutMs } = options;
    this.bounds = bounds;
    this.#routes = new RouteNumbers(bounds, (number, route) => {
      this.#channel.send(FrameKind.route, number, 0, encodeJson(route));
    });
    const messageBytesMax = this.#bodyBytesMax = bounds.messageBytesMax;
    this.address = address;
    this.#prover = key && new Prover(key, { node: address.name, client });
    this.#errors = new NodeErrors(formatWay(address, transport), options.node);
    this.#channel = new Channel(transport, {
      bounds,
      // Before its greeting, the largest thing that a node sends is why it ends the connection.
      messageBytesMax: () => this.#isGreeted ? messageBytesMax : limits.messageBytesMaxLeast,
      holdBackBytes: Infinity,
      eagerBytes: bounds.eagerBytes,
    });
    this.#pending = new Pending((call, waiter) => this.#expired(call, waiter));
    this.#keepAlive = new KeepAlive(this.#channel, {
      look: () => ({ hasSaidHello: this.#isGreeted, isOwed: this.#pending.size > 0 }),
      end: () => this.#endBecause(this.#errors.vanished()),
    }, bounds);
    const claim = { client, key: key?.publicKey };
    const hello: Hello = { version: protocolVersion, software, messageBytesMax, ...claim };
    this.greeted.catch(() => {});
    this.#channel.sendRaw(preface);
    this.#channel.send(FrameKind.hello, 0, 0, encodeJson(hello));
    const late = () => this.#endBecause(this.#errors.silent(timeoutMs));
    this.#greetingTimer = new Timer(late, timeoutMs);
    this.ended = this.#live();
  }

  /**
   * Connects. With a key, waits for the node's greeting; a rejected proof shows at the first answer.
   *
   * @throws {NodeUnreachable} If it cannot connect, or the node does not support keys.
   */
  static async open(
    address: NodeAddress,
    options: NodeConnectionOptions = {},
  ): Promise<NodeConnection> {
    const connection = await openTo(
      address,
      options,
      (...on) => new NodeConnection(address, ...on),
    );
    if (options.key !== undefined) await connection.greeted;
    return connection;
  }

  /** The remote address. */
  get peer(): Pick<Transport, "remoteHost" | "remotePort" | "carrier"> {
    return this.#channel.transport;
  }

  /** How it reaches the node. */
  way(): Promise<Way> {
    return this.#keepAlive.timed.way();
  }

  /** The node, for messages. */
  get name(): string {
    return this.#errors.node;
  }

  /** The error for a message on a connection that is no longer usable. */
  notSent(): NodeUnreachable {
    return this.#errors.notSent(this.#endedBy ?? this.#leaving);
  }

  /** Whether new calls may be sent. */
  get isUsable(): boolean {
    return this.#leaving === undefined && !this.#channel.isClosed;
  }

  /** The number of unanswered messages. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Calls an overload.
   *
   * @param read Decodes the result. Default: a copy of it.
   * @param streams Its streams, if any; they are told how the call ends.
   * @throws {RpcException} The node's exception; `node` says which.
   * @throws {ConnectionLost} If the connection ended first, or the node fell silent; the script may have run.
   * @throws {NodeUnreachable} If the connection ended before the call was written: nothing has run.
   * @throws {DeadlineExceeded} If the answer did not arrive in time; the node is told to stop.
   * @throws {Cancelled} If the signal was raised; the node is told to stop.
   * @throws {MessageTooLarge} If the node does not accept messages of this size.
   */
  call(route: Route, payload: Uint8Array, options: SendOptions): Promise<RawReply>;
  call<T>(
    route: Route,
    payload: Uint8Array,
    options: SendOptions,
    read: ReadResult<T>,
    streams?: StreamEnds,
  ): Promise<T>;
  call(
    route: Route,
    payload: Uint8Array,
    options: SendOptions,
    read: ReadResult<unknown> = rawReply,
    streams?: StreamEnds,
  ): Promise<unknown> {
    const bodyBytes = deadlineBytes + payload.length;
    const refusal = this.#refusal(bodyBytes, options);
    if (refusal !== undefined) {
      return options.recovery?.recover(refusal) ?? Promise.reject(refusal);
    }
    const number = this.#routes.of(route);
    const waiter = new CallWaiter(this.#waiting(options, streams), read);
    const call = this.#await(waiter, options);
    const timeoutMs = Math.ceil(options.timeoutMs); // 0 would leave the deadline to the node.
    this.#channel.send(FrameKind.call, number, call, timeoutMs, payload);
    waiter.endsAtByte = this.#channel.sentBytes;
    this.#keepAlive.begin();
    if (streams !== undefined) this.#beginStreams(call, streams);
    return waiter.settled;
  }

  #beginStreams(call: number, streams: StreamEnds): void {
    streams.begin({
      send: (kind, stream, body) => this.#channel.send(kind, stream, call, body),
      giveUp: (error) => this.#giveUp(call, error),
    });
  }

  exchange(call: ChosenCall): Promise<unknown> {
    return exchangeFrames(this, call);
  }

  provoke(route: Route, deadline: CallDeadline): Promise<unknown> {
    return provokeFrames(this, route, deadline);
  }

  /** Sends a request other than a call. @throws As {@linkcode call}. */
  request<R extends Request>(
    request: R,
    options: SendOptions,
    attachment?: Uint8Array<ArrayBuffer>,
  ): Promise<Responses[R["op"]]> {
    const body = encodeControl(request, attachment);
    const refusal = this.#refusal(body.length, options);
    if (refusal !== undefined) return Promise.reject(refusal);
    const waiter = new RequestWaiter<R["op"]>(this.#waiting(options), request.op);
    const call = this.#await(waiter, options);
    this.#channel.send(FrameKind.request, 0, call, body);
    waiter.endsAtByte = this.#channel.sentBytes;
    return waiter.settled;
  }

  /** Ends the connection; messages in flight fail. Resolves when everything is released. */
  async close(): Promise<void> {
    this.#leaving = this.#errors.closedHere();
    this.#endBecause(this.#leaving);
    await this.ended;
  }

  /** Refuses new calls, and ends once those in flight are answered. */
  leave(): void {
    this.#leave(this.#errors.left());
  }

  /** A node that said goodbye waits for its callers to disconnect. */
  #leave(why: FarcallError): void {
    this.#leaving ??= why;
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (this.#leaving !== undefined && this.#pending.size === 0) this.#endBecause(this.#leaving);
  }

  #endBecause(error: FarcallError): void {
    if (this.#channel.isClosed) return;
    this.#endedBy ??= error;
    this.#channel.close();
  }

  /** Why a message cannot be sent. */
  #refusal(bodyBytes: number, { timeoutMs, signal }: SendOptions): FarcallError | undefined {
    if (bodyBytes > this.#bodyBytesMax) return this.#errors.tooLarge(bodyBytes, this.#bodyBytesMax);
    if (signal?.aborted) {
      return cancelledBy(signal, "the call was cancelled before it was sent", this.#errors);
    }
    if (this.#channel.isClosed) return this.#endedBy ?? this.#lost();
    if (timeoutMs > 0) return undefined;
    return new DeadlineExceeded("the call's time was up before it was sent", this.#errors);
  }

  #waiting(options: SendOptions, streams?: StreamEnds): WaiterOptions {
    const { timeoutMs, deadlineMs = performance.now() + timeoutMs, onTiming, recovery } = options;
    return { deadlineMs, node: this.#errors.node, streams, onTiming, recovery };
  }

  /** Registers a waiter. @returns The number of its message. */
  #await(waiter: Waiter, { signal }: SendOptions): number {
    const call = this.#pending.add(waiter);
    if (signal !== undefined) waiter.watch(signal, this.#givingUp(call, signal));
    return call;
  }

  #givingUp(call: number, signal: AbortSignal): () => void {
    const why = "the call was cancelled by its caller";
    return () => this.#giveUp(call, cancelledBy(signal, why, this.#errors));
  }

  async #live(): Promise<void> {
    let reason: unknown;
    try {
      const rest = await readPreface(this.#channel.transport, this.#errors);
      await this.#channel.run((kind, route, call, body) => {
        if (kind === FrameKind.exception && call === 0) {
          const said = decodeException(body, this.#errors.node); // A node closes after its goodbye. If it did not, every call would wait for its deadline.
          this.#endBecause(this.#isGreeted ? this.#errors.endedBy(said) : said);
        } else this.#take(kind, route, call, body);
      }, rest);
    } catch (error) {
      reason = error;
    }
    this.#greetingTimer.stop();
    this.#keepAlive.stop();
    this.#channel.close();
    if (reason !== undefined) this.#endedBy ??= this.#lost(reason); // Kept for later calls.
    this.#greeting.reject(this.#endedBy ?? this.#lost());
    this.#pending.failAll((waiter) => {
      const error = this.#endedBy ?? this.#lost();
      const isSent = waiter.endsAtByte <= this.#channel.begunBytes;
      return isSent || error === this.#leaving ? error : this.#errors.notSent(error);
    });
  }

  #take(kind: number, stream: number, call: number, body: Uint8Array): void {
    this.#keepAlive.heard();
    switch (kind) {
      case FrameKind.result:
      case FrameKind.exception:
      case FrameKind.response: {
        // Unknown numbers answer cancelled requests: the answer crossed the cancel on the way.
        const waiter = this.#pending.take(call);
        if (waiter === undefined) return;
        try {
          waiter.answer(kind, body);
        } catch (error) {
          waiter.fail(this.#errors.unreadable(error));
        }
        this.#leaveIfDone();
        return;
      }
      case FrameKind.open:
      case FrameKind.item:
      case FrameKind.credit:
        return this.#pending.get(call)?.streams?.take(kind, stream, body);
      case FrameKind.timing:
        return this.#pending.get(call)?.onTiming?.(decodeTiming(body));
      case FrameKind.hello: {
        const hello = decodeHello(body);
        this.#errors.checkHello(hello);
        this.#isGreeted = true;
        this.#greetingTimer.stop();
        this.#bodyBytesMax = hello.messageBytesMax;
        this.#keepAlive.start();
        if (this.#prover === undefined) this.#greeting.resolve();
        else this.#prove(this.#prover, hello);
        return;
      }
      case FrameKind.ping:
        return this.#channel.send(FrameKind.pong, 0, call);
      case FrameKind.pong:
        return this.#keepAlive.timed.answered(call);
      case FrameKind.goodbye: {
        const { reason, taken = Infinity } = decodeGoodbye(body);
        this.#pending.failAfter(taken, this.#errors.notTaken(reason));
        return this.#leave(this.#errors.drained(reason));
      }
      default:
        throw new MalformedMessage(`a node sends no frame of kind ${kind}`);
    }
  }

  /** Sends the proof of the key before anything else; a node that rejects it ends the connection. */
  async #prove(prover: Prover, { challenge }: Hello): Promise<void> {
    try {
      if (challenge === undefined) throw this.#errors.knowsNoKeys();
      const request = await prover.request(challenge, formatPeer(this.peer));
      this.request(request, { timeoutMs: this.bounds.connectTimeoutMs }).catch(() => {});
      this.#greeting.resolve();
    } catch (error) {
      this.#endBecause(error instanceof FarcallError ? error : toException(error));
    }
  }

  /** Cancels a request, unless it was answered already. */
  #giveUp(call: number, error: unknown): void {
    const waiter = this.#pending.take(call);
    if (waiter === undefined) return;
    this.#channel.send(FrameKind.cancel, 0, call);
    waiter.fail(error);
    this.#leaveIfDone();
  }

  #expired(call: number, waiter: Waiter): void {
    this.#channel.send(FrameKind.cancel, 0, call);
    const what = waiter instanceof CallWaiter ? "a call" : "a request";
    waiter.fail(this.#errors.late(waiter.streams?.items === undefined ? what : "a stream"));
    this.#leaveIfDone();
  }

  #lost(reason?: unknown): FarcallError {
    return this.#errors.lost(this.#isGreeted ? "after hello" : "before hello", reason);
  }
}

const deadlineBytes = 4;
const rawReply: ReadResult<RawReply> = (payload, script) => ({ payload: payload.slice(), script });
