/** `farcall status`: how the nodes are. */
import { type NodeAddress, parseAddress } from "../lib/client/mod.ts";
import { type Configuration, loadConfiguration } from "../lib/config/mod.ts";
import {
  bundleConfiguration,
  formatStatus,
  type FoundNode,
  nodesOf,
  readStatus,
  type WantedDeployment,
} from "../lib/deploy/mod.ts";
import { InvalidConfiguration } from "../lib/errors/mod.ts";
import { keyFor } from "./_key.ts";
import { exitUnreachable } from "./exit_codes.ts";
import { printLine, printNote } from "./output.ts";

/** The options of `status` as they are typed. */
export interface StatusCommandOptions {
  server?: string[];
  key?: string;
  json?: true;
  watch?: true;
}

const redrawEveryMs = 1000;

/** Prints what was found once, or again and again. @returns The exit code. */
export async function status(file: string, options: StatusCommandOptions): Promise<number> {
  const { nodes, wanted } = await whomToAsk(file, options.server ?? []);
  const key = await keyFor(options.key);
  while (true) {
    const found = await readStatus(nodes, { wanted, key });
    if (options.watch && Deno.stdout.isTerminal()) printLine("\x1b[2J\x1b[H\x1b[1A");
    printLine(options.json ? JSON.stringify(jsonOf(found)) : formatStatus(found).trimEnd());
    if (!options.watch) return found.every(isUp) ? 0 : exitUnreachable;
    await new Promise((resolve) => setTimeout(resolve, redrawEveryMs));
  }
}

/** The nodes that are named, by address or as the file names them; all of the file where none is. */
async function whomToAsk(
  file: string,
  servers: readonly string[],
): Promise<{ nodes: { address: NodeAddress }[]; wanted: WantedDeployment | undefined }> {
  const addresses = servers.map((server) => ({ server, address: parseAddress(server) }));
  if (servers.length > 0 && addresses.every(({ address }) => address !== undefined)) {
    return { nodes: addresses.map(({ address }) => ({ address: address! })), wanted: undefined };
  }
  const { configuration, wanted } = await read(file);
  if (servers.length === 0) return { nodes: nodesOf(configuration), wanted };
  const nodes = addresses.flatMap(({ server, address }) =>
    address === undefined ? nodesOf(configuration, [server]) : [{ address }]
  );
  return { nodes, wanted };
}

/** A file, and what its nodes shall run; not that where the scripts are not here, or have mistakes. */
async function read(
  file: string,
): Promise<{ configuration: Configuration; wanted: WantedDeployment | undefined }> {
  try {
    const configuration = await loadConfiguration(file);
    return { configuration, wanted: (await bundleConfiguration(configuration)).wanted };
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    const configuration = await loadConfiguration(file, { scripts: "ignore" });
    printNote(`farcall: what init would change is not known: ${error.message}`);
    return { configuration, wanted: undefined };
  }
}

function isUp({ status }: FoundNode): boolean {
  return status !== undefined;
}

function jsonOf(found: readonly FoundNode[]): unknown {
  return {
    nodes: found.map(({ drift, problem = null, status = null, ...node }) => ({
      ...node,
      status,
      problem,
      isInStep: drift?.isUnchanged ?? null,
    })),
  };
}
