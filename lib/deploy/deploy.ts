/** A deployment from a checked configuration to its end: bundle, observe, diff, plan, apply. */
import { formatNode, type NodeAddress } from "../client/mod.ts";
import type { Configuration } from "../config/mod.ts";
import { DeployRejected, type Mistake } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { formatAddress } from "../transport/mod.ts";
import {
  type Manifest,
  manifestFormat,
  type ManifestOverload,
  type ManifestService,
  type ScriptId,
} from "../wire/mod.ts";
import {
  type AppliedNode,
  applyDeployment,
  type DeployProgress,
  Fleet,
  nothingChanged,
  withState,
} from "./apply.ts";
import { bundleScripts } from "./bundle.ts";
import { type NodeObservation, type Plan, planDeployment, type ScriptFacts } from "./plan.ts";

/** How a deployment is made. */
export interface DeployOptions {
  /** Who deploys, for the nodes' logs and for whoever deploys at the same time. */
  readonly deployer: string;
  /** Stops after the plan; nothing is changed. Default: false. */
  readonly isDryRun?: boolean;
  /** Is given the plan before anything is changed. */
  readonly onPlan?: (plan: Plan) => void;
  readonly progress?: DeployProgress;
}

/** What a deployment did. */
export interface Deployed {
  readonly plan: Plan;
  /** The nodes that were changed; none on a dry run, or where nothing was to do. */
  readonly applied: readonly AppliedNode[];
  /** What the scripts do that is probably not meant. */
  readonly warnings: readonly Mistake[];
}

/**
 * Makes every node of a configuration run exactly what it says, or changes nothing anywhere.
 *
 * @throws {InvalidConfiguration} With every mistake in the scripts.
 * @throws {NodeUnreachable} If a node cannot be reached; nothing was changed.
 * @throws {DeployRejected} If a node refuses. The details say what state the nodes are in.
 */
export async function deploy(
  configuration: Configuration,
  options: DeployOptions,
): Promise<Deployed> {
  const bundled = await bundleConfiguration(configuration, options.progress);
  await using fleet = new Fleet();
  const nodes = [...configuration.servers.values()].map((server) => ({
    address: { name: server.name, host: server.ip, port: server.port },
  }));
  const observations = await observeFleet(fleet, nodes, {
    manifests: bundled.manifests,
    onDone: (done) => options.progress?.step("observe", done, nodes.length),
  }).catch((error) => {
    throw withState(error, nothingChanged);
  });
  const plan = planDeployment(observations, bundled);
  options.onPlan?.(plan);
  const changed = plan.nodes.filter((node) => !node.isUnchanged);
  if (options.isDryRun || changed.length === 0) {
    return { plan, applied: [], warnings: bundled.warnings };
  }
  const addresses = new Map(nodes.map(({ address }) => [address.name, address]));
  const works = changed.map(({ node, manifest, send }) => ({
    address: addresses.get(node)!,
    manifest,
    send,
  }));
  const applied = await applyDeployment(fleet, works, bundled.bytes, options);
  return { plan, applied, warnings: bundled.warnings };
}

interface BundledConfiguration {
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly scripts: ReadonlyMap<ScriptId, ScriptFacts>;
  readonly bytes: ReadonlyMap<ScriptId, Uint8Array<ArrayBuffer>>;
  readonly warnings: readonly Mistake[];
}

/** Bundles every script and writes every node's manifest. */
async function bundleConfiguration(
  configuration: Configuration,
  progress: DeployProgress | undefined,
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
  const overloads = new Map<string, ManifestOverload[]>();
  entries.forEach(({ service, rpc, overload }, index) => {
    const script = bundled.scripts[index];
    scripts.set(script.script, { bytes: script.bytes.length, source: overload.sourceAsWritten });
    bytes.set(script.script, script.bytes);
    const ofService = overloads.get(service.name) ?? [];
    overloads.set(service.name, ofService);
    ofService.push({
      rpc: rpc.name,
      ...described(overload.description ?? rpc.description),
      args: overload.args,
      returns: overload.returns,
      script: script.script,
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
  const clients = [...configuration.clients.values()].map(({ name, ip, port }) =>
    port === undefined ? { name, ip } : { name, ip, port }
  );
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
  return { manifests, scripts, bytes, warnings: bundled.warnings };
}

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}

/** Asks every node what it runs and which of its scripts it lacks: one round trip each. */
async function observeFleet(
  fleet: Fleet,
  nodes: readonly { readonly address: NodeAddress & { readonly name: string } }[],
  options: { manifests: ReadonlyMap<string, Manifest>; onDone: (done: number) => void },
): Promise<NodeObservation[]> {
  return await fleet.onEach(nodes, async ({ address }, connection) => {
    const wanted = new Set<ScriptId>();
    for (const service of options.manifests.get(address.name)!.services) {
      for (const { script } of service.overloads) wanted.add(script);
    }
    const seen = await connection.request(
      { op: "observe", scripts: [...wanted] },
      { timeoutMs: limits.deployStepTimeoutMs },
    );
    if (seen.node !== "" && seen.node !== address.name && seen.generation === 0) {
      throw new DeployRejected(
        `${
          formatNode(address)
        } calls itself "${seen.node}"; correct init.yaml, or the node's --name`,
      );
    }
    for (const script of seen.missing) wanted.delete(script);
    return {
      node: address.name,
      address: formatAddress(address.host, address.port),
      generation: seen.generation,
      manifest: seen.manifest,
      has: wanted,
    };
  }, { what: "say what it runs", onDone: options.onDone });
}
