/** Removes unused entries from a fleet's store: scripts and contents without references, nodes long gone. */
import { isObject } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import type { KvBucket } from "../transport/nats/mod.ts";
import { readBlob } from "./blobs.ts";
import { scriptsNamedIn } from "./content.ts";
import { readJson, type SignedState } from "./signed_state.ts";

/**
 * Removes old unused entries. An entry that another deployer rewrites meanwhile stays, because its revision changes.
 *
 * @param states The states that are kept.
 * @param nowMs The time by the server's clock.
 * @returns How many keys were removed.
 */
export async function removeUnused(
  bucket: KvBucket,
  { states, nowMs }: { readonly states: readonly SignedState[]; readonly nowMs: number },
): Promise<number> {
  const named = await hashesNamedBy(bucket, states);
  if (named === undefined) return 0;
  const { unusedKeptMs, leftKeptMs, vanishedKeptMs, fetchesAtOnceMax } = limits.fleet;
  const keys: string[] = [];
  for (const kind of ["blob", "places", "node"]) {
    // Servers before 2.10 accept only one filter.
    for await (const key of await bucket.keys(`${kind}.>`)) {
      if (kind === "node" || !named.has(key.split(".")[1] ?? "")) keys.push(key);
    }
  }
  let count = 0;
  // The first part holds the number of parts: without it, the others are garbage.
  const left = keys.sort().values();
  const removeSome = async (): Promise<void> => {
    for (const key of left) {
      const entry = await bucket.get(key);
      if (entry?.operation !== "PUT") continue;
      const keptMs = !key.startsWith("node.")
        ? unusedKeptMs
        : hasLeft(entry.value)
        ? leftKeptMs
        : vanishedKeptMs;
      if (nowMs - entry.created.getTime() < keptMs) continue;
      await bucket.purge(key, { previousSeq: entry.revision });
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: fetchesAtOnceMax }, removeSome));
  if (count > 0) await bucket.purgeDeletes(unusedKeptMs);
  return count;
}

/** The blobs that states refer to. @returns undefined if unknown for any of them: then nothing counts as unused. */
async function hashesNamedBy(
  bucket: KvBucket,
  states: readonly SignedState[],
): Promise<ReadonlySet<string> | undefined> {
  const named = new Set<string>();
  for (const content of new Set(states.map(({ content }) => content))) {
    named.add(content);
    const bytes = await readBlob(bucket, {
      hash: content,
      bytesMax: limits.fleet.contentBytesMax,
    }).catch(() => undefined);
    // The content of an old state may be gone, but not that of the newest.
    if (bytes === undefined && content === states[0]?.content) return undefined;
    for (const script of bytes === undefined ? [] : scriptsNamedIn(bytes)) named.add(script);
  }
  return named;
}

/**
 * Whether a node has said goodbye. The signature need not be checked: a program that can write the entry can also remove it.
 */
function hasLeft(kept: Uint8Array): boolean {
  const envelope = readJson(kept);
  if (!isObject(envelope) || typeof envelope.said !== "string") return false;
  const said = readJson(new TextEncoder().encode(envelope.said));
  return isObject(said) && said.isLeaving === true;
}
