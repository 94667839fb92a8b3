/** Where calls go: to the providers of a service, or to named nodes. */
import { nearest } from "../config/suggest.ts";
import { NodeUnreachable, ServiceNotFound } from "../errors/mod.ts";
import type { NodeAddress } from "./address.ts";
import type { CallDependencies } from "./calls/attempts.ts";
import type { Servers } from "./servers.ts";

/** The nodes that a call may go to, and what they provide. */
export interface CallDestination {
  readonly dependencies: CallDependencies;
  /** At least one. */
  readonly nodes: readonly NodeAddress[];
}

/** Resolves the nodes that a program names. */
export class CallDestinations {
  readonly #dependencies: CallDependencies;
  readonly #servers: Servers;

  constructor(dependencies: CallDependencies, servers: Servers) {
    this.#dependencies = dependencies;
    this.#servers = servers;
  }

  /**
   * Returns the providers of a service; or the named node alone, whose own description then replaces the file's.
   *
   * @param server A server's name in the file, or `HOST:PORT`.
   * @throws {ServiceNotFound} If no such service is declared.
   * @throws {NodeUnreachable} If the service's providers are chosen from a fleet, and none is present.
   * @throws {InvalidConfiguration} If `server` is neither a server's name nor `HOST:PORT`.
   */
  find(service: string, server: string | undefined): CallDestination {
    const dependencies = server === undefined
      ? this.#dependencies
      : { ...this.#dependencies, catalog: this.#servers.catalogOf(server) };
    const nodes = dependencies.catalog.providersOf(service) ?? this.#noProviders(service);
    if (nodes.length === 0) {
      throw new NodeUnreachable(
        `no node of the fleet that provides "${service}" is present; farcall status lists the present nodes with their labels`,
        { node: service },
      );
    }
    return { dependencies, nodes };
  }

  /** All providers of a service, or all named nodes, each with the dependencies of its call. */
  findEach(
    service: string,
    on: readonly string[] | undefined,
  ): ReadonlyMap<NodeAddress, CallDependencies> {
    const destinations = on === undefined
      ? [this.find(service, undefined)]
      : on.map((server) => this.#findNamed(service, server));
    return new Map(
      destinations.flatMap(({ nodes, dependencies }) =>
        nodes.map((node) => [node, dependencies] as const)
      ),
    );
  }

  /** The named nodes, without duplicates. Default: all servers of the file, or the node that the program connected to. */
  nodesOf(on: readonly string[] | undefined): NodeAddress[] {
    const named = on?.flatMap((server) => this.#servers.catalogOf(server).providersOf());
    const nodes = named ?? this.#servers.all ?? this.#dependencies.catalog.providersOf("") ?? [];
    return [...new Set(nodes)];
  }

  /** A named node, with the file's description of the service if it provides it, else with the node's own. */
  #findNamed(service: string, server: string): CallDestination {
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
