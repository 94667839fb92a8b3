/** Exposes a program's functions, with their types, in services. */
import { messageOf } from "../errors/mod.ts";
import { type CompiledSignature, compileSignature, formatSignature } from "../types/mod.ts";
import { namePatterns } from "../manifest/names.ts";
import type { ArgumentsOf, ResultOf } from "./value_types.ts";

/** Options of an rpc. */
export interface RpcOptions<Args extends readonly string[] = readonly string[]> {
  /** For listings of callable rpcs, and for generated types. */
  readonly description?: string;
  /** A name for each argument, for callers by name. */
  readonly names?: { readonly [Index in keyof Args]: string };
  /** Whether running it twice does no harm, so that a caller may retry a call that may have run. Default: false. */
  readonly isIdempotent?: boolean;
}

/** A function and its types: one overload. Made by {@linkcode rpc}. */
export class Rpc<
  const Args extends readonly string[] = readonly string[],
  const Returns extends readonly string[] = readonly string[],
> {
  /** The type expressions as written. */
  readonly args: Args;
  /** The type expressions as written. */
  readonly returns: Returns;
  /**
   * The codecs of its values.
   *
   * @internal
   */
  readonly signature: CompiledSignature;
  /** The function. */
  readonly run: (...values: unknown[]) => unknown;
  /** Its options. */
  readonly options: RpcOptions;

  /** Use {@linkcode rpc}. */
  constructor(
    types: { args: Args; returns: Returns },
    run: (...values: unknown[]) => unknown,
    options: RpcOptions,
  ) {
    this.args = types.args;
    this.returns = types.returns;
    this.signature = compiled(types);
    this.run = run;
    this.options = options;
    if (typeof run !== "function") {
      throw new TypeError(`the third argument of rpc() is the function, got ${typeof run}`);
    }
    if (options.names !== undefined) checkNames(this.signature, options.names);
  }
}

/** An rpc of any types. */
export type AnyRpc = Rpc<readonly string[], readonly string[]>;

/** The rpcs of a service by name; overloads are a list. */
export type Rpcs = Readonly<Record<string, AnyRpc | readonly AnyRpc[]>>;

/** A service's limits; as `limits:` in init.yaml, in milliseconds, bytes and calls. */
export interface EmbeddedLimits {
  /** The longest that a call may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Concurrent calls. */
  readonly callsMax?: number;
  /** Queued calls. */
  readonly queueMax?: number;
  /** Bytes of one result, or one item of a stream. */
  readonly resultBytesMax?: number;
}

/** Options of a service. */
export interface ServiceOptions {
  /** For listings of callable rpcs, and for generated types. */
  readonly description?: string;
  /** The names of the clients that may call it. Default: all. */
  readonly tenants?: readonly string[];
  /** Defaults: 5 min, 1024 concurrent calls, 4096 queued, results of 16 MiB. */
  readonly limits?: EmbeddedLimits;
  /**
   * Rpcs of other services of this node that its functions may call through `currentCall()?.farcall`, as their service
   * instead of a client: `{ prices: ["of"] }`. Default: none. Use `connect` to call other nodes.
   */
  readonly calls?: Readonly<Record<string, readonly string[]>>;
}

/** A service with options. Made by {@linkcode service}. */
export class Service {
  /** Its rpcs by name. */
  readonly rpcs: Rpcs;
  /** Its options. */
  readonly options: ServiceOptions;

  /** Use {@linkcode service}. */
  constructor(rpcs: Rpcs, options: ServiceOptions) {
    this.rpcs = rpcs;
    this.options = options;
  }
}

/** The services of an embedded node, by name. */
export type EmbeddedServices = Readonly<Record<string, Rpcs | Service>>;

/**
 * Makes a function callable. Its arguments are checked before it runs, its result before it is sent; TypeScript infers
 * its parameters' types from the type expressions.
 *
 * @param args The types of its arguments: `["int", "List[str]"]`. An int arrives as a number; only one beyond
 * 2^53, where a number would not be exact, as a bigint.
 * @param returns The types of its result: none for nothing, several for a tuple.
 * @param run The function; it may be async. (The impossible alternative in its type lets arrays infer as tuples.) An
 *   error that it throws goes to the caller as an Execution Exception with the error's message. {@linkcode currentCall}
 *   gives it the caller and the deadline.
 * @throws {TypeError} If a type is invalid, or the names do not match the arguments.
 *
 * @example
 * ```ts
 * import { rpc } from "../../mod.ts";
 *
 * const add = rpc(["int", "int"], ["int"], (a, b) => a + b);
 * const mean = rpc(["List[float]"], ["float"], (values) => {
 *   if (values.length === 0) throw new Error("a mean of nothing");
 *   return values.reduce((sum, value) => sum + value, 0) / values.length;
 * }, { description: "the arithmetic mean", names: ["values"] });
 * ```
 */
export function rpc<const Args extends readonly string[], const Returns extends readonly string[]>(
  args: Args,
  returns: Returns,
  run: (
    ...values: ArgumentsOf<Args>
  ) => ResultOf<Returns> | PromiseLike<ResultOf<Returns>> | readonly [never, never],
  options: RpcOptions<Args> = {},
): Rpc<Args, Returns> {
  return new Rpc({ args, returns }, run as (...values: unknown[]) => unknown, options);
}

/**
 * Makes a service with tenants, limits or a description. Without these, a plain object of rpcs is enough.
 *
 * @example
 * ```ts
 * import { rpc, service } from "../../mod.ts";
 *
 * const math = service(
 *   { add: rpc(["int", "int"], ["int"], (a, b) => a + b) },
 *   { tenants: ["c1"], limits: { timeoutMs: 2_000, callsMax: 10 } },
 * );
 * ```
 */
export function service(rpcs: Rpcs, options: ServiceOptions = {}): Service {
  return new Service(rpcs, options);
}

function compiled(types: { args: readonly string[]; returns: readonly string[] }) {
  try {
    return compileSignature(types);
  } catch (cause) {
    const { args, returns } = types;
    const written = `rpc(${JSON.stringify(args)}, ${JSON.stringify(returns)}, …)`;
    throw new TypeError(`${written}: ${messageOf(cause)}`, { cause });
  }
}

function checkNames(signature: CompiledSignature, names: readonly string[]): void {
  const { args } = signature;
  const [pattern, form] = namePatterns.argument;
  const wrong = names.find((name) => !pattern.test(name));
  const problem = names.length !== args.length
    ? `${names.length} names for ${args.length} arguments`
    : wrong !== undefined
    ? `"${wrong}" is not a name of an argument: use ${form}`
    : new Set(names).size < names.length
    ? "two arguments have the same name"
    : undefined;
  if (problem !== undefined) {
    throw new TypeError(`${formatSignature("rpc", signature)}: ${problem}`);
  }
}
