import type { PacketBatch, Path } from "../types.ts";

/** An empty batch, reusable for every `flush`. */
export function packetBatch(packetsMax = 64, bytesMax = 256 * 1024): PacketBatch {
  return {
    bytes: new Uint8Array(bytesMax),
    count: 0,
    offsets: new Int32Array(packetsMax),
    lengths: new Int32Array(packetsMax),
    remoteAddresses: new Uint32Array(packetsMax),
    remotePorts: new Uint16Array(packetsMax),
    localAddresses: new Uint32Array(packetsMax),
    isFragmented: new Uint8Array(packetsMax),
  };
}

/** The offset of the next packet, if there is room for `length` bytes; else -1. */
export function placeIn(batch: PacketBatch, length: number): number {
  const { count } = batch;
  if (count === batch.offsets.length) return -1;
  const at = count === 0 ? 0 : batch.offsets[count - 1]! + batch.lengths[count - 1]!;
  return at + length <= batch.bytes.length ? at : -1;
}

/** Adds the packet written at its offset. @returns Its bytes. */
export function addTo(batch: PacketBatch, at: number, length: number, path: Path): Uint8Array {
  const { count } = batch;
  batch.offsets[count] = at;
  batch.lengths[count] = length;
  batch.remoteAddresses[count] = path.remoteAddress;
  batch.remotePorts[count] = path.remotePort;
  batch.localAddresses[count] = path.localAddress;
  batch.isFragmented[count] = 0;
  batch.count = count + 1;
  return batch.bytes.subarray(at, at + length);
}
