/** Follows the fleet's desired state: looks for a newer one, checks it, and makes the node run it. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { PublicKey } from "../identity/mod.ts";
import type { KvBucket } from "../transport/nats/mod.ts";
import { announcedFirst, parseAnnouncement } from "./announcement.ts";
import { readBlob } from "./blobs.ts";
import { manifestFor } from "./content.ts";
import {
  type EntrySource,
  type FleetLink,
  isWithoutBucket,
  openFleetBucket,
  stateKey,
  whyNoStore,
} from "./link.ts";
import { readSourceMap } from "./stored_source_maps.ts";
import { isWellSigned, parseState, type SignedState, stateHashOf } from "./signed_state.ts";

/** A state that a node has reached. */
export interface ReachedState {
  readonly number: number;
  readonly hash: string;
}

/** The node, as seen by its follower. */
export interface FollowingNode {
  readonly name: string;
  readonly labels: readonly string[];
  /** Whether states signed by this key are accepted. */
  isDeployKey(key: PublicKey): boolean;
  /** The last reached state, which survives restarts; undefined before the first. */
  readReached(): Promise<ReachedState | undefined>;
  /** Stores it durably. */
  writeReached(reached: ReachedState): Promise<void>;
  /**
   * Stages a manifest, runs its examples and commits it; does nothing if the node runs it already.
   *
   * @param fetch Reads a script that it lacks.
   * @throws {NodeIsBusy} If another deployment is in progress.
   * @throws If that fails; the node then runs its old generation.
   */
  run(
    manifest: Manifest,
    state: SignedState,
    fetch: (id: string) => Promise<FetchedScript>,
  ): Promise<void>;
  /** Called on changes, for the log and for presence. */
  onChange?(follower: Follower): void;
}

/** A script from the store. */
export interface FetchedScript {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its source map, if known. */
  readonly sourceMap: Uint8Array<ArrayBuffer> | undefined;
}

/** Another deployment is in progress, possibly of this same state. */
export class NodeIsBusy extends Error {
  /** @param over Resolves when it is over. */
  constructor(readonly over: Promise<void>) {
    super("another deployment is under way");
  }
}

/** The server is unreachable, or has no JetStream. */
class StoreUnread extends Error {}

interface FoundState {
  readonly state: SignedState;
  readonly hash: string;
}

const nothing: ReadonlyMap<string, Uint8Array> = new Map();

/** Follows until it is stopped. */
export class Follower {
  readonly #link: FleetLink;
  readonly #fleet: string;
  readonly #node: FollowingNode;
  readonly #endings: (() => void)[] = [];
  #bucket: KvBucket | undefined;
  #reached: ReachedState | undefined;
  #problem: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #following: Promise<void> | undefined;
  #isAskedAgain = false;
  /** Unused entries of the last announcement. */
  #announced: ReadonlyMap<string, Uint8Array> = nothing;
  /** Aborts a read of the store, which waits for seconds if the store does not answer. */
  #giveUpReading: () => void = () => {};
  #isStopped = false;
  #failures = 0;
  /** The hash of the state that was tried last. */
  #tried = "";

  constructor(
    link: FleetLink,
    { fleet, poke, node }: {
      readonly fleet: string;
      /** The subject of announcements. */
      readonly poke: string;
      readonly node: FollowingNode;
    },
  ) {
    this.#link = link;
    this.#fleet = fleet;
    this.#node = node;
    const subscription = link.connection.subscribe(poke, {
      callback: (error, message) => {
        if (error !== null) return;
        this.#announced = parseAnnouncement(message.data);
        if (this.#announced.size > 0) this.#giveUpReading();
        this.look();
      },
    });
    this.#endings.push(() => subscription.unsubscribe(), link.onRenewal(() => this.look()));
    this.look();
  }

  /** The number of the reached state; 0 before the first. */
  get number(): number {
    return this.#reached?.number ?? 0;
  }

  /** The hash of that state; undefined before the first. */
  get hash(): string | undefined {
    return this.#reached?.hash;
  }

  /** Why the newest state was not reached; undefined if it was, or none is known. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks for a newer state now; if it is looking already, once more afterwards. */
  look(): void {
    if (this.#isStopped) return;
    this.#isAskedAgain = true;
    this.#following ??= this.#follow().finally(() => {
      this.#following = undefined;
      if (this.#isAskedAgain) this.look();
    });
  }

  /** Stops, after any look in progress. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const end of this.#endings) end();
    this.#giveUpReading();
    await this.#following;
  }

  async #follow(): Promise<void> {
    let waitMs = 0;
    while (this.#isAskedAgain && !this.#isStopped) {
      this.#isAskedAgain = false;
      waitMs = await this.#followOnce();
    }
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(() => this.look(), waitMs);
  }

  /** @returns The delay before the next look, in milliseconds. */
  async #followOnce(): Promise<number> {
    const { pollEveryMs, retryFirstMs, retryMaxMs } = limits.fleet;
    // Random, so that nodes that started together do not ask together.
    const pollMs = pollEveryMs * (0.75 + Math.random() / 2);
    try {
      await this.#step();
      this.#failures = 0;
      this.#tell(undefined);
      return pollMs;
    } catch (error) {
      if (error instanceof NodeIsBusy) {
        error.over.then(() => this.look());
        return retryFirstMs;
      }
      if (!(error instanceof StoreUnread)) this.#tell(messageOf(error));
      else if (this.#link.isUp) this.#tell(this.#whyUnread(error));
      return Math.min(retryFirstMs * 2 ** this.#failures++, retryMaxMs);
    }
  }

  /** The bucket is missing before the first deployment. */
  #whyUnread({ cause }: StoreUnread): string | undefined {
    const isNew = this.#reached === undefined && isWithoutBucket(this.#link, cause);
    return isNew ? undefined : whyNoStore(this.#link, this.#fleet, cause);
  }

  async #step(): Promise<void> {
    this.#reached ??= await this.#node.readReached();
    const bucket = await this.#open();
    const announced = this.#announced;
    this.#announced = nothing;
    const store: EntrySource = { get: (key) => this.#read(bucket, key) };
    const found = await this.#announcedState(announced) ?? await this.#storedState(store);
    if (found === undefined) return;
    try {
      await this.#run(found.state, announcedFirst(announced, store));
    } catch (error) {
      // The next attempt, after the other deployment, uses the announcement.
      if (error instanceof NodeIsBusy && this.#announced === nothing) this.#announced = announced;
      throw error;
    }
    // If this is lost, the state is reached again without changes, because the node runs it.
    const now = { number: found.state.number, hash: found.hash };
    await this.#node.writeReached(now);
    this.#reached = now;
    this.#node.onChange?.(this);
  }

  /** Makes the node run a checked state. */
  async #run(state: SignedState, entries: EntrySource): Promise<void> {
    const { name, labels } = this.#node;
    const content = await readBlob(entries, {
      hash: state.content,
      bytesMax: limits.fleet.contentBytesMax,
    });
    const manifest = manifestFor(content, { name, labels });
    const fleet = this.#fleet;
    const isDeployKey = (key: PublicKey): boolean => this.#node.isDeployKey(key);
    await this.#node.run(manifest, state, async (hash) => {
      const [bytes, sourceMap] = await Promise.all([
        readBlob(entries, { hash, bytesMax: limits.scriptBytesMax }),
        readSourceMap(entries, { fleet, script: hash, isDeployKey }).catch(() => undefined),
      ]);
      return { bytes, sourceMap };
    });
  }

  /** The announced state, if it is newer and acceptable; otherwise the store is read. */
  async #announcedState(
    announced: ReadonlyMap<string, Uint8Array>,
  ): Promise<FoundState | undefined> {
    const bytes = announced.get(stateKey);
    if (bytes === undefined) return undefined;
    try {
      return await this.#newer(bytes);
    } catch {
      return undefined;
    }
  }

  /** @throws {DeployRejected} If it is not acceptable. @throws {StoreUnread} */
  async #storedState(store: EntrySource): Promise<FoundState | undefined> {
    const { promise: givenUp, resolve } = Promise.withResolvers<undefined>();
    this.#giveUpReading = () => resolve(undefined);
    const entry = await Promise.race([store.get(stateKey), givenUp]);
    // An announcement that arrived meanwhile is handled next.
    if (entry === undefined) return undefined;
    if (entry?.operation === "PUT") return await this.#newer(entry.value);
    if (this.#reached === undefined) return undefined;
    throw new DeployRejected(
      `NATS has no desired state, and this node has reached state ${this.#reached.number}: the store was emptied; run ` +
        "init again",
    );
  }

  /** A state newer than the reached one. @throws {DeployRejected} If it is not acceptable. */
  async #newer(bytes: Uint8Array): Promise<FoundState | undefined> {
    const state = parseState(bytes, this.#fleet);
    const hash = await stateHashOf(state);
    if (hash !== this.#tried) this.#failures = 0;
    this.#tried = hash;
    const reached = this.#reached;
    if (hash === reached?.hash) return undefined;
    if (!this.#node.isDeployKey(state.key)) {
      throw new DeployRejected(
        `state ${state.number} of the fleet is signed by ${state.key}, which is not one of this node's deploy keys; ` +
          `deploy with one of these, or serve with --deploy-key ${state.key}`,
      );
    }
    if (!await isWellSigned(state)) {
      throw new DeployRejected(
        `state ${state.number} of the fleet has no valid signature of ${state.key}; run init again`,
      );
    }
    // Checked before the history, so that an unacceptable key gets the more useful error.
    checkIsNewer(state, reached);
    return { state, hash };
  }

  async #read(bucket: KvBucket, key: string): ReturnType<EntrySource["get"]> {
    try {
      return await bucket.get(key);
    } catch (cause) {
      throw new StoreUnread(messageOf(cause), { cause });
    }
  }

  async #open(): Promise<KvBucket> {
    try {
      return this.#bucket ??= await openFleetBucket(this.#link, this.#fleet);
    } catch (cause) {
      throw new StoreUnread(messageOf(cause), { cause });
    }
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#node.onChange?.(this);
  }
}

/** @throws {DeployRejected} If a state does not succeed the reached one: it is older, or of another history. */
function checkIsNewer(
  state: SignedState,
  reached: ReachedState | undefined,
): void {
  if (reached === undefined) return;
  if (state.number < reached.number) {
    throw new DeployRejected(
      `NATS has state ${state.number} of the fleet, and this node has reached state ${reached.number}: the store was ` +
        "set back; run init again",
    );
  }
  // A deployer that finds the store behind its nodes begins a new history with a higher number.
  const isOther = state.number === reached.number ||
    state.number === reached.number + 1 && state.previous !== "" &&
      state.previous !== reached.hash;
  if (!isOther) return;
  throw new DeployRejected(
    `state ${state.number} of the fleet does not follow state ${reached.number} as this node knows it: the store was ` +
      "replaced; run init again",
  );
}
