/** A node's membership in its fleet: announces its presence, answers requests, and follows the desired state. */
import { limits } from "../limits/mod.ts";
import type { PublicKey, SigningKey } from "../identity/mod.ts";
import { randomToken } from "../transport/nats/mod.ts";
import { Follower, type FollowingNode } from "./follower.ts";
import { type FleetLink, isInbox, openFleetBucket } from "./link.ts";
import {
  fleetSubjects,
  keptKeyOf,
  type PresenceFacts,
  readPresence,
  signPresence,
} from "./presence.ts";
import { MicroService } from "./micro_service.ts";

/** A node, as seen by its fleet. */
export interface MemberNode extends FollowingNode {
  /** The key that signs its announcements. */
  readonly key: SigningKey;
  readonly addresses: readonly string[];
  /** The generation that it serves. */
  readonly generation: number;
  /** Calls in flight, and calls and failures since it started. */
  readonly counts: {
    readonly inFlight: number;
    readonly calls: number;
    readonly failures: number;
  };
  readonly version: string;
  /** Called if another program claims its name, with that program's key. */
  onNamesake?(key: PublicKey): void;
}

/** A fleet membership. */
export class FleetMember {
  readonly #link: FleetLink;
  readonly #fleet: string;
  readonly #node: MemberNode;
  readonly #subjects: ReturnType<typeof fleetSubjects>;
  readonly #follower: Follower;
  readonly #micro: MicroService;
  readonly #id = randomToken();
  readonly #sinceMs = Date.now();
  /** Another program with this name, until it has been silent for a while. */
  #namesake: { readonly key: PublicKey; readonly untilMs: number } | undefined;
  readonly #endings: (() => void)[] = [];
  #isLeaving = false;

  constructor(
    link: FleetLink,
    { fleet, root, node }: {
      readonly fleet: string;
      /** The prefix of the fleet's subjects. */
      readonly root: string;
      readonly node: MemberNode;
    },
  ) {
    this.#link = link;
    this.#fleet = fleet;
    this.#node = node;
    this.#subjects = fleetSubjects(root);
    const { who, poke, here, whoIs } = this.#subjects;
    this.#follower = new Follower(link, {
      fleet,
      poke,
      node: {
        name: node.name,
        labels: node.labels,
        isDeployKey: (key) => node.isDeployKey(key),
        readReached: () => node.readReached(),
        writeReached: (reached) => node.writeReached(reached),
        run: (manifest, state, fetch) => node.run(manifest, state, fetch),
        onChange: (follower) => {
          node.onChange?.(follower);
          this.#announce();
        },
      },
    });
    this.#micro = new MicroService(link, { fleet, node, startedMs: this.#sinceMs });
    const asked = [who, whoIs(node.name)].map((subject) =>
      link.connection.subscribe(subject, {
        callback: (error, { reply }) => {
          if (error === null && isInbox(reply)) this.#say(reply);
        },
      })
    );
    const own = here(node.name);
    const heard = link.connection.subscribe(own, {
      callback: (error, { data }) => {
        if (error === null) this.#hear(own, data);
      },
    });
    const announcing = setInterval(() => this.#announce(), limits.fleet.hereEveryMs);
    const keeping = setInterval(() => this.#keep(), limits.fleet.keptEveryMs);
    this.#endings.push(
      () => asked.forEach((each) => each.unsubscribe()),
      () => heard.unsubscribe(),
      () => clearInterval(announcing),
      () => clearInterval(keeping),
      link.onRenewal(() => this.#announce()),
      () => this.#micro.stop(),
    );
    this.#announce();
    this.#keep();
  }

  /** Says goodbye, and ends pending work. */
  async leave(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    for (const end of this.#endings) end();
    await Promise.all([this.#announce(), this.#follower.stop(), this.#keep()]);
  }

  get #facts(): PresenceFacts {
    const { name, labels, addresses, generation, counts } = this.#node;
    const { number: state, hash: stateHash } = this.#follower;
    const problem = this.#problem;
    return {
      name,
      id: this.#id,
      labels,
      addresses,
      generation,
      state,
      ...(stateHash !== undefined && { stateHash }),
      load: counts.inFlight,
      sinceMs: this.#sinceMs,
      ...(problem !== undefined && { problem }),
      ...(this.#isLeaving && { isLeaving: true as const }),
    };
  }

  get #problem(): string | undefined {
    const namesake = this.#namesake;
    if (namesake === undefined || namesake.untilMs < Date.now()) return this.#follower.problem;
    return `another program has the name "${this.#node.name}" in this fleet, with the key ${namesake.key}: stop one of ` +
      "them, or give it another name";
  }

  /** Handles announcements under this node's name, its own or another program's. */
  async #hear(subject: string, data: Uint8Array): Promise<void> {
    const heard = await readPresence(data, { fleet: this.#fleet, subject });
    if (heard === undefined || heard.id === this.#id || heard.name !== this.#node.name) return;
    const isNews = this.#namesake?.key !== heard.key;
    const untilMs = heard.isLeaving ? 0 : Date.now() + 3 * limits.fleet.hereEveryMs;
    this.#namesake = { key: heard.key, untilMs };
    if (isNews && !heard.isLeaving) this.#node.onNamesake?.(heard.key);
  }

  async #announce(): Promise<void> {
    await this.#say(this.#subjects.here(this.#node.name));
  }

  async #say(subject: string): Promise<void> {
    // Messages published while disconnected would arrive late and all at once.
    if (!this.#link.isUp) return;
    const said = await this.#sign(subject);
    if (this.#link.isUp) this.#link.connection.publish(subject, said);
  }

  /** Stores its announcement, so that its absence is known later. */
  async #keep(): Promise<void> {
    if (!this.#link.isUp) return;
    const key = keptKeyOf(this.#node.name);
    try {
      const said = await this.#sign(key);
      const bucket = await openFleetBucket(this.#link, this.#fleet);
      await bucket.put(key, said);
    } catch {
      // Stored next time; until then the node itself answers requests.
    }
  }

  #sign(subject: string): Promise<Uint8Array<ArrayBuffer>> {
    return signPresence(this.#facts, { key: this.#node.key, fleet: this.#fleet, subject });
  }
}
