/** What every connection of a node shares. */
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

/** What a node runs. */
export interface NodeServices {
  /** As it is now; replaced as a whole. */
  readonly live: LiveGeneration;
  /** The node's name; empty where it has none. */
  readonly nodeName: string;
}

/** How callers reach a node through NATS. */
export interface Relay {
  /** Why they do not at this moment; undefined where they do. */
  readonly problem: string | undefined;
  /** Whether there is no other way. */
  readonly isOnlyWay: boolean;
  /** What the node proves to them. */
  readonly key: Pick<SigningKey, "publicKey">;
}

/** The node, as its connections see it. */
export interface NodeContext {
  /** What it keeps to. */
  readonly bounds: Limits;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  /** Shares the turns of the event loop among connections and executors. */
  readonly turns: Turns;
  readonly lingering: Lingering;
  /** What it holds for its callers. */
  readonly memory: NodeMemory;
  /** The files and sockets that its process may have open. */
  readonly descriptors: Descriptors;
  /** How many executors it may have; undefined where it has none, being part of a program. */
  readonly room: ExecutorRoom | undefined;
  /** Reads and writes messages that are not in frames. */
  readonly messages: WholeMessages;
  readonly services: NodeServices;
  /** Replaces them; undefined where they are part of a program. */
  readonly deployment: Deployment | undefined;
  /** What callers may call the node over HTTP besides its addresses and its name in init.yaml. */
  readonly hostNames: readonly string[];
  /** The name that the operator gave the node. */
  readonly givenName: string | undefined;
  /** Addresses that lead here besides those that connections come in at: `203.0.113.5:8181`. */
  readonly advertised: readonly string[];
  /** The keys that may deploy to it. */
  readonly deployKeys: DeployKeys;
  /** The secret that its own user proves to deploy without deploy keys, if any. */
  readonly localSecret: LocalSecret | undefined;
  /** Knows the connections of its own executors; undefined where it has none. */
  readonly socketOwners: SocketOwners | undefined;
  /** Requests that were signed one by one. */
  readonly signedRequests: SignedRequests;
  /** The origins whose pages may call over HTTP, besides the node's own. */
  readonly allowedOrigins: readonly string[];
  /** Its counters for monitors, and the addresses that may read them besides its own machine. */
  readonly metrics: NodeMetrics;
  readonly metricsAllow: readonly AddressRange[];
  /** How many connections it has room for. */
  readonly connectionsMax: number;
  /** What its log has said; undefined where nothing is kept of that. */
  readonly logHistory: LogHistory | undefined;
  /** What its calls' spans are made by; undefined unless traces are exported. */
  readonly tracer: Tracer | undefined;
  /** How callers reach it through NATS; undefined where they do not. */
  readonly relay: Relay | undefined;
  /** Whether the node is stopping: calls in flight finish, others are refused. */
  readonly isDraining: boolean;
  /** How many connections are open. */
  readonly connectionCount: number;
  /** When it started, on the clock of `performance.now()`. */
  readonly startedMs: number;
}

/** A connection that the node looks after. */
export interface Session {
  /** Bytes of messages that are not complete. */
  readonly pendingBytes: number;
  /** Whether nothing is under way: no request that has begun to come, no call, no answer, no deployment. */
  readonly isIdle: boolean;
  /** Whether it has said hello, and may ask for something from then on; undefined where the framing has no hello. */
  readonly isGreeted?: boolean;
  /** Looks at its time-outs. `nowMs` is on the clock of `performance.now()`. */
  check(nowMs: number): void;
  /**
   * Tells the other side to leave, where the framing has a word for it.
   *
   * @param reason Why: the node stops, or needs room for others.
   * @returns Whether it was told; it then leaves when it has had its answers.
   */
  sayGoodbye(reason: string): boolean;
  /** Resolves when everything that was answered is written. */
  flushed(): Promise<void>;
  /** Ends the connection at once. */
  close(): void;
}
