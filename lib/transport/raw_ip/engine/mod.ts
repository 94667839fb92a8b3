/**
 * The protocol of farcall over raw IP and UDP: packets in, packets out. `createEndpoint` and `createMemory` make what
 * types.ts describes.
 *
 * It does no I/O, and has neither clock nor randomness of its own.
 *
 * @module
 */
export { packetBatch } from "./packet_batch.ts";
export * from "./types.ts";
