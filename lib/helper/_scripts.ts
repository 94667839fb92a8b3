/** Scripts that arrive: unpacked, and checked one by one. */
import type { SentScript } from "../protocol/mod.ts";
import { checkScript } from "./_script_check.ts";
import { unpack } from "./_inflate_scripts.ts";

/**
 * The scripts of a put.
 *
 * @param packed One after the other, gzip-compressed.
 * @throws {DeployRejected} If they are not as long as was said, or one is no module that imports nothing.
 */
export async function unpackAndCheck(
  announced: readonly SentScript[],
  packed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array[]> {
  const total = announced.reduce((sum, { bytes }) => sum + bytes, 0);
  const unpacked = await unpack(packed, total);
  let offset = 0;
  return announced.map(({ id, bytes }) => {
    const script = unpacked.subarray(offset, offset + bytes);
    offset += bytes;
    checkScript(id, script);
    return script;
  });
}
