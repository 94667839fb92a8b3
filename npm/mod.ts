/**
 * farcall for Node.js: call typed functions on a fleet of machines as if they were local. Nodes, and deployments to
 * them, are the executable's.
 *
 * @example
 * ```ts ignore
 * import { connect } from "farcall";
 *
 * const farcall = await connect("init.yaml", { as: "c1" });
 * console.log(await farcall.service("math").add(2, 3)); // 5
 * await farcall.close();
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
} from "../lib/client/mod.ts";
export type { TlsSettings } from "../lib/config/model.ts";
export {
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
  InternalError,
  InvalidArguments,
  InvalidConfiguration,
  MalformedMessage,
  MessageTooLarge,
  NodeUnreachable,
  Overloaded,
  RpcException,
  RpcNotFound,
  ServerDraining,
  ServiceNotFound,
  Unauthenticated,
  Unavailable,
} from "../lib/errors/mod.ts";
export { version } from "../lib/protocol/mod.ts";
