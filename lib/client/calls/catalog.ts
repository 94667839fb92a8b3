/** Knows overloads, and which nodes provide them. */
import type { Configuration } from "../../config/mod.ts";
import { DeadlineExceeded, MalformedMessage, messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { type CompiledSignature, compileSignature, signatureLength } from "../../types/mod.ts";
import type { DescribedOverload } from "../../protocol/mod.ts";
import { type CallDeadline, waitFor } from "../call_deadline.ts";
import { formatNode, type NodeAddress } from "../address.ts";
import type { NodeConnection } from "../connection/node_connection.ts";

/** A callable overload. */
export interface CallableOverload {
  readonly signature: CompiledSignature;
  /** Whether it is idempotent. */
  readonly isIdempotent: boolean;
  /** The clients that may call it, if known and not every tenant may. */
  readonly allow?: readonly string[];
}

/** A node that describes its services. */
export type AskedNode = Pick<NodeConnection, "address" | "request">;

/** The services as a caller knows them. */
export interface Catalog {
  /**
   * The nodes that provide a service, in order; undefined if it has no provider. A node is the same object each time.
   */
  providersOf(service: string): readonly NodeAddress[] | undefined;
  /** The names of known services, for messages. */
  readonly serviceNames: readonly string[];
  /**
   * The overloads of an rpc that this caller can see. Asks over `node` for a node's own description.
   *
   * @throws {DeadlineExceeded} If the node did not answer in time.
   * @throws {Cancelled} If the signal was raised.
   */
  overloadsOf(
    service: string,
    rpc: string,
    asking: { node: AskedNode; deadline: CallDeadline },
  ): Promise<readonly CallableOverload[]> | readonly CallableOverload[];
  /** Forgets a node's description of a service. Returns whether there was one. */
  forget(service: string): boolean;
}

const none: readonly CallableOverload[] = [];

interface NodesByName {
  get(name: string): NodeAddress | undefined;
}

/** The catalog of an init.yaml. */
export class ConfigurationCatalog implements Catalog {
  #configuration!: Configuration;
  /** Compiled on first use, by service and rpc. */
  readonly #overloads = new Map<string, Map<string, readonly CallableOverload[]>>();
  readonly #providers = new Map<string, readonly NodeAddress[]>();

  /** @param nodes The servers of the configuration by their names. */
  constructor(
    configuration: Configuration,
    nodes: NodesByName,
  ) {
    this.replace(configuration, nodes);
  }

  /** Replaces the providers of the services. */
  replace(configuration: Configuration, nodes: NodesByName): void {
    this.#configuration = configuration;
    for (const { name, providers } of configuration.services.values()) {
      this.#providers.set(name, providers.map((provider) => nodes.get(provider)!));
    }
  }

  get serviceNames(): readonly string[] {
    return [...this.#configuration.services.keys()];
  }

  providersOf(service: string): readonly NodeAddress[] | undefined {
    return this.#providers.get(service);
  }

  overloadsOf(service: string, rpc: string): readonly CallableOverload[] {
    return this.#overloads.get(service)?.get(rpc) ?? this.#compile(service, rpc);
  }

  forget(): boolean {
    return false;
  }

  #compile(service: string, rpc: string): readonly CallableOverload[] {
    const entry = this.#configuration.services.get(service)?.rpcs.get(rpc);
    if (entry === undefined) return none;
    const overloads = entry.overloads.map(({ args, returns, isIdempotent = false, allow }) => ({
      signature: compileSignature({ args, returns }),
      isIdempotent,
      allow,
    }));
    const known = this.#overloads.get(service);
    if (known === undefined) this.#overloads.set(service, new Map([[rpc, overloads]]));
    else known.set(rpc, overloads);
    return overloads;
  }
}

/** A node's description of a service; signatures are compiled when their rpc is called. */
class DescribedRpcs {
  readonly #described = new Map<string, DescribedOverload[]>();
  readonly #compiled = new Map<string, readonly CallableOverload[]>();
  readonly #node: string;

  constructor(node: string, overloads: readonly DescribedOverload[]) {
    this.#node = node;
    for (const overload of overloads) {
      const others = this.#described.get(overload.rpc);
      if (others === undefined) this.#described.set(overload.rpc, [overload]);
      else others.push(overload);
    }
  }

  /**
   * The overloads of an rpc; undefined if the node described none.
   *
   * @throws {MalformedMessage} If they exceed a caller's bounds, or contain invalid types.
   */
  get(rpc: string): readonly CallableOverload[] | undefined {
    return this.#compiled.get(rpc) ?? this.#compile(rpc);
  }

  #compile(rpc: string): readonly CallableOverload[] | undefined {
    const described = this.#described.get(rpc);
    if (described === undefined) return undefined;
    const length = described.reduce((sum, overload) => sum + signatureLength(overload), 0);
    if (length > limits.describedSignaturesLengthMax) {
      throw this.#unusable(
        rpc,
        `its types have ${length} characters, ${limits.describedSignaturesLengthMax} are allowed`,
      );
    }
    try {
      const overloads = described.map(({ args, returns, isIdempotent = false }) => ({
        signature: compileSignature({ args, returns }),
        isIdempotent,
      }));
      this.#compiled.set(rpc, overloads);
      return overloads;
    } catch (cause) {
      throw this.#unusable(rpc, messageOf(cause), cause);
    }
  }

  #unusable(rpc: string, why: string, cause?: unknown): MalformedMessage {
    return new MalformedMessage(
      `${this.#node} describes "${rpc}" in a way that cannot be used: ${why}; ` +
        "serve this version of farcall on every node",
      { node: this.#node, cause },
    );
  }
}

/** The catalog of one node: asks it for each service on first use. */
export class NodeCatalog implements Catalog {
  readonly #providers: readonly NodeAddress[];
  readonly #timeoutMs: number;
  readonly #known = new Map<string, DescribedRpcs>();
  /** Pending requests, by service. */
  readonly #asking = new Map<string, Promise<DescribedRpcs>>();

  constructor(address: NodeAddress, timeoutMs: number) {
    this.#providers = [address];
    this.#timeoutMs = timeoutMs;
  }

  get serviceNames(): readonly string[] {
    return [...this.#known.keys()];
  }

  providersOf(): readonly NodeAddress[] {
    return this.#providers;
  }

  overloadsOf(
    service: string,
    rpc: string,
    asking: { node: AskedNode; deadline: CallDeadline },
  ): Promise<readonly CallableOverload[]> | readonly CallableOverload[] {
    return this.#known.get(service)?.get(rpc) ?? this.#learn(service, rpc, asking);
  }

  forget(service: string): boolean {
    return this.#known.delete(service) || this.#asking.has(service);
  }

  /** Remembers only existing rpcs: missing ones may be deployed later. */
  async #learn(
    service: string,
    rpc: string,
    { node, deadline }: { node: AskedNode; deadline: CallDeadline },
  ): Promise<readonly CallableOverload[]> {
    let asking = this.#asking.get(service);
    if (asking === undefined) {
      asking = this.#ask(node, service).finally(() => this.#asking.delete(service));
      this.#asking.set(service, asking);
    }
    const overloads = await waitFor(asking, deadline, () => {
      const name = formatNode(node.address);
      return new DeadlineExceeded(`${name} did not describe its services within the deadline`, {
        node: name,
      });
    });
    const found = overloads.get(rpc);
    if (found === undefined) return none;
    this.#known.set(service, overloads);
    return found;
  }

  async #ask(node: AskedNode, service: string): Promise<DescribedRpcs> {
    const { services } = await node.request(
      { op: "describe", service },
      { timeoutMs: this.#timeoutMs },
    );
    return new DescribedRpcs(formatNode(node.address), services[0]?.overloads ?? []);
  }
}
