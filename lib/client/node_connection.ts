import { Channel } from "../channel/mod.ts";
import {
  Cancelled,
  DeadlineExceeded,
  type FarcallError,
  MalformedMessage,
  NodeUnreachable,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { connectTcp, type Transport } from "../transport/mod.ts";
import {
  decodeException,
  decodeHello,
  decodeResponse,
  encodeControl,
  encodeJson,
  FrameKind,
  type Hello,
  preface,
  protocolVersion,
  type Request,
  type Responses,
  type Route,
  type ScriptId,
  scriptIdFrom,
  software,
} from "../wire/mod.ts";
import { formatNode, type NodeAddress } from "./address.ts";
import { KeepAlive } from "./_keep_alive.ts";
import { NodeErrors } from "./_node_errors.ts";
import { Pending, type Waiter } from "./_pending.ts";
import { RouteNumbers } from "./_route_numbers.ts";

/** How to connect. */
export interface NodeConnectionOptions {
  /** The client to be; none lets the node find it by address. */
  readonly client?: string;
  /**
   * Gives up after this many milliseconds: connecting, and then again waiting for the node's greeting.
   * Default: `limits.connectTimeoutMs`.
   */
  readonly timeoutMs?: number;
  /** The address and port to call from. */
  readonly localHost?: string;
  readonly localPort?: number;
}

/** How one message is sent. */
export interface SendOptions {
  /** Gives up after this many milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What came back from a call. */
export interface RawReply {
  /** The result's payload. */
  readonly payload: Uint8Array;
  /** The script that made it. */
  readonly script: ScriptId;
}

/** A connection to one node, with many calls in flight. */
export class NodeConnection {
  readonly address: NodeAddress;
  readonly #channel: Channel;
  readonly #pending: Pending;
  readonly #routes = new RouteNumbers();
  readonly #errors: NodeErrors;
  #isGreeted = false;
  /** The largest body that the node accepts, as far as it has said. */
  #bodyBytesMax: number = limits.messageBytesMax;
  #greetingBytes = new Uint8Array(0);
  readonly #greetingTimer: ReturnType<typeof setTimeout>;
  readonly #keepAlive: KeepAlive;
  readonly #greeting = Promise.withResolvers<void>();
  /** Why it takes no new calls, while those in flight are waited for. */
  #leaving: FarcallError | undefined;
  /** Why it ended, where that is known better than by how. */
  #endedBy: FarcallError | undefined;
  /** Resolves when the connection has ended. Never rejects. */
  readonly ended: Promise<void>;
  /** Resolves when the node has greeted; rejects with the reason if it does not. */
  readonly greeted: Promise<void> = this.#greeting.promise;

  private constructor(address: NodeAddress, transport: Transport, options: NodeConnectionOptions) {
    const { client, timeoutMs = limits.connectTimeoutMs } = options;
    this.address = address;
    this.#errors = new NodeErrors(formatNode(address));
    this.#channel = new Channel(transport, { holdBackBytes: Infinity });
    this.#pending = new Pending((call, waiter) => this.#expired(call, waiter));
    this.#keepAlive = new KeepAlive(this.#channel, {
      look: () => ({ hasSaidHello: this.#isGreeted, isOwed: this.#pending.size > 0 }),
      end: () => this.#endBecause(this.#errors.vanished()),
    });
    const hello: Hello = {
      version: protocolVersion,
      software,
      messageBytesMax: limits.messageBytesMax,
      client,
    };
    this.greeted.catch(() => {});
    this.#channel.sendRaw(preface);
    this.#channel.send(FrameKind.hello, 0, 0, encodeJson(hello));
    this.#greetingTimer = setTimeout(() => {
      this.#endBecause(this.#errors.silent(timeoutMs));
    }, timeoutMs);
    this.ended = this.#live();
  }

  /**
   * Connects. Calls may be sent at once; the node's greeting is checked when it comes.
   *
   * @throws {NodeUnreachable} If it cannot.
   */
  static async open(
    address: NodeAddress,
    options: NodeConnectionOptions = {},
  ): Promise<NodeConnection> {
    const { timeoutMs = limits.connectTimeoutMs, localHost, localPort } = options;
    try {
      const transport = await connectTcp(address.host, address.port, {
        timeoutMs,
        localHost,
        localPort,
      });
      return new NodeConnection(address, transport, options);
    } catch (error) {
      if (!(error instanceof NodeUnreachable) || address.name === undefined) throw error;
      throw new NodeUnreachable(`node "${address.name}": ${error.message}`, {
        node: formatNode(address),
        cause: error.cause,
      });
    }
  }

  /** Over a connection that exists, for programs that bring their own. Closes it in the end. */
  static over(address: NodeAddress, transport: Transport, client?: string): NodeConnection {
    return new NodeConnection(address, transport, { client });
  }

  /** The node as a person names it. */
  get name(): string {
    return this.#errors.node;
  }

  /** What to say of a message for a connection that is no longer usable. */
  notSent(): NodeUnreachable {
    return this.#errors.notSent(this.#endedBy ?? this.#leaving);
  }

  /** Whether new calls may be sent. */
  get isUsable(): boolean {
    return this.#leaving === undefined && !this.#channel.isClosed;
  }

  /** Messages that wait for their answer. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Calls an overload.
   *
   * @throws {RpcException} What the node answered; `node` says which.
   * @throws {ConnectionLost} If the connection ended first, or the node fell silent; whether the script ran
   * is unknown.
   * @throws {NodeUnreachable} If the connection ended before the call was written: nothing has run.
   * @throws {DeadlineExceeded} If no answer came in time; the node is told to stop.
   * @throws {Cancelled} If the signal was raised; the node is told to stop.
   * @throws {MessageTooLarge} If the node does not accept as much in one message.
   */
  call(route: Route, payload: Uint8Array, options: SendOptions): Promise<RawReply> {
    const bodyBytes = deadlineBytes + payload.length;
    if (bodyBytes > this.#bodyBytesMax) {
      return Promise.reject(this.#errors.tooLarge(bodyBytes, this.#bodyBytesMax));
    }
    const number = this.#routeNumber(route);
    return this.#exchange<RawReply>(
      options,
      (call) => {
        // Rounded up, as 0 would leave the deadline to the node.
        const timeoutMs = Math.ceil(options.timeoutMs);
        this.#channel.send(FrameKind.call, number, call, timeoutMs, payload);
        this.#keepAlive.begin();
      },
      (kind, body) => {
        if (kind !== FrameKind.result) throw new MalformedMessage(`kind ${kind} answers no call`);
        return { payload: body.slice(32), script: scriptIdFrom(body.subarray(0, 32)) };
      },
    );
  }

  /**
   * Asks the node something else than a call.
   *
   * @throws As {@linkcode call}.
   */
  request<R extends Request>(
    request: R,
    options: SendOptions,
    attachment?: Uint8Array<ArrayBuffer>,
  ): Promise<Responses[R["op"]]> {
    const body = encodeControl(request, attachment);
    if (body.length > this.#bodyBytesMax) {
      return Promise.reject(this.#errors.tooLarge(body.length, this.#bodyBytesMax));
    }
    return this.#exchange<Responses[R["op"]]>(
      options,
      (call) => this.#channel.send(FrameKind.request, 0, call, body),
      (kind, body) => {
        if (kind !== FrameKind.response) {
          throw new MalformedMessage(`kind ${kind} answers no request`);
        }
        return decodeResponse<R["op"]>(request.op, body);
      },
    );
  }

  /** Ends the connection; messages in flight fail. Resolves when everything is let go. */
  async close(): Promise<void> {
    this.#leaving = this.#errors.closedHere();
    this.#endBecause(this.#leaving);
    await this.ended;
  }

  /** Takes no new calls, and ends when those in flight are answered. */
  leave(): void {
    this.#leave(this.#errors.left());
  }

  /** A node that said goodbye waits for its callers to go. */
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

  #exchange<T>(
    options: SendOptions,
    send: (call: number) => void,
    read: (kind: number, body: Uint8Array) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) {
        reject(new Cancelled("the call was cancelled before it was sent", this.#errors));
        return;
      }
      if (this.#channel.isClosed) {
        reject(this.#endedBy ?? this.#lost());
        return;
      }
      if (options.timeoutMs <= 0) {
        reject(new DeadlineExceeded("the call's time was up before it was sent", this.#errors));
        return;
      }
      const onAbort = () => {
        if (this.#pending.take(call) === undefined) return;
        this.#channel.send(FrameKind.cancel, 0, call);
        reject(new Cancelled("the call was cancelled by its caller", this.#errors));
        this.#leaveIfDone();
      };
      const waiter: Waiter = {
        endsAtByte: 0,
        deadlineMs: performance.now() + options.timeoutMs,
        answer: (kind, body) => {
          signal?.removeEventListener("abort", onAbort);
          if (kind === FrameKind.exception) reject(decodeException(body, this.#errors.node));
          else resolve(read(kind, body));
        },
        fail: (error) => {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      const call = this.#pending.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
      send(call);
      waiter.endsAtByte = this.#channel.writtenBytes + this.#channel.queuedBytes;
    });
  }

  async #live(): Promise<void> {
    let reason: unknown;
    try {
      await this.#greet();
      await this.#channel.run((kind, _route, call, body) => {
        if (kind === FrameKind.exception && call === 0) {
          this.#endedBy ??= this.#errors.endedBy(decodeException(body, this.#errors.node));
        } else this.#take(kind, call, body);
      }, this.#greetingBytes);
    } catch (error) {
      reason = error;
    }
    clearTimeout(this.#greetingTimer);
    this.#keepAlive.stop();
    this.#channel.close();
    // Kept for calls that come later, too.
    if (reason !== undefined) this.#endedBy ??= this.#lost(reason);
    this.#greeting.reject(this.#endedBy ?? this.#lost());
    const { begunBytes } = this.#channel;
    this.#pending.failAll((waiter) => {
      const error = this.#endedBy ?? this.#lost();
      const isSent = waiter.endsAtByte <= begunBytes;
      return isSent || error === this.#leaving ? error : this.#errors.notSent(error);
    });
  }

  /** Reads the preface: whoever sends something else is no farcall node. */
  async #greet(): Promise<void> {
    const buffer = new Uint8Array(4 * 1024);
    let bytes = 0;
    while (bytes < preface.length) {
      const count = await this.#channel.transport.read(buffer.subarray(bytes));
      if (count === null) {
        if (bytes === 0) return;
        break;
      }
      bytes += count;
    }
    if (!preface.every((byte, index) => buffer[index] === byte)) {
      throw this.#errors.noNode();
    }
    this.#greetingBytes = buffer.subarray(preface.length, bytes);
  }

  #take(kind: number, call: number, body: Uint8Array): void {
    switch (kind) {
      case FrameKind.result:
      case FrameKind.exception:
      case FrameKind.response: {
        // Unknown numbers are answers to what was given up: they crossed the cancel on the way.
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
      case FrameKind.hello: {
        const hello = decodeHello(body);
        if (hello.version !== protocolVersion) throw this.#errors.otherVersion(hello);
        this.#isGreeted = true;
        clearTimeout(this.#greetingTimer);
        this.#bodyBytesMax = hello.messageBytesMax;
        this.#greeting.resolve();
        return;
      }
      case FrameKind.ping:
        this.#channel.send(FrameKind.pong, 0, call);
        return;
      case FrameKind.pong:
        return;
      case FrameKind.goodbye:
        this.#leave(this.#errors.drained());
        return;
      default:
        throw new MalformedMessage(`a node sends no frame of kind ${kind}`);
    }
  }

  /** The number of a route on this connection; says what it means the first time. */
  #routeNumber(route: Route): number {
    const { number, isNew } = this.#routes.of(route);
    if (isNew) this.#channel.send(FrameKind.route, number, 0, encodeJson(route));
    return number;
  }

  #expired(call: number, waiter: Waiter): void {
    this.#channel.send(FrameKind.cancel, 0, call);
    waiter.fail(this.#errors.late());
    this.#leaveIfDone();
  }

  #lost(reason?: unknown): FarcallError {
    return this.#errors.lost(this.#isGreeted ? "after hello" : "before hello", reason);
  }
}

const deadlineBytes = 4;
