/** Where calls are made: at the providers of a service, or at nodes that are named. */
import { nearest } from "../config/suggest.ts";
import { NodeUnreachable, ServiceNotFound } from "../errors/mod.ts";
import type { NodeAddress } from "./address.ts";
import type { CallDependencies } from "./calls/attempts.ts";
import type { Servers } from "./servers.ts";

/** Where a call is made. */
export interface CallPlace {
  readonly dependencies: CallDependencies;
  /** At least one. */
  readonly nodes: readonly NodeAddress[];
}

/** Finds nodes by what a program says of them. */
export class CallPlaces {
  readonly #dependencies: CallDependencies;
  readonly #servers: Servers;

  constructor(dependencies: CallDependencies, servers: Servers) {
    this.#dependencies = dependencies;
    this.#servers = servers;
  }

  /**
   * The providers of a service, or the one node that is named, whose own word then counts.
   *
   * @throws {ServiceNotFound} If no such service is declared.
   */
  find(service: string, server: string | undefined): CallPlace {
    const dependencies = server === undefined
      ? this.#dependencies
      : { ...this.#dependencies, catalog: this.#servers.catalogOf(server) };
    const nodes = dependencies.catalog.providersOf(service) ?? this.#noProviders(service);
    if (nodes.length === 0) {
      throw new NodeUnreachable(
        `no node of the fleet that provides "${service}" is there; farcall status lists those that are, with their labels`,
        { node: service },
      );
    }
    return { dependencies, nodes };
  }

  /** All providers of a service, or all nodes that are named, each with what it is called with. */
  findEach(
    service: string,
    on: readonly string[] | undefined,
  ): ReadonlyMap<NodeAddress, CallDependencies> {
    const places = on === undefined
      ? [this.find(service, undefined)]
      : on.map((server) => this.#findNamed(service, server));
    return new Map(
      places.flatMap(({ nodes, dependencies }) =>
        nodes.map((node) => [node, dependencies] as const)
      ),
    );
  }

  /** The nodes that are named, each once; else all of the file, or the only one. */
  nodesOf(on: readonly string[] | undefined): NodeAddress[] {
    const named = on?.flatMap((server) => this.#servers.catalogOf(server).providersOf());
    const nodes = named ?? this.#servers.all ?? this.#dependencies.catalog.providersOf("") ?? [];
    return [...new Set(nodes)];
  }

  /** A node that is named: as the file knows it where it is a provider, else by its own word. */
  #findNamed(service: string, server: string): CallPlace {
    const catalog = this.#servers.catalogOf(server);
    const node = catalog.providersOf()[0]!;
    const isProvider = this.#dependencies.catalog.providersOf(service)?.includes(node);
    const asked = { ...this.#dependencies, catalog };
    return { dependencies: isProvider ? this.#dependencies : asked, nodes: [node] };
  }

  #noProviders(service: string): never {
    const names = this.#dependencies.catalog.serviceNames;
    const hint = nearest(service, names);
    throw new ServiceNotFound(
      `no service "${service}" is declared; ` +
        (hint === undefined ? `services: ${names.join(", ")}` : `did you mean "${hint}"?`),
    );
  }
}
