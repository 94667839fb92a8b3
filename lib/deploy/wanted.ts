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
import type { DeployProgress } from "./apply.ts";
import { bundleScripts } from "./bundle.ts";
import type { ScriptFacts, WantedDeployment } from "./plan.ts";

/** A configuration with its scripts bundled. */
export interface BundledConfiguration {
  readonly wanted: WantedDeployment;
  readonly bytes: ReadonlyMap<ScriptId, Uint8Array<ArrayBuffer>>;
  /** What the scripts do that is probably not meant. */
  readonly warnings: readonly Mistake[];
  /** The absolute paths of all files that went into the scripts. */
  readonly inputs: ReadonlySet<string>;
}

/**
 * Bundles every script and writes every node's manifest.
 *
 * @throws {InvalidConfiguration} With every mistake in the scripts.
 */
export async function bundleConfiguration(
  configuration: Configuration,
  progress?: DeployProgress,
): Promise<BundledConfiguration> {
  const services = [...configuration.services.values()];
  const entries = services.flatMap((service) =>
    [...service.rpcs.values()].flatMap((rpc) =>
      rpc.overloads.map((overload) => ({ service, rpc, overload }))
    )
  );
  progress?.step("bundle", 0, entries.length);
  const bundled = await bundleScripts(
    entries.map(({ rpc, overload }) => ({
      source: overload.source,
      rpc: rpc.name,
      place: { file: configuration.file, ...overload.place },
    })),
    { folder: configuration.folder },
  );
  const scripts = new Map<ScriptId, ScriptFacts>();
  const bytes = new Map<ScriptId, Uint8Array<ArrayBuffer>>();
  const inputs = new Set<string>();
  const overloads = new Map<string, ManifestOverload[]>();
  entries.forEach(({ service, rpc, overload }, index) => {
    const script = bundled.scripts[index];
    scripts.set(script.script, { bytes: script.bytes.length, source: overload.sourceAsWritten });
    bytes.set(script.script, script.bytes);
    for (const input of script.inputs) inputs.add(input);
    const ofService = overloads.get(service.name) ?? [];
    overloads.set(service.name, ofService);
    ofService.push({
      rpc: rpc.name,
      ...described(overload.description ?? rpc.description),
      args: overload.args,
      ...(overload.names && { names: overload.names }),
      returns: overload.returns,
      script: script.script,
      ...(overload.isIdempotent && { isIdempotent: true as const }),
      ...(overload.allow && { allow: overload.allow }),
      ...(overload.examples && { examples: overload.examples }),
    });
  });
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
  const manifests = new Map([...configuration.servers.keys()].map((node): [string, Manifest] => [
    node,
    {
      format: manifestFormat,
      node,
      clients,
      services: services
        .filter((service) => service.providers.includes(node))
        .map((service) => manifestServices.get(service.name)!),
    },
  ]));
  return { wanted: { manifests, scripts }, bytes, warnings: bundled.warnings, inputs };
}

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}
