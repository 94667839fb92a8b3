/**
 * Deploy rights. A node with deploy keys only accepts deployments signed by one of them, on a connection that has
 * proved that key, from anywhere; a node without accepts those of its own user on its own machine.
 */
import { Unauthenticated } from "../../errors/mod.ts";
import type { Log } from "../../log/mod.ts";
import type { Generation } from "../../store/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import { checkSignature, type GenerationRecord } from "../../manifest/mod.ts";
import { type PublicKey, shortKey } from "../../identity/mod.ts";
import { type Caller, isThisMachine } from "../calls/access.ts";
import type { LocalTrust } from "./local_deployers.ts";

/** The keys whose deployments a node accepts; if empty, its own user may deploy. */
export type DeployKeys = ReadonlySet<PublicKey>;

/** Whether it may be a deployer: it has proved a deploy key, or can still prove to be the node's user. */
export function mayBeDeployer(keys: DeployKeys, caller: Caller): boolean {
  const { key } = caller;
  return keys.size === 0 ? isThisMachine(caller) : key !== undefined && keys.has(key);
}

/** Requests that are not steps of a deployment, and how a refusal describes them. */
const questions: Readonly<Record<string, readonly [string, string]>> = {
  status: ["reports its state to", "reports its state only to"],
  logs: ["shows its log to", "shows its log only to"],
};

/**
 * Refuses peers without deploy rights.
 *
 * @param op The request: a step of a deployment, the node's status, or its log.
 * @throws {Unauthenticated} The message says what would help.
 */
export function checkMayDeploy(
  { deployKeys: keys, deployment }: {
    readonly deployKeys: DeployKeys;
    /** Undefined if nothing can be deployed. */
    readonly deployment: unknown;
  },
  { caller, local }: { readonly caller: Caller; readonly local: Pick<LocalTrust, "isProved"> },
  op: string,
): void {
  const { key } = caller;
  if (keys.size === 0) {
    // An embedded node has no scripts, either, that could connect from here.
    if (local.isProved || (deployment === undefined && isThisMachine(caller))) return;
    const what = questions[op]?.[0] ?? "takes deployments from";
    const others = op in questions ? "ask" : "deploy";
    const only = `this node has no deploy key and ${what} its own`;
    const remedy = `serve --deploy-key lets others ${others}`;
    throw new Unauthenticated(
      caller.doubt !== undefined
        ? `${only} user on its own machine only, and ${caller.doubt}; ${remedy}`
        : isThisMachine(caller) && deployment !== undefined
        ? `${only} user on its own machine only, which this connection has not proved to be: run ` +
          `farcall there as that user, this version or a newer one; ${remedy}`
        : `${only} machine only; ${remedy}`,
    );
  }
  if (key !== undefined && keys.has(key)) return;
  const does = questions[op]?.[1] ?? "accepts deployments only from";
  throw new Unauthenticated(
    key === undefined
      ? `this node ${does} holders of its deploy keys, and this connection has proved none: run ` +
        "farcall with --key FILE"
      : `this node ${does} holders of its deploy keys, and ${
        shortKey(key)
      } is not one of them; use ` +
        `another key with farcall --key FILE, or serve with --deploy-key ${key}`,
  );
}

/** A generation about to be staged. */
export type Candidate = Pick<GenerationRecord, "manifest" | "deployment" | "previous">;

/**
 * Refuses a deployment without a valid signature: by the key that the connection has proved, for this node, replacing
 * its current generation.
 *
 * @param proved The key that the connection has proved.
 * @throws {Unauthenticated} The message says what is wrong, and what to do.
 */
export async function checkIsSigned(
  keys: DeployKeys,
  candidate: Candidate,
  proved: PublicKey | undefined,
): Promise<void> {
  const signed = candidate.deployment?.signed;
  if (signed === undefined) {
    if (keys.size === 0) return;
    throw new Unauthenticated(
      "the deployment is not signed, and this node accepts only deployments signed by one of its " +
        "deploy keys: run farcall init --key FILE",
    );
  }
  if (signed.key !== proved) {
    throw new Unauthenticated(
      `the deployment is signed by ${shortKey(signed.key)}, and this connection has proved ` +
        `${proved === undefined ? "no key" : shortKey(proved)}: deploy with the key that signed`,
    );
  }
  if (await checkSignature(candidate, inSlices) === "good") return;
  const { manifest, previous } = candidate;
  throw new Unauthenticated(
    `the signature is not one of ${
      shortKey(signed.key)
    } over this deployment of this manifest to ` +
      `node "${manifest.node}" in the place of ` +
      `${previous === undefined ? "nothing" : `generation ${previous.number}`}; run init again, ` +
      "with the same version of farcall on both sides",
  );
}

/** Warns if a node with deploy keys still serves a generation that none of them has signed. */
export function warnOfSigner(
  { number, deployment }: Generation,
  { keys, log }: { keys: DeployKeys; log: Log },
): void {
  const key = deployment?.signed?.key;
  // A generation derived from a fleet's state was checked with it: the fleet's signature covers all nodes.
  if (key === undefined && deployment?.from.startsWith("nats:")) return;
  if (keys.size === 0 || (key !== undefined && keys.has(key))) return;
  const whose = key === undefined
    ? "is not signed"
    : `is signed by ${shortKey(key)}, which is not one of this node's deploy keys`;
  log.warn("deploy.untrusted", {
    generation: number,
    key,
    message: `generation ${number} ${whose}; it is served until the next init`,
  });
}
