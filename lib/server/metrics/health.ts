/** Whether a node serves its deployment. Pure. */
import type { LiveService } from "../calls/live_generation.ts";
import type { NodeContext } from "../node_context.ts";

/** What readiness depends on. */
export type ReadinessOf = Pick<NodeContext, "isDraining" | "services" | "relay">;

/** Why a node is not ready for calls, one reason per line; empty if it is. */
export function whyNotReady({ isDraining, services: { live }, relay }: ReadinessOf): string[] {
  if (isDraining) return ["the node is shutting down"];
  // If the node also listens on an address, its balancer's requests arrive there.
  if (relay?.isOnlyWay && relay.problem !== undefined) return [relay.problem];
  if (live.number === 0 && !live.isEmbedded) {
    return ['nothing was deployed to this node yet: run "farcall init"'];
  }
  return [...live.services.values()].flatMap((service) => whyItCannotRun(service) ?? []);
}

/** Why a service cannot run its calls; undefined if it can, as far as is known. */
function whyItCannotRun({ name, refusal, executor }: LiveService): string | undefined {
  if (refusal !== undefined) return `service "${name}" cannot run: ${refusal}`;
  if (!executor.isFailing) return undefined;
  const failure = startFailureOf(executor.status) ?? "it is being started again now";
  return `service "${name}" cannot run: its executor did not start: ${failure}`;
}

/** Why no executor of a service starts; undefined if one runs, or has not failed. */
export function startFailureOf(status: LiveService["executor"]["status"]): string | undefined {
  if (!status.every(({ state }) => state === "failing")) return undefined;
  return status[0]?.reason ?? "it gave no reason";
}
