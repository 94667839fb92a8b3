/** The status of a fleet's nodes, and whether they run what a configuration declares. */
import { formatNodeAddress, type NodeAddress, type Way, wayText } from "../client/mod.ts";
import { limits } from "../limits/mod.ts";
import type { NodeStatus, ServiceStatus } from "../protocol/mod.ts";
import { alignColumns } from "./_columns.ts";
import { Fleet, type FleetOptions, reasonWithoutName } from "./fleet.ts";
import { scriptsOf } from "./observe.ts";
import { type DesiredDeployment, type NodePlan, planDeployment } from "./plan.ts";
import { planCounts } from "./plan_text.ts";

/** One node's status. */
export interface FoundNode {
  /** Its name in the configuration, or its own; empty if neither is known. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** Undefined if it did not answer. */
  readonly status: NodeStatus | undefined;
  /** Why it did not answer; undefined if it did. */
  readonly problem: string | undefined;
  /** What `init` would do there; undefined if unknown. */
  readonly drift: NodePlan | undefined;
  /** Its route; undefined if it was not reached, or is not a member of a fleet. */
  readonly way?: Way | undefined;
}

/** Options of asking nodes. */
export interface ReadStatusOptions extends FleetOptions {
  /** Their desired state, if known; comparing takes one more request on the same connection. */
  readonly desired?: DesiredDeployment;
}

/** Asks every node for its status. Unreachable nodes are recorded, without throwing. */
export async function readStatus(
  nodes: readonly { readonly address: NodeAddress }[],
  { desired, key, bounds = limits }: ReadStatusOptions = {},
): Promise<FoundNode[]> {
  await using fleet = new Fleet({ key, bounds, proofTimeoutMs: bounds.statusTimeoutMs });
  const outcomes = await fleet.settle(nodes, async ({ address }, node) => {
    const deadline = { timeoutMs: node.bounds.statusTimeoutMs };
    const status = await node.request({ op: "status" }, deadline);
    const way = address.nats && await node.way();
    const manifest = desired?.manifests.get(address.name ?? status.node);
    if (desired === undefined || manifest === undefined || status.isEmbedded) {
      return { status, way, drift: undefined };
    }
    const scripts = scriptsOf(manifest);
    const seen = await node.request({ op: "observe", scripts: [...scripts] }, deadline);
    for (const script of seen.missing) scripts.delete(script);
    const observation = {
      node: manifest.node,
      address: formatNodeAddress(address),
      generation: seen.generation,
      manifest: seen.manifest,
      has: scripts,
      damage: seen.damage,
    };
    return { status, way, drift: planDeployment([observation], desired).nodes[0] };
  });
  return outcomes.map((outcome, index) => {
    const { address } = nodes[index]!;
    const found = outcome.status === "fulfilled" ? outcome.value : undefined;
    return {
      name: address.name ?? found?.status.node ?? "",
      address: formatNodeAddress(address),
      status: found?.status,
      problem: outcome.status === "rejected"
        ? reasonWithoutName(outcome.reason, address)
        : undefined,
      drift: found?.drift,
      way: found?.way,
    };
  });
}

/**
 * Formats the status: a table of nodes, then one of their services.
 *
 * @returns Several lines, each with a line break at its end.
 */
export function formatStatus(nodes: readonly FoundNode[]): string {
  const columns = {
    hasDrift: nodes.some(({ drift }) => drift !== undefined),
    hasWay: nodes.some(({ way }) => way !== undefined),
  };
  const nodeRows = nodes.map((node) => nodeRow(node, columns));
  const serviceRows = nodes.flatMap((node) => serviceRowsOf(node));
  const nodeTitles = ["NODE", "ADDRESS", "STATE", "GENERATION", "UP", "CONNECTIONS", "IN FLIGHT"]
    .concat(["MEMORY", "HELD", "EXECUTORS", "FILES"])
    .concat(columns.hasWay ? ["WAY"] : [], columns.hasDrift ? ["INIT WOULD"] : []);
  const serviceTitles = ["SERVICE", "NODE", "RPCS", "EXECUTORS", "IN FLIGHT", "WAITING", "CALLS"]
    .concat(["FAILED", "P50", "P99", "MEMORY"]);
  const lines = alignColumns([nodeTitles, ...nodeRows]);
  if (serviceRows.length > 0) lines.push("", ...alignColumns([serviceTitles, ...serviceRows]));
  const calls = nodes.flatMap(scriptCallLines);
  if (calls.length > 0) lines.push("", ...calls);
  const spans = nodes.flatMap((node) => spansText(node) ?? []);
  if (spans.length > 0) lines.push("", ...spans);
  return lines.map((line) => `${line}\n`).join("");
}

function nodeRow(
  { name, address, status, problem, drift, way }: FoundNode,
  { hasDrift, hasWay }: { readonly hasDrift: boolean; readonly hasWay: boolean },
): string[] {
  const shownName = name === "" ? "-" : name;
  if (status === undefined) return [shownName, address, problem ?? "unreachable"];
  return [
    shownName,
    address,
    status.isDraining ? "draining" : "up",
    generationText(status),
    durationText(status.uptimeMs),
    String(status.connections),
    String(status.callsInFlight),
    mebibytes(status.memoryBytes),
    heldText(status),
    executorsOfNode(status),
    ofText(status.descriptors, status.descriptorsMax),
    ...(hasWay ? [way === undefined ? "direct" : wayText(way)] : []),
    ...(hasDrift ? [driftText(status, drift)] : []),
  ];
}

/** A sentence on a node's trace export. */
function spansText({ name, address, status }: FoundNode): string | undefined {
  if (status?.spans === undefined) return undefined;
  const { exported, dropped, failure } = status.spans;
  const why = failure === undefined ? "" : `; the last export failed: ${failure}`;
  return `${
    name === "" ? address : name
  } traces: ${exported} spans exported, ${dropped} dropped${why}`;
}

/** `scripts of shop on s1 call prices.of here or on s2`. */
function scriptCallLines({ name, address, status }: FoundNode): string[] {
  return (status?.services ?? []).flatMap((service) =>
    (service.scriptCalls ?? []).map(({ service: called, rpcs, isHere, nodes }) => {
      const shown = rpcs.map((rpc) => `${called}.${rpc}`).join(", ");
      const where = [
        ...(isHere ? ["here"] : []),
        ...(nodes.length > 0 ? [`on ${shortList(nodes)}`] : []),
      ];
      return `scripts of ${service.name} on ${name === "" ? address : name} call ${shown} ${
        where.join(", else ")
      }`;
    })
  );
}

function shortList(names: readonly string[]): string {
  const rest = names.length - nodesShownMax;
  return names.slice(0, nodesShownMax).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

const nodesShownMax = 8;

function generationText({ generation, isEmbedded }: NodeStatus): string {
  if (isEmbedded) return "embedded";
  return generation === 0 ? "none" : String(generation);
}

/** A few words on what `init` would do at a node; empty if unknown. */
export function driftText({ isEmbedded }: NodeStatus, drift: NodePlan | undefined): string {
  if (isEmbedded) return "be refused";
  if (drift === undefined) return "";
  return drift.isUnchanged ? "change nothing" : planCounts(drift);
}

function serviceRowsOf({ name, address, status }: FoundNode): string[][] {
  return (status?.services ?? []).map((service) => [
    service.name,
    name === "" ? address : name,
    String(service.overloads),
    executorsText(service),
    String(service.executors.reduce((sum, { callsInFlight }) => sum + callsInFlight, 0)),
    String(service.waiting),
    String(service.calls),
    String(service.failures),
    latencyText(service.p50Ms),
    latencyText(service.p99Ms),
    memoryText(service),
  ]);
}

function executorsText({ executors, isolation, refusal }: ServiceStatus): string {
  if (refusal !== undefined) return `refused: ${refusal}`;
  // Executors start with the first call and stop when idle, so "down" would wrongly sound like a fault.
  const counts = Map.groupBy(executors, ({ state }) => state === "down" ? "idle" : state);
  const states = [...counts].map(([state, all]) => `${all.length} ${state}`);
  const reason = executors.find((executor) => executor.reason !== undefined)?.reason;
  return states.join(", ") + (isolation === "call" ? ", isolation: call" : "") +
    (reason === undefined ? "" : ` (${reason})`);
}

/** The total of all its executors, as far as known. */
function memoryText({ executors }: ServiceStatus): string {
  const known = executors.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  if (known.length === 0) return "-";
  return mebibytes(known.reduce((sum, bytes) => sum + bytes, 0));
}

/** A node's memory held for callers, and its bound. */
function heldText({ heldBytes, heldBytesMax }: NodeStatus): string {
  if (heldBytes === undefined || heldBytesMax === undefined) return "-";
  return `${Math.round(heldBytes / 1024 / 1024)} of ${mebibytes(heldBytesMax)}`;
}

/** The number of its executors, and their memory, as far as known. */
function executorsOfNode({ executors, executorsMax, services }: NodeStatus): string {
  const bytes = services.flatMap(({ executors }) =>
    executors.map(({ memoryBytes = 0 }) => memoryBytes)
  )
    .reduce((sum, each) => sum + each, 0);
  return ofText(executors, executorsMax) + (bytes === 0 ? "" : `, ${mebibytes(bytes)}`);
}

/** A count and its maximum. */
function ofText(count: number | undefined, max: number | undefined): string {
  if (count === undefined) return "-";
  return max === undefined ? String(count) : `${count} of ${max}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function latencyText(durationMs: number | undefined): string {
  if (durationMs === undefined) return "-";
  if (durationMs < 1) return `${Math.round(durationMs * 1000)} µs`;
  return durationMs < 1000
    ? `${durationMs.toPrecision(3)} ms`
    : `${(durationMs / 1000).toFixed(1)} s`;
}

/** The two largest units: `3d 4h`, `2m 5s`. */
function durationText(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  return units.slice(first, first + 2).map(([count, unit]) => `${count}${unit}`).join(" ");
}
