/** Scripts that arrive: unpacked, checked, kept. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Store } from "../store/mod.ts";
import {
  type Responses,
  type ScriptId,
  scriptId,
  scriptIdOf,
  type SentScript,
} from "../wire/mod.ts";
import { unpack } from "./_unpack.ts";

/**
 * Keeps scripts whose hash is what was announced and that import nothing.
 *
 * @param attachment The scripts, one after the other, gzip-compressed.
 * @throws {DeployRejected} If one is not what it should be, and then none is kept; or if one cannot be kept.
 */
export async function keepScripts(
  store: Store,
  scripts: readonly SentScript[],
  attachment: Uint8Array<ArrayBuffer>,
): Promise<Responses["put"]> {
  let total = 0;
  for (const script of scripts) total += script.bytes;
  const unpacked = await unpack(attachment, total);
  const { checkScript } = await import("./_script_check.ts");
  const checked: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { id, bytes } of scripts) {
    const script = unpacked.slice(offset, offset + bytes);
    offset += bytes;
    if (await scriptIdOf(script) !== id) {
      throw new DeployRejected(`what arrived as script ${id} has another hash; run init again`);
    }
    checkScript(idOf(id), script);
    checked.push(script);
  }
  // Side by side, they share the waits for the disk.
  for (let start = 0; start < checked.length; start += limits.filesAtOnceMax) {
    const some = checked.slice(start, start + limits.filesAtOnceMax);
    const kept = await Promise.allSettled(some.map((script) => store.putScript(script)));
    for (const each of kept) if (each.status === "rejected") throw each.reason;
  }
  return { kept: scripts.length };
}

/** A script id. @throws {DeployRejected} If it is none. */
export function idOf(text: string): ScriptId {
  try {
    return scriptId(text);
  } catch (cause) {
    throw new DeployRejected(messageOf(cause), { cause });
  }
}
