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
  type CallOptions,
  CallTrace,
  connect,
  type ConnectOptions,
  Farcall,
  type Reply,
  type ServiceProxy,
  type StreamPromise,
  type TracePhase,
} from "../lib/client/mod.ts";
export type { TlsSettings } from "../lib/config/model.ts";
export * from "../lib/errors/mod.ts";
export { version } from "../lib/protocol/mod.ts";
