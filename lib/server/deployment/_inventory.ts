/** Reports what a node stores. */
import { DeployRejected, messageOf } from "../../errors/mod.ts";
import { scriptsOf, type Store } from "../../store/mod.ts";
import type { Responses } from "../../protocol/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import type { Steps } from "../../encoding/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import { idOf } from "./_script_upload.ts";
import type { LiveGeneration } from "../calls/live_generation.ts";
import type { LocalSecret } from "../peer/local_deployers.ts";

/** Reports the running manifest, which of its scripts and the given ones are missing, and other losses of the disk. */
export async function observed(
  store: Store,
  { node, live }: { node: string; live: LiveGeneration },
  ids: readonly string[],
): Promise<Responses["observe"]> {
  const { deployment, previous } = store.current() ?? {};
  const hash = store.history().at(-1)?.hash;
  const scripts = await inSlices(idsOf(ids));
  for (const id of scriptsOf(live.manifest)) scripts.push(id);
  const { missing, damage } = await store.survey({ scripts });
  return {
    node,
    generation: live.number,
    manifest: live.number === 0 ? undefined : live.manifest,
    hash,
    deployment,
    previous,
    missing,
    damage: damage.length === 0 ? undefined : damage,
  };
}

/** Checks ids, in steps: there may be hundreds of thousands. */
function* idsOf(texts: readonly string[]): Steps<ScriptId[]> {
  const ids: ScriptId[] = [];
  for (const text of texts) {
    ids.push(idOf(text));
    yield;
  }
  return ids;
}

/**
 * Returns the content of a kept generation.
 *
 * @throws {DeployRejected} If it is not kept, or damaged.
 */
export async function generationOf(store: Store, number: number): Promise<Responses["generation"]> {
  try {
    return await store.generation(number);
  } catch (cause) {
    throw new DeployRejected(messageOf(cause), { cause });
  }
}

/**
 * Makes sure that the file by which the node's user authenticates exists, even if the root was removed meanwhile.
 *
 * @throws {DeployRejected} If it cannot be written.
 */
export async function keepSecret(store: Store, secret: LocalSecret): Promise<void> {
  try {
    await secret.restore(() => store.reclaim());
  } catch (cause) {
    throw new DeployRejected(`cannot write "${secret.path}": ${messageOf(cause)}`, { cause });
  }
}
