/** Scripts that arrive: unpacked, checked, kept. */
import { DeployRejected, messageOf } from "../../errors/mod.ts";
import type { WholeMessages } from "../../helper/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { Responses, SentScript } from "../../protocol/mod.ts";
import { type ScriptId, scriptId, scriptIdOf } from "../../identity/mod.ts";

/** Scripts as they come with a put. */
export interface Put {
  readonly scripts: readonly SentScript[];
  /** The scripts, one after the other, each with its places behind it; gzip-compressed. */
  readonly attachment: Uint8Array<ArrayBuffer>;
  /** The host that they come from. */
  readonly from: string;
}

/**
 * Keeps scripts whose hash is what was announced and that import nothing.
 *
 * @throws {DeployRejected} If one is not what it should be, and then none is kept; or if one cannot be kept.
 * @throws {Overloaded} If too many wait to be checked.
 */
export async function keepScripts(
  store: Store,
  messages: WholeMessages,
  { scripts, attachment, from }: Put,
): Promise<Responses["put"]> {
  for (const { id } of scripts) idOf(id);
  const checked = [...await messages.unpackScripts(scripts, attachment, from)];
  const arrived: { id: ScriptId; script: Uint8Array<ArrayBuffer>; places?: Uint8Array }[] = [];
  for (const { id, placesBytes } of scripts) {
    const script = checked.shift()!;
    if (await scriptIdOf(script) !== id) {
      throw new DeployRejected(`what arrived as script ${id} has another hash; run init again`);
    }
    arrived.push({ id, script, ...(placesBytes !== undefined && { places: checked.shift()! }) });
  }
  // Side by side, they share the waits for the disk.
  for (let start = 0; start < arrived.length; start += limits.filesAtOnceMax) {
    const some = arrived.slice(start, start + limits.filesAtOnceMax);
    const kept = await Promise.allSettled(some.map(async ({ id, script, places }) => {
      await store.putScript(script);
      if (places !== undefined) await store.putPlaces(id, places);
    }));
    for (const each of kept) if (each.status === "rejected") throw each.reason;
  }
  return { kept: scripts.length };
}

/** A script id. @throws {DeployRejected} If it is not one. */
export function idOf(text: string): ScriptId {
  try {
    return scriptId(text);
  } catch (cause) {
    throw new DeployRejected(messageOf(cause), { cause });
  }
}
