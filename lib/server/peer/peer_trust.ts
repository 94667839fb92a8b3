/** The trust in a connection by its origin, before it sends anything. */
import { type Priority, type Slice, tickNowMs } from "../../channel/mod.ts";
import { Overloaded } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { PublicKey, RequestProof } from "../../identity/mod.ts";
import { NodeIdentity } from "./identity.ts";
import {
  type Caller,
  firstIdentity,
  isFromClient,
  isThisMachine,
  type Origin,
} from "../calls/access.ts";
import type { NodeContext } from "../node_context.ts";
import { PeerBudget } from "../memory/peer_budget.ts";
import type { LiveGeneration } from "../calls/live_generation.ts";

/** Whether the peer may be a client at all; checked again in each generation. */
export class PeerTrust {
  readonly #node: NodeContext;
  readonly #bounds: Limits;
  #origin: Origin;
  readonly #transport: Transport;
  #here: NodeIdentity | undefined;
  /** When it last made a request; on the clock of `performance.now()`. */
  usedMs = 0;
  #hasAsked = false;
  /** Its priority in the event loop's turns. */
  readonly slice: Slice;
  /** Refused calls in excess of admitted ones. */
  #refusedCount = 0;
  /** The remaining work that a stranger may cause, as of that time. */
  #workLeft: number;
  #workAtMs = 0;
  /** The memory held for it. */
  readonly budget: PeerBudget;
  #key: PublicKey | undefined;
  #caller: Caller | undefined;
  #generation: LiveGeneration | undefined;
  #mayBeClient = false;

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#bounds = node.bounds;
    this.#workLeft = node.bounds.strangerWorkMax;
    const { remoteHost: host, remotePort: port, carrier } = transport;
    this.#origin = carrier === "nats" ? { host, port, doubt: isRelayed } : { host, port };
    this.#transport = transport;
    this.slice = node.turns.slice(() => this.#priority);
    this.budget = new PeerBudget(node.memory, this);
  }

  /** Whether it has made a request, in a complete message; set with each. */
  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  set hasAsked(hasAsked: boolean) {
    this.#hasAsked = hasAsked;
    this.usedMs = tickNowMs();
  }

  /** The node, as seen through the connection. */
  get here(): NodeIdentity {
    return this.#here ??= new NodeIdentity(this.#node, this.#transport);
  }

  get host(): string {
    return this.#origin.host;
  }

  /** Its origin. */
  get origin(): Origin {
    return this.#origin;
  }

  /** Its address proves nothing. */
  doubt(why: string): void {
    this.#origin = { ...this.#origin, doubt: why };
    this.#generation = undefined;
  }

  /** The key that it has proved, if any. */
  set key(key: PublicKey | undefined) {
    this.#key = key;
    this.#generation = undefined;
  }

  /** Its claimed client name, for all of its requests. */
  set caller(caller: Caller) {
    this.#caller = caller;
    this.key = caller.key;
  }

  /**
   * Verifies a request's proof. Later messages may be larger if the node knows the key.
   *
   * @returns The proved key.
   * @throws {Unauthenticated} If it is invalid here and now; the message says why.
   * @throws {Overloaded} If no more requests can be remembered.
   */
  async prove(proof: RequestProof): Promise<PublicKey> {
    return this.key = await this.#node.signedRequests.check(proof, this.here);
  }

  /**
   * Whether it may be a client of the live generation, or a deployer: by its origin and its proved key, and by its
   * client name once known.
   */
  get mayBeClient(): boolean {
    const { live } = this.#node.services;
    if (this.#generation !== live) {
      this.#generation = live;
      this.#mayBeClient = this.#isWelcome(live);
    }
    return this.#mayBeClient;
  }

  #isWelcome(live: LiveGeneration): boolean {
    if (this.#key !== undefined && this.here.knows(this.#key)) return true;
    if (this.#caller === undefined) return isFromClient(live, this.#origin);
    if (firstIdentity(live, this.#caller) !== undefined) return true;
    // A peer with a client name does not deploy.
    return this.#caller.client === undefined && this.#node.deployKeys.size === 0 &&
      isThisMachine(this.#origin);
  }

  /** Why it may not, for messages. */
  get whoIsNoClient(): string {
    const client = this.#caller?.client;
    const { host, doubt } = this.#origin;
    if (doubt !== undefined) return `it has proved no client's key, and ${doubt}`;
    if (client === undefined) return `${host} is not a client's address`;
    return `client "${client}" from ${host} is not registered on this node`;
  }

  /** Whether it has made a request and may be a client. */
  get isKnown(): boolean {
    return this.hasAsked && this.mayBeClient;
  }

  /** Counts a refused call, which costs the node no less than running it. */
  wasRefused(): void {
    this.#refusedCount += 1;
    this.#workLeft -= this.#bounds.refusalWork;
  }

  wasLetIn(): void {
    if (this.#refusedCount > 0) this.#refusedCount -= 1;
  }

  /**
   * Counts the work of a connection from no client: 1 for a frame, and for a KiB.
   *
   * @throws {Overloaded} If that exceeds the bound; it ends the connection.
   */
  work(units: number): void {
    // The last known answer: it is determined for each frame anyway, and costs more than this.
    if (this.#mayBeClient || this.mayBeClient) return;
    const nowMs = tickNowMs();
    const { strangerWorkMax, strangerWorkPerSecond } = this.#bounds;
    const refill = (nowMs - this.#workAtMs) * strangerWorkPerSecond / 1000;
    this.#workLeft = Math.min(strangerWorkMax, this.#workLeft + refill) - units;
    this.#workAtMs = nowMs;
    if (this.#workLeft >= 0) return;
    throw new Overloaded(
      `${this.#origin.host} is not a client's address, and asks for too much; register it as a client in init.yaml, ` +
        "or prove a client's key",
    );
  }

  get #priority(): Priority {
    if (!this.mayBeClient || this.#refusedCount >= this.#bounds.refusedAheadMax) return "stranger";
    return this.hasAsked ? "known" : "guest";
  }

  /** The largest message accepted from it, in bytes. */
  get messageBytesMax(): number {
    const { messageBytesMax, strangerMessageBytesMax } = this.#bounds;
    return this.mayBeClient ? messageBytesMax : strangerMessageBytesMax;
  }
}

const isRelayed = "through NATS an address proves nothing";
