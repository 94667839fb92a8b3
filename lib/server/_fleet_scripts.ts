/** Fetches scripts from a fleet's store, which are checked and kept like a deployer's. */
import type { FetchedScript } from "../fleet/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { SentScript } from "../protocol/mod.ts";

/**
 * Fetches scripts, some at a time, and stores them in batches.
 *
 * @param put Takes a batch: the concatenated scripts, each followed by its source map, gzip-compressed.
 * @throws The errors of `fetch` and `put`.
 */
export async function takeScripts(
  ids: readonly ScriptId[],
  fetch: (id: string) => Promise<FetchedScript>,
  put: (scripts: readonly SentScript[], packed: Uint8Array<ArrayBuffer>) => Promise<unknown>,
): Promise<void> {
  let scripts: SentScript[] = [];
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let bytesCount = 0;
  const keep = async (): Promise<void> => {
    if (scripts.length > 0) await put(scripts, await pack(parts));
    [scripts, parts, bytesCount] = [[], [], 0];
  };
  for (let start = 0; start < ids.length; start += limits.fleet.fetchesAtOnceMax) {
    const some = ids.slice(start, start + limits.fleet.fetchesAtOnceMax);
    for (const [index, { bytes, sourceMap }] of (await Promise.all(some.map(fetch))).entries()) {
      const length = bytes.length + (sourceMap?.length ?? 0);
      if (bytesCount + length > limits.putBatchBytes) await keep();
      scripts.push({
        id: some[index]!,
        bytes: bytes.length,
        ...(sourceMap && { placesBytes: sourceMap.length }),
      });
      parts.push(bytes, ...(sourceMap ? [sourceMap] : []));
      bytesCount += length;
    }
  }
  await keep();
}

async function pack(parts: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const packing = new Blob([...parts]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packing).arrayBuffer());
}
