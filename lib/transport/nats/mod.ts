/**
 * Connections to a NATS server, and connections between callers and nodes through it. Loaded with its libraries only if
 * a NATS URL is given.
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
