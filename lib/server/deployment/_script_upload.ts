/** Unpacks, checks and stores received scripts. */
import { DeployRejected, messageOf } from "../../errors/mod.ts";
import type { WholeMessages } from "../../helper/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { Responses, SentScript } from "../../protocol/mod.ts";
import { type ScriptId, scriptId, scriptIdOf } from "../../identity/mod.ts";
import { inLanes } from "../../timers/lanes.ts";

/** The scripts of a `put` request. */
export interface Put {
  readonly scripts: readonly SentScript[];
  /** The concatenated scripts, each followed by its source map; gzip-compressed. */
  readonly attachment: Uint8Array<ArrayBuffer>;
  /** The sender's host. */
  readonly from: string;
}

/**
 * Stores scripts with the announced hash and without imports.
 *
 * @throws {DeployRejected} If one fails the checks (then none is stored), or one cannot be stored.
 * @throws {Overloaded} If the queue for checks is full.
 */
export async function keepScripts(
  store: Store,
  messages: WholeMessages,
  { scripts, attachment, from }: Put,
): Promise<Responses["put"]> {
  for (const { id } of scripts) idOf(id);
  const checked = (await messages.unpackScripts(scripts, attachment, from)).values();
  const arrived: { id: ScriptId; script: Uint8Array<ArrayBuffer>; places?: Uint8Array }[] = [];
  for (const { id, placesBytes } of scripts) {
    const script = checked.next().value!;
    if (await scriptIdOf(script) !== id) {
      throw new DeployRejected(`what arrived as script ${id} has another hash; run init again`);
    }
    arrived.push({
      id,
      script,
      ...(placesBytes !== undefined && { places: checked.next().value! }),
    });
  }
  // Written concurrently to share the waits for the disk. None is under way when this fails.
  let failure: { readonly error: unknown } | undefined;
  await inLanes(arrived, async ({ id, script, places }) => {
    if (failure !== undefined) return;
    try {
      await store.putScript(script);
      if (places !== undefined) await store.putSourceMap(id, places);
    } catch (error) {
      failure ??= { error };
    }
  });
  if (failure !== undefined) throw failure.error;
  return { kept: scripts.length };
}

/** Checks a script id. @throws {DeployRejected} If it is invalid. */
export function idOf(text: string): ScriptId {
  try {
    return scriptId(text);
  } catch (cause) {
    throw new DeployRejected(messageOf(cause), { cause });
  }
}
