import type { FarcallError } from "../errors/mod.ts";
import type { LimitChanges } from "../limits/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import type { TraceContext } from "../context/mod.ts";
import type { CallTrace } from "./trace.ts";
import type { TlsSettings } from "../config/mod.ts";

/** How a program connects to a fleet. */
export interface ConnectOptions {
  /** The client of init.yaml to be; where left out, each node finds it by the caller's address and key. */
  as?: string;
  /** The file of the private key to prove, as `farcall keygen` writes it. Default: none. */
  key?: string;
  /**
   * The node to call whatever init.yaml says of providers: a server's name in it, or `HOST:PORT`.
   */
  server?: string;
  /**
   * Calls nodes that are named by their address over TLS: `true` with certificates of the authorities that the runtime
   * knows (Mozilla's, see `DENO_TLS_CA_STORE`); or which others are good. The servers of an init.yaml say it
   * themselves. Default: no TLS.
   */
  tls?: true | TlsSettings;
  /** The deadline of calls that name none, in milliseconds. Default: 30 s. */
  timeoutMs?: number;
  /** {@linkcode CallOptions.retries} of calls that name none. Default: 0. */
  retries?: number;
  /**
   * The original pattern: for each call one connection, one request in text, one response. Nothing stays open; a call
   * that was sent cannot be cancelled, a node gives it 30 s, and streams are read and sent as lists. Default: false.
   */
  oneShot?: boolean;
  /** Gives up connecting to a node after this many milliseconds. Default: 5 s. */
  connectTimeoutMs?: number;
}

/**
 * What this program itself may say besides.
 *
 * @internal
 */
export interface CallerOptions extends ConnectOptions {
  /** Other bounds than those of lib/limits. Default: none. */
  bounds?: LimitChanges;
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
  /** The call's deadline, in milliseconds, whatever is done for it. Default: that of the connection. */
  timeoutMs?: number;
  /** Gives the call up when raised; the node is told to stop it. */
  signal?: AbortSignal;
  /**
   * How often the call is tried again when every provider has failed it, after pauses that grow and vary: only
   * where its script certainly has not run, or the rpc is idempotent by init.yaml. Without any, each provider
   * is tried once. Default: that of the connection.
   */
  retries?: number;
  /**
   * Of an rpc that is idempotent by init.yaml, begins a second attempt at another provider when no answer has
   * come after this many milliseconds; the first answer counts, and the other attempt is cancelled. Of others,
   * nothing changes. Default: no second attempt.
   */
  hedgeMs?: number;
  /**
   * The place of the call in a distributed trace (W3C Trace Context), which travels with it. Default: that of the call
   * that this code runs for. Or a `CallTrace`, which is told where the time of the call goes; streams end it when they
   * begin.
   */
  trace?: CallTrace | TraceContext;
  /**
   * The one node to call whatever init.yaml says of providers: a server's name in it, or `HOST:PORT`. Its own
   * word then counts for what can be called. Default: that of the connection, else the best provider.
   */
  server?: string;
}

/** What may be said of a call that many nodes get. */
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

/** One node's outcome: its value, or why it gave none. */
export type NodeOutcome =
  & {
    /** Its name in init.yaml; its address where it has none. */
    readonly node: string;
  }
  & (
    | { readonly value: unknown; readonly error?: undefined }
    | { readonly value?: undefined; readonly error: FarcallError }
  );

/** Which records of which nodes. */
export interface LogOptions {
  /** Servers' names in init.yaml, or `HOST:PORT`. Default: all servers of the file, or the node that is connected to. */
  on?: readonly string[];
  /** Those made since then. Default: an hour ago. */
  since?: Date;
  /** Whether to wait for more, for ever. Default: false. */
  follow?: boolean;
  /** The least urgent level. Default: all that the nodes' logs have. */
  level?: LogLevel;
  /** Of one service. */
  service?: string;
  /** Of one rpc, by its name alone. */
  rpc?: string;
  /** Of one call, by its number in the records of its node. */
  call?: number | string;
  /** Ends it when raised. */
  signal?: AbortSignal;
}
