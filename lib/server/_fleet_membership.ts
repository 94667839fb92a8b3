/** A node as a member of a fleet: its deployments follow the fleet's desired state. */
import {
  type FetchedScript,
  type FleetLink,
  FleetMember,
  type MemberNode,
  NodeIsBusy,
  type SignedState,
} from "../fleet/mod.ts";
import type { PublicKey, SigningKey } from "../identity/mod.ts";
import { type Log, roundMs } from "../log/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import { FleetSubjects } from "../transport/nats/mod.ts";
import { type FileStore, readFleetFile, scriptsOf, writeFleetFile } from "../store/mod.ts";
import { version } from "../protocol/mod.ts";
import type { Dispatcher } from "./calls/dispatch.ts";
import type { Relay } from "./node_context.ts";
import type { Deployment } from "./deployment/deployment.ts";
import type { Deployer } from "./deployment/deployment_session.ts";
import type { DeployKeys } from "./peer/deployers.ts";
import { takeScripts } from "./_fleet_scripts.ts";

/** A node's fleet, and its identity there. */
export interface NodeFleet extends Relay {
  readonly door: { onOpen(callback: (link: FleetLink) => void): void };
  readonly fleet: string;
  readonly name: string;
  readonly labels: readonly string[];
  /** The node's key. */
  readonly key: SigningKey;
  /** The `HOST:PORT`s at which it also listens. */
  readonly addresses: readonly string[];
}

/** The parts of a node that its membership needs. */
interface NodeInside {
  readonly deployment: Deployment;
  readonly store: FileStore;
  readonly dispatcher: Dispatcher;
  readonly deployKeys: DeployKeys;
  readonly log: Log;
}

/** A node's membership, from reaching the fleet's server until leaving. */
export class Membership {
  #member: FleetMember | undefined;
  #hasLeft = false;

  constructor(place: NodeFleet, inside: NodeInside) {
    const { fleet } = place;
    const { root } = new FleetSubjects(fleet);
    place.door.onOpen((link) => {
      if (this.#hasLeft) return;
      this.#member = new FleetMember(link, { fleet, root, node: new Member(place, inside) });
    });
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#member?.leave();
  }
}

class Member implements MemberNode {
  readonly name: string;
  readonly labels: readonly string[];
  readonly addresses: readonly string[];
  readonly version = version;
  readonly key: SigningKey;
  readonly #place: NodeFleet;
  readonly #inside: NodeInside;

  constructor(place: NodeFleet, inside: NodeInside) {
    ({ name: this.name, labels: this.labels, addresses: this.addresses, key: this.key } = place);
    this.#place = place;
    this.#inside = inside;
  }

  get generation(): number {
    return this.#inside.deployment.live.number;
  }

  get counts(): { inFlight: number; calls: number; failures: number } {
    const { deployment, dispatcher } = this.#inside;
    let [calls, failures] = [0, 0];
    for (const { stats } of deployment.live.services.values()) {
      calls += stats.calls;
      failures += stats.failures;
    }
    return { inFlight: dispatcher.callsInFlight, calls, failures };
  }

  isDeployKey(key: Parameters<MemberNode["isDeployKey"]>[0]): boolean {
    return this.#inside.deployKeys.has(key);
  }

  async readReached(): ReturnType<MemberNode["readReached"]> {
    return await readFleetFile(this.#inside.store.root);
  }

  async writeReached(reached: Parameters<MemberNode["writeReached"]>[0]): Promise<void> {
    await writeFleetFile(this.#inside.store.root, reached);
    this.#inside.log.info("fleet.reached", {
      state: reached.number,
      generation: this.generation,
      sinceStartMs: roundMs(performance.now()),
    });
  }

  async run(
    manifest: Manifest,
    { number, deployment: info, key }: SignedState,
    fetch: (id: string) => Promise<FetchedScript>,
  ): Promise<void> {
    const { deployment, store } = this.#inside;
    const ids = [...scriptsOf(manifest)];
    const busy = (): NodeIsBusy | undefined => deployment.over && new NodeIsBusy(deployment.over);
    const now = busy();
    if (now) throw now;
    const missing = await store.missing(ids);
    const { live } = deployment;
    if (missing.length === 0 && live.number > 0 && isSame(live.manifest, manifest)) return;
    const from = `nats:${this.#place.fleet}`;
    const by: Deployer = { from, host: from, key, isVouchedFor: true };
    await takeScripts(missing, fetch, (scripts, packed) => deployment.put(by, scripts, packed));
    const otherwise = busy() ??
      (deployment.live === live ? undefined : new NodeIsBusy(Promise.resolve()));
    if (otherwise) throw otherwise;
    // A fleet's rollback refers to a state's number, not a generation's.
    const { id, deployer } = info;
    const about = { id, deployer };
    await deployment.begin(by, about, { generation: live.number, takesOver: false });
    try {
      await deployment.stage(by, { op: "stage", manifest, deployment: about });
      await deployment.commit(by);
    } catch (error) {
      await deployment.abort(by);
      throw error;
    }
    this.#inside.log.info("fleet.converged", { state: number, deployer, key });
  }

  onNamesake(key: PublicKey): void {
    this.#inside.log.warn("fleet.namesake", {
      name: this.name,
      key,
      message: "another program has this node's name: stop one of them, or give it another name",
    });
  }

  onChange({ problem, number }: Parameters<NonNullable<MemberNode["onChange"]>>[0]): void {
    if (problem === undefined) return;
    this.#inside.log.warn("fleet.behind", { state: number, message: problem });
  }
}

/** Whether two checked manifests are equal, ignoring their source records. */
function isSame(a: Manifest, b: Manifest): boolean {
  const text = (manifest: Manifest): string => JSON.stringify({ ...manifest, sources: undefined });
  return text(a) === text(b);
}
