/**
 * A node inside a program: functions of the program as rpcs, with the wire, types, access rules, limits and log
 * of a node that is deployed to.
 *
 * This room must never know how a node answers: it checks what a program says, and gives it to the server.
 *
 * @module
 */
export { EmbeddedNode, serve } from "./serve.ts";
export type { EmbeddedClient, ServeOptions } from "./options.ts";
export {
  type AnyRpc,
  type EmbeddedLimits,
  type EmbeddedServices,
  Rpc,
  rpc,
  type RpcOptions,
  type Rpcs,
  Service,
  service,
  type ServiceOptions,
} from "./rpc.ts";
export type { ArgumentsOf, ExpressionType, ResultOf } from "./value_types.ts";
