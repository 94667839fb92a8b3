/**
 * Runs scripts in child processes: the node's side supervises, the other side (`child.ts`) is the sandbox.
 * Or runs functions of this very program, where a node is part of one.
 *
 * This room must never know who calls: it gets an overload's place and a payload, and gives back a
 * payload or an exception. What a function may be told of its caller is passed on unread.
 *
 * @module
 */
export { BrokenRule } from "./_link_reader.ts";
export { executorArgument } from "./_spawn.ts";
export type { CallHandle, CallOrigin, CallSink, StreamMessage, StreamSink } from "./call.ts";
export { runCompiledExecutor } from "./child.ts";
export { Descriptors } from "./descriptors.ts";
export type { Executor } from "./executor.ts";
export { ExecutorHost } from "./host.ts";
export { InProcessExecutor, type ProgramOverload } from "./in_process.ts";
export type { Load, LoadedOverload } from "./link.ts";
export { ExecutorStartError } from "./_start_error.ts";
export type { ExecutorRoom } from "./room.ts";
export type { SocketOwners } from "./socket_owners.ts";
export { ServiceExecutor } from "./service_executor.ts";
