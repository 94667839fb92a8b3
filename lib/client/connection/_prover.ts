import { connectionStatement, type SigningKey } from "../../identity/mod.ts";
import type { Request } from "../../protocol/mod.ts";

/** Proves a key to one node, as one client. */
export class Prover {
  readonly #key: SigningKey;
  readonly #node: string | undefined;
  readonly #client: string | undefined;

  /**
   * @param about `node` is the node's name in init.yaml, `client` the name that the caller gives itself, where
   * they have some.
   */
  constructor(key: SigningKey, about: { node: string | undefined; client: string | undefined }) {
    this.#key = key;
    this.#node = about.node;
    this.#client = about.client;
  }

  /**
   * The proof: worth nothing to anybody who relays it to another node, or shows it again.
   *
   * @param to The address that this program is connected to, not the name that it looked up.
   */
  async request(challenge: string, to: string): Promise<Request & { op: "prove" }> {
    const [key, node, client] = [this.#key, this.#node, this.#client];
    const claim = { challenge, to, node: node ?? "", client: client ?? "", key: key.publicKey };
    return { op: "prove", to, node, signature: await key.sign(connectionStatement(claim)) };
  }
}
