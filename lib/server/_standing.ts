/** What is known of where a connection comes from, before it has said anything that matters. */
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import type { PublicKey, RequestProof } from "../wire/mod.ts";
import { NodeIdentity } from "./_identity.ts";
import { isFromClient } from "./access.ts";
import type { NodeContext } from "./context.ts";
import type { LiveGeneration } from "./generation.ts";

/** Whether the other side may be a client at all; asked anew in each generation. */
export class Standing {
  readonly #node: NodeContext;
  readonly #host: string;
  /** The node, as the connection reaches it. */
  readonly here: NodeIdentity;
  /** Whether it has asked for something, in a message that is complete. */
  hasAsked = false;
  #key: PublicKey | undefined;
  #generation: LiveGeneration | undefined;
  #mayBeClient = false;

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#host = transport.remoteHost;
    this.here = new NodeIdentity(node, transport);
  }

  /** The key that it has proved. */
  set key(key: PublicKey | undefined) {
    this.#key = key;
    this.#generation = undefined;
  }

  /**
   * Checks the proof that a request comes with. What follows it may be larger, if the node knows the key.
   *
   * @returns The key that it proves.
   * @throws {Unauthenticated} If it proves nothing here and now; the message says why.
   * @throws {Overloaded} If no more requests can be remembered.
   */
  async prove(proof: RequestProof): Promise<PublicKey> {
    return this.key = await this.#node.signedRequests.check(proof, this.here);
  }

  /** Whether it comes from where a client of the live generation is, or has the key of one, or of a deployer. */
  get mayBeClient(): boolean {
    const { live } = this.#node.services;
    if (this.#generation !== live) {
      this.#generation = live;
      this.#mayBeClient = isFromClient(live, this.#host) ||
        (this.#key !== undefined && this.here.knows(this.#key));
    }
    return this.#mayBeClient;
  }

  /** Whether it has asked for something and may be a client. */
  get isKnown(): boolean {
    return this.hasAsked && this.mayBeClient;
  }

  /** The largest message that is taken from it, in bytes. */
  get messageBytesMax(): number {
    return this.mayBeClient ? limits.messageBytesMax : limits.strangerMessageBytesMax;
  }
}
