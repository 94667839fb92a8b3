/** Rollback of a whole fleet: a deployment of an earlier desired state. Loaded only with a fleet. */
import type { Configuration } from "../config/mod.ts";
import { DeployRejected, FarcallError } from "../errors/mod.ts";
import {
  contentIn,
  isWellSigned,
  manifestFor,
  type SignedState,
  type StatePublisher,
} from "../fleet/mod.ts";
import { type PublicKey, type ScriptId, shortKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { nothingChanged, withState } from "./apply.ts";
import { type Deployed, type DeployOptions, planAndApply } from "./deploy.ts";
import { Fleet, nodesOf } from "./fleet.ts";
import { scriptsOf } from "./observe.ts";
import type { ScriptFacts } from "./plan.ts";

/** The fleet's state to restore, and the keys to trust. */
export interface StateRollbackOptions extends DeployOptions {
  readonly state: StatePublisher;
  /** The labels of the present nodes, by name. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** The number of the state. Default: the one before the last. */
  readonly number?: number;
  /** Keys besides `key` whose states it may re-sign. Default: none. */
  readonly trusted?: ReadonlySet<PublicKey>;
}

/**
 * Makes a fleet run an earlier state again, as a new one: the present nodes at once, or nothing changes anywhere;
 * absent nodes when they return. Takes only the nodes' addresses from the configuration.
 *
 * @throws {NodeUnreachable} If a node cannot be reached; nothing was changed.
 * @throws {DeployRejected} If that state is not kept or not signed by a trusted key, or a node refuses.
 */
export async function rollbackState(
  configuration: Configuration,
  options: StateRollbackOptions,
): Promise<Pick<Deployed, "plan" | "applied" | "state">> {
  const { state: publisher, labels } = options;
  const nodes = nodesOf(configuration);
  try {
    const target = await findState(options);
    const bytes = await publisher.read(target.content, limits.fleet.contentBytesMax);
    const manifests = new Map(nodes.map(({ address: { name } }) => {
      return [name, manifestFor(bytes, { name, labels: labels.get(name) ?? [] })];
    }));
    const scripts = new Map<ScriptId, ScriptFacts>();
    for (const id of [...manifests.values()].flatMap((manifest) => [...scriptsOf(manifest)])) {
      scripts.set(id, { bytes: 0, source: "" });
    }
    const stock = {
      has: () => true,
      get: (id: ScriptId) => publisher.read(id, limits.scriptBytesMax),
    };
    await using fleet = new Fleet(options);
    return await planAndApply(fleet, nodes, { manifests, scripts }, {
      ...options,
      scripts: stock,
      content: contentIn(bytes),
      stateRollbackTo: target.number,
    });
  } catch (error) {
    if (error instanceof FarcallError && error.details.length > 0) throw error;
    throw withState(error, nothingChanged);
  }
}

/** The kept state to restore. @throws {DeployRejected} If no state is kept, or no trusted key signed it. */
async function findState(
  { state: publisher, number, key, trusted }: StateRollbackOptions,
): Promise<SignedState> {
  const states = (await publisher.history()).map(({ state }) => state);
  const kept = states.length === 0
    ? "it keeps none"
    : `it keeps ${states.map((state) => state.number).join(", ")}`;
  const target = number === undefined ? states[1] : states.find((state) => state.number === number);
  if (target === undefined) {
    const what = number === undefined ? "a state before the last" : `state ${number}`;
    throw new DeployRejected(`the fleet's store in NATS does not keep ${what}: ${kept}`);
  }
  const what = `state ${target.number} of the fleet`;
  if (!await isWellSigned(target)) {
    throw new DeployRejected(`${what} is not what was deployed: its signature is invalid`);
  }
  if (key === undefined || target.key === key.publicKey || trusted?.has(target.key)) return target;
  throw new DeployRejected(
    `${what} is signed by ${
      shortKey(target.key)
    }, not by your key: --trust ${target.key} re-signs it with yours`,
  );
}
