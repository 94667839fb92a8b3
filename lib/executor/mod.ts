/**
 * Runs scripts in child processes: the node's side supervises, the other side (`child.ts`) is the sandbox.
 *
 * This room must never know who calls: it gets an overload's place and a payload, and gives back a
 * payload or an exception.
 *
 * @module
 */
export { executorArgument } from "./_spawn.ts";
export type { CallHandle, CallSink, StreamMessage, StreamSink } from "./call.ts";
export { runCompiledExecutor } from "./child.ts";
export { ExecutorHost } from "./host.ts";
export type { Load, LoadedOverload } from "./link.ts";
export { ExecutorStartError } from "./_start_error.ts";
export { ServiceExecutor } from "./service_executor.ts";
