/**
 * farcall: push typed TypeScript functions to a fleet of machines and call them as if they were local.
 *
 * Imported, this is the library; run as the main program, it is the command line.
 *
 * A fleet is deployed by the command line from an init.yaml, which {@linkcode connect} then takes. Or a program is a
 * node itself:
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { connect, rpc, serve } from "./mod.ts";
 *
 * const add = rpc(["int", "int"], ["int"], (a, b) => a + b);
 * await using node = await serve({ port: 0, services: { math: { add } } });
 *
 * await using farcall = await connect(`127.0.0.1:${node.port}`);
 * assert.equal(await farcall.call("math", "add", [2, 3]), 5);
 * ```
 *
 * @module
 */
export {
  type AnyServices,
  type CallAllOptions,
  type CallOptions,
  CallTrace,
  connect,
  type ConnectOptions,
  Farcall,
  type LogEntry,
  type LogOptions,
  type NodeOutcome,
  type NodeRecord,
  type Reply,
  type ServiceProxy,
  type StreamPromise,
  type TracePhase,
} from "./lib/client/mod.ts";
export type { TlsSettings } from "./lib/config/model.ts";
export type { TlsCertificate } from "./lib/transport/mod.ts";
export {
  type CallableServices,
  type CurrentCall,
  currentCall,
  type TraceContext,
} from "./lib/context/mod.ts";
export {
  type AnyRpc,
  type ArgumentsOf,
  type EmbeddedClient,
  type EmbeddedLimits,
  EmbeddedNode,
  type EmbeddedServices,
  type ExpressionType,
  type ResultOf,
  Rpc,
  rpc,
  type RpcOptions,
  type Rpcs,
  serve,
  type ServeOptions,
  Service,
  service,
  type ServiceOptions,
} from "./lib/embedded/mod.ts";
export {
  AddressInUse,
  AddressNotAvailable,
  Cancelled,
  ClientNotRegistered,
  ConnectionLost,
  DeadlineExceeded,
  DeployRejected,
  type Diagnostic,
  type ErrorCode,
  type ExceptionType,
  ExecutionException,
  FarcallError,
  type FarcallErrorOptions,
  FileRefused,
  FileUndelivered,
  FileUnreadable,
  InternalError,
  InvalidArguments,
  InvalidConfiguration,
  MalformedMessage,
  MessageTooLarge,
  NodeUnreachable,
  Overloaded,
  RootInUse,
  RootUnreadable,
  RpcException,
  RpcNotFound,
  ServerDraining,
  ServiceNotFound,
  Unauthenticated,
  Unavailable,
  Undeliverable,
} from "./lib/errors/mod.ts";
export type { LogFields, LogLevel, LogRecord } from "./lib/log/mod.ts";
export type {
  EngineCounts,
  FileDelivery,
  FileProgress,
  KnownPeer,
  Peer,
  PeerOptions,
  PeerStatus,
  ReceivedFile,
  ReceivedMessage,
  ReceiverOptions,
  SendFileOptions,
  SendMessageOptions,
  SentMessage,
  SpaceBounds,
} from "./lib/peer/mod.ts";
export { startPeer } from "./lib/peer/start_peer.ts";
export { version } from "./lib/protocol/mod.ts";

if (import.meta.main) {
  const { main } = await import(new URL("./cli/main.ts", import.meta.url).href);
  Deno.exit(await main(Deno.args));
}
