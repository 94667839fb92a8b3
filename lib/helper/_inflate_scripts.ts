/** Scripts as they come with a put: gzip-compressed, one after the other. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";

/**
 * Decompresses to exactly `bytes` bytes; memory is bounded by what the sizes announced.
 *
 * @throws {DeployRejected} If they are too many, or not as many as came.
 */
export async function unpack(
  compressed: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes > limits.putBytesMax) {
    throw new DeployRejected(
      `${bytes} bytes of scripts in one message are more than the ${limits.putBytesMax} allowed`,
    );
  }
  const target = new Uint8Array(bytes);
  let offset = 0;
  try {
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
    for await (const chunk of stream) {
      if (offset + chunk.length > bytes) throw new RangeError("more bytes than announced");
      target.set(chunk, offset);
      offset += chunk.length;
    }
    if (offset < bytes) throw new RangeError("fewer bytes than announced");
  } catch (cause) {
    throw new DeployRejected(`the scripts did not arrive whole: ${messageOf(cause)}`, { cause });
  }
  return target;
}
