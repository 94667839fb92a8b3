import { connectionStatement, type SigningKey } from "../../identity/mod.ts";
import type { Request } from "../../protocol/mod.ts";

/** Proves a key to one node, as one client. */
export class Prover {
  readonly #key: SigningKey;
  readonly #node: string | undefined;
  readonly #client: string | undefined;

  /**
   * @param about `node`: the node's name in init.yaml, if any; `client`: the name that the caller uses, if any.
   */
  constructor(key: SigningKey, about: { node: string | undefined; client: string | undefined }) {
    this.#key = key;
    this.#node = about.node;
    this.#client = about.client;
  }

  /**
   * Signs the proof. It cannot be relayed to another node or replayed.
   *
   * @param to The address of the connection, not the name that was looked up.
   */
  async request(challenge: string, to: string): Promise<Request & { op: "prove" }> {
    const [key, node, client] = [this.#key, this.#node, this.#client];
    const claim = { challenge, to, node: node ?? "", client: client ?? "", key: key.publicKey };
    return { op: "prove", to, node, signature: await key.sign(connectionStatement(claim)) };
  }
}
