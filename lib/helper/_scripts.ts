/** Unpacks received scripts, and checks each. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { scriptIdShownLength } from "../identity/mod.ts";
import { KiB, limits } from "../limits/mod.ts";
import type { SentScript } from "../protocol/mod.ts";
import { checkSourceMap } from "../source_map/mod.ts";
import { checkScript } from "./_script_check.ts";

/**
 * Unpacks the scripts of a `put` request.
 *
 * @param packed The concatenated scripts, gzip-compressed.
 * @param options `timeoutMs`: how long the checks may take in all; `rest`: awaited before each script is checked.
 * @throws {DeployRejected} If the sizes differ from the announced ones, or a script is not a module or imports
 *   something.
 */
export async function unpackAndCheck(
  announced: readonly SentScript[],
  packed: Uint8Array<ArrayBuffer>,
  { timeoutMs, rest = () => {} }: {
    readonly timeoutMs: number;
    readonly rest?: () => void | Promise<void>;
  },
): Promise<Uint8Array<ArrayBuffer>[]> {
  const total = announced.reduce((sum, { bytes, placesBytes = 0 }) => sum + bytes + placesBytes, 0);
  const unpacked = await unpack(packed, total);
  let offset = 0;
  let leftMs = timeoutMs;
  const next = (bytes: number): Uint8Array<ArrayBuffer> => {
    offset += bytes;
    return unpacked.subarray(offset - bytes, offset);
  };
  const checked: Uint8Array<ArrayBuffer>[] = [];
  for (const { id, bytes, placesBytes } of announced) {
    await rest();
    const script = next(bytes);
    const beganMs = performance.now();
    checkScript(id, script, leftMs);
    leftMs -= performance.now() - beganMs;
    checked.push(script);
    if (placesBytes === undefined) continue;
    const places = next(placesBytes);
    try {
      checkSourceMap(places);
    } catch (cause) {
      const shown = id.slice(0, scriptIdShownLength);
      throw new DeployRejected(
        `the source map of script ${shown} is invalid: ${messageOf(cause)}`,
        { cause },
      );
    }
    checked.push(places);
  }
  return checked;
}

/** Bytes that are decompressed in one go: the runtime writes all that they make at once, a thousand times as much at most. */
const piecesBytes = 4 * KiB;

/**
 * Decompresses to exactly `bytes` bytes, and allocates little more.
 *
 * @throws {DeployRejected} If `bytes` exceeds the bound, or the data has another size.
 */
async function unpack(
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
    const stream = inPieces(compressed).pipeThrough(new DecompressionStream("gzip"));
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

function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(offset, offset += piecesBytes));
    },
  });
}
