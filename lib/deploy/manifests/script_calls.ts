/** Script calls between nodes, for manifests: the nodes that each node calls, and those whose calls it accepts. */
import {
  calledServers,
  callingIdentity,
  type Configuration,
  type ServerEntry,
  type ServiceEntry,
} from "../../config/mod.ts";
import { trustOf } from "../../client/mod.ts";
import type {
  CalledNode,
  CalledNodeTls,
  GrantedCalls,
  ManifestService,
  ScriptCaller,
} from "../../manifest/mod.ts";

/** Computes the script calls between the nodes of a configuration. */
export class ScriptCallRoutes {
  readonly #configuration: Configuration;
  /** The services as every node describes them. */
  readonly #services: ReadonlyMap<string, ManifestService>;
  /** How to verify the servers with TLS, by name. */
  readonly #tls: ReadonlyMap<string, CalledNodeTls>;
  readonly #calling: readonly ServiceEntry[];

  private constructor(
    configuration: Configuration,
    services: ReadonlyMap<string, ManifestService>,
    tls: ReadonlyMap<string, CalledNodeTls>,
  ) {
    this.#configuration = configuration;
    this.#services = services;
    this.#tls = tls;
    this.#calling = callingServices(configuration);
  }

  /**
   * Also reads the certificates that calling nodes need.
   *
   * @throws {InvalidConfiguration} If a file of certificates cannot be read.
   */
  static async of(
    configuration: Configuration,
    services: ReadonlyMap<string, ManifestService>,
  ): Promise<ScriptCallRoutes> {
    const tls = new Map<string, CalledNodeTls>();
    if (callingServices(configuration).length > 0) {
      for (const { name, tls: settings } of configuration.servers.values()) {
        if (settings === undefined) continue;
        const { fingerprint, serverName, authorities } = await trustOf(settings);
        tls.set(name, {
          ...(fingerprint && { fingerprint }),
          ...(serverName && { serverName }),
          ...(authorities && { authorities }),
        });
      }
    }
    return new ScriptCallRoutes(configuration, services, tls);
  }

  /** A service on one of its nodes, with the nodes that its scripts call. */
  on(node: string, service: ManifestService): ManifestService {
    const server = this.#configuration.servers.get(node);
    if (service.calls === undefined || server === undefined) return service;
    const calls = service.calls.map((granted) => this.#routed(server, granted));
    return { ...service, calls };
  }

  /** Scripts of other nodes that may call this node's services. */
  callersOf(node: string): ScriptCaller[] {
    const called = this.#configuration.servers.get(node);
    if (called === undefined || this.#configuration.nats !== undefined) return [];
    return this.#calling.flatMap(({ name, providers, calls = [] }) => {
      const callable = calls.filter(({ service }) => this.#provides(node, service));
      if (callable.length === 0) return [];
      const nodes = providers.flatMap((provider) => {
        const calling = this.#configuration.servers.get(provider);
        if (calling === undefined || provider === node) return [];
        const identity = callingIdentity(calling, called);
        return typeof identity === "string" ? [] : [{ name: provider, ip: identity.ip }];
      });
      return nodes.length === 0 ? [] : [{ service: name, nodes, calls: callable }];
    });
  }

  #provides(node: string, service: string): boolean {
    return this.#configuration.services.get(service)?.providers.includes(node) ?? false;
  }

  #routed(calling: ServerEntry, { service, rpcs }: GrantedCalls): GrantedCalls {
    const called = this.#configuration.services.get(service)!;
    const { usable } = calledServers(this.#configuration, calling, called);
    if (usable.length === 0) return { service, rpcs };
    const nodes = usable.map(({ server, identity }): CalledNode => {
      const tls = this.#tls.get(server.name);
      return {
        name: server.name,
        host: server.ip,
        port: server.port,
        ...(tls && { tls }),
        ...(server.over && { over: server.over }),
        ...(identity.from && { from: identity.from }),
      };
    });
    if (called.providers.includes(calling.name)) return { service, rpcs, nodes };
    const overloads = this.#services.get(service)!.overloads
      .filter(({ rpc }) => rpcs.includes(rpc))
      .map(({ rpc, args, returns, isIdempotent }) => ({
        rpc,
        args,
        returns,
        ...(isIdempotent && { isIdempotent }),
      }));
    return { service, rpcs, nodes, overloads };
  }
}

function callingServices({ services }: Configuration): ServiceEntry[] {
  return [...services.values()].filter(({ calls }) => calls !== undefined);
}
