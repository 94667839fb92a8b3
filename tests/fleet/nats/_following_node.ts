/** A node that follows the desired state of a fleet in memory, without running services. */
import {
  type FleetContent,
  Follower,
  type ReachedState,
  type SignedState,
  StatePublisher,
} from "../../../lib/fleet/mod.ts";
import type { Presence } from "../../../lib/fleet/mod.ts";
import { scriptIdOf, type SigningKey } from "../../../lib/identity/mod.ts";
import type { Manifest } from "../../../lib/manifest/mod.ts";
import type { MemoryFleet } from "../../_support/nodes/memory_fleet.ts";

export const fleet = "lab";
export const root = "farcall.v1.lab";

/** One service with that text as its script, on all nodes. */
export async function contentOf(
  text: string,
): Promise<{ content: FleetContent; bytes: Uint8Array<ArrayBuffer> }> {
  const bytes = new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
  const script = await scriptIdOf(bytes);
  const overloads = [{ rpc: "value", args: [], returns: ["int"], script }];
  const service = { name: "a", tenants: [], overloads };
  return { content: { clients: [], services: [{ selector: { kind: "all" }, service }] }, bytes };
}

/** Stores a text as the desired state, as `init` does. @returns Its number. */
export async function deployText(
  hub: MemoryFleet,
  text: string,
  { key, present, deployer = "ann" }: {
    readonly key: SigningKey;
    readonly present?: Iterable<Presence>;
    readonly deployer?: string;
  },
): Promise<number> {
  const { content, bytes } = await contentOf(text);
  const publisher = await StatePublisher.open(hub.link(), { fleet, root, present });
  await publisher.prepare(content, { key, readScript: () => Promise.resolve({ bytes }) });
  const deployment = { id: crypto.randomUUID(), deployer };
  const number = await publisher.write(content, { deployment, key });
  await publisher.announce();
  return number;
}

/** A follower, and the states that its node applied. */
export class FollowingNode implements Disposable {
  readonly follower: Follower;
  readonly ran: { manifest: Manifest; state: SignedState; scripts: string[] }[] = [];
  reached: ReachedState | undefined;

  constructor(hub: MemoryFleet, key: SigningKey, reached?: ReachedState) {
    this.reached = reached;
    this.follower = new Follower(hub.link(), {
      fleet,
      poke: `${root}.poke`,
      node: {
        name: "s1",
        labels: [],
        isDeployKey: (other) => other === key.publicKey,
        readReached: () => Promise.resolve(this.reached),
        writeReached: (reached) => {
          this.reached = reached;
          return Promise.resolve();
        },
        run: async (manifest, state, fetch) => {
          const scripts: string[] = [];
          for (const { overloads } of manifest.services) {
            const { bytes } = await fetch(overloads[0].script);
            scripts.push(new TextDecoder().decode(bytes));
          }
          this.ran.push({ manifest, state, scripts });
        },
      },
    });
  }

  /** The part of its presence that deployers read. */
  presence(key: SigningKey): Presence {
    const { number: state, hash: stateHash, problem } = this.follower;
    return {
      name: "s1",
      id: "1",
      key: key.publicKey,
      labels: [],
      addresses: [],
      generation: 1,
      load: 0,
      sinceMs: 0,
      saidMs: 0,
      state,
      ...(stateHash !== undefined && { stateHash }),
      ...(problem !== undefined && { problem }),
    };
  }

  [Symbol.dispose](): void {
    this.follower.stop();
  }
}
