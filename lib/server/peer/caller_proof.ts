/** The proof that a frame connection owes after claiming a key. */
import { Unauthenticated } from "../../errors/mod.ts";
import {
  connectionStatement,
  isSignedBy,
  newChallenge,
  type PublicKey,
} from "../../identity/mod.ts";
import type { Request } from "../../protocol/mod.ts";
import type { NodeIdentity } from "./identity.ts";

/** One key, claimed on one connection. */
export class CallerProof {
  readonly challenge = newChallenge();
  readonly key: PublicKey;
  readonly #client: string | undefined;

  constructor(key: PublicKey, client: string | undefined) {
    this.key = key;
    this.#client = client;
  }

  /**
   * Verifies it.
   *
   * @throws {Unauthenticated} If it is invalid here; the message says why.
   */
  async check(
    { to, node = "", signature }: Request & { op: "prove" },
    here: NodeIdentity,
  ): Promise<void> {
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
  }
}
