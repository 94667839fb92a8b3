/**
 * A node embedded in a program: its functions as rpcs, with the protocol, types, access rules, limits and log of any
 * other node.
 *
 * This room must never know how a node answers: it checks a program's options, and passes them to the server.
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
