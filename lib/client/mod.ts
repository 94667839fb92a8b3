/**
 * The caller's side: where services are (catalog), connections to nodes (pool, connection, pending
 * calls), and calls as functions.
 *
 * This room must never know of executors, stores or deployments, nor import the server's.
 *
 * @module
 */
export {
  addressMeantBy,
  addressOf,
  formatNode,
  formatNodeAddress,
  type NodeAddress,
  parseAddress,
} from "./address.ts";
export type { OpenSource, ReadSource, Reply } from "./calls/call_request.ts";
export { connect, Farcall } from "./farcall.ts";
export type {
  CallAllOptions,
  CallOptions,
  ConnectOptions,
  LogOptions,
  NodeOutcome,
} from "./options.ts";
export type { NodeReply } from "./calls/call_many.ts";
export type { Describers, NodeDescription } from "./describe.ts";
export type { CallExplanation, ExplainedAttempts, ExplainedProvider } from "./explain.ts";
export { readKey } from "./key_file.ts";
export { trustOf } from "./trust.ts";
export type { AnyServices } from "./farcall.ts";
export type { ServiceProxy, StreamPromise } from "./service_proxy.ts";
export type { NodeConnectionOptions, SendOptions } from "./connection/connection_options.ts";
export { proveLocal } from "./local_proof.ts";
export { CallTrace, type TracePhase, tracePhases } from "./trace.ts";
export { connectTo } from "./connection/connect.ts";
export { NodeConnection } from "./connection/node_connection.ts";
export type { LogEntry, NodeRecord } from "./_node_log.ts";
export { type Way, wayText } from "./connection/way.ts";
