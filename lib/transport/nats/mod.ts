/**
 * Connections to a NATS server, and connections between callers and nodes through it. Loaded where a URL of NATS is
 * given, and the libraries with it.
 *
 * @module
 */
export type { KvBucket, KvEntry, NatsConnection, NatsMessage } from "./_library.ts";
export { connectNats, type ConnectNatsOptions } from "./connect.ts";
export {
  isWorthWaiting,
  type NatsError,
  NatsLink,
  type NatsLinkOptions,
  readNatsCredentials,
} from "./link.ts";
export { listenNats } from "./listen.ts";
export { FleetSubjects, randomToken, tokenOf } from "./subjects.ts";
