/** What the fleet shall run by a checked configuration: every script bundled, a manifest for every node. */
import type { Configuration } from "../config/mod.ts";
import type { Mistake } from "../errors/mod.ts";
import {
  type Manifest,
  manifestFormat,
  type ManifestOverload,
  type ManifestService,
  type ScriptId,
} from "../wire/mod.ts";
import type { DeployProgress, ScriptBytes, ScriptStock } from "./apply.ts";
import { bundleScripts } from "./bundle.ts";
import type { NodeObservation, ScriptFacts, WantedDeployment } from "./plan.ts";
import { findUnchanged, recordSources } from "./_source_record.ts";
import { Sources } from "./_sources.ts";

/** A configuration with its scripts bundled. */
export interface BundledConfiguration {
  readonly wanted: WantedDeployment;
  /** Its scripts; those that were not bundled yet are when one of them is asked for. */
  readonly scripts: ScriptStock;
  /** What the scripts do that is probably not meant. */
  readonly warnings: readonly Mistake[];
  /** The absolute paths of all files that went into the scripts. */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Finds or makes every script, and writes every node's manifest.
 *
 * @param options `observations`: what nodes run; scripts of which they know what would come are not
 * bundled. Without, all are.
 * @throws {InvalidConfiguration} With every mistake in the scripts.
 */
export async function bundleConfiguration(
  configuration: Configuration,
  { progress, observations = [] }: {
    readonly progress?: DeployProgress;
    readonly observations?: readonly NodeObservation[];
  } = {},
): Promise<BundledConfiguration> {
  const { folder } = configuration;
  const sources = new Sources(folder);
  const services = [...configuration.services.values()];
  const entries = services.flatMap((service) =>
    [...service.rpcs.values()].flatMap((rpc) =>
      rpc.overloads.map((overload) => ({
        service,
        rpc,
        overload,
        path: sources.pathOf(overload.source),
        request: {
          source: overload.source,
          rpc: rpc.name,
          place: { file: configuration.file, ...overload.place },
        },
      }))
    )
  );
  const ids = await findUnchanged(
    entries.map(({ service, rpc, path }) => ({
      path,
      rpc: rpc.name,
      providers: service.providers,
    })),
    observations,
    sources,
  );
  const [old, fresh] = [true, false].map((isOld) =>
    entries.filter(({ path }) => ids.has(path) === isOld)
  );
  if (fresh.length > 0) progress?.step("bundle", 0, fresh.length);
  const bundle = async (some: typeof entries) =>
    await bundleScripts(some.map(({ request }) => request), { folder, sources });
  const bundled = await bundle(fresh);
  const bytes = new Map<ScriptId, ScriptBytes>();
  bundled.scripts.forEach((script, index) => {
    ids.set(fresh[index].path, script.script);
    bytes.set(script.script, script.bytes);
  });
  const scripts = new Map<ScriptId, ScriptFacts>();
  const inputs = new Set<string>();
  const overloads = new Map<string, ManifestOverload[]>();
  for (const { service, rpc, overload, path } of entries) {
    const script = ids.get(path)!;
    // Of those that were not bundled nobody asks how large they are: the nodes have them.
    const facts = { bytes: bytes.get(script)?.length ?? 0, source: overload.sourceAsWritten };
    scripts.set(script, facts);
    for (const input of sources.reachableFrom(path)) inputs.add(sources.absolute(input));
    const ofService = overloads.get(service.name) ?? [];
    overloads.set(service.name, ofService);
    ofService.push({
      rpc: rpc.name,
      ...described(overload.description ?? rpc.description),
      args: overload.args,
      ...(overload.names && { names: overload.names }),
      returns: overload.returns,
      script,
      ...(overload.isIdempotent && { isIdempotent: true as const }),
      ...(overload.allow && { allow: overload.allow }),
      ...(overload.examples && { examples: overload.examples }),
    });
  }
  const manifestServices = new Map(services.map((service): [string, ManifestService] => [
    service.name,
    {
      name: service.name,
      ...described(service.description),
      tenants: service.tenants,
      overloads: overloads.get(service.name) ?? [],
      ...(service.limits && { limits: service.limits }),
      ...(service.permissions && { permissions: service.permissions }),
    },
  ]));
  const clients = [...configuration.clients.values()].map(({ name, ip, port, key, rate }) => ({
    name,
    ...(ip && { ip }),
    ...(port && { port }),
    ...(key && { key }),
    ...(rate && { rate }),
  }));
  const manifests = new Map<string, Manifest>();
  for (const node of configuration.servers.keys()) {
    const provided = services.filter((service) => service.providers.includes(node));
    const paths = entries.filter(({ service }) => provided.includes(service))
      .map(({ path }) => [path, ids.get(path)!] as const);
    const record = await recordSources(new Map(paths), sources);
    manifests.set(node, {
      format: manifestFormat,
      node,
      clients,
      services: provided.map((service) => manifestServices.get(service.name)!),
      ...(record && { sources: record }),
    });
  }
  let bundling: Promise<void> | undefined;
  const bundleRest = async (): Promise<void> => {
    const { scripts } = await bundle(old);
    for (const script of scripts) bytes.set(script.script, script.bytes);
  };
  return {
    wanted: { manifests, scripts },
    scripts: {
      has: (id) => scripts.has(id),
      get: async (id) => {
        // A node has lost it meanwhile.
        if (!bytes.has(id)) await (bundling ??= bundleRest());
        return bytes.get(id);
      },
    },
    warnings: bundled.warnings,
    inputs,
  };
}

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}
