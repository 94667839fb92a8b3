import { FarcallError, messageOf } from "../errors/mod.ts";
import { ExecutorHost } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import { type Log, silentLog } from "../log/mod.ts";
import type { FileStore } from "../store/mod.ts";
import type { Listener, Transport } from "../transport/mod.ts";
import { beginsHttp, preface } from "../wire/mod.ts";
import type { NodeContext, NodeServices, Session } from "./context.ts";
import { Deployment } from "./deployment.ts";
import type { LiveGeneration } from "./generation.ts";
import { Dispatcher } from "./dispatch.ts";
import { FrameSession } from "./frame_session.ts";
import { HttpSession } from "./http_session.ts";
import { JsonRpcSession } from "./jsonrpc_session.ts";
import type { OperatorRules } from "./operator.ts";
import { SignedRequests } from "./signed_requests.ts";
import { TextSession } from "./text_session.ts";

/** What every node is made of. The node closes all of it. */
interface CommonParts {
  readonly listener: Listener;
  /** The node's name; where left out the first deployment's, or none where it is embedded. */
  readonly name?: string;
  /** The name of the machine that callers may use, where it has one. */
  readonly hostName?: string;
  /** Addresses that lead to it besides its own, as `parseAdvertised` gives them. */
  readonly advertised?: readonly string[];
  /** The origins whose pages in browsers may call over HTTP. Default: none. */
  readonly allowedOrigins?: readonly string[];
  readonly log?: Log;
}

/** What a node is made of that is deployed to. */
export interface NodeParts extends CommonParts {
  readonly store: FileStore;
  /** What the operator allows; nothing beyond the bounds of lib/limits where left out. */
  readonly rules?: OperatorRules;
}

/** What a node is made of that is part of a program. */
export interface EmbeddedNodeParts extends CommonParts {
  readonly live: LiveGeneration;
}

/** What a node runs, and what it has to end besides connections. */
interface Inside {
  readonly services: NodeServices;
  readonly deployment?: Deployment;
  readonly root?: string;
  /** Calls are over when it is called. */
  close(): Promise<void>;
}

/** A node: accepts connections and serves them until it is stopped. */
export class FarcallNode implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #inside: Inside;
  readonly #log: Log;
  readonly #dispatcher: Dispatcher;
  readonly #context: NodeContext;
  /** Every connection, from its first moment to its last. */
  readonly #connections = new Map<Session, Promise<void>>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  #isDraining = false;
  #stopping: Promise<void> | undefined;
  /** Resolves when the node has stopped accepting. */
  readonly #accepting: Promise<void>;

  private constructor(parts: CommonParts, inside: Inside) {
    this.#listener = parts.listener;
    this.#inside = inside;
    const log = this.#log = parts.log ?? silentLog;
    const dispatcher = this.#dispatcher = new Dispatcher(log);
    const isDraining = (): boolean => this.#isDraining;
    const connectionCount = (): number => this.#connections.size;
    this.#context = {
      log,
      dispatcher,
      services: inside.services,
      deployment: inside.deployment,
      startedMs: performance.now(),
      hostName: parts.hostName,
      givenName: parts.name,
      advertised: parts.advertised ?? [],
      signedRequests: new SignedRequests(),
      allowedOrigins: parts.allowedOrigins ?? [],
      get isDraining() {
        return isDraining();
      },
      get connectionCount() {
        return connectionCount();
      },
    };
    this.#sweeper = setInterval(() => {
      const nowMs = performance.now();
      for (const session of this.#connections.keys()) session.check(nowMs);
    }, limits.sweepEveryMs);
    this.#accepting = this.#accept();
  }

  /** Starts serving what the store's current generation says. */
  static async start(parts: NodeParts): Promise<FarcallNode> {
    const log = parts.log ?? silentLog;
    for (const warning of parts.store.warnings) log.warn("store.damaged", { message: warning });
    const { store } = parts;
    const host = await ExecutorHost.open(store.root, {
      servicesFolder: store.servicesFolder,
      recheck: (scripts) => store.recheck(scripts),
      log,
    });
    const deployment = new Deployment(store, host, {
      log,
      name: parts.name,
      rules: parts.rules ?? { limits: [], grants: [] },
    });
    const close = async (): Promise<void> => {
      await deployment.close();
      await host.close();
      await store.close();
    };
    return new FarcallNode(parts, { services: deployment, deployment, root: store.root, close });
  }

  /** Starts serving what a program has. */
  static embed(parts: EmbeddedNodeParts): FarcallNode {
    const services = { live: parts.live, nodeName: parts.name ?? "" };
    return new FarcallNode(parts, { services, close: () => Promise.resolve() });
  }

  /** Where it listens. */
  get host(): string {
    return this.#listener.host;
  }

  /** Where it listens; the kernel's choice where 0 was asked for. */
  get port(): number {
    return this.#listener.port;
  }

  /** The absolute path of the folder of its state; empty where it keeps none, being part of a program. */
  get root(): string {
    return this.#inside.root ?? "";
  }

  /** Its name; empty while it has none. */
  get name(): string {
    return this.#inside.services.nodeName;
  }

  /** The number of the generation that it serves; 0 before the first deployment. */
  get generation(): number {
    return this.#inside.services.live.number;
  }

  /** How many services it provides. */
  get serviceCount(): number {
    return this.#inside.services.live.services.size;
  }

  /**
   * Stops: accepts nothing more, lets calls in flight finish for at most `limits.drainTimeoutMs` and
   * callers leave for at most `limits.goodbyeTimeoutMs`, then closes every connection, ends every executor
   * and lets go of the root. May be called again.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#isDraining = true;
    this.#log.info("node.draining", { callsInFlight: this.#dispatcher.callsInFlight });
    this.#listener.close();
    await this.#accepting;
    const sessions = [...this.#connections.keys()];
    const leaving = sessions
      .filter((session) => session.sayGoodbye())
      .map((session) => this.#connections.get(session));
    const drained = this.#dispatcher.idle().then(() =>
      Promise.all(sessions.map((session) => session.flushed()))
    );
    if (await isDoneWithin(limits.drainTimeoutMs, drained)) {
      // Calls that crossed the goodbye on their way are refused until their caller has read it and left.
      await isDoneWithin(limits.goodbyeTimeoutMs, Promise.all(leaving));
    } else {
      this.#log.warn("node.drain-timed-out", { callsInFlight: this.#dispatcher.callsInFlight });
    }
    clearInterval(this.#sweeper);
    for (const session of this.#connections.keys()) session.close();
    await Promise.all(this.#connections.values());
    await this.#inside.close();
    this.#log.info("node.stopped");
  }

  async #accept(): Promise<void> {
    for (;;) {
      const transport = await this.#listener.accept();
      if (transport === null) return;
      if (this.#connections.size >= limits.connectionsMax) {
        this.#log.warn("connection.refused", {
          from: transport.remote,
          message: `${limits.connectionsMax} connections are open already`,
        });
        transport.close();
        continue;
      }
      this.#log.info("connection.accepted", { from: transport.remote });
      const connection = new Connection(this.#context, transport);
      this.#connections.set(
        connection,
        connection.run().finally(() => this.#connections.delete(connection)),
      );
    }
  }
}

/** Waits for work, but not for ever. @returns Whether it was done in time. */
async function isDoneWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A connection from its first byte, which tells the framing. */
class Connection implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #openedMs = performance.now();
  #session: Session | undefined;
  #isClosed = false;

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#transport = transport;
  }

  /** Serves the connection to its end. Never rejects: a connection cannot hurt the node. */
  async run(): Promise<void> {
    const { log } = this.#node;
    const from = this.#transport.remote;
    try {
      const first = new Uint8Array(4 * 1024);
      const count = await this.#transport.read(first);
      if (count === null || this.#isClosed) {
        log.debug("connection.silent", { from });
        return;
      }
      await this.#serve(first.subarray(0, count));
      log.debug("connection.closed", { from });
    } catch (error) {
      if (this.#isClosed) return;
      log.warn("connection.broke", {
        from,
        message: messageOf(error),
        stack: isDefect(error) ? (error as Error).stack : undefined,
      });
    } finally {
      this.#transport.close();
    }
  }

  check(nowMs: number): void {
    if (this.#session !== undefined) {
      this.#session.check(nowMs);
    } else if (nowMs - this.#openedMs > limits.firstByteTimeoutMs) {
      this.#node.log.warn("connection.timed-out", {
        from: this.#transport.remote,
        message: `it said nothing for ${limits.firstByteTimeoutMs} ms`,
      });
      this.close();
    }
  }

  sayGoodbye(): boolean {
    return this.#session?.sayGoodbye() ?? false;
  }

  flushed(): Promise<void> {
    return this.#session?.flushed() ?? Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.close();
    this.#transport.close();
  }

  /** What begins as nothing else does is text: what is not, the text session refuses. */
  async #serve(first: Uint8Array): Promise<void> {
    const [node, transport] = [this.#node, this.#transport];
    if (first[0] === preface[0]) {
      await (this.#session = new FrameSession(node, transport)).run(first);
    } else if (beginsHttp(first[0])) {
      await (this.#session = new HttpSession(node, transport)).run(first);
    } else {
      const jsonRpc = await (this.#session = new TextSession(node, transport)).run(first);
      if (jsonRpc === undefined || this.#isClosed) return;
      await (this.#session = new JsonRpcSession(node, transport)).run(jsonRpc);
    }
  }
}

/** Whether an error is ours to mend, rather than a peer's leaving. */
function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError || error instanceof FarcallError;
}
