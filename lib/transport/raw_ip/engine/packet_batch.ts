import type { PacketBatch } from "./types.ts";

/** An empty batch; its owner uses it again for every `flush`. */
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
