/** Scripts that arrive: unpacked, and checked one by one. */
import type { SentScript } from "../protocol/mod.ts";
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { scriptIdShownLength } from "../identity/mod.ts";
import { checkPlaces } from "../source_map/mod.ts";
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
  const total = announced.reduce((sum, { bytes, placesBytes = 0 }) => sum + bytes + placesBytes, 0);
  const unpacked = await unpack(packed, total);
  let offset = 0;
  const next = (bytes: number): Uint8Array => {
    offset += bytes;
    return unpacked.subarray(offset - bytes, offset);
  };
  return announced.flatMap(({ id, bytes, placesBytes }) => {
    const script = next(bytes);
    checkScript(id, script);
    if (placesBytes === undefined) return [script];
    const places = next(placesBytes);
    try {
      checkPlaces(places);
    } catch (cause) {
      const shown = id.slice(0, scriptIdShownLength);
      throw new DeployRejected(`the places of script ${shown} are not right: ${messageOf(cause)}`, {
        cause,
      });
    }
    return [script, places];
  });
}
