/** `farcall call` without an rpc: the services that this caller may call. */
import {
  addressOf,
  formatNode,
  formatNodeAddress,
  type NodeAddress,
  type NodeConnectionOptions,
} from "../../lib/client/mod.ts";
import { loadConfiguration, nearest } from "../../lib/config/mod.ts";
import { messageOf, NodeUnreachable, ServiceNotFound } from "../../lib/errors/mod.ts";
import type { DescribedService } from "../../lib/protocol/mod.ts";
import { formatSignature } from "../../lib/types/mod.ts";
import { type CallCommandOptions, whereTo } from "../call/call_arguments.ts";
import { keyFor } from "../key.ts";
import { withPresent } from "../present_nodes.ts";
import { findConfiguration } from "../settings.ts";
import { askNode, knownServices, serverIn } from "./known_services.ts";
import { parseServer, tlsIn } from "../tls.ts";
import { printLine, printNote } from "../output.ts";

/**
 * Asks the nodes which services this caller may call, and prints them.
 *
 * @param only The service to list. Default: all.
 * @returns The exit code.
 */
export async function list(only: string | undefined, options: CallCommandOptions): Promise<number> {
  const services = await askAll(await nodesFor(options), {
    client: options.as,
    key: await keyFor(options.key),
  });
  const listed = only === undefined ? services : services.filter(({ name }) => name === only);
  if (only !== undefined && listed.length === 0) throw notFound(only, services);
  if (options.json) printLine(JSON.stringify({ services: listed }));
  else if (listed.length === 0) {
    printLine("you may not call anything there; farcall explain SERVICE.RPC says why");
  } else printLine(listed.map(textOf).join("\n\n"));
  return 0;
}

/** Suggests what to do about a target that a node does not have: deploy what init.yaml declares, or correct the name. */
export async function printMeant(
  target: { service: string; rpc: string },
  options: CallCommandOptions,
): Promise<void> {
  const { config: file, server, tls, as: client, key: keyFile } = options;
  const declaring = await fileDeclaring(target, options);
  if (declaring !== undefined) {
    // The node's message has said what to do: another script is deployed.
    if (options.pin !== undefined) return;
    const argument = declaring === await findConfiguration() ? "" : ` ${declaring}`;
    printNote(`  ${declaring} declares it, but it is not deployed: run farcall init${argument}`);
    return;
  }
  const services = await knownServices({ file, server, tls, client, keyFile }).catch(() => []);
  const names = services.flatMap(({ name, overloads }) =>
    overloads.map(({ rpc }) => `${name}.${rpc}`)
  );
  const ofService = names.filter((name) => name.startsWith(`${target.service}.`));
  const name = nearest(`${target.service}.${target.rpc}`, ofService.length > 0 ? ofService : names);
  if (name !== undefined && name !== `${target.service}.${target.rpc}`) {
    printNote(`  did you mean ${name}?`);
  }
}

/** The init.yaml that declares an rpc for the asked node; undefined if none does. */
async function fileDeclaring(
  { service, rpc }: { service: string; rpc: string },
  { config, server }: CallCommandOptions,
): Promise<string | undefined> {
  const file = config ?? await findConfiguration();
  if (file === undefined) return undefined;
  const found = await loadConfiguration(file, { scripts: "ignore" }).then(withPresent)
    .catch(() => undefined);
  const declared = found?.services.get(service);
  if (found === undefined || declared?.rpcs.has(rpc) !== true) return undefined;
  const isProvider = server === undefined || declared.providers.some((name) => {
    return server === name || server === formatNodeAddress(addressOf(found.servers.get(name)!));
  });
  return isProvider ? file : undefined;
}

async function nodesFor(options: CallCommandOptions): Promise<readonly NodeAddress[]> {
  const where = whereTo(options);
  const { server } = options;
  const tls = tlsIn(options.tls, server);
  const address = parseServer(where, tls);
  if (address !== undefined) return [address];
  const configuration = await withPresent(await loadConfiguration(where, { scripts: "ignore" }));
  if (server !== undefined) return [parseServer(server, tls) ?? serverIn(configuration, server)];
  const nodes = [...configuration.servers.keys()].map((name) => serverIn(configuration, name));
  if (nodes.length > 0) return nodes;
  throw new NodeUnreachable(
    `no node of the fleet "${configuration.nats?.fleet}" is present; farcall status lists the absent ones`,
    { node: where },
  );
}

/** The services of all nodes, each once. Unresponsive nodes are named; if none responds, that is an error. */
async function askAll(
  nodes: readonly NodeAddress[],
  as: Pick<NodeConnectionOptions, "client" | "key">,
): Promise<readonly DescribedService[]> {
  const answers = await Promise.allSettled(nodes.map((node) => askNode(node, as)));
  const services = new Map<string, DescribedService>();
  const isAnyAsked = answers.some(({ status }) => status === "fulfilled");
  answers.forEach((answer, index) => {
    if (answer.status === "fulfilled") {
      for (const service of answer.value) {
        if (!services.has(service.name)) services.set(service.name, service);
      }
    } else if (isAnyAsked || index > 0) {
      printNote(
        `farcall: ${formatNode(nodes[index]!)} cannot be asked: ${messageOf(answer.reason)}`,
      );
    }
  });
  // The first error is not printed above, because it is thrown here.
  if (!isAnyAsked && answers[0]?.status === "rejected") throw answers[0].reason;
  return [...services.values()];
}

function notFound(name: string, services: readonly DescribedService[]): ServiceNotFound {
  const names = services.map((service) => service.name);
  const near = nearest(name, names);
  return new ServiceNotFound(
    `no service "${name}" is open to you` +
      (near !== undefined
        ? `; did you mean "${near}"?`
        : names.length === 0
        ? ""
        : `; services: ${names.join(", ")}`),
  );
}

/** Signatures up to this many characters align their descriptions. */
const alignedMax = 60;

function textOf({ name, description, overloads }: DescribedService): string {
  const signatures = overloads.map((overload) => formatSignature(overload.rpc, overload));
  const width = Math.max(
    0,
    ...signatures.map((text) => text.length).filter((length) => length <= alignedMax),
  );
  const lines = overloads.map((overload, index) =>
    `  ${signatures[index]!.padEnd(width)}  ${firstLine(overload.description)}`.trimEnd()
  );
  return [`${name}  ${firstLine(description)}`.trimEnd(), ...lines].join("\n");
}

function firstLine(text: string | undefined): string {
  return text?.trim().split("\n")[0] ?? "";
}
