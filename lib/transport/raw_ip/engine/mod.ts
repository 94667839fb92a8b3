/**
 * The protocol of farcall over raw IP and UDP: packets in, packets out. `createEndpoint` and `createMemory` make what
 * types.ts describes.
 *
 * It does no I/O, and has neither clock nor randomness of its own.
 *
 * @module
 */
export { plainCrc32 } from "./packets/checksum.ts";
export { createEndpoint, createMemory } from "./endpoint.ts";
export { packetBatch } from "./packets/packet_batch.ts";
export * from "./types.ts";
