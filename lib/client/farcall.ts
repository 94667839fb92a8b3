import type { Configuration } from "../config/mod.ts";
import { nearest } from "../config/suggest.ts";
import {
  InternalError,
  InvalidArguments,
  MalformedMessage,
  ServiceNotFound,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  chooseOverload,
  type CompiledSignature,
  type Route,
  type ScriptId,
  scriptIdShownLength,
  type ScriptPin,
  scriptPin,
} from "../wire/mod.ts";
import type { Patience } from "./_patience.ts";
import type { CallableOverload, Catalog } from "./catalog.ts";
import { ConnectionPool } from "./connection_pool.ts";
import {
  formatNode,
  type NodeAddress,
  type NodeConnection,
  type NodeConnectionOptions,
  type SendOptions,
} from "./node_connection.ts";
import { whatThereIs } from "./_what_there_is.ts";
import { type CallExplanation, explainCall } from "./explain.ts";

/** How a program connects to a fleet. */
export interface ConnectOptions {
  /** The client of init.yaml to be; where left out, each node finds it by the caller's address. */
  as?: string;
  /**
   * The node to call whatever init.yaml says of providers: a server's name in it, or `HOST:PORT`.
   */
  server?: string;
  /** The deadline of calls that name none, in milliseconds. Default: 30 s. */
  timeoutMs?: number;
  /** Gives up connecting to a node after this many milliseconds. Default: 5 s. */
  connectTimeoutMs?: number;
}

/** What may be said of one call. */
export interface CallOptions {
  /** The overload's argument types, where the values alone do not tell. */
  types?: readonly string[];
  /**
   * The only script that may serve the call: its id, or at least the first 8 hex digits. Where another one
   * does, nothing runs and the call fails with {@linkcode RpcNotFound}.
   */
  pin?: string;
  /** The call's deadline, in milliseconds. Default: that of the connection. */
  timeoutMs?: number;
  /** Gives the call up when raised; the node is told to stop it. */
  signal?: AbortSignal;
}

/** A result and where it came from. */
export interface Reply {
  /** The value; an array where the rpc returns several; undefined where it returns none. */
  readonly value: unknown;
  /** The script that made it. */
  readonly script: ScriptId;
  /** The node that ran it, as `name (host:port)`. */
  readonly node: string;
  /** The overload that ran. */
  readonly signature: CompiledSignature;
}

/** A service's rpcs as functions; the call's options may be bound with `farcall.service(name, options)`. */
export type ServiceProxy = Record<string, (...values: unknown[]) => Promise<unknown>>;

/** Services by their names, as `farcall types` writes them; or any, where nothing is known of them. */
export type AnyServices = Record<string, ServiceProxy>;

/** A call on its way to a node. */
interface WantedCall {
  readonly service: string;
  readonly rpc: string;
  readonly values: readonly unknown[];
  readonly options: CallOptions & { form?: ValueForm };
  readonly pin: ScriptPin | undefined;
  readonly patience: Patience;
}

/** How the values of a call are written: as TypeScript values, or as texts that the types decode. */
type ValueForm = "values" | "texts" | "json";

/**
 * Connects to a fleet. No connection is made before the first call.
 *
 * @param target An init.yaml by its path, a checked {@linkcode Configuration}, or a node's `HOST:PORT`, whose
 * own word then says what can be called.
 * @typeParam Services What `farcall types` has written, for calls whose types are checked. Default: anything.
 * @throws {InvalidConfiguration} If the file has mistakes, or does not name `as` or `server`.
 * @throws {TypeError} If an address is none.
 *
 * @example
 * ```ts ignore
 * await using farcall = await connect("init.yaml", { as: "c1" });
 * await farcall.call("math", "add", [2, 3]); // 5
 * ```
 */
export async function connect<Services extends object = AnyServices>(
  target: string | Configuration,
  options: ConnectOptions = {},
): Promise<Farcall<Services>> {
  const { catalog, local } = await whatThereIs(target, options);
  return new Farcall(catalog, options, local);
}

/** A caller's view of the fleet. Made by {@linkcode connect}; close it, or hold it with `await using`. */
export class Farcall<Services extends object = AnyServices> implements AsyncDisposable {
  readonly #catalog: Catalog;
  readonly #pool: ConnectionPool;
  readonly #timeoutMs: number;

  /** Use {@linkcode connect}. */
  constructor(catalog: Catalog, options: ConnectOptions, local: NodeConnectionOptions = {}) {
    this.#catalog = catalog;
    this.#timeoutMs = checkTimeout(options.timeoutMs) ?? limits.callTimeoutMs;
    this.#pool = new ConnectionPool({
      client: options.as,
      timeoutMs: options.connectTimeoutMs,
      ...local,
    });
  }

  /**
   * Calls an rpc and returns its value: an array where it returns several, undefined where none.
   *
   * @param values One per argument: `int` as number (bigint beyond 2^53), `float` as number, `str`, `bool`,
   * `bytes` as Uint8Array, `None` as null, lists and tuples as arrays, dicts as plain objects.
   * @throws {RpcException} What came back as RPC-EX: {@linkcode ExecutionException},
   * {@linkcode InvalidArguments}, {@linkcode ServiceNotFound}, …
   * @throws {RpcNotFound} If another script serves it than `pin` says, too.
   * @throws {TypeError} If `pin` is none.
   * @throws {NodeUnreachable} If no provider can be reached.
   * @throws {ConnectionLost} If the connection ended before the answer came.
   */
  async call(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<unknown> {
    return (await this.reply(service, rpc, values, options)).value;
  }

  /** As {@linkcode call}, and says which script on which node gave the answer. */
  reply(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallOptions & { form?: ValueForm } = {},
  ): Promise<Reply> {
    const timeoutMs = checkTimeout(options.timeoutMs) ?? this.#timeoutMs;
    const pin = options.pin === undefined ? undefined : scriptPin(options.pin);
    const patience = { deadlineMs: performance.now() + timeoutMs, signal: options.signal };
    let nodes: readonly NodeAddress[];
    try {
      nodes = this.#providersOf(service);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#pool.onBest(
      nodes,
      patience,
      (node) => this.#callOn(node, { service, rpc, values, options, pin, patience }),
    );
  }

  /**
   * Says what would become of a call, without making it: asks every provider.
   *
   * @throws {ServiceNotFound} If no such service is declared.
   */
  explain(
    service: string,
    rpc: string,
    values: readonly unknown[] = [],
    options: CallOptions & { form?: ValueForm } = {},
  ): Promise<CallExplanation> {
    const timeoutMs = checkTimeout(options.timeoutMs) ?? this.#timeoutMs;
    return explainCall(this.#catalog, this.#pool, {
      service,
      rpc,
      request: { values, form: options.form ?? "values", argumentTypes: options.types },
      timeoutMs,
      nodes: this.#providersOf(service),
    });
  }

  /**
   * A service's rpcs as functions: `farcall.service("math").add(2, 3)`; with the types that `farcall types`
   * writes, where they were given to {@linkcode connect}.
   *
   * @param options Hold for every call that is made through it.
   */
  service<Name extends keyof Services & string>(
    name: Name,
    options: CallOptions = {},
  ): Services[Name] {
    return new Proxy({} as Services[Name] & object, {
      get: (_, rpc) => {
        // Being awaited, printed or compared must not turn into calls.
        if (typeof rpc === "symbol" || rpc === "then" || rpc === "toJSON") return undefined;
        return (...values: unknown[]) => this.call(name, rpc, values, options);
      },
    });
  }

  /** Ends every connection; calls in flight fail. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #providersOf(service: string): readonly NodeAddress[] {
    const nodes = this.#catalog.providersOf(service);
    if (nodes !== undefined) return nodes;
    const names = this.#catalog.serviceNames;
    const hint = nearest(service, names);
    throw new ServiceNotFound(
      `no service "${service}" is declared; ` +
        (hint === undefined ? `services: ${names.join(", ")}` : `did you mean "${hint}"?`),
    );
  }

  async #callOn(
    node: NodeConnection,
    wanted: WantedCall,
  ): Promise<Reply> {
    const { service, rpc, values, options, patience } = wanted;
    for (;;) {
      const overloads = await this.#catalog.overloadsOf(service, rpc, { node, patience });
      // What this caller cannot see, the node refuses in its own words.
      if (overloads.length === 0) return await this.#provokeRefusal(node, wanted);
      try {
        const chosen = chooseOverload<CallableOverload>(rpc, overloads, {
          values,
          form: options.form ?? "values",
          argumentTypes: options.types,
        });
        return await this.#send(node, wanted, chosen.overload.signature, chosen.values);
      } catch (error) {
        // The node may have been deployed to since it described itself; nothing has run.
        if (!(error instanceof InvalidArguments) || !this.#catalog.forget(service)) throw error;
        const fresh = await this.#catalog.overloadsOf(service, rpc, { node, patience });
        if (keysOf(fresh) === keysOf(overloads)) throw error;
      }
    }
  }

  /** Calls what no node can have, to hear why this caller cannot call the rpc. */
  async #provokeRefusal(
    node: NodeConnection,
    { service, rpc, patience }: WantedCall,
  ): Promise<never> {
    const route: Route = { service, rpc, argumentTypes: ["?"], returnTypes: [] };
    await node.call(route, new Uint8Array(0), sendOptions(patience));
    throw new InternalError(`${formatNode(node.address)} ran what cannot exist`);
  }

  async #send(
    node: NodeConnection,
    { service, rpc, pin, patience }: WantedCall,
    signature: CompiledSignature,
    values: readonly unknown[],
  ): Promise<Reply> {
    const { args: argumentTypes, returns: returnTypes } = signature;
    const { payload, script } = await node.call(
      { service, rpc, argumentTypes, returnTypes, script: pin },
      signature.encodeArguments(values),
      sendOptions(patience),
    );
    const name = formatNode(node.address);
    if (pin !== undefined && !script.startsWith(pin)) {
      throw new MalformedMessage(
        `${name} does not know pins: script ${
          script.slice(0, scriptIdShownLength)
        } has run there, ` +
          `and the call is pinned to ${pin}; serve this version of farcall on every node`,
        { node: name, script },
      );
    }
    return { value: signature.decodeResult(payload), script, node: name, signature };
  }
}

/** What is left of a call's time. */
function sendOptions({ deadlineMs, signal }: Patience): SendOptions {
  return { timeoutMs: deadlineMs - performance.now(), signal };
}

function keysOf(overloads: readonly CallableOverload[]): string {
  return overloads.map((overload) => overload.signature.key).join("; ");
}

function checkTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined) return undefined;
  if (Number.isFinite(timeoutMs) && timeoutMs >= 1 && timeoutMs <= limits.callTimeoutMsMax) {
    return timeoutMs;
  }
  throw new RangeError(
    `timeoutMs must be from 1 to ${limits.callTimeoutMsMax} milliseconds, got ${timeoutMs}`,
  );
}
