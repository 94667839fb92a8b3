/** The target of a proof: this node, on this connection. */
import { Unauthenticated } from "../../errors/mod.ts";
import { formatCarried, type Transport } from "../../transport/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";
import { hasKey } from "../calls/access.ts";
import type { LiveGeneration } from "../calls/live_generation.ts";

/** The node that a proof names. */
export interface ProofTarget {
  /** The address that the caller connected to. */
  readonly to: string;
  /** The node's name as the caller knows it; empty if unknown. */
  readonly node: string;
  /** The proved key. */
  readonly key: PublicKey;
}

/** A node's identity, and the keys that it knows. */
export interface IdentifiedNode {
  readonly givenName: string | undefined;
  /** Further addresses of the node, besides those at which connections arrive. */
  readonly advertised: readonly string[];
  readonly services: { readonly live: LiveGeneration };
  readonly deployKeys: Pick<ReadonlySet<PublicKey>, "has">;
}

/** The node, as seen through one connection. */
export class NodeIdentity {
  readonly #node: IdentifiedNode;
  readonly #transport: Transport;

  constructor(node: IdentifiedNode, transport: Transport) {
    this.#node = node;
    this.#transport = transport;
  }

  /**
   * Refuses a proof made for another node, and relayed here.
   *
   * @throws {Unauthenticated} If it was. Strangers do not learn this node's addresses.
   */
  check({ to, node, key }: ProofTarget): void {
    const { givenName } = this.#node;
    const here = this.#address();
    const isHere = this.isReachedAt(to);
    const isNamedSo = node === "" || givenName === undefined || node === givenName;
    if (isHere && isNamedSo) return;
    if (!this.knows(key)) {
      const named = node === "" ? "" : ` called "${node}"`;
      throw new Unauthenticated(
        `the proof is for a node${named} at ${to}, which this one is not; correct the address or the name ` +
          "in init.yaml, or, if a router, a container or a tunnel leads here, serve with --advertise " +
          withoutCarrier(to),
      );
    }
    throw new Unauthenticated(
      isHere
        ? `the proof is for a node called "${node}", and this one is called ` +
          `"${givenName}"; correct init.yaml, or the node's --name`
        : `the proof is for the node at ${to}, and this connection came in at ${here}; if a router, ` +
          `a container or a tunnel leads from there to here, serve with --advertise ${
            withoutCarrier(to)
          }`,
    );
  }

  /** Whether an address leads here: the connection's, or an advertised one. */
  isReachedAt(to: string): boolean {
    if (to === this.#address()) return true;
    // Advertised addresses are for connections of this kind.
    const { carrier } = this.#transport;
    return this.#node.advertised.some((each) => to === withCarrier(each, carrier));
  }

  /** Whether the node knows a key. */
  knows(key: PublicKey): boolean {
    const { services, deployKeys } = this.#node;
    return deployKeys.has(key) || hasKey(services.live, key);
  }

  #address(): string {
    const { localHost = "", localPort = 0, carrier } = this.#transport;
    return formatCarried(localHost, localPort, carrier);
  }
}

function withCarrier(address: string, carrier: Transport["carrier"]): string {
  return carrier === undefined ? address : `${carrier}://${address}`;
}

function withoutCarrier(address: string): string {
  return address.slice(address.lastIndexOf("/") + 1);
}
