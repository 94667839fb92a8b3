/** What a manifest must be for a node to prepare it. */
import { DeployRejected } from "../../errors/mod.ts";
import { scriptsOf, type Store } from "../../store/mod.ts";
import type { Manifest } from "../../manifest/mod.ts";
import { type OperatorRules, problemsOf } from "../operator.ts";

/** Refuses what is meant for another node. @param givenName The name that the operator gave this one. */
export function checkName(manifest: Manifest, givenName: string | undefined): void {
  if (givenName === undefined || givenName === manifest.node) return;
  throw new DeployRejected(
    `this node is called "${givenName}", but the deployment is for "${manifest.node}"; ` +
      "correct the address in init.yaml, or the node's --name",
  );
}

/** Refuses what the operator does not allow, with the flags that would. */
export function checkRules(manifest: Manifest, rules: OperatorRules): void {
  const problems = manifest.services.flatMap((service) => problemsOf(rules, service));
  if (problems.length > 0) throw new DeployRejected(problems.join("; "));
}

/** Refuses what names scripts that are not here. */
export async function checkScripts(manifest: Manifest, store: Store): Promise<void> {
  const missing = await store.missing([...scriptsOf(manifest)]);
  if (missing.length === 0) return;
  throw new DeployRejected(
    `${
      missing.length === 1 ? "a script" : `${missing.length} scripts`
    } of the deployment did not reach this node, e.g. ${missing[0]}; run init again`,
  );
}
