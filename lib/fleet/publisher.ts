/** Writing the desired state of a fleet: contents and scripts first, then what names them, signed. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { DeploymentInfo } from "../manifest/mod.ts";
import { type PublicKey, scriptIdOf, type SigningKey } from "../identity/mod.ts";
import type { KvBucket } from "../transport/nats/mod.ts";
import { encodeAnnouncement } from "./announcement.ts";
import { hasBlob, putBlob } from "./blobs.ts";
import { encodeContent, type FleetContent } from "./content.ts";
import { type FleetLink, openFleetBucket, stateKey, type StoredEntry } from "./link.ts";
import { encodePlaces, placesKeyOf } from "./places.ts";
import { fleetSubjects } from "./presence.ts";
import {
  encodeState,
  parseState,
  type SignedState,
  signState,
  stateHashOf,
} from "./signed_state.ts";

/** A script to store, and where the places in it come from. */
export interface ScriptToStore {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly places?: Uint8Array<ArrayBuffer>;
}

/** What states are written with. */
export interface PrepareOptions {
  readonly key: SigningKey;
  /** Reads a script that the store lacks. */
  readScript(id: string): Promise<ScriptToStore | undefined>;
}

/** A deployer's hold on the desired state. */
export class StatePublisher {
  readonly #link: FleetLink;
  readonly #fleet: string;
  readonly #root: string;
  readonly #bucket: KvBucket;
  readonly #current: SignedState | undefined;
  readonly #revision: number;
  /** Entries that the store lacked: those that nodes lack, too. */
  readonly #fresh: StoredEntry[] = [];

  private constructor(
    link: FleetLink,
    { fleet, root, bucket, current, revision }: {
      fleet: string;
      root: string;
      bucket: KvBucket;
      current: SignedState | undefined;
      revision: number;
    },
  ) {
    this.#link = link;
    this.#fleet = fleet;
    this.#root = root;
    this.#bucket = bucket;
    this.#current = current;
    this.#revision = revision;
  }

  /** Reads the state that is to be followed. */
  static async open(
    link: FleetLink,
    { fleet, root }: { readonly fleet: string; readonly root: string },
  ): Promise<StatePublisher> {
    const bucket = await openFleetBucket(link, fleet);
    const entry = await bucket.get(stateKey);
    const current = entry?.operation === "PUT" ? parseState(entry.value, fleet) : undefined;
    return new StatePublisher(link, {
      fleet,
      root,
      bucket,
      current,
      revision: entry?.revision ?? 0,
    });
  }

  /** The number of the stored state, 0 before the first. */
  get number(): number {
    return this.#current?.number ?? 0;
  }

  /** Whether the state that is there says this, signed by this key. */
  async isCurrent(content: FleetContent, key: SigningKey): Promise<boolean> {
    return this.#current?.key === key.publicKey &&
      this.#current.content === await scriptIdOf(encodeContent(content));
  }

  /** Whether the state that is there, signed by this key, is what a deployment has brought. */
  vouchesFor(deploymentId: string | undefined, key: PublicKey | undefined): boolean {
    return this.#current !== undefined && this.#current.key === key &&
      this.#current.deployment.id === deploymentId;
  }

  /** Stores scripts and content, which change nothing yet. */
  async prepare(content: FleetContent, { key, readScript }: PrepareOptions): Promise<void> {
    const bucket = this.#bucket;
    const ids = new Set(
      content.services.flatMap(({ service }) => service.overloads.map(({ script }) => script)),
    );
    const left = ids.values();
    const fresh: StoredEntry[] = [];
    const storeSome = async (): Promise<void> => {
      for (const script of left) {
        if (await hasBlob(bucket, script)) continue;
        const read = await readScript(script);
        if (read === undefined) {
          throw new DeployRejected(`script ${script} is neither here nor in NATS; run init again`);
        }
        const { bytes, places } = read;
        const value = places &&
          await encodePlaces(key, { fleet: this.#fleet, script, places });
        if (value !== undefined) {
          await bucket.put(placesKeyOf(script), value);
          fresh.push([placesKeyOf(script), value]);
        }
        fresh.push(...await putBlob(bucket, bytes));
      }
    };
    await Promise.all(Array.from({ length: limits.fleet.fetchesAtOnceMax }, storeSome));
    this.#fresh.push(...await putBlob(bucket, encodeContent(content)), ...fresh);
  }

  /**
   * Makes it the desired state. Nodes that are there hear of it with {@linkcode announce}.
   *
   * @returns Its number.
   * @throws {DeployRejected} If another state was written meanwhile, or the store cannot be written.
   */
  async write(
    content: FleetContent,
    { deployment, key }: { readonly deployment: DeploymentInfo; readonly key: SigningKey },
  ): Promise<number> {
    const current = this.#current;
    const state = await signState(key, {
      fleet: this.#fleet,
      number: this.number + 1,
      previous: current === undefined ? "" : await stateHashOf(current),
      deployment,
      content: await scriptIdOf(encodeContent(content)),
    });
    const bytes = encodeState(state);
    this.#fresh.unshift([stateKey, bytes]);
    try {
      if (current === undefined) await this.#bucket.create(stateKey, bytes);
      else await this.#bucket.update(stateKey, bytes, this.#revision);
      return state.number;
    } catch (cause) {
      const now = await this.#bucket.get(stateKey).catch(() => null);
      const written = now?.operation === "PUT" ? parseState(now.value, this.#fleet) : undefined;
      // The answer was lost, and it was written all the same.
      if (written?.signature === state.signature) return state.number;
      if (now !== null && now.revision !== this.#revision) {
        throw new DeployRejected(
          `${
            written?.deployment.deployer ?? "somebody"
          } has deployed to the fleet "${this.#fleet}" meanwhile; ` +
            "run init again",
          { cause },
        );
      }
      throw new DeployRejected(
        `the desired state was not written to NATS: ${messageOf(cause)}; run init again`,
        { cause },
      );
    }
  }

  /** Has nodes look for it, and gives them what was stored for it, as far as that is small. */
  async announce(): Promise<void> {
    const { poke } = fleetSubjects(this.#root);
    this.#link.connection.publish(poke, encodeAnnouncement(this.#fresh));
    await this.#link.connection.flush();
  }
}
