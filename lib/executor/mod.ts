/**
 * Runs scripts in child processes: the node's side (`supervisor`) starts and watches them, the other side (`sandbox`)
 * runs the scripts. For an embedded node, runs functions of this program instead (`in_process`). A new sandbox rule
 * belongs to the layer that enforces it: `sandbox` (what scripts can reach), `permissions.ts` (the runtime),
 * `system/os_sandbox.ts` (the operating system).
 *
 * This room must not know callers: it gets an overload's index and a payload, and returns a payload or an exception. It
 * passes on a call's origin unread.
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
