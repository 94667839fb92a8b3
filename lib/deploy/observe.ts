/** What the nodes run, before anything is changed. */
import { formatNode } from "../client/mod.ts";
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { formatAddress } from "../transport/mod.ts";
import type { Manifest, ScriptId } from "../wire/mod.ts";
import type { DeployProgress } from "./apply.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import type { NodeObservation, WantedDeployment } from "./plan.ts";

/**
 * Asks every node what it runs and which of the wanted scripts it has: one round trip each.
 *
 * @throws {NodeUnreachable} If nodes cannot be reached. Names them all.
 * @throws {DeployRejected} If one has another name, or refuses to tell.
 */
export async function observeFleet(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  { manifests }: WantedDeployment,
  progress: DeployProgress | undefined,
): Promise<NodeObservation[]> {
  return await fleet.onEach(nodes, async ({ address }, connection) => {
    const wanted = scriptsOf(manifests.get(address.name)!);
    const seen = await connection.request(
      { op: "observe", scripts: [...wanted] },
      { timeoutMs: limits.deployStepTimeoutMs },
    );
    if (seen.node !== "" && seen.node !== address.name && seen.generation === 0) {
      throw new DeployRejected(
        `${
          formatNode(address)
        } calls itself "${seen.node}"; correct init.yaml, or the node's --name`,
      );
    }
    for (const script of seen.missing) wanted.delete(script);
    return {
      node: address.name,
      address: formatAddress(address.host, address.port),
      generation: seen.generation,
      manifest: seen.manifest,
      hash: seen.hash,
      has: wanted,
    };
  }, {
    what: "say what it runs",
    onDone: (done) => progress?.step("observe", done, nodes.length),
  });
}

/** The scripts that a manifest names. */
export function scriptsOf(manifest: Manifest): Set<ScriptId> {
  return new Set(
    manifest.services.flatMap((service) => service.overloads.map(({ script }) => script)),
  );
}
