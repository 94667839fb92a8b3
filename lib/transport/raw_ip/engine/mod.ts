/**
 * farcall's protocol over raw IP and UDP: packets in, packets out. `createEndpoint` and `createMemory` implement
 * types.ts. No I/O, and neither a clock nor randomness of its own.
 *
 * @module
 */
export { plainCrc32 } from "./packets/checksum.ts";
export { createEndpoint, createMemory } from "./endpoint.ts";
export { packetBatch } from "./packets/packet_batch.ts";
export * from "./types.ts";
