/** What a proof is for: this node, on this connection. */
import { Unauthenticated } from "../../errors/mod.ts";
import { formatCarried, type Transport } from "../../transport/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";
import { hasKey } from "../calls/access.ts";
import type { LiveGeneration } from "../calls/live_generation.ts";

/** Whom a proof names as the node that it is for. */
export interface ProofTarget {
  /** The address that the caller is connected to. */
  readonly to: string;
  /** The node's name as the caller knows it; empty where it knows none. */
  readonly node: string;
  /** The key that was proved. */
  readonly key: PublicKey;
}

/** What identifies a node, and the keys that it knows. */
export interface IdentifiedNode {
  readonly givenName: string | undefined;
  /** Addresses that lead here besides those that connections come in at. */
  readonly advertised: readonly string[];
  readonly services: { readonly live: LiveGeneration };
  readonly deployKeys: Pick<ReadonlySet<PublicKey>, "has">;
}

/** The node as one connection reaches it. */
export class NodeIdentity {
  readonly #node: IdentifiedNode;
  readonly #transport: Transport;

  constructor(node: IdentifiedNode, transport: Transport) {
    this.#node = node;
    this.#transport = transport;
  }

  /**
   * Refuses a proof that was made for another node, and relayed here.
   *
   * @throws {Unauthenticated} If it was. Strangers do not hear how this node is reached.
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

  /** Whether an address is one that leads here: that of the connection, or one that the operator has named. */
  isReachedAt(to: string): boolean {
    if (to === this.#address()) return true;
    // What is advertised is an address, to which connections of this kind lead.
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
