/** Shared by all connections of a node. */
import type { WholeMessages } from "../helper/mod.ts";
import type { Descriptors, ExecutorRoom, SocketOwners } from "../executor/mod.ts";
import type { Turns } from "../channel/mod.ts";
import type { Limits } from "../limits/mod.ts";
import type { Log, LogHistory } from "../log/mod.ts";
import type { Deployment } from "./deployment/deployment.ts";
import type { DeployKeys } from "./peer/deployers.ts";
import type { LocalSecret } from "./peer/local_deployers.ts";
import type { Lingering } from "./peer/lingering_close.ts";
import type { Dispatcher } from "./calls/dispatch.ts";
import type { SignedRequests } from "./peer/signed_requests.ts";
import type { LiveGeneration } from "./calls/live_generation.ts";
import type { NodeMemory } from "./memory/node_memory.ts";
import type { NodeMetrics } from "./metrics/node_metrics.ts";
import type { AddressRange, SigningKey } from "../identity/mod.ts";
import type { Tracer } from "../traces/mod.ts";

/** The services of a node. */
export interface NodeServices {
  /** The live generation; replaced as a whole. */
  readonly live: LiveGeneration;
  /** The node's name; empty if it has none. */
  readonly nodeName: string;
}

/** How callers reach a node through NATS. */
export interface Relay {
  /** Why they currently cannot; undefined if they can. */
  readonly problem: string | undefined;
  /** Whether there is no other way to reach it. */
  readonly isOnlyWay: boolean;
  /** The key that the node proves to them. */
  readonly key: Pick<SigningKey, "publicKey">;
}

/** The node, as its connections see it. */
export interface NodeContext {
  /** Its bounds. */
  readonly bounds: Limits;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  /** Shares the turns of the event loop among connections and executors. */
  readonly turns: Turns;
  readonly lingering: Lingering;
  /** The memory held for its callers. */
  readonly memory: NodeMemory;
  /** The descriptors of its process. */
  readonly descriptors: Descriptors;
  /** The bound on its executors; undefined for an embedded node, which has none. */
  readonly room: ExecutorRoom | undefined;
  /** Reads and writes messages outside frames. */
  readonly messages: WholeMessages;
  readonly services: NodeServices;
  /** Replaces the services; undefined if it is embedded. */
  readonly deployment: Deployment | undefined;
  /** Further accepted host names over HTTP, besides its addresses and its name in init.yaml. */
  readonly hostNames: readonly string[];
  /** The name that the operator gave the node. */
  readonly givenName: string | undefined;
  /** Further addresses of the node, besides those at which connections arrive: `203.0.113.5:8181`. */
  readonly advertised: readonly string[];
  /** The keys that may deploy to it. */
  readonly deployKeys: DeployKeys;
  /** The secret that its own user proves to deploy without deploy keys, if any. */
  readonly localSecret: LocalSecret | undefined;
  /** Identifies the connections of its own executors; undefined if it has none. */
  readonly socketOwners: SocketOwners | undefined;
  /** Remembers individually signed requests. */
  readonly signedRequests: SignedRequests;
  /** The origins whose pages may call over HTTP, besides the node's own. */
  readonly allowedOrigins: readonly string[];
  /** Its counters for monitors, and the addresses that may read them besides its own machine. */
  readonly metrics: NodeMetrics;
  readonly metricsAllow: readonly AddressRange[];
  /** The maximum number of connections. */
  readonly connectionsMax: number;
  /** The history of its log; undefined if none is kept. */
  readonly logHistory: LogHistory | undefined;
  /** Creates its calls' spans; undefined unless traces are exported. */
  readonly tracer: Tracer | undefined;
  /** How callers reach it through NATS; undefined if they do not. */
  readonly relay: Relay | undefined;
  /** Whether the node is stopping: calls in flight finish, others are refused. */
  readonly isDraining: boolean;
  /** The number of open connections. */
  readonly connectionCount: number;
  /** When it started, on the clock of `performance.now()`. */
  readonly startedMs: number;
}

/** The admission of a connection, for its sessions. */
export interface Admission {
  /** Why it is refused, and the remedy; undefined if it is admitted. */
  readonly refusal: string | undefined;
  /** It has completed a step towards its first request, TLS handshake or hello: now it is as young as a newcomer. */
  advance(): void;
}

/** A connection that the node watches. */
export interface Session {
  /** Bytes of incomplete messages. */
  readonly pendingBytes: number;
  /** Whether the peer has said which client it is, and may be that one. */
  readonly isIntroduced?: boolean;
  /** Whether it is idle: no partial request, call, reply, or deployment. */
  readonly isIdle: boolean;
  /** Checks its timeouts. `nowMs` is on the clock of `performance.now()`. */
  check(nowMs: number): void;
  /**
   * Asks the peer to disconnect, if its framing has a goodbye.
   *
   * @param reason Why: the node stops, or needs room for others.
   * @returns Whether it was asked; it then disconnects after its replies.
   */
  sayGoodbye(reason: string): boolean;
  /**
   * Takes nothing more, and tells the peer so if its framing can and it costs no wait.
   *
   * @param reason Why it is closed.
   * @returns When the peer has been told and the connection can be closed; undefined to close it at once.
   */
  dismiss(reason: string): Promise<void> | undefined;
  /** Resolves when all replies are written. */
  flushed(): Promise<void>;
  /** Closes the connection immediately. */
  close(): void;
}
