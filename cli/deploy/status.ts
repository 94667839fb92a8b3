/** `farcall status`: the state of the nodes. */
import type { NodeAddress } from "../../lib/client/mod.ts";
import type { FleetMembers, FleetView } from "../../lib/fleet/mod.ts";
import type { Configuration, FleetAddress } from "../../lib/config/mod.ts";
import { readConfiguration, standardText } from "../configuration.ts";
import {
  bundleConfiguration,
  type DesiredDeployment,
  formatStatus,
  formatVerified,
  type FoundNode,
  isWhole,
  nodesOf,
  readStatus,
  verifyNodes,
} from "../../lib/deploy/mod.ts";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { keyFor } from "../key.ts";
import { serverIn } from "../services/known_services.ts";
import { parseServer, tlsIn } from "../tls.ts";
import { readPublicKeys } from "../public_keys.ts";
import { exitUnreachable, exitUntraceable } from "../exit_codes.ts";
import {
  type Color,
  coloredLines,
  type Printable,
  printLine,
  printNote,
  UsageError,
  writeControl,
} from "../output.ts";
import { configurationFile, nodeMeantBy, withVariables } from "../settings.ts";

/** The options of `status` as they are typed. */
export interface StatusCommandOptions {
  config?: string;
  server?: string[];
  tls?: string;
  key?: string;
  json?: true;
  watch?: true;
  verify?: true;
  trust?: string[];
}

const redrawEveryMs = 1000;

/** Prints the status once, or repeatedly. @returns The exit code. */
export async function status(
  argument: string | undefined,
  typed: StatusCommandOptions,
): Promise<number> {
  const options = await withNodes(argument, typed);
  const { file } = options;
  if (options.verify) return await verify(file, options);
  if (options.trust) {
    throw new UsageError("--trust says whose signatures --verify accepts; give --verify, too");
  }
  const { nodes, desired, fleet } = await statusTargets(file, options, read);
  await using view = fleet && await viewOf(fleet);
  const key = await keyFor(options.key);
  while (true) {
    const [found, members] = await Promise.all([
      readStatus(nodes, { desired, key }),
      view?.members(),
    ]);
    if (options.watch) writeControl("stdout", "\x1b[2J\x1b[H");
    if (options.json) printLine(JSON.stringify(jsonOf(found, members)));
    else {
      if (found.length > 0) printLine(paint(formatStatus(found), found));
      if (members !== undefined && view !== undefined) {
        const { formatFleet } = await import("./fleet_text.ts");
        printLine(
          `${found.length > 0 ? "\n" : ""}${formatFleet(view.fleet, members, fleet?.keys)}`,
        );
      }
    }
    if (!options.watch) return found.every(isUp) ? 0 : exitUnreachable;
    await new Promise((resolve) => setTimeout(resolve, redrawEveryMs));
  }
}

/** The file, and which of its nodes are asked. */
async function withNodes(
  argument: string | undefined,
  options: StatusCommandOptions,
): Promise<StatusCommandOptions & { readonly file: string }> {
  const file = await configurationFile(argument, options);
  const variable = argument === undefined && options.config === undefined
    ? withVariables<{ server?: string }>({}, ["server"]).server
    : undefined;
  const named = options.server ?? (variable === undefined ? undefined : [variable]);
  const server = named &&
    await Promise.all(named.map((name) => nodeMeantBy(name, argument ?? options.config)));
  return { ...options, file, server };
}

/** Colours nodes that need attention: red without an answer or with failing executors, yellow if they differ. */
function paint(text: string, nodes: readonly FoundNode[]): Printable {
  const services = nodes.flatMap(({ status }) => status?.services ?? []);
  const colors: (Color | undefined)[] = [
    "dim",
    ...nodes.map(({ status, drift }): Color | undefined => {
      if (status === undefined) return "red";
      return status.isDraining || drift?.isUnchanged === false ? "yellow" : undefined;
    }),
    undefined,
    "dim",
    ...services.map(({ executors }): Color | undefined =>
      executors.some(({ state }) => state === "failing") ? "red" : undefined
    ),
  ];
  return coloredLines(text.trimEnd(), (_, index) => colors[index]);
}

/** Verifies the nodes' stores, and prints the verdicts. @returns The exit code. */
async function verify(file: string, options: StatusCommandOptions): Promise<number> {
  if (options.watch) throw new UsageError("--verify asks once; it does not go with --watch");
  const trusted = options.trust && new Set(await readPublicKeys("--trust", options.trust));
  const { nodes } = await statusTargets(file, options, readNodes);
  const verified = await verifyNodes(nodes, { trusted, key: await keyFor(options.key) });
  printLine(
    options.json
      ? JSON.stringify({ nodes: verified.map((node) => ({ ...node, isWhole: isWhole(node) })) })
      : formatVerified(verified).trimEnd(),
  );
  if (verified.some((node) => node.isReached && !isWhole(node))) return exitUntraceable;
  return verified.every(({ isReached }) => isReached) ? 0 : exitUnreachable;
}

/** The nodes to ask: those of `--server`, by address or name. Default: all servers of the file. */
async function statusTargets(
  file: string,
  { server: servers = [], tls }: StatusCommandOptions,
  read: (file: string) => Promise<ReadFile>,
): Promise<{
  nodes: { address: NodeAddress }[];
  desired: DesiredDeployment | undefined;
  fleet?: FleetAddress | undefined;
}> {
  const settings = tlsIn(tls, servers);
  const addresses = servers.map((server) => ({ server, address: parseServer(server, settings) }));
  if (servers.length > 0 && addresses.every(({ address }) => address !== undefined)) {
    return { nodes: addresses.map(({ address }) => ({ address: address! })), desired: undefined };
  }
  const { configuration, desired } = await read(file);
  if (servers.length === 0) {
    return { nodes: nodesOf(configuration), desired, fleet: configuration.nats };
  }
  const nodes = addresses.map(({ server, address }) => ({
    address: address ?? serverIn(configuration, server),
  }));
  return { nodes, desired };
}

/** A file's nodes and desired state. */
interface ReadFile {
  readonly configuration: Configuration;
  /** The desired state of its nodes, if known and needed. */
  readonly desired: DesiredDeployment | undefined;
}

/** A file, with the present nodes of its fleet. */
async function withPresent(configuration: Configuration): Promise<Configuration> {
  const { nats } = configuration;
  if (nats === undefined) return configuration;
  const { withoutAbsentNodes } = await import("../../lib/fleet/mod.ts");
  await using view = await viewOf(nats);
  return withoutAbsentNodes(configuration, (await view.members()).present);
}

async function viewOf(fleet: FleetAddress): Promise<FleetView> {
  const { FleetView } = await import("../../lib/fleet/mod.ts");
  return await FleetView.open(fleet);
}

/** A file, only for its nodes' addresses. */
async function readNodes(file: string, text?: string): Promise<ReadFile> {
  return {
    configuration: await withPresent(await readConfiguration(file, { scripts: "ignore", text })),
    desired: undefined,
  };
}

/** A file with the desired state of its nodes, unless scripts are missing or have mistakes. */
async function read(file: string): Promise<ReadFile> {
  const text = await standardText(file);
  try {
    const configuration = await withPresent(await readConfiguration(file, { text }));
    return { configuration, desired: (await bundleConfiguration(configuration)).desired };
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    const found = await readNodes(file, text);
    printNote(
      `farcall: cannot tell what init would change (farcall check shows why): ${error.summary}`,
    );
    return found;
  }
}

function isUp({ status }: FoundNode): boolean {
  return status !== undefined;
}

function jsonOf(found: readonly FoundNode[], members: FleetMembers | undefined): unknown {
  return {
    ...(members && {
      fleet: {
        present: [...members.present.values()],
        absent: members.absent.map(({ presence, lastMs }) => ({ ...presence, lastMs })),
        refused: members.refused.map(({ presence, ...why }) => ({ ...presence, ...why })),
        storeProblem: members.storeProblem,
      },
    }),
    nodes: found.map(({ drift, way, problem = null, status = null, ...node }) => ({
      ...node,
      ...(way && { way }),
      status,
      problem,
      isInStep: drift?.isUnchanged ?? null,
    })),
  };
}
