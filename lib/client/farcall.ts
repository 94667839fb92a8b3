import type {
  CallAllOptions,
  CallerOptions,
  CallOptions,
  ConnectOptions,
  LogOptions,
  NodeOutcome,
} from "./options.ts";
import type { LogEntry } from "./_node_log.ts";
import type { NodeConnectionOptions } from "./connection/connection_options.ts";
import type { Configuration } from "../config/mod.ts";
import { wantsTraces } from "../context/mod.ts";
import type { MadeCall, SpanCounts, Tracer } from "../traces/mod.ts";
import {
  checkCall,
  checkConcurrency,
  checkConnectTimeout,
  checkHedge,
  checkOn,
  checkRetries,
  checkTimeout,
} from "./_option_checks.ts";
import { type CallDependencies, callHedged, callOnBest } from "./calls/attempts.ts";
import type { OneShotNode } from "./connection/one_shot.ts";
import { type AskedCall, type CallerDefaults, prepareCall } from "./_prepare_call.ts";
import { AttemptState } from "./calls/call_on_node.ts";
import type { Reply, TypedOptions } from "./calls/call_request.ts";
import type { ManyOptions, NodeReply } from "./calls/call_many.ts";
import { type NodeAddress, shortName } from "./address.ts";
import { ConnectionPool } from "./calls/connection_pool.ts";
import { type CallDestination, CallDestinations } from "./_call_destinations.ts";
import type { Servers } from "./servers.ts";
import { type ResolvedTarget, resolveTarget } from "./_resolve_target.ts";
import { type ServiceProxy, serviceProxy } from "./service_proxy.ts";
import { readKey } from "./key_file.ts";
import type { Way } from "./connection/way.ts";
import type { CallExplanation } from "./explain.ts";
import type { Describers } from "./describe.ts";

/** Services by name, as `farcall types` writes them, or any. */
export type AnyServices = Record<string, ServiceProxy>;

/**
 * Connects to a fleet. Opens no connection before the first call.
 *
 * @param target The path of an init.yaml, or a node's `HOST:PORT`; that node then says what can be called.
 * @typeParam Services The types that `farcall types` writes, for type-checked calls. Default: anything.
 * @throws {InvalidConfiguration} If the file has mistakes or does not name `as` or `server`, or the file `key` has no
 *   key.
 * @throws {ClientNotRegistered} If the file has no client `as`.
 * @throws {TypeError} If the target is empty, or an address or a fingerprint is malformed.
 * @throws {RangeError} If `timeoutMs`, `connectTimeoutMs` or `retries` is out of its bounds.
 *
 * @example
 * ```ts
 * import { connect, NodeUnreachable } from "../../mod.ts";
 *
 * await using farcall = await connect("init.yaml", { as: "c1", timeoutMs: 5_000 });
 * try {
 *   console.log(await farcall.call("math", "add", [2, 3])); // 5
 * } catch (error) {
 *   if (!(error instanceof NodeUnreachable)) throw error; // of all providers
 * }
 * ```
 */
export function connect<Services extends object = AnyServices>(
  target: string,
  options?: ConnectOptions,
): Promise<Farcall<Services>>;
/** @internal */
export function connect<Services extends object = AnyServices>(
  target: string | Configuration,
  options?: CallerOptions,
): Promise<Farcall<Services>>;
export async function connect<Services extends object = AnyServices>(
  target: string | Configuration,
  options: CallerOptions = {},
): Promise<Farcall<Services>> {
  const resolved = await resolveTarget(target, options);
  const key = options.key === undefined ? undefined : await readKey(options.key);
  const local = { ...resolved.local, key };
  const tracer = wantsTraces() ? (await import("../traces/mod.ts")).openTracer() : undefined;
  if (!options.oneShot) return new Farcall({ ...resolved, local, tracer }, options);
  const { OneShotNode: OneShot } = await import("./connection/one_shot.ts");
  return new Farcall({ ...resolved, local, OneShot, tracer }, options);
}

/** A caller's view of the fleet. Made by {@linkcode connect}; close it, or hold it with `await using`. */
export class Farcall<Services extends object = AnyServices> implements AsyncDisposable {
  readonly #dependencies: CallDependencies;
  readonly #servers: Servers;
  readonly #fleet: AsyncDisposable | undefined;
  readonly #destinations: CallDestinations;
  readonly #connectionOptions: NodeConnectionOptions;
  /** The only server to call, if the options name one. */
  readonly #named: readonly string[] | undefined;
  readonly #defaults: CallerDefaults;

  /** Use {@linkcode connect}. */
  constructor(
    { catalog, servers, local, bounds, fleet, OneShot, tracer }: CallerParts,
    options: ConnectOptions,
  ) {
    this.#fleet = fleet;
    const { as: client } = options;
    const timeoutMs = checkConnectTimeout(options.connectTimeoutMs);
    const connectionOptions = { client, timeoutMs, bounds, ...local };
    const pool = new ConnectionPool(connectionOptions);
    this.#connectionOptions = connectionOptions;
    this.#named = options.server === undefined ? undefined : [options.server];
    const oneShot = OneShot &&
      ((node: NodeAddress) => new OneShot(node, connectionOptions, pool.closing));
    this.#dependencies = { catalog, pool, oneShot };
    this.#servers = servers;
    this.#destinations = new CallDestinations(this.#dependencies, servers);
    this.#defaults = {
      client,
      tracer,
      timeoutMs: checkTimeout(options.timeoutMs) ?? bounds.callTimeoutMs,
      retries: checkRetries(options.retries) ?? 0,
    };
  }

  /**
   * Calls an rpc and returns its value: an array if it returns several, undefined if none, an async iterable if it
   * returns a stream.
   *
   * @param values One per argument: `int` as number (bigint beyond 2^53), `float` as number, `str`, `bool`, `bytes` as
   *   Uint8Array, `None` as null, lists and tuples as arrays, dicts as plain objects, a stream as any iterable or async
   *   iterable (a generator, an array, a `ReadableStream`).
   * @throws {RpcException} The node's RPC-EX: {@linkcode ExecutionException}, {@linkcode InvalidArguments}, {@linkcode
   *   ServiceNotFound}, …
   * @throws {RpcNotFound} Also if another script than `pin` serves it.
   * @throws {DeadlineExceeded} If no answer arrived before the deadline; the node is told to stop.
   * @throws {Cancelled} If `signal` was raised; its reason is the cause.
   * @throws {TypeError} If an option has a wrong type, or `pin` is malformed.
   * @throws {RangeError} If `timeoutMs`, `hedgeMs` or `retries` is out of its bounds.
   * @throws {InvalidConfiguration} If `server` is neither a server's name nor `HOST:PORT`.
   * @throws {NodeUnreachable} If no provider can be reached.
   * @throws {ConnectionLost} If the connection ended before the answer arrived.
   */
  call(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<unknown> {
    return this.#ask({ service, rpc, values, wants: "value" }, options);
  }

  /** As {@linkcode call}, and also returns which script on which node answered. */
  reply(
    service: string,
    rpc: string,
    values?: readonly unknown[],
    options?: CallOptions,
  ): Promise<Reply>;
  /** @internal */
  reply(
    service: string,
    rpc: string,
    values: readonly unknown[],
    options: CallOptions & TypedOptions,
  ): Promise<Reply>;
  reply(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallOptions & TypedOptions = {},
  ): Promise<Reply> {
    const asked = { service, rpc, values, wants: "reply" } as const;
    return this.#ask(asked, options) as Promise<Reply>;
  }

  /**
   * Calls an rpc on every provider of its service, and yields outcomes as they arrive: a value, or the error that
   * {@linkcode call} would throw. Ending the iteration cancels the remaining calls.
   *
   * @param values As for {@linkcode call}; a stream must be one that can be read again for each node, such as an array.
   * @param options `timeoutMs` and `retries` are each node's own.
   * @throws {ServiceNotFound} If no such service is declared.
   * @throws {InvalidConfiguration} If an entry of `on` is neither a server's name nor `HOST:PORT`.
   * @throws {TypeError} If a value can be read only once, or `on` is empty.
   * @throws {RangeError} If `concurrency` is out of its bounds.
   *
   * @example
   * ```ts
   * import { connect } from "../../mod.ts";
   *
   * await using farcall = await connect("init.yaml", { as: "c1" });
   * for await (const { node, value, error } of farcall.callAll("math", "add", [2, 3])) {
   *   console.log(node, error?.message ?? value);
   * }
   * ```
   */
  async *callAll(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallAllOptions = {},
  ): AsyncGenerator<NodeOutcome, void> {
    for await (const { node, reply, error } of this.replyAll(service, rpc, values, options)) {
      yield error === undefined ? { node, value: reply.value } : { node, error };
    }
  }

  /**
   * As {@linkcode callAll}, and also yields how long each node took and which script answered.
   *
   * @internal
   */
  async *replyAll(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallAllOptions & ReplyAllOptions = {},
  ): AsyncGenerator<NodeReply, void> {
    const { on, concurrency: asked, settle, signal, ...others } = options;
    checkCall(service, rpc, values, options);
    const concurrency = checkConcurrency(asked);
    checkOn(on);
    const { callMany, checkReadableByMany } = await import("./calls/call_many.ts");
    checkReadableByMany(values);
    const destinations = this.#destinations.findEach(service, on);
    yield* callMany([...destinations.keys()], (node, unwanted) => {
      const either = signal === undefined ? unwanted : AbortSignal.any([signal, unwanted]);
      const where = { dependencies: destinations.get(node)!, nodes: [node] };
      const asked = { service, rpc, values, wants: "reply" } as const;
      return this.#askAt(where, asked, { ...others, signal: either }) as Promise<Reply>;
    }, { concurrency, settle });
  }

  /**
   * The nodes that {@linkcode replyAll} would call, as it names them.
   *
   * @internal
   */
  namesOfAll(service: string, on?: readonly string[]): string[] {
    return [...this.#destinations.findEach(service, on).keys()].map(shortName);
  }

  /**
   * Reads the logs of nodes, in order of time as far as their clocks agree: the node's log files, or what it has in
   * memory. A node that cannot be asked yields an entry with the error and does not hold up the others; when following,
   * it is asked again.
   *
   * Requires deploy rights at the node, or a client with `allow-logs` in init.yaml.
   *
   * @throws {InvalidConfiguration} If an entry of `on` is neither a server's name nor `HOST:PORT`.
   *
   * @example
   * ```ts
   * import { connect } from "../../mod.ts";
   *
   * await using farcall = await connect("init.yaml");
   * for await (const { node, record, error } of farcall.logs({ service: "math" })) {
   *   console.log(node, error?.message ?? record?.event);
   * }
   * ```
   */
  async *logs(options: LogOptions = {}): AsyncGenerator<LogEntry, void> {
    checkOn(options.on);
    const { readLogs } = await import("./logs.ts");
    yield* readLogs(
      this.#destinations.nodesOf(options.on ?? this.#named),
      this.#connectionOptions,
      options,
    );
  }

  /** @internal */
  async describers(options: { readonly timeoutMs: number }): Promise<Describers> {
    const { describersOf } = await import("./describe.ts");
    const nodes = () => this.#destinations.nodesOf(this.#named);
    return describersOf(this.#dependencies.pool, nodes, options);
  }

  /**
   * The route to a called node, by the name that a reply or an error gives it; undefined if it is not a member of a
   * fleet, or has no connection.
   *
   * @internal
   */
  async wayTo(node: string): Promise<Way | undefined> {
    return await this.#dependencies.pool.wayTo(node);
  }

  /**
   * Explains a call without making it: asks every provider.
   *
   * @throws {ServiceNotFound} If no such service is declared.
   * @throws {InvalidConfiguration} If `server` is neither a server's name nor `HOST:PORT`.
   *
   * @internal
   */
  async explain(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallOptions & Omit<TypedOptions, "openSource"> = {},
  ): Promise<CallExplanation> {
    checkCall(service, rpc, values, options);
    const { dependencies, nodes } = this.#destinations.find(service, options.server);
    const { explainCall } = await import("./explain.ts");
    return await explainCall(dependencies, {
      service,
      rpc,
      request: { values, form: options.form ?? "values", argumentTypes: options.types },
      readSource: options.readSource,
      timeoutMs: checkTimeout(options.timeoutMs) ?? this.#defaults.timeoutMs,
      retries: checkRetries(options.retries) ?? this.#defaults.retries,
      hedgeMs: checkHedge(options.hedgeMs),
      nodes,
    });
  }

  /**
   * A service's rpcs as functions: `farcall.service("math").add(2, 3)`, type-checked if {@linkcode connect} was given
   * the types that `farcall types` writes.
   *
   * Names that every object has (`toString`, `constructor`, …), `then` and `toJSON` are not rpcs there; use {@linkcode
   * call} for these.
   *
   * @param options Apply to every call made through it.
   */
  service<Name extends keyof Services & string>(
    name: Name,
    options: CallOptions = {},
  ): Services[Name] {
    const call = (rpc: string, values: readonly unknown[]) => this.call(name, rpc, values, options);
    return serviceProxy(name, call) as Services[Name];
  }

  /** @internal */
  get spans(): SpanCounts | undefined {
    return this.#defaults.tracer?.exporter.counts;
  }

  /** Ends every connection; calls in flight fail. Exports the last traces, if traces are exported. */
  async close(): Promise<void> {
    await Promise.all([
      this.#dependencies.pool.close(),
      this.#fleet?.[Symbol.asyncDispose](),
      this.#defaults.tracer?.exporter.flush(),
    ]);
  }

  /** As {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves to what `asked.wants` names. Reports every error by rejecting, never by throwing. */
  #ask(asked: AskedCall, options: CallOptions & TypedOptions): Promise<unknown> {
    try {
      checkCall(asked.service, asked.rpc, asked.values, options);
      return this.#askAt(this.#destinations.find(asked.service, options.server), asked, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #askAt(
    { dependencies, nodes }: CallDestination,
    asked: AskedCall,
    options: CallOptions & TypedOptions,
  ): Promise<unknown> {
    const prepared = prepareCall(asked, options, this.#defaults);
    const { request, hedgeMs, nowMs } = prepared;
    const { spans } = request;
    const replying = hedgeMs === undefined || nodes.length === 1
      ? callOnBest(dependencies, nodes, request, new AttemptState({ nowMs, isHedge: false }))
      : callHedged(dependencies, nodes, request, hedgeMs);
    if (spans !== undefined) endWith(replying, spans);
    return replying;
  }
}

function endWith(replying: Promise<unknown>, spans: MadeCall): void {
  replying.then(() => spans.end(), (error) => spans.end(error));
}

/** Further options, for the command line. */
type ReplyAllOptions = Pick<ManyOptions, "settle"> & TypedOptions;

/** A caller's parts. */
interface CallerParts extends ResolvedTarget {
  /** Makes one-shot nodes; loaded on demand. */
  readonly OneShot?: typeof OneShotNode;
  readonly tracer?: Tracer;
}
