/**
 * Connections to a NATS server, and connections between callers and nodes through it. Loaded where a URL of NATS is
 * given, and the libraries with it.
 *
 * @module
 */
export type { KvBucket, KvEntry, NatsConnection, NatsMessage } from "./_library.ts";
export { NatsLink, type NatsLinkOptions, parseNatsUrl, readNatsCredentials } from "./link.ts";
