/** Checks of a manifest against the node: name, operator's bounds, scripts. */
import { DeployRejected } from "../../errors/mod.ts";
import { scriptsOf, type Store } from "../../store/mod.ts";
import type { Manifest } from "../../manifest/mod.ts";
import { type OperatorRules, problemsOf } from "../operator.ts";

/** Refuses a manifest for another node. @param givenName This node's name from its operator. */
export function checkName(manifest: Manifest, givenName: string | undefined): void {
  if (givenName === undefined || givenName === manifest.node) return;
  throw new DeployRejected(
    `this node is called "${givenName}", but the deployment is for "${manifest.node}"; ` +
      "correct the address in init.yaml, or the node's --name",
  );
}

/** Refuses settings that the operator does not allow, naming the flags that would allow them. */
export function checkRules(manifest: Manifest, rules: OperatorRules): void {
  const problems = manifest.services.flatMap((service) => problemsOf(rules, service));
  if (problems.length > 0) throw new DeployRejected(problems.join("; "));
}

/** Refuses a manifest whose scripts are missing. */
export async function checkScripts(manifest: Manifest, store: Store): Promise<void> {
  const missing = await store.missing([...scriptsOf(manifest)]);
  if (missing.length === 0) return;
  throw new DeployRejected(
    `${
      missing.length === 1 ? "a script" : `${missing.length} scripts`
    } of the deployment did not reach this node, e.g. ${missing[0]}; run init again`,
  );
}
