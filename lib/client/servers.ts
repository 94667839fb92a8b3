/** The nodes that a program can name: servers of an init.yaml, and any node by its address. */
import type { Configuration, TlsSettings } from "../config/mod.ts";
import { nearest } from "../config/suggest.ts";
import { InvalidConfiguration } from "../errors/mod.ts";
import type { Limits } from "../limits/mod.ts";
import { addressOf, formatNodeAddress, type NodeAddress, parseAddress } from "./address.ts";
import { NodeCatalog } from "./calls/catalog.ts";

/** Finds nodes, and remembers how named nodes describe themselves. A node is the same object each time. */
export class Servers {
  #configuration: Configuration | undefined;
  #byName = new Map<string, NodeAddress>();
  #byAddress = new Map<string, NodeAddress>();
  /** By the name used, most recently used last. */
  readonly #catalogs = new Map<string, NodeCatalog>();
  readonly #timeoutMs: number;
  readonly #bounds: Limits;
  readonly #tls: TlsSettings | undefined;

  /**
   * @param configuration Undefined for a program that connects to a node by its address.
   * @param options `timeoutMs`: how long a node may take to describe its services; `tls`: for nodes named by their
   *   address.
   */
  constructor(
    configuration: Configuration | undefined,
    { timeoutMs, tls, bounds }: {
      readonly timeoutMs: number;
      readonly tls: TlsSettings | undefined;
      readonly bounds: Limits;
    },
  ) {
    this.#bounds = bounds;
    this.#tls = tls;
    this.#timeoutMs = timeoutMs;
    if (configuration !== undefined) this.replace(configuration);
  }

  /** Switches to another configuration; unchanged servers stay the same objects. */
  replace(configuration: Configuration): void {
    const before = this.#byName;
    this.#configuration = configuration;
    this.#byName = new Map();
    this.#byAddress = new Map();
    for (const server of configuration.servers.values()) {
      const now = addressOf(server);
      const known = before.get(now.name);
      const node = known !== undefined && isSame(known, now) ? known : now;
      this.#byName.set(now.name, node);
      this.#byAddress.set(formatNodeAddress(node), node);
      if (node !== known) this.#catalogs.delete(now.name);
    }
    for (const name of before.keys()) if (!this.#byName.has(name)) this.#catalogs.delete(name);
  }

  /** A server of the file by its name, if any. */
  get(name: string): NodeAddress | undefined {
    return this.#byName.get(name);
  }

  /** All servers of the file, if any. */
  get all(): readonly NodeAddress[] | undefined {
    return this.#configuration && [...this.#byName.values()];
  }

  /**
   * The catalog of one node, as it describes itself.
   *
   * @param server A server's name in the file, or `HOST:PORT`.
   * @throws {InvalidConfiguration} If it is neither.
   * @throws {TypeError} If its port is invalid.
   */
  catalogOf(server: string): NodeCatalog {
    const known = this.#catalogs.get(server);
    const catalog = known ?? new NodeCatalog(this.#find(server), this.#timeoutMs);
    this.#catalogs.delete(server);
    this.#catalogs.set(server, catalog);
    if (this.#catalogs.size > this.#bounds.connectionsPerCallerMax) {
      const [leastRecent] = this.#catalogs.keys();
      if (leastRecent !== undefined) this.#catalogs.delete(leastRecent);
    }
    return catalog;
  }

  #find(server: string): NodeAddress {
    const known = this.#byName.get(server);
    if (known !== undefined) return known;
    const address = parseAddress(server);
    if (address === undefined) throw this.#unknown(server);
    if (this.#tls !== undefined) return { ...address, tls: this.#tls };
    return this.#byAddress.get(formatNodeAddress(address)) ?? address;
  }

  #unknown(server: string): InvalidConfiguration {
    if (this.#configuration === undefined) {
      return new InvalidConfiguration(
        `"${server}" is not HOST:PORT, and no init.yaml was given that could name it`,
        [],
      );
    }
    const names = [...this.#byName.keys()];
    const hint = nearest(server, names);
    return new InvalidConfiguration(
      `${this.#configuration.file} has no server "${server}", and it is not HOST:PORT either` +
        (hint === undefined ? `; servers: ${names.join(", ")}` : `; did you mean "${hint}"?`),
      [],
    );
  }
}

function isSame(a: NodeAddress, b: NodeAddress): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
