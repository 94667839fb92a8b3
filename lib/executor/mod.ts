/**
 * Runs scripts in child processes: the node's side supervises, the other side (`child.ts`) is the sandbox.
 * For an embedded node, runs functions of this very program instead.
 *
 * This room must not know callers: it gets an overload's index and a payload, and gives back a
 * payload or an exception. What a function may be told of its caller is passed on unread.
 *
 * @module
 */
export { BrokenRule } from "./supervisor/link_reader.ts";
export { executorArgument } from "./supervisor/spawn.ts";
export type {
  CallHandle,
  CallOrigin,
  CallOut,
  CallSink,
  OutgoingCall,
  OutgoingSink,
  StreamMessage,
  StreamSink,
} from "./call.ts";
export { Descriptors } from "./system/descriptors.ts";
export type { Executor } from "./executor.ts";
export { ExecutorHost } from "./supervisor/host.ts";
export { InProcessExecutor, type ProgramOverload } from "./in_process/in_process_executor.ts";
export type { Load, LoadedOverload } from "./link.ts";
export { ExecutorStartError } from "./system/start_error.ts";
export type { ExecutorRoom } from "./supervisor/executor_room.ts";
export type { SocketOwner, SocketOwners } from "./system/socket_owners.ts";
export { ServiceExecutor } from "./supervisor/service_executor.ts";
