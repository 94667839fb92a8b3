/** Where a caller learns which overloads there are, and which nodes provide them. */
import type { Configuration } from "../config/mod.ts";
import { type CompiledSignature, compileSignature } from "../wire/mod.ts";
import type { NodeAddress, NodeConnection } from "./node_connection.ts";

/** One overload that may be called. */
export interface CallableOverload {
  readonly signature: CompiledSignature;
}

/** What a caller knows of the services. */
export interface Catalog {
  /** The nodes that provide a service, in order; undefined where it is known that there are none. */
  providersOf(service: string): readonly NodeAddress[] | undefined;
  /** The names of the services that are known, for messages. */
  readonly serviceNames: readonly string[];
  /**
   * The overloads of an rpc, as this caller sees them; none where it sees none. A node's own word is asked
   * for over `connection`.
   */
  overloadsOf(
    service: string,
    rpc: string,
    connection: () => Promise<NodeConnection>,
  ): Promise<readonly CallableOverload[]> | readonly CallableOverload[];
  /** Forgets what a node said of a service. Returns whether there was anything to forget. */
  forget(service: string): boolean;
}

const none: readonly CallableOverload[] = [];

/** Knows what an init.yaml says. */
export class ConfigurationCatalog implements Catalog {
  readonly #configuration: Configuration;
  readonly #overloads = new Map<string, readonly CallableOverload[]>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  get serviceNames(): readonly string[] {
    return [...this.#configuration.services.keys()];
  }

  providersOf(service: string): readonly NodeAddress[] | undefined {
    return this.#configuration.services.get(service)?.providers.map((name) => {
      const { ip, port } = this.#configuration.servers.get(name)!;
      return { name, host: ip, port };
    });
  }

  overloadsOf(service: string, rpc: string): readonly CallableOverload[] {
    const key = `${service}.${rpc}`;
    const known = this.#overloads.get(key);
    if (known !== undefined) return known;
    const entry = this.#configuration.services.get(service)?.rpcs.get(rpc);
    if (entry === undefined) return none;
    const overloads = entry.overloads.map(({ args, returns }) => ({
      signature: compileSignature({ args, returns }),
    }));
    this.#overloads.set(key, overloads);
    return overloads;
  }

  forget(): boolean {
    return false;
  }
}

/** Knows what one node says, a service at a time, asked when first needed. */
export class NodeCatalog implements Catalog {
  readonly #address: NodeAddress;
  readonly #timeoutMs: number;
  readonly #services = new Map<string, Promise<ReadonlyMap<string, CallableOverload[]>>>();

  constructor(address: NodeAddress, timeoutMs: number) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  get serviceNames(): readonly string[] {
    return [...this.#services.keys()];
  }

  providersOf(): readonly NodeAddress[] {
    return [this.#address];
  }

  async overloadsOf(
    service: string,
    rpc: string,
    connection: () => Promise<NodeConnection>,
  ): Promise<readonly CallableOverload[]> {
    let asked = this.#services.get(service);
    if (asked === undefined) {
      asked = connection().then((node) => this.#ask(node, service));
      this.#services.set(service, asked);
      asked.catch(() => this.#services.delete(service));
    }
    const overloads = (await asked).get(rpc);
    // What is not there today may be deployed tomorrow: do not remember it.
    if (overloads === undefined) this.#services.delete(service);
    return overloads ?? none;
  }

  forget(service: string): boolean {
    return this.#services.delete(service);
  }

  async #ask(
    node: NodeConnection,
    service: string,
  ): Promise<ReadonlyMap<string, CallableOverload[]>> {
    const { services } = await node.request(
      { op: "describe", service },
      { timeoutMs: this.#timeoutMs },
    );
    const rpcs = new Map<string, CallableOverload[]>();
    for (const { rpc, args, returns } of services[0]?.overloads ?? []) {
      const overload = { signature: compileSignature({ args, returns }) };
      const others = rpcs.get(rpc);
      if (others === undefined) rpcs.set(rpc, [overload]);
      else others.push(overload);
    }
    return rpcs;
  }
}
