/** Writes a fleet's desired state: content and scripts first, then the signed state that refers to them. */
import { DeployRejected, FarcallError } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { DeploymentInfo } from "../manifest/mod.ts";
import { type PublicKey, scriptIdOf, type SigningKey } from "../identity/mod.ts";
import type { KvBucket } from "../transport/nats/mod.ts";
import { encodeAnnouncement } from "./announcement.ts";
import { hasBlob, putBlob, readBlob, renewBlob } from "./blobs.ts";
import { encodeContent, type FleetContent, scriptsNamedIn } from "./content.ts";
import { type FleetLink, makeFleetBucket, stateKey, type StoredEntry, whyNoStore } from "./link.ts";
import { encodeSourceMap, sourceMapKeyOf } from "./stored_source_maps.ts";
import { fleetSubjects, type Presence } from "./presence.ts";
import {
  encodeState,
  parseState,
  type SignedState,
  signState,
  stateHashOf,
} from "./signed_state.ts";
import { removeUnused } from "./unused.ts";

/** A script to store, and its source map. */
export interface ScriptToStore {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sourceMap?: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode StatePublisher.prepare}. */
export interface PrepareOptions {
  readonly key: SigningKey;
  /** Reads a script that the store lacks. */
  readScript(id: string): Promise<ScriptToStore | undefined>;
}

/** A stored state, and when it was written, by the server's clock, in milliseconds since the UNIX epoch. */
export interface PastState {
  readonly state: SignedState;
  readonly writtenMs: number;
}

/** A deployer's handle on the desired state. */
export class StatePublisher {
  readonly #link: FleetLink;
  readonly #fleet: string;
  readonly #root: string;
  readonly #bucket: KvBucket;
  readonly #current: SignedState | undefined;
  /** The revision of the stored state; undefined if none. */
  readonly #revision: number | undefined;
  readonly #nodes: SeenNodes;
  /** Entries that the store lacked, and so the nodes lack, too. */
  readonly #fresh: StoredEntry[] = [];

  private constructor(
    link: FleetLink,
    { fleet, root, bucket, current, revision, nodes }: {
      fleet: string;
      root: string;
      bucket: KvBucket;
      current: SignedState | undefined;
      revision: number | undefined;
      nodes: SeenNodes;
    },
  ) {
    this.#link = link;
    this.#fleet = fleet;
    this.#root = root;
    this.#bucket = bucket;
    this.#current = current;
    this.#revision = revision;
    this.#nodes = nodes;
  }

  /**
   * Reads the state to succeed.
   *
   * @param present The present nodes: the new state must be newer than theirs.
   * @throws {DeployRejected} If the store cannot be used.
   */
  static async open(
    link: FleetLink,
    { fleet, root, present = [] }: {
      readonly fleet: string;
      readonly root: string;
      readonly present?: Iterable<Presence>;
    },
  ): Promise<StatePublisher> {
    const bucket = await makeFleetBucket(link, fleet);
    const entry = await bucket.get(stateKey).catch((cause) => {
      throw new DeployRejected(whyNoStore(link, fleet, cause), { cause });
    });
    const isThere = entry?.operation === "PUT";
    const current = isThere ? stateIn(entry.value, fleet) : undefined;
    return new StatePublisher(link, {
      fleet,
      root,
      bucket,
      current,
      revision: isThere ? entry.revision : undefined,
      nodes: await seen([...present], current),
    });
  }

  /** The number of the stored state, 0 before the first. */
  get number(): number {
    return this.#current?.number ?? 0;
  }

  /** Whether a present node cannot follow, so that the store may lack something. */
  get isTroubled(): boolean {
    return this.#nodes.areTroubled;
  }

  /** The kept states, the newest first. */
  async history(): Promise<PastState[]> {
    const states: PastState[] = [];
    for await (const entry of await this.#bucket.history({ key: stateKey })) {
      if (entry.operation !== "PUT") continue;
      const state = stateIn(entry.value, this.#fleet);
      if (state !== undefined) states.unshift({ state, writtenMs: entry.created.getTime() });
    }
    return states;
  }

  /** The content of a kept state, and its scripts. @throws {DeployRejected} If it is gone. */
  async read(hash: string, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
    return await readBlob(this.#bucket, { hash, bytesMax });
  }

  /** Whether the stored state has this content and signer, and nodes can follow it. */
  async isCurrent(content: FleetContent, key: SigningKey): Promise<boolean> {
    return this.#current?.key === key.publicKey && !this.#nodes.areAhead &&
      this.#current.content === await scriptIdOf(encodeContent(content));
  }

  /** Whether the stored state is this deployment's, signed by this key. */
  vouchesFor(deploymentId: string | undefined, key: PublicKey | undefined): boolean {
    return this.#current !== undefined && this.#current.key === key &&
      this.#current.deployment.id === deploymentId;
  }

  /** Stores scripts and content, which has no effect yet. */
  async prepare(content: FleetContent, options: PrepareOptions): Promise<void> {
    try {
      await this.#prepare(content, options);
    } catch (cause) {
      if (cause instanceof FarcallError) throw cause;
      throw new DeployRejected(whyNoStore(this.#link, this.#fleet, cause), { cause });
    }
  }

  async #prepare(content: FleetContent, { key, readScript }: PrepareOptions): Promise<void> {
    const bucket = this.#bucket;
    const ids = new Set(
      content.services.flatMap(({ service }) => service.overloads.map(({ script }) => script)),
    );
    const left = ids.values();
    const fresh: StoredEntry[] = [];
    // Blobs that the stored state refers to are safe from removal.
    const named = await this.#namedScripts();
    const storeSome = async (): Promise<void> => {
      for (const script of left) {
        if (named.has(script) ? await hasBlob(bucket, script) : await renewBlob(bucket, script)) {
          continue;
        }
        const read = await readScript(script);
        if (read === undefined) {
          throw new DeployRejected(`script ${script} is neither here nor in NATS; run init again`);
        }
        const { bytes, sourceMap } = read;
        const value = sourceMap &&
          await encodeSourceMap(key, { fleet: this.#fleet, script, sourceMap });
        if (value !== undefined) {
          await bucket.put(sourceMapKeyOf(script), value);
          fresh.push([sourceMapKeyOf(script), value]);
        }
        fresh.push(...await putBlob(bucket, bytes));
      }
    };
    await Promise.all(Array.from({ length: limits.fleet.fetchesAtOnceMax }, storeSome));
    const encoded = encodeContent(content);
    const isThere = await renewBlob(bucket, await scriptIdOf(encoded));
    this.#fresh.push(...(isThere ? [] : await putBlob(bucket, encoded)), ...fresh);
  }

  async #namedScripts(): Promise<ReadonlySet<string>> {
    if (this.#current === undefined) return new Set();
    try {
      const bytesMax = limits.fleet.contentBytesMax;
      return scriptsNamedIn(await this.read(this.#current.content, bytesMax));
    } catch {
      return new Set();
    }
  }

  /** Removes blobs without references, and nodes long gone. Failures are left to the next time. */
  async clean(): Promise<void> {
    try {
      const past = await this.history();
      const [newest] = past;
      if (newest === undefined) return;
      const states = past.map(({ state }) => state);
      await removeUnused(this.#bucket, { states, nowMs: newest.writtenMs });
    } catch {
      // Nodes do not depend on it.
    }
  }

  /**
   * Makes a prepared content the desired state. {@linkcode announce} tells present nodes.
   *
   * @returns Its number.
   * @throws {DeployRejected} If another state was written meanwhile, or the store cannot be written.
   */
  async write(
    content: FleetContent,
    { deployment, key }: { readonly deployment: DeploymentInfo; readonly key: SigningKey },
  ): Promise<number> {
    const current = this.#current;
    const { areAhead, number } = this.#nodes;
    const state = await signState(key, {
      fleet: this.#fleet,
      number: Math.max(this.number, number) + 1,
      previous: current === undefined || areAhead ? "" : await stateHashOf(current),
      deployment,
      content: await scriptIdOf(encodeContent(content)),
    });
    const bytes = encodeState(state);
    this.#fresh.unshift([stateKey, bytes]);
    try {
      if (this.#revision === undefined) await this.#bucket.create(stateKey, bytes);
      else await this.#bucket.update(stateKey, bytes, this.#revision);
      return state.number;
    } catch (cause) {
      const now = await this.#bucket.get(stateKey).catch(() => null);
      const isThere = now?.operation === "PUT";
      const written = isThere ? stateIn(now.value, this.#fleet) : undefined;
      // The answer was lost, but the state was written.
      if (written?.signature === state.signature) return state.number;
      if (isThere && now.revision !== this.#revision) {
        throw new DeployRejected(
          `${
            written?.deployment.deployer ?? "another deployer"
          } has deployed to the fleet "${this.#fleet}" meanwhile; ` +
            "run init again",
          { cause },
        );
      }
      const why = whyNoStore(this.#link, this.#fleet, cause);
      throw new DeployRejected(`the desired state was not written: ${why}`, { cause });
    }
  }

  /** Announces the state, with its stored entries if they are small. */
  async announce(): Promise<void> {
    const { poke } = fleetSubjects(this.#root);
    this.#link.connection.publish(poke, encodeAnnouncement(this.#fresh));
    await this.#link.connection.flush();
  }
}

/** Reads a stored state; undefined if malformed, and then the next one replaces it. */
function stateIn(bytes: Uint8Array, fleet: string): SignedState | undefined {
  try {
    return parseState(bytes, fleet);
  } catch {
    return undefined;
  }
}

/** The present nodes' reached states. */
interface SeenNodes {
  /** The highest number. */
  readonly number: number;
  /** Whether one has reached a state unknown to the store, which was then set back, replaced or emptied. */
  readonly areAhead: boolean;
  /** Whether one cannot follow. */
  readonly areTroubled: boolean;
}

async function seen(
  present: readonly Presence[],
  current: SignedState | undefined,
): Promise<SeenNodes> {
  const hash = current && await stateHashOf(current);
  const stored = current?.number ?? 0;
  return {
    number: Math.max(0, ...present.map(({ state }) => state)),
    areAhead: present.some(({ state, stateHash }) =>
      state > stored || (state > 0 && state === stored && stateHash !== hash)
    ),
    areTroubled: present.some(({ problem }) => problem !== undefined),
  };
}
