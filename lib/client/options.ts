import type { FarcallError } from "../errors/mod.ts";
import type { LimitChanges } from "../limits/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import type { TraceContext } from "../context/mod.ts";
import type { CallTrace } from "./trace.ts";
import type { TlsSettings } from "../config/mod.ts";

/** How a program connects to a fleet. */
export interface ConnectOptions {
  /** The client of init.yaml to call as. Default: each node finds it by the caller's address and key. */
  as?: string;
  /** The file of the private key to prove, as `farcall keygen` writes it. Default: none. */
  key?: string;
  /** The node to call, even if init.yaml does not list it as a provider: a server's name, or `HOST:PORT`. */
  server?: string;
  /**
   * TLS for nodes that are named by their address: `true` trusts the runtime's authorities (Mozilla's, see
   * `DENO_TLS_CA_STORE`); an object says what to trust instead. The servers of an init.yaml have their own setting.
   * Default: no TLS.
   */
  tls?: true | TlsSettings;
  /** The default deadline of calls, in milliseconds. Default: 30 s. */
  timeoutMs?: number;
  /** The default of {@linkcode CallOptions.retries}. Default: 0. */
  retries?: number;
  /**
   * The original pattern: for each call one connection, one request in text, one response. Nothing stays open; a sent
   * call cannot be cancelled, has 30 s at the node, and streams travel as lists. Default: false.
   */
  oneShot?: boolean;
  /** The time limit for connecting to a node, in milliseconds. Default: 5 s. */
  connectTimeoutMs?: number;
}

/**
 * Further options, for farcall itself.
 *
 * @internal
 */
export interface CallerOptions extends ConnectOptions {
  /** Bounds in place of those of lib/limits. Default: none. */
  bounds?: LimitChanges;
}

/** Options of one call. */
export interface CallOptions {
  /** The overload's argument types, if the values alone do not decide. */
  types?: readonly string[];
  /**
   * The only script that may serve the call: its id, or at least the first 8 hex digits. If another one serves the rpc,
   * nothing runs and the call fails with {@linkcode RpcNotFound}.
   */
  pin?: string;
  /** The call's deadline in milliseconds, including connecting and retries. Default: that of the connection. */
  timeoutMs?: number;
  /** Cancels the call when raised; the node is told to stop it. */
  signal?: AbortSignal;
  /**
   * How often the call is retried after every provider has failed, with growing random pauses: only if its script
   * certainly has not run, or init.yaml says that the rpc is idempotent. With 0, each provider is tried once. Default:
   * that of the connection.
   */
  retries?: number;
  /**
   * For an rpc that is idempotent by init.yaml: begins a second attempt at another provider if there is no answer after
   * this many milliseconds. The first answer counts, and the other attempt is cancelled. Other rpcs are not affected.
   * Default: no second attempt.
   */
  hedgeMs?: number;
  /**
   * The call's place in a distributed trace (W3C Trace Context), which travels with it; default: that of the call that
   * this code runs for. Or a `CallTrace`, which records where the time of the call goes, for a stream until it begins.
   */
  trace?: CallTrace | TraceContext;
  /**
   * The node to call, even if init.yaml does not list it as a provider: a server's name, or `HOST:PORT`. That node then
   * says what can be called. Default: that of the connection, else the best provider.
   */
  server?: string;
}

/** Options of a call at many nodes. */
export interface CallAllOptions extends Omit<CallOptions, "server" | "trace" | "hedgeMs"> {
  /** The place of all these calls in a distributed trace. */
  trace?: TraceContext;
  /**
   * The nodes to call, whether they provide the service or not: servers' names in init.yaml, or `HOST:PORT`. Default:
   * all providers of the service.
   */
  on?: readonly string[];
  /** How many nodes are called at once, from 1 to 1,000. Default: 32. */
  concurrency?: number;
}

/** One node's outcome: its value or its error. */
export type NodeOutcome =
  & {
    /** Its name in init.yaml; its address where it has none. */
    readonly node: string;
  }
  & (
    | { readonly value: unknown; readonly error?: undefined }
    | { readonly value?: undefined; readonly error: FarcallError }
  );

/** Which records to read from which nodes. */
export interface LogOptions {
  /** Servers' names in init.yaml, or `HOST:PORT`. Default: all servers of the file, or the connected node. */
  on?: readonly string[];
  /** Records since then. Default: an hour ago. */
  since?: Date;
  /** Whether to keep waiting for new records. Default: false. */
  follow?: boolean;
  /** The least urgent level. Default: all. */
  level?: LogLevel;
  /** Only records of this service. */
  service?: string;
  /** Only records of this rpc, by its name alone. */
  rpc?: string;
  /** Only records of one call, by its number in the node's records. */
  call?: number | string;
  /** Ends it when raised. */
  signal?: AbortSignal;
}
