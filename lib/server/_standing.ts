/** What is known of where a connection comes from, before it has said anything that matters. */
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import { hasKey, mayBeClient } from "./access.ts";
import type { PublicKey } from "../wire/mod.ts";
import type { NodeContext } from "./context.ts";
import type { LiveGeneration } from "./generation.ts";

/** Whether the other side may be a client at all; asked anew in each generation. */
export class Standing {
  readonly #node: NodeContext;
  readonly #host: string;
  #generation: LiveGeneration | undefined;
  #mayBeClient = false;
  #key: PublicKey | undefined;

  constructor(node: NodeContext, transport: Transport) {
    this.#node = node;
    this.#host = transport.remoteHost;
  }

  /** It claims a key: a connection whose claim is not proved does not last. */
  claim(key: PublicKey): void {
    if (key === this.#key) return;
    this.#key = key;
    this.#generation = undefined;
  }

  /** Whether it comes from where a client of the live generation is, or a deployer. */
  get mayBeClient(): boolean {
    const { live } = this.#node.services;
    if (this.#generation !== live) {
      this.#generation = live;
      this.#mayBeClient = mayBeClient(live, this.#host) ||
        (this.#key !== undefined && hasKey(live, this.#key));
    }
    return this.#mayBeClient;
  }

  /** The largest message that is taken from it, in bytes. */
  get messageBytesMax(): number {
    return this.mayBeClient ? limits.messageBytesMax : limits.strangerMessageBytesMax;
  }
}
