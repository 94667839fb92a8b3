import type { Transport } from "../transport/mod.ts";
import { preface } from "../wire/mod.ts";

/**
 * Reads the preface of a node. A stream that ends before its first byte is left to who reads on.
 *
 * @returns What came behind it.
 * @throws What `otherwise` makes, if it is no farcall node.
 */
export async function readPreface(
  transport: Transport,
  otherwise: () => Error,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(1024);
  let bytes = 0;
  while (bytes < preface.length) {
    const count = await transport.read(buffer.subarray(bytes));
    if (count === null) {
      if (bytes === 0) return buffer.subarray(0, 0);
      break;
    }
    bytes += count;
  }
  if (preface.every((byte, index) => buffer[index] === byte)) {
    return buffer.subarray(preface.length, bytes);
  }
  throw otherwise();
}
