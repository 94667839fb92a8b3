/**
 * farcall: push typed TypeScript functions to a fleet of machines and call them as if they were local.
 *
 * Imported, this is the library; run as the main program, it is the command line.
 *
 * @example
 * ```ts ignore
 * import { connect } from "./mod.ts";
 *
 * await using farcall = await connect("init.yaml", { as: "c1" });
 * console.log(await farcall.call("math", "add", [2, 3])); // 5
 * const math = farcall.service("math");
 * console.log(await math.add(2, 3)); // 5
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
  type NodeOutcome,
  type Reply,
  type ServiceProxy,
  type TracePhase,
} from "./lib/client/mod.ts";
export type { TlsSettings } from "./lib/config/model.ts";
export type { TlsCertificate } from "./lib/transport/mod.ts";
export { type CurrentCall, currentCall } from "./lib/context/mod.ts";
export {
  type AnyRpc,
  type ArgumentsOf,
  type EmbeddedClient,
  type EmbeddedLimits,
  EmbeddedNode,
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
  type Services,
} from "./lib/embedded/mod.ts";
export * from "./lib/errors/mod.ts";
export type { LogFields, LogLevel, LogRecord } from "./lib/log/mod.ts";
export {
  type FileDelivery,
  type FileProgress,
  type KnownPeer,
  type Peer,
  type PeerOptions,
  type PeerStatus,
  type ReceivedFile,
  type ReceivedMessage,
  type SendFileOptions,
  type SendMessageOptions,
  type SentMessage,
  startPeer,
} from "./lib/peer/mod.ts";
export { version } from "./lib/protocol/mod.ts";

if (import.meta.main) {
  const { main } = await import(new URL("./cli/main.ts", import.meta.url).href);
  Deno.exit(await main(Deno.args));
}
