/** A framed connection: concurrent calls, and the requests of deployments. */
import { Channel, tickNowMs } from "../../channel/mod.ts";
import {
  FarcallError,
  InternalError,
  MalformedMessage,
  type MessageTooLarge,
  Overloaded,
  type RpcException,
  ServerDraining,
  toException,
} from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  encodeException,
  FrameKind,
  type Goodbye,
  protocolVersion,
  type Route,
} from "../../protocol/mod.ts";
import { encodeJson, readUint32 } from "../../encoding/mod.ts";
import { Handshake } from "./_handshake.ts";
import { OpenCalls } from "./_open_calls.ts";
import { Liveness } from "./_liveness.ts";
import { OpenRequests } from "./_requests.ts";
import { type CallersEnd, FrameCall } from "./_frame_call.ts";
import { type StreamingConnection, streamsOf } from "./_frame_streams.ts";
import { decide, type Decision, type RouteEntry, Routes } from "./_routes.ts";
import { CallTiming } from "./_timing.ts";
import { StrayFrames } from "./_stray_frames.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import { refusalOfAnswer } from "../memory/costs.ts";
import { FrameMemory } from "../memory/frame_memory.ts";
import type { PeerBudget } from "../memory/peer_budget.ts";
import { type Caller, firstIdentity } from "../calls/access.ts";
import type { Admission, NodeContext, Session } from "../node_context.ts";
import { mayBeDeployer } from "../peer/deployers.ts";
import type { Deployer } from "../deployment/deployment_session.ts";
import { LocalTrust } from "../peer/local_deployers.ts";

/** The estimated cost of a request in later microtasks (parsing, checks, answer), in milliseconds. */
const requestMs = 0.05;

/** A session in the framed protocol. */
export class FrameSession implements Session, CallersEnd {
  readonly #node: NodeContext;
  readonly #bounds: Limits;
  readonly #channel: Channel;
  readonly #transport: Transport;
  readonly #trust: PeerTrust;
  readonly #stay: Admission;
  readonly #budget: PeerBudget;
  readonly #routes: Routes;
  readonly #strays: StrayFrames;
  readonly #open: OpenCalls;
  #deployer: Deployer;
  readonly #local = new LocalTrust();
  #caller: Caller;
  /** Undefined once it is over: many connections wait long after it. */
  #handshake: Handshake | undefined;
  /** The largest answer that the caller accepts. */
  #answerBytesMax: number;
  #isRefused = false;
  /** Closes the connection after a failed proof. */
  #refusal: ReturnType<typeof setTimeout> | undefined;
  readonly #liveness: Liveness;
  readonly #requests: OpenRequests;
  readonly #streaming: StreamingConnection;

  /** @param options.stay If it is refused, it may only deploy. */
  constructor(
    node: NodeContext,
    transport: Transport,
    { trust, stay }: { readonly trust: PeerTrust; readonly stay: Admission },
  ) {
    this.#stay = stay;
    this.#node = node;
    const bounds = this.#bounds = node.bounds;
    this.#answerBytesMax = bounds.messageBytesMax;
    this.#strays = new StrayFrames(bounds);
    this.#open = new OpenCalls(this.#strays);
    this.#liveness = new Liveness(performance.now(), bounds);
    this.#transport = transport;
    this.#trust = trust;
    this.#budget = trust.budget;
    this.#routes = new Routes(trust.budget, bounds);
    this.#requests = new OpenRequests(node, trust);
    this.#channel = new Channel(transport, {
      bounds,
      messageBytesMax: () => this.#messageBytesMax(),
      slice: trust.slice,
      memory: new FrameMemory(trust.budget, this),
    });
    this.#deployer = { from: transport.remote, host: transport.remoteHost, key: undefined };
    this.#caller = { ...trust.origin, client: undefined };
    const { here, origin, slice, budget } = trust;
    const channel = this.#channel;
    this.#streaming = { open: this.#open, channel, budget, bounds };
    const begin = (caller: Caller) => this.#begin(caller);
    const refuse = (error: unknown) => this.end(error);
    const connection = { node, transport, channel, slice, here, origin };
    this.#handshake = new Handshake({ ...connection, begin, refuse });
  }

  /** Serves the connection until it ends. @param first Bytes already read, from the preface on. */
  async run(first: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const rest = await this.#handshake!.readPreface(first);
      await this.#channel.run(this.#take.bind(this), rest);
      if (this.#channel.isInsideFrame && !this.#channel.isClosed && !this.#isRefused) {
        throw new MalformedMessage("the connection ended inside a frame");
      }
      this.#open.cancelAll();
      // A half-closed peer still reads replies.
      await this.#channel.flushed();
    } catch (error) {
      this.#open.cancelAll();
      if (!(error instanceof FarcallError)) throw error;
      await this.#trust.slice.beginInTurn();
      await this.#refuseConnection(toException(error));
      await this.#node.lingering.add(this.#transport, this.#trust.slice);
    } finally {
      clearTimeout(this.#refusal);
      await this.#node.deployment?.abort(this.#deployer);
      this.#channel.close();
    }
  }

  get pendingBytes(): number {
    return this.#channel.pendingBytes;
  }

  check(nowMs: number): void {
    const verdict = this.#liveness.check(nowMs, {
      hasSaidHello: this.#hasSaidHello,
      owesProof: this.#handshake?.owesProof ?? false,
      isInsideFrame: this.#channel.isInsideFrame && !this.#channel.isHeldBack,
      writtenBytes: this.#channel.writtenBytes,
    });
    if (verdict.kind === "ping") this.#channel.send(FrameKind.ping, 0, 0);
    if (verdict.kind !== "end") return;
    this.#node.log.warn("connection.timed-out", { from: this.from, message: verdict.why });
    this.close();
  }

  /** A claimed key need not be proved yet. */
  get isIntroduced(): boolean {
    const key = this.#handshake?.hello?.key;
    if (!this.#hasSaidHello) return false;
    return key === undefined ? this.#trust.mayBeClient : this.#trust.here.knows(key);
  }

  get isIdle(): boolean {
    return this.#open.size === 0 && this.#requests.count === 0 && this.#handshake === undefined &&
      !this.#channel.isInsideFrame && this.#channel.queuedBytes === 0 &&
      !this.#node.deployment?.isUnderWayBy(this.#deployer);
  }

  sayGoodbye(reason: string): boolean {
    // A node sends nothing before its hello; peers greeted while it stops are told right after.
    if (this.#handshake?.isGreeted === false) return false;
    this.#sendGoodbye({ reason });
    return true;
  }

  /** Its last goodbye says what has been taken, as nothing will be from now on. */
  dismiss(reason: string): Promise<void> | undefined {
    const hasToWait = this.#handshake?.isGreeted === false || this.#channel.queuedBytes > 0;
    if (hasToWait || this.#isRefused) return undefined;
    this.#isRefused = true;
    const proofs = this.#caller.key === undefined ? 0 : 1;
    this.#sendGoodbye({ reason, taken: proofs + this.#open.askedCount });
    return this.#channel.flushed();
  }

  #sendGoodbye(goodbye: Goodbye): void {
    this.#channel.send(FrameKind.goodbye, 0, 0, encodeJson(goodbye));
  }

  flushed(): Promise<void> {
    return this.#channel.flushed();
  }

  close(): void {
    this.#channel.close();
  }

  /** Where its caller is. */
  get from(): string {
    return this.#transport.remote;
  }

  /** Sends what belongs to a call. */
  send(kind: number, call: number, body: Uint8Array, rest?: Uint8Array): void {
    this.#channel.send(kind, 0, call, body, rest);
  }

  /** A call is over. */
  forget(call: number): void {
    this.#open.forget(call);
  }

  get #hasSaidHello(): boolean {
    return this.#handshake === undefined || this.#handshake.hello !== undefined;
  }

  #messageBytesMax(): number {
    // Before the hello, no frame is larger.
    if (!this.#hasSaidHello) return limits.helloBytesMax;
    return this.#trust.messageBytesMax;
  }

  #take(kind: number, route: number, call: number, body: Uint8Array): void {
    this.#liveness.frameCame(tickNowMs());
    // Charges what is made of the frame; its buffer is free before the next one arrives.
    this.#budget.receive(0);
    if (this.#isRefused) return;
    this.#trust.work(1 + (body.length >>> 10));
    if (this.#handshake !== undefined) {
      if (!this.#hasSaidHello) {
        this.#handshake.take(kind, call, body);
        this.#stay.advance();
      } else if (!this.#takeSign(kind, call)) this.#handshake.take(kind, call, body);
    } else if (kind === FrameKind.call) this.#takeCall(route, call, body);
    else if (!this.#takeSign(kind, call)) this.#takeOther(kind, route, call, body);
  }

  /** Handles a ping or pong. @returns Whether it was one. */
  #takeSign(kind: number, number: number): boolean {
    if (kind === FrameKind.ping) {
      this.#strays.takePing(tickNowMs());
      this.#channel.send(FrameKind.pong, 0, number);
      return true;
    }
    if (kind !== FrameKind.pong) return false;
    this.#strays.takePong(this.#channel.sentFrames);
    return true;
  }

  /** The caller is known. */
  #begin(caller: Caller): void {
    this.#answerBytesMax = this.#handshake!.hello!.messageBytesMax;
    this.#handshake = undefined;
    this.#caller = caller;
    this.#trust.caller = caller;
    const client = firstIdentity(this.#node.services.live, caller);
    if (client !== undefined) this.#budget.belongTo(client.name);
    this.#deployer = { ...this.#deployer, key: caller.key };
    if (this.#node.isDraining) this.sayGoodbye(shutsDown);
  }

  /** Closes the connection but keeps reading, and drops what arrives, so that the last frame is delivered. */
  async end(error: unknown): Promise<void> {
    if (this.#isRefused || this.#channel.isClosed) return;
    this.#refusal = setTimeout(() => this.close(), this.#bounds.lingerMs);
    await this.#refuseConnection(toException(error));
    await this.#transport.closeWrite().catch(() => {});
  }

  #takeOther(kind: number, route: number, call: number, body: Uint8Array): void {
    switch (kind) {
      case FrameKind.route:
        if (this.#routes.has(route)) this.#strays.takeRouteAgain(route);
        this.#routes.define(route, body);
        return;
      case FrameKind.cancel:
      case FrameKind.item:
      case FrameKind.end:
      case FrameKind.credit:
        this.#open.take(kind, { stream: route, call }, body);
        return;
      case FrameKind.goodbye:
        return this.#strays.takeGoodbye();
      case FrameKind.request:
        return this.#takeRequest(call, body);
      default:
        throw new MalformedMessage(
          `a node takes no frame of kind ${kind} here (version ${protocolVersion} of the protocol)`,
        );
    }
  }

  #takeCall(routeNumber: number, call: number, body: Uint8Array): void {
    const entry = this.#routes.get(routeNumber);
    this.#open.ask(call);
    const decision = this.#decide(entry, body);
    if (decision instanceof Error) return this.#refuseCall(call, decision, entry.route);
    const trust = this.#trust;
    trust.hasAsked = true;
    trust.wasLetIn();
    const { overload } = decision;
    const streams = overload.signature.hasStreams
      ? streamsOf(call, overload, this.#streaming)
      : undefined;
    if (streams instanceof Overloaded) return this.#refuseCall(call, streams, entry.route);
    const admitted = new FrameCall(call, this, {
      entry,
      admitted: decision,
      payload: body.subarray(4),
      timeoutMs: readUint32(body, 0) || this.#bounds.callTimeoutMs,
      streams,
      timing: entry.route.trace && new CallTiming(),
    });
    const handle = this.#node.dispatcher.run(admitted, admitted);
    this.#open.add(call, handle);
    if (streams !== undefined) streams.handle = handle;
  }

  /** Whether a call is let in. */
  #decide(entry: RouteEntry, body: Uint8Array): Decision {
    const { refusal } = this.#stay;
    if (refusal !== undefined) return new Overloaded(refusal);
    if (body.length < 4) return new MalformedMessage("a call needs its deadline (4 bytes)");
    const decision = decide(entry, this.#node.services.live, this.#caller);
    if (decision instanceof Error) return decision;
    if (this.#node.isDraining) return new ServerDraining("the node is shutting down");
    const { size } = this.#open;
    if (size < this.#bounds.callsInFlightPerConnectionMax) return decision;
    return new Overloaded(
      `${size} calls are in flight on this connection; wait for one to end`,
    );
  }

  #refuseCall(call: number, exception: RpcException, route: Route): void {
    this.#open.refused(route);
    this.refuse(call, exception, route);
  }

  /** A call or request is not answered but by this. */
  refuse(
    call: number,
    exception: RpcException,
    wanted: { service?: string; rpc?: string } = {},
  ): void {
    const { cause } = exception;
    this.#trust.wasRefused();
    this.#node.log.warn("call.refused", {
      from: this.#transport.remote,
      via: "frames",
      client: this.#caller.client,
      service: wanted.service,
      rpc: wanted.rpc,
      exception: exception.code,
      message: exception.message,
      stack: exception instanceof InternalError && cause instanceof Error ? cause.stack : undefined,
    });
    this.#channel.send(FrameKind.exception, 0, call, encodeException(exception));
  }

  /** Why an answer of so many bytes is not sent; undefined where it is. */
  tooLarge(bodyBytes: number): MessageTooLarge | undefined {
    return refusalOfAnswer(bodyBytes, this.#answerBytesMax, this.#budget);
  }

  #takeRequest(call: number, body: Uint8Array): void {
    this.#open.ask(call);
    const { refusal } = this.#stay;
    if (refusal !== undefined && !mayBeDeployer(this.#node.deployKeys, this.#caller)) {
      return this.refuse(call, new Overloaded(refusal));
    }
    this.#open.addRequest(call);
    this.#trust.slice.owe(requestMs);
    const asker = {
      caller: this.#caller,
      deployer: this.#deployer,
      local: this.#local,
      here: this.#trust.here,
      isGone: () => this.#channel.isClosed,
    };
    this.#requests.answer(asker, body).then(
      (answer) => {
        this.#trust.hasAsked = true;
        const tooLarge = this.tooLarge(answer.length);
        if (tooLarge !== undefined) this.refuse(call, tooLarge);
        else this.#channel.send(FrameKind.response, 0, call, answer);
      },
      (error) => this.refuse(call, toException(error)),
    ).finally(() => this.#open.endRequest(call));
  }

  /** Sends why the connection ends, as an exception without a call. */
  async #refuseConnection(exception: RpcException): Promise<void> {
    this.#isRefused = true;
    this.#trust.slice.demote();
    this.#node.log.warn("connection.refused", {
      from: this.#transport.remote,
      exception: exception.code,
      message: exception.message,
    });
    this.#handshake?.greet();
    this.#channel.send(FrameKind.exception, 0, 0, encodeException(exception));
    await this.#channel.flushed();
  }
}

/** The reason in the goodbye of a stopping node. */
export const shutsDown = "the node is shutting down";
