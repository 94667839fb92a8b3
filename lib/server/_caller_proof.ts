/** The proof that a framed connection owes which claims a key. */
import { MessageTooLarge, Unauthenticated } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  connectionStatement,
  isSignedBy,
  newChallenge,
  type PublicKey,
  type Request,
} from "../wire/mod.ts";
import type { NodeIdentity } from "./_identity.ts";

/** A frame that waits for a proof to be checked. */
export type HeldFrame = readonly [kind: number, route: number, call: number, body: Uint8Array];

/** One key, claimed on one connection. */
export class CallerProof {
  readonly challenge = newChallenge();
  readonly key: PublicKey;
  readonly #client: string | undefined;
  readonly #held: HeldFrame[] = [];
  #heldBytes = 0;
  #isBeingChecked = false;

  constructor(key: PublicKey, client: string | undefined) {
    this.key = key;
    this.#client = client;
  }

  /** Whether it has come, so that what follows it waits. */
  get isBeingChecked(): boolean {
    return this.#isBeingChecked;
  }

  /**
   * Checks it.
   *
   * @throws {Unauthenticated} If it proves nothing here; the message says why.
   * @returns What has come meanwhile, in order.
   */
  async check(
    { to, node = "", signature }: Request & { op: "prove" },
    here: NodeIdentity,
  ): Promise<readonly HeldFrame[]> {
    this.#isBeingChecked = true;
    const claim = {
      challenge: this.challenge,
      to,
      node,
      client: this.#client ?? "",
      key: this.key,
    };
    if (!await isSignedBy(this.key, signature, connectionStatement(claim))) {
      throw new Unauthenticated(
        "the signature is not one of the key over this connection's challenge; see docs/protocol.md",
      );
    }
    here.check({ to, node, key: this.key });
    return this.#held;
  }

  /** Keeps a frame until the proof is checked. @throws {MessageTooLarge} If too much comes meanwhile. */
  hold(kind: number, route: number, call: number, body: Uint8Array): void {
    this.#heldBytes += body.length;
    if (this.#heldBytes > limits.messageBytesMax) {
      throw new MessageTooLarge("too much was sent before the proof was checked");
    }
    this.#held.push([kind, route, call, body.slice()]);
  }
}
