/** A node as a member of its fleet: says that it is there, answers those who ask, and follows the desired state. */
import { limits } from "../limits/mod.ts";
import { tokenOf } from "../transport/nats/mod.ts";
import { Follower, type FollowingNode } from "./follower.ts";
import { type FleetLink, isInbox, openFleetBucket } from "./link.ts";
import { encodePresence, fleetSubjects, type Presence } from "./presence.ts";
import { MicroService } from "./micro_service.ts";

/** A node as its fleet sees it. */
export interface MemberNode extends FollowingNode {
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
}

/** A member until it leaves. */
export class FleetMember {
  readonly #link: FleetLink;
  readonly #fleet: string;
  readonly #node: MemberNode;
  readonly #subjects: ReturnType<typeof fleetSubjects>;
  readonly #follower: Follower;
  readonly #micro: MicroService;
  readonly #sinceMs = Date.now();
  readonly #endings: (() => void)[] = [];
  #isLeaving = false;

  constructor(
    link: FleetLink,
    { fleet, root, node }: {
      readonly fleet: string;
      /** What the fleet's subjects begin with. */
      readonly root: string;
      readonly node: MemberNode;
    },
  ) {
    this.#link = link;
    this.#fleet = fleet;
    this.#node = node;
    this.#subjects = fleetSubjects(root);
    const { who, poke } = this.#subjects;
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
    const asked = link.connection.subscribe(who, {
      callback: (error, message) => {
        if (error === null && isInbox(message.reply)) {
          link.connection.publish(message.reply, encodePresence(this.#presence));
        }
      },
    });
    const announcing = setInterval(() => this.#announce(), limits.fleet.hereEveryMs);
    const keeping = setInterval(() => this.#keep(), limits.fleet.keptEveryMs);
    this.#endings.push(
      () => asked.unsubscribe(),
      () => clearInterval(announcing),
      () => clearInterval(keeping),
      link.onRenewal(() => this.#announce()),
      () => this.#micro.stop(),
    );
    this.#announce();
    this.#keep();
  }

  /** Says goodbye, and ends what is under way. */
  async leave(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    for (const end of this.#endings) end();
    this.#announce();
    await Promise.all([this.#follower.stop(), this.#keep()]);
  }

  get #presence(): Presence {
    const { name, labels, addresses, generation, counts } = this.#node;
    const { number: state, problem } = this.#follower;
    return {
      name,
      labels,
      addresses,
      generation,
      state,
      load: counts.inFlight,
      sinceMs: this.#sinceMs,
      ...(problem !== undefined && { problem }),
      ...(this.#isLeaving && { isLeaving: true as const }),
    };
  }

  #announce(): void {
    // What is published while the connection is broken would come late, and all at once.
    if (!this.#link.isUp) return;
    this.#link.connection.publish(this.#subjects.here, encodePresence(this.#presence));
  }

  /** Keeps what it says, so that its absence is known later. */
  async #keep(): Promise<void> {
    if (!this.#link.isUp) return;
    try {
      const bucket = await openFleetBucket(this.#link, this.#fleet);
      await bucket.put(`node.${tokenOf(this.#node.name)}`, encodePresence(this.#presence));
    } catch {
      // It is kept next time; those who ask now are answered by the node itself.
    }
  }
}
