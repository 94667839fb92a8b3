/** One connection that speaks frames: many calls in flight, and the questions of a deployment. */
import { Channel } from "../channel/mod.ts";
import {
  ClientNotRegistered,
  FarcallError,
  MalformedMessage,
  Overloaded,
  type RpcException,
  ServerDraining,
  toException,
  Unauthenticated,
} from "../errors/mod.ts";
import type { CallHandle } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import {
  decodeHello,
  decodeRequest,
  decodeRoute,
  encodeControl,
  encodeException,
  encodeExceptionBody,
  encodeJson,
  FrameKind,
  type Goodbye,
  type Hello,
  preface,
  protocolVersion,
  readUint32,
  type Request,
  type Responses,
  type Route,
  software,
} from "../wire/mod.ts";
import { admit, type Caller, isLoopback, overloadOf, servicesFor } from "./access.ts";
import type { NodeContext, Session } from "./context.ts";
import type { Deployer } from "./deployment.ts";
import type { LiveGeneration, LiveOverload } from "./generation.ts";

/** What a route number means, decided once a generation. */
interface RouteEntry {
  readonly route: Route;
  generation: LiveGeneration | undefined;
  decision: { overload: LiveOverload; client: string } | RpcException;
}

const undecided: RpcException = new ClientNotRegistered("");

/** A connection in the framed protocol. */
export class FrameSession implements Session {
  readonly #node: NodeContext;
  readonly #channel: Channel;
  readonly #transport: Transport;
  readonly #routes = new Map<number, RouteEntry>();
  readonly #calls = new Map<number, CallHandle>();
  readonly #deployer: Deployer;
  #caller: Caller;
  #hello: Hello | undefined;
  #lastFrameMs = performance.now();
  #isPinged = false;
  #openRequests = 0;

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#transport = transport;
    this.#channel = new Channel(transport);
    this.#deployer = { from: transport.remote };
    this.#caller = {
      host: transport.remoteHost,
      port: transport.remotePort,
      client: undefined,
    };
  }

  /** Serves the connection to its end. @param first What was read already, from the preface on. */
  async run(first: Uint8Array): Promise<void> {
    try {
      const rest = await this.#readPreface(first);
      await this.#channel.run(
        (kind, route, call, body) => this.#take(kind, route, call, body),
        rest,
      );
    } catch (error) {
      await this.#endWith(error);
    } finally {
      for (const handle of this.#calls.values()) handle.cancel();
      this.#calls.clear();
      await this.#node.deployment.abort(this.#deployer);
      this.#channel.close();
    }
  }

  check(nowMs: number): void {
    const silentMs = nowMs - this.#lastFrameMs;
    const isStuck = silentMs > limits.frameTimeoutMs &&
      (this.#hello === undefined || this.#channel.isInsideFrame);
    if (isStuck || (this.#isPinged && silentMs > 2 * limits.keepAliveMs)) {
      this.#node.log.warn("connection.timed-out", {
        from: this.#transport.remote,
        message: `nothing complete came for ${Math.round(silentMs / 1000)} s`,
      });
      this.close();
    } else if (silentMs > limits.keepAliveMs && !this.#isPinged && this.#hello !== undefined) {
      this.#isPinged = true;
      this.#channel.send(FrameKind.ping, 0, 0);
    }
  }

  sayGoodbye(): void {
    const goodbye: Goodbye = { reason: "the node is shutting down" };
    this.#channel.send(FrameKind.goodbye, 0, 0, encodeJson(goodbye));
  }

  flushed(): Promise<void> {
    return this.#channel.flushed();
  }

  close(): void {
    this.#channel.close();
  }

  async #readPreface(first: Uint8Array): Promise<Uint8Array> {
    let bytes = first;
    while (bytes.length < preface.length) {
      const buffer = new Uint8Array(4 * 1024);
      const count = await this.#transport.read(buffer);
      if (count === null) throw new MalformedMessage("the connection ended inside its preface");
      bytes = Uint8Array.of(...bytes, ...buffer.subarray(0, count));
    }
    if (preface.every((byte, index) => bytes[index] === byte)) {
      return bytes.subarray(preface.length);
    }
    throw new MalformedMessage("a framed connection begins with the bytes FC 46 43 52");
  }

  #take(kind: number, route: number, call: number, body: Uint8Array): void {
    this.#lastFrameMs = performance.now();
    this.#isPinged = false;
    if (kind === FrameKind.call) this.#takeCall(route, call, body);
    else if (this.#hello === undefined) this.#takeHello(kind, body);
    else this.#takeOther(kind, route, call, body);
  }

  #takeHello(kind: number, body: Uint8Array): void {
    if (kind !== FrameKind.hello) throw new MalformedMessage("the first frame must be a hello");
    const hello = decodeHello(body);
    if (hello.version !== protocolVersion) {
      throw new MalformedMessage(
        `${hello.software} speaks version ${hello.version} of the protocol, ` +
          `this node ${protocolVersion}; use the same version of farcall on both sides`,
      );
    }
    this.#hello = hello;
    this.#caller = { ...this.#caller, client: hello.client };
    const mine: Hello = {
      version: protocolVersion,
      software,
      messageBytesMax: limits.messageBytesMax,
      node: this.#node.deployment.nodeName,
    };
    this.#channel.sendRaw(preface);
    this.#channel.send(FrameKind.hello, 0, 0, encodeJson(mine));
    this.#node.log.info("connection.framed", {
      from: this.#transport.remote,
      client: hello.client,
      software: hello.software,
    });
  }

  #takeOther(kind: number, route: number, call: number, body: Uint8Array): void {
    switch (kind) {
      case FrameKind.route:
        if (!this.#routes.has(route) && this.#routes.size >= limits.routesPerConnectionMax) {
          throw new Overloaded(
            `a connection may define ${limits.routesPerConnectionMax} routes; use their numbers again`,
          );
        }
        this.#routes.set(route, {
          route: decodeRoute(body),
          generation: undefined,
          decision: undecided,
        });
        return;
      case FrameKind.cancel:
        this.#calls.get(call)?.cancel();
        this.#calls.delete(call);
        return;
      case FrameKind.ping:
        this.#channel.send(FrameKind.pong, 0, call);
        return;
      case FrameKind.pong:
      case FrameKind.goodbye:
        return;
      case FrameKind.request:
        this.#takeRequest(call, body);
        return;
      default:
        throw new MalformedMessage(`version ${protocolVersion} has no frame of kind ${kind}`);
    }
  }

  #takeCall(routeNumber: number, call: number, body: Uint8Array): void {
    const entry = this.#routes.get(routeNumber);
    if (entry === undefined) throw new MalformedMessage(`route ${routeNumber} was not defined`);
    if (body.length < 4) throw new MalformedMessage("a call needs its deadline (4 bytes)");
    if (this.#calls.has(call)) throw new MalformedMessage(`call ${call} is in flight already`);
    const decision = this.#decide(entry);
    if (decision instanceof Error) {
      this.#refuse(call, decision, entry.route);
      return;
    }
    if (this.#node.isDraining) {
      this.#refuse(call, new ServerDraining("the node is shutting down"), entry.route);
      return;
    }
    if (this.#calls.size >= limits.callsInFlightPerConnectionMax) {
      this.#refuse(
        call,
        new Overloaded(
          `${this.#calls.size} calls are in flight on this connection; wait for one to end`,
        ),
        entry.route,
      );
      return;
    }
    const { overload, client } = decision;
    const handle = this.#node.dispatcher.run({
      overload,
      payload: body.subarray(4),
      timeoutMs: readUint32(body, 0) || limits.callTimeoutMs,
      client,
      from: this.#transport.remote,
    }, {
      result: (payload) => {
        this.#calls.delete(call);
        this.#channel.send(FrameKind.result, 0, call, overload.scriptBytes, payload);
      },
      exception: (type, message) => {
        this.#calls.delete(call);
        const body = encodeExceptionBody(type, message, overload.script);
        this.#channel.send(FrameKind.exception, 0, call, body);
      },
    });
    this.#calls.set(call, handle);
  }

  /** Who may call what is decided once a route and generation: a commit makes every route ask anew. */
  #decide(entry: RouteEntry): RouteEntry["decision"] {
    const { live } = this.#node.deployment;
    if (entry.generation === live) return entry.decision;
    entry.generation = live;
    try {
      const { client, overloads } = admit(live, this.#caller, entry.route);
      entry.decision = { client, overload: overloadOf(overloads, entry.route) };
    } catch (error) {
      entry.decision = toException(error);
    }
    return entry.decision;
  }

  #refuse(call: number, exception: RpcException, wanted: { service?: string; rpc?: string }): void {
    const { cause } = exception;
    this.#node.log.warn("call.refused", {
      from: this.#transport.remote,
      client: this.#caller.client,
      service: wanted.service,
      rpc: wanted.rpc,
      exception: exception.code,
      message: exception.message,
      stack: cause instanceof Error && !(cause instanceof FarcallError) ? cause.stack : undefined,
    });
    this.#channel.send(FrameKind.exception, 0, call, encodeException(exception));
  }

  #takeRequest(call: number, body: Uint8Array): void {
    const { request, attachment } = decodeRequest(body);
    if (this.#openRequests >= limits.requestsPerConnectionMax) {
      this.#refuse(call, new Overloaded("too many requests are open on this connection"), {});
      return;
    }
    this.#openRequests += 1;
    this.#respond(request, attachment).then(
      (response) => this.#channel.send(FrameKind.response, 0, call, encodeControl(response)),
      (error) => this.#refuse(call, toException(error), {}),
    ).finally(() => this.#openRequests -= 1);
  }

  async #respond(
    request: Request,
    attachment: Uint8Array<ArrayBuffer>,
  ): Promise<Responses[Request["op"]]> {
    const { deployment } = this.#node;
    if (request.op === "describe") return this.#describe(request.service);
    if (!isLoopback(this.#transport.remoteHost)) {
      throw new Unauthenticated(
        "this node has no deploy key and takes deployments from its own machine only",
      );
    }
    if (this.#node.isDraining) throw new ServerDraining("the node is shutting down");
    switch (request.op) {
      case "observe":
        return await deployment.observe(request.scripts);
      case "put":
        return await deployment.put(request.scripts, attachment);
      case "stage": {
        const staged = await deployment.stage(this.#deployer, request.manifest, request.deployer);
        // The connection may have ended meanwhile; nobody is left to commit.
        if (this.#channel.isClosed) await deployment.abort(this.#deployer);
        return staged;
      }
      case "commit":
        return await deployment.commit(this.#deployer);
      case "abort":
        return await deployment.abort(this.#deployer);
    }
  }

  #describe(only: string | undefined): Responses["describe"] {
    const { live } = this.#node.deployment;
    const services = servicesFor(live, this.#caller)
      .filter((service) => only === undefined || service.name === only)
      .map((service) => ({
        name: service.name,
        description: service.description,
        overloads: [...service.rpcs.values()].flat().map((overload) => ({
          rpc: overload.rpc,
          description: overload.description,
          args: overload.signature.args,
          returns: overload.signature.returns,
        })),
      }));
    return { generation: live.number, services };
  }

  /** Says why the connection ends, where the other side can be told, and records it. */
  async #endWith(error: unknown): Promise<void> {
    const isTold = error instanceof FarcallError;
    const exception = toException(error);
    const { cause } = exception;
    const event = isTold ? "connection.refused" : "connection.broke";
    this.#node.log.warn(event, {
      from: this.#transport.remote,
      exception: isTold ? exception.code : undefined,
      message: isTold ? exception.message : cause instanceof Error ? cause.message : String(cause),
    });
    if (!isTold) return;
    if (this.#hello === undefined) this.#channel.sendRaw(preface);
    this.#channel.send(FrameKind.exception, 0, 0, encodeException(exception));
    await this.#channel.flushed();
  }
}
