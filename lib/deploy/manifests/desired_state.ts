/** The desired state of a checked configuration: every script bundled, a manifest for every node. */
import type {
  ClientEntry,
  Configuration,
  OverloadEntry,
  RpcEntry,
  ServiceEntry,
} from "../../config/mod.ts";
import type { Diagnostic } from "../../errors/mod.ts";
import type { FleetContent } from "../../fleet/mod.ts";
import {
  type Manifest,
  type ManifestClient,
  manifestFormat,
  type ManifestOverload,
  type ManifestService,
} from "../../manifest/mod.ts";
import type { PublicKey, ScriptId } from "../../identity/mod.ts";
import type { ScriptBytes, ScriptStock } from "../apply.ts";
import type { DeployProgress } from "../progress.ts";
import { bundleScripts } from "../bundle/bundle.ts";
import {
  type DesiredDeployment,
  isUpToDate,
  type NodeObservation,
  type ScriptFacts,
} from "../plan.ts";
import { findUnchanged, recordSources } from "../bundle/source_record.ts";
import { Sources } from "../bundle/sources.ts";
import { ScriptCallRoutes } from "./script_calls.ts";

/** A configuration with its scripts bundled. */
export interface BundledConfiguration {
  readonly desired: DesiredDeployment;
  /** The content for a fleet whose nodes come and go. */
  readonly content: FleetContent;
  /** Its scripts; missing bundles are made on first use. */
  readonly scripts: ScriptStock;
  /** Warnings about the scripts. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Finds or bundles every script, and makes every node's manifest.
 *
 * @param options `observations`: the nodes' states; scripts that they run unchanged are not bundled. Default: all are.
 *   `key`: the deployer's; records that it has signed are trusted. Without it, records can only show that there is
 *   nothing to do: otherwise all scripts are bundled.
 * @throws {InvalidConfiguration} With every mistake in the scripts.
 */
export async function bundleConfiguration(
  configuration: Configuration,
  { progress, observations = [], key, reads }: {
    readonly progress?: DeployProgress;
    readonly observations?: readonly NodeObservation[];
    readonly key?: PublicKey;
    readonly reads?: Set<string>;
  } = {},
): Promise<BundledConfiguration> {
  const bundling = new ConfigurationBundling(configuration, { progress, reads });
  const known = await bundling.find(observations, key);
  await bundling.bundle((path) => !known.has(path));
  let desired = await bundling.desired();
  // Without a key, records may only show that nothing is to be done.
  const isUnproved = key === undefined && known.size > 0;
  const isUpToDateNode = (seen: NodeObservation): boolean =>
    isUpToDate(seen, desired.manifests.get(seen.node)!);
  if (isUnproved && !observations.every(isUpToDateNode)) {
    await bundling.bundle((path) => known.has(path));
    desired = await bundling.desired();
  }
  let rest: Promise<void> | undefined;
  return {
    desired,
    content: bundling.content,
    scripts: {
      has: (id) => desired.scripts.has(id),
      get: async (id) => {
        // A node has lost it since it was observed, so it must be bundled after all.
        if (!bundling.bytes.has(id)) await (rest ??= bundling.bundle((path) => known.has(path)));
        return bundling.bytes.get(id);
      },
      sourceMapOf: (id) => bundling.sourceMaps.get(id),
    },
    warnings: bundling.warnings,
  };
}

/** An overload of the file, and its source. */
interface Entry {
  readonly service: ServiceEntry;
  readonly rpc: RpcEntry;
  readonly overload: OverloadEntry;
  /** The path of its source, from the folder of init.yaml. */
  readonly path: string;
}

/** The known scripts of a configuration. */
class ConfigurationBundling {
  readonly #configuration: Configuration;
  readonly #progress: DeployProgress | undefined;
  readonly #sources: Sources;
  readonly #entries: readonly Entry[];
  /** By the paths of the sources. */
  readonly #ids = new Map<string, ScriptId>();
  /** Of the scripts bundled here. */
  readonly bytes = new Map<ScriptId, ScriptBytes>();
  readonly sourceMaps = new Map<ScriptId, ScriptBytes>();
  readonly warnings: Diagnostic[] = [];
  /** The last result. */
  content: FleetContent = { clients: [], services: [] };

  constructor(
    configuration: Configuration,
    { progress, reads }: { progress?: DeployProgress; reads?: Set<string> },
  ) {
    this.#configuration = configuration;
    this.#progress = progress;
    const sources = this.#sources = new Sources(configuration.folder, reads);
    this.#entries = [...configuration.services.values()].flatMap((service) =>
      [...service.rpcs.values()].flatMap((rpc) =>
        rpc.overloads.map((overload) => {
          return { service, rpc, overload, path: sources.pathOf(overload.source) };
        })
      )
    );
  }

  /** Finds scripts that the nodes run unchanged. @returns Their ids, by the paths of their sources. */
  async find(
    observations: readonly NodeObservation[],
    key: PublicKey | undefined,
  ): Promise<ReadonlyMap<string, ScriptId>> {
    const uses = this.#entries.map(({ service: { providers }, rpc: { name }, overload, path }) => {
      return { path, rpc: name, args: overload.args, returns: overload.returns, providers };
    });
    const known = await findUnchanged(uses, observations, this.#sources, key);
    for (const [path, id] of known) this.#ids.set(path, id);
    return known;
  }

  /** Bundles the scripts of some sources. */
  async bundle(isMeant: (path: string) => boolean): Promise<void> {
    const entries = this.#entries.filter(({ path }) => isMeant(path));
    if (entries.length === 0) return;
    this.#progress?.step("bundle", 0, entries.length);
    const { folder, file } = this.#configuration;
    const requests = entries.map(({ overload, rpc }) => {
      const { source, args, returns } = overload;
      const position = { file, ...overload.position };
      return { source, rpc: rpc.name, position, signature: { args, returns } };
    });
    const bundled = await bundleScripts(requests, { folder, sources: this.#sources });
    bundled.scripts.forEach(({ script, bytes, sourceMap }, index) => {
      this.#ids.set(entries[index]!.path, script);
      this.bytes.set(script, bytes);
      if (sourceMap !== undefined) this.sourceMaps.set(script, sourceMap);
    });
    this.warnings.push(...bundled.warnings);
  }

  /** The desired state. */
  async desired(): Promise<DesiredDeployment> {
    const scripts = new Map<ScriptId, ScriptFacts>();
    const overloads = new Map<string, ManifestOverload[]>();
    for (const entry of this.#entries) {
      const { service, overload, path } = entry;
      const script = this.#ids.get(path)!;
      // The sizes of scripts that were not bundled are not needed: the nodes have these scripts.
      const bytes = this.bytes.get(script)?.length ?? 0;
      scripts.set(script, { bytes, source: overload.sourceAsWritten });
      const ofService = overloads.get(service.name) ?? [];
      overloads.set(service.name, ofService);
      ofService.push(manifestOverload(entry, script));
    }
    const services = [...this.#configuration.services.values()];
    const manifestServices = new Map(services.map((service): [string, ManifestService] => [
      service.name,
      {
        name: service.name,
        ...described(service.description),
        tenants: service.tenants,
        overloads: overloads.get(service.name) ?? [],
        ...(service.limits && { limits: service.limits }),
        ...(service.permissions && { permissions: service.permissions }),
        ...(service.isolation && { isolation: service.isolation }),
        ...(service.calls && { calls: service.calls }),
      },
    ]));
    const clients = [...this.#configuration.clients.values()].map(manifestClient);
    this.content = {
      clients,
      services: services.map((service) => ({
        selector: service.selector ?? { kind: "nodes", nodes: service.providers },
        service: manifestServices.get(service.name)!,
      })),
    };
    const routes = await ScriptCallRoutes.of(this.#configuration, manifestServices);
    const manifests = new Map<string, Manifest>();
    // Most fleets have many nodes of few kinds: a manifest's services are computed once for each kind.
    const providedBy = (node: string) =>
      services.filter(({ providers }) => providers.includes(node));
    const kinds = Map.groupBy(
      this.#configuration.servers.keys(),
      (node) => providedBy(node).map(({ name }) => name).join(),
    );
    for (const nodes of kinds.values()) {
      const provided = providedBy(nodes[0]!);
      const paths = this.#entries.filter(({ service }) => provided.includes(service))
        .map(({ path }) => [path, this.#ids.get(path)!] as const);
      const sources = await recordSources(new Map(paths), this.#sources);
      const provides = provided.map(({ name }) => manifestServices.get(name)!);
      for (const node of nodes) {
        const callers = routes.callersOf(node);
        manifests.set(node, {
          format: manifestFormat,
          node,
          clients,
          services: provides.map((service) => routes.on(node, service)),
          ...(callers.length > 0 && { callers }),
          ...(sources && { sources }),
        });
      }
    }
    return { manifests, scripts };
  }
}

function manifestOverload({ rpc, overload }: Entry, script: ScriptId): ManifestOverload {
  return {
    rpc: rpc.name,
    ...described(overload.description ?? rpc.description),
    args: overload.args,
    ...(overload.names && { names: overload.names }),
    returns: overload.returns,
    script,
    ...(overload.isIdempotent && { isIdempotent: true as const }),
    ...(overload.allow && { allow: overload.allow }),
    ...(overload.examples && { examples: overload.examples }),
  };
}

function manifestClient({ name, ip, port, key, rate, allowLogs }: ClientEntry): ManifestClient {
  return {
    name,
    ...(ip && { ip }),
    ...(port && { port }),
    ...(key && { key }),
    ...(rate && { rate }),
    ...(allowLogs && { allowLogs }),
  };
}

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}
