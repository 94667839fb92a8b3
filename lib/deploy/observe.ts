/** Asks the nodes what they run, before anything changes. */
import { formatNode, formatNodeAddress } from "../client/mod.ts";
import { DeployRejected } from "../errors/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import type { DeployProgress } from "./progress.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import type { DesiredDeployment, NodeObservation } from "./plan.ts";

/**
 * Asks every node what it runs and which of the desired scripts it has, in one round trip each.
 *
 * @param desired The desired state; left out, nodes are asked only what they run.
 * @param seen Earlier answers; nodes that already run the desired state are not asked again.
 * @throws {NodeUnreachable} If nodes cannot be reached. Names them all.
 * @throws {DeployRejected} If one has another name, or refuses to answer.
 */
export async function observeFleet(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  desired: DesiredDeployment | undefined,
  progress: DeployProgress | undefined,
  seen?: readonly NodeObservation[],
): Promise<NodeObservation[]> {
  const before = new Map(seen?.map((observation) => [observation.node, observation]));
  const done = new Map<string, NodeObservation>();
  const asked = nodes.flatMap(({ address }) => {
    const scripts = scriptsOf(desired?.manifests.get(address.name));
    const observation = before.get(address.name);
    if (observation === undefined || !scripts.isSubsetOf(scriptsOf(observation.manifest))) {
      return [{ address, scripts }];
    }
    done.set(address.name, observation);
    return [];
  });
  await fleet.onEach(asked, async ({ address, scripts }, connection) => {
    const answer = await connection.request(
      { op: "observe", scripts: [...scripts] },
      { timeoutMs: connection.bounds.deployStepTimeoutMs },
    );
    if (answer.node !== "" && answer.node !== address.name && answer.generation === 0) {
      throw new DeployRejected(
        `${
          formatNode(address)
        } calls itself "${answer.node}"; correct init.yaml, or the node's --name`,
      );
    }
    done.set(address.name, {
      node: address.name,
      address: formatNodeAddress(address),
      generation: answer.generation,
      manifest: answer.manifest,
      hash: answer.hash,
      deployment: answer.deployment,
      previous: answer.previous,
      has: scripts.union(scriptsOf(answer.manifest)).difference(new Set(answer.missing)),
      damage: answer.damage,
    });
  }, {
    what: "report its state",
    // Progress was reported at the first attempt.
    onDone: (done) => seen === undefined && progress?.step("observe", done, nodes.length),
  });
  return nodes.map(({ address }) => done.get(address.name)!);
}

/** The scripts of a manifest, if there is one. */
export function scriptsOf(manifest: Manifest | undefined): Set<ScriptId> {
  const services = manifest?.services ?? [];
  return new Set(services.flatMap((service) => service.overloads.map(({ script }) => script)));
}
