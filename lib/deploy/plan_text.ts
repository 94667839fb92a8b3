/** Formats a plan as text and as JSON. Pure, and without colour: the first character of a line tells its kind. */
import { formatRate, type ManifestClient, type RootDamage } from "../manifest/mod.ts";
import { formatSignature } from "../types/mod.ts";
import { type ScriptId, shortKey } from "../identity/mod.ts";
import type { ClientsDiff, ServiceDiff } from "./diff.ts";
import type { Change, OverloadDiff } from "./overload_diff.ts";
import { packagesOf, type PlannedPackage } from "./_packages_diff.ts";
import type { NodePlan, Plan, ScriptFacts } from "./plan.ts";

/** The longest signature after which columns are still aligned. */
const signatureAlignedMax = 60;
/** The longest source path after which sizes are still aligned. */
const sourceAlignedMax = 50;

/** Tenants and clients named in one line; the rest are counted. */
const namesShownMax = 20;

/** Nodes listed after an overload; more are only counted. */
const nodesShownMax = 4;
/** Damaged files listed for a node; the rest are counted. */
const repairsShownMax = 10;
/** Overloads and warnings in a summary. */
const summaryOverloadsMax = 20;
const summaryWarningsMax = 20;

/** How much of a plan is shown. */
export interface FormatPlanOptions {
  /** A plan that would have more lines becomes a summary. Default: any number. */
  readonly linesMax?: number;
}

/**
 * Formats a plan: for each node a line, and below it, indented by two, its changes. The first character of an indented
 * line is `+` (added), `~` (changed), `-` (removed) or `=` (unchanged); other indented lines are about tenants, clients
 * and the rest. Lines that begin with `!` are warnings.
 *
 * A summary has a line for each node with the number of its overloads of each kind, then the changes of all
 * nodes, each once.
 *
 * @returns Several lines, each with a line break at its end.
 *
 * @example
 * ```text
 * s1 127.0.0.1:8181  generation 3 → 4, sends 1 script, 312 B
 *   + math.add(int, int) -> int  services/math/add.ts  312 B
 *   = 5 unchanged
 *   tenants of math: + c3, - c2
 * s2 127.0.0.1:8282  unchanged (generation 3)
 * ```
 */
export function formatPlan(plan: Plan, options: FormatPlanOptions = {}): string {
  const { linesMax = Infinity } = options;
  const full = plan.nodes.flatMap((node) =>
    node.isUnchanged ? [titleOf(node)] : [titleOf(node), ...linesOf(node, plan.scripts)]
  );
  const isFull = full.length <= linesMax;
  const lines = isFull ? full : summaryLines(plan);
  const warnings = isFull ? plan.warnings : plan.warnings.slice(0, summaryWarningsMax);
  for (const warning of warnings) lines.push(`! ${warning}`);
  const moreCount = plan.warnings.length - warnings.length;
  if (moreCount > 0) lines.push(`! … ${moreCount} more; --verbose shows all`);
  return lines.map((line) => line.trimEnd() + "\n").join("");
}

function titleOf(node: NodePlan): string {
  return `${node.node} ${node.address}  ${summaryOf(node)}`;
}

function summaryLines(plan: Plan): string[] {
  const lines = plan.nodes.map((node) =>
    node.isUnchanged ? titleOf(node) : `${titleOf(node)}:  ${planCounts(node)}`
  );
  const nodesByRow = new Map<string, { row: Row; nodes: string[] }>();
  for (const node of plan.nodes) {
    for (const row of changedRows(node, plan.scripts)) {
      const key = row.join("\0");
      const known = nodesByRow.get(key);
      if (known === undefined) nodesByRow.set(key, { row, nodes: [node.node] });
      else known.nodes.push(node.node);
    }
  }
  const all = [...nodesByRow.values()];
  const shown = all.slice(0, summaryOverloadsMax);
  const rows = align(shown.map(({ row }) => row));
  shown.forEach(({ nodes }, index) => lines.push(`${rows[index]}  on ${nodesText(nodes)}`));
  const moreCount = all.length - shown.length;
  lines.push(
    moreCount > 0
      ? `  … ${moreCount} more; --verbose shows all, with tenants, clients and settings`
      : "  --verbose shows each node's, with tenants, clients and settings",
  );
  return lines;
}

/** How many overloads of each kind: `+ 3, ~ 1, = 12`; other changes in words. */
export function planCounts(node: NodePlan): string {
  const overloads = node.diff.services.flatMap((service) => service.overloads);
  const kinds: readonly Change[] = ["added", "changed", "removed", "unchanged"];
  const counts = kinds.flatMap((kind) => {
    const count = overloads.filter(({ change }) => change === kind).length;
    return count === 0 ? [] : [`${signOf(kind)} ${count}`];
  });
  if (node.isSignedAnew) return [...counts, "a signature"].join(", ");
  if (node.diff.isUnchanged) return [...counts, "repairs"].join(", ");
  const isOther = overloads.every(({ change }) => change === "unchanged");
  return [...counts, ...(isOther ? ["tenants, clients or settings"] : [])].join(", ");
}

function nodesText(nodes: readonly string[]): string {
  return nodes.length <= nodesShownMax ? nodes.join(", ") : `${nodes.length} nodes`;
}

/** Formats bytes: `312 B`, `1.2 KiB`, `3.4 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const inKiB = bytes / 1024;
  // A number that would round to 1024.0 KiB is one MiB.
  return inKiB < 1023.95 ? `${inKiB.toFixed(1)} KiB` : `${(inKiB / 1024).toFixed(1)} MiB`;
}

function summaryOf(node: NodePlan): string {
  const { generationBefore, generationAfter, send, sendBytes } = node;
  if (node.isUnchanged) return `unchanged (generation ${generationBefore})`;
  const generation = generationBefore === 0
    ? "first generation"
    : `generation ${generationBefore} → ${generationAfter}`;
  if (node.isSignedAnew) return `${generation}, signs the same scripts`;
  if (send.length === 0) return `${generation}, sends no script`;
  const scripts = send.length === 1 ? "1 script" : `${send.length} scripts`;
  return `${generation}, sends ${scripts}, ${formatBytes(sendBytes)}`;
}

function changedRows(node: NodePlan, scripts: ReadonlyMap<ScriptId, ScriptFacts>): Row[] {
  return node.diff.services
    .flatMap((service) => service.overloads)
    .filter(({ change }) => change !== "unchanged")
    .map((overload) => rowOf(overload, node, scripts));
}

function linesOf(node: NodePlan, scripts: ReadonlyMap<ScriptId, ScriptFacts>): string[] {
  const rows = changedRows(node, scripts);
  const lines = align(rows);
  const overloadCount = node.diff.services.reduce(
    (sum, { overloads }) => sum + overloads.length,
    0,
  );
  const unchangedCount = overloadCount - rows.length;
  if (unchangedCount > 0) lines.push(`  = ${unchangedCount} unchanged`);
  if (node.diff.isUnchanged && node.send.length > 0) {
    lines.push("  scripts that were lost or damaged there are sent again");
  }
  for (const damage of node.repairs.slice(0, repairsShownMax)) {
    lines.push(`  repairs: ${damageText(damage)}`);
  }
  const moreRepairs = node.repairs.length - repairsShownMax;
  if (moreRepairs > 0) lines.push(`  repairs: … ${moreRepairs} more`);
  for (const service of node.diff.services) {
    const tenants = tenantsText(service);
    if (tenants !== "") lines.push(`  tenants of ${service.name}: ${tenants}`);
  }
  const packages = listText(node.diff.packages);
  if (packages !== "") lines.push(`  packages: ${packages}`);
  const clients = clientsText(node.diff.clients);
  if (clients !== "") lines.push(`  clients: ${clients}`);
  for (const setting of node.diff.settings) lines.push(`  ${setting}`);
  for (const other of node.diff.others) lines.push(`  changed: ${other}`);
  return lines;
}

function damageText({ generation, problem }: RootDamage): string {
  return generation === undefined ? problem : `generation ${generation}: ${problem}`;
}

type Row = readonly [signature: string, source: string, size: string];

function rowOf(
  overload: OverloadDiff,
  node: NodePlan,
  scripts: ReadonlyMap<ScriptId, ScriptFacts>,
): Row {
  const { service, rpc, before, after, change } = overload;
  const signature = formatSignature(`${service}.${rpc}`, (after ?? before)!);
  const marked = `${signOf(change)} ${signature}`;
  if (after === undefined) return [marked, "", ""];
  const facts = scripts.get(after.script);
  if (before?.script === after.script) return [marked, whatChanged(overload), ""];
  if (facts === undefined) return [marked, "", ""];
  const isSent = node.send.includes(after.script);
  return [marked, facts.source, isSent ? formatBytes(facts.bytes) : "already there"];
}

/** Differences of an overload that keeps its script. */
function whatChanged({ before, after }: OverloadDiff): string {
  if (before === undefined || after === undefined) return "";
  const returnsBefore = before.returns.join(", ") || "None";
  if (returnsBefore !== (after.returns.join(", ") || "None")) {
    return `returned ${returnsBefore} before`;
  }
  if (before.names?.join() !== after.names?.join()) return "names of arguments";
  if (before.isIdempotent !== after.isIdempotent) {
    return after.isIdempotent ? "idempotent" : "no longer idempotent";
  }
  if (before.description !== after.description) return "description";
  if (JSON.stringify(before.examples) !== JSON.stringify(after.examples)) return "examples";
  if (before.allow?.join() !== after.allow?.join()) return "callers";
  return "settings";
}

function align(rows: readonly Row[]): string[] {
  const width = (column: 0 | 1, max: number) =>
    Math.max(0, ...rows.map((row) => row[column].length).filter((length) => length <= max));
  const signatureWidth = width(0, signatureAlignedMax);
  const sourceWidth = width(1, sourceAlignedMax);
  return rows.map(([signature, source, size]) => {
    // A script restored from a node's past has no source here.
    const behind = sourceWidth === 0 ? size : `${source.padEnd(sourceWidth)}  ${size}`;
    return `  ${signature.padEnd(signatureWidth)}  ${behind}`.trimEnd();
  });
}

function signOf(change: Change): string {
  switch (change) {
    case "added":
      return "+";
    case "changed":
      return "~";
    case "removed":
      return "-";
    case "unchanged":
      return "=";
  }
}

/** Tenants are not shown for a removed service: its overloads say enough. */
function tenantsText(service: ServiceDiff): string {
  if (service.change === "removed") return "";
  return listText([
    ...service.tenantsGained.map((tenant) => `+ ${tenant}`),
    ...service.tenantsLost.map((tenant) => `- ${tenant}`),
  ]);
}

function clientsText({ added, removed, changed }: ClientsDiff): string {
  return listText([
    ...added.map((client) => `+ ${client.name} (${aboutOf(client)})`),
    ...removed.map((client) => `- ${client.name}`),
    ...changed.map(({ before, after }) =>
      `~ ${after.name} (${aboutOf(before)} → ${aboutOf(after)})`
    ),
  ]);
}

function listText(items: readonly string[]): string {
  const shown = items.slice(0, namesShownMax);
  const moreCount = items.length - shown.length;
  return [...shown, ...(moreCount > 0 ? [`… ${moreCount} more`] : [])].join(", ");
}

function aboutOf(client: ManifestClient): string {
  return addressOf(client) + (client.rate === undefined ? "" : `, ${formatRate(client.rate)}`) +
    (client.allowLogs ? ", may read logs" : "");
}

/** A client's identity: `10.0.0.7`, `ed25519:Ab12cd34…`, `10.0.0.7:4711 with ed25519:Ab12cd34…`. */
function addressOf({ ip, port, key }: ManifestClient): string {
  const host = ip ?? "any address";
  const address = port === undefined
    ? host
    : host.includes("/")
    ? `${host}, port ${port}`
    : host.includes(":")
    ? `[${host}]:${port}`
    : `${host}:${port}`;
  if (key === undefined) return address;
  return ip === undefined && port === undefined
    ? shortKey(key)
    : `${address} with ${shortKey(key)}`;
}

/** A plan as JSON; every property is always present. */
export interface PlanJson {
  readonly isUnchanged: boolean;
  readonly sendCount: number;
  /** Before compression. */
  readonly sendBytes: number;
  readonly warnings: readonly string[];
  readonly nodes: readonly {
    readonly node: string;
    readonly address: string;
    readonly isUnchanged: boolean;
    /** Whether its current generation only gets the deployer's signature. */
    readonly isSignedAnew: boolean;
    /** 0 if none. */
    readonly generationBefore: number;
    readonly generationAfter: number;
    readonly send: readonly {
      readonly script: string;
      readonly source: string;
      readonly bytes: number;
    }[];
    readonly sendBytes: number;
    /** Lost or damaged files on its disk. */
    readonly repairs: readonly RootDamage[];
    /** All but the unchanged ones. */
    readonly overloads: readonly {
      readonly change: Exclude<Change, "unchanged">;
      readonly service: string;
      readonly rpc: string;
      readonly args: readonly string[];
      /** The new return types; for a removed overload, the old ones. */
      readonly returns: readonly string[];
      /** The new script; null if it is removed. */
      readonly script: string | null;
    }[];
    readonly unchangedCount: number;
    readonly tenants: readonly {
      readonly service: string;
      readonly gained: readonly string[];
      readonly lost: readonly string[];
    }[];
    readonly clients: ClientsDiff;
    readonly settings: readonly string[];
    /** npm packages in its scripts. */
    readonly packages: readonly PlannedPackage[];
    readonly others: readonly string[];
  }[];
}

/** Converts a plan to JSON. */
export function planToJson(plan: Plan): PlanJson {
  const { isUnchanged, sendCount, sendBytes, warnings } = plan;
  return {
    isUnchanged,
    sendCount,
    sendBytes,
    warnings,
    nodes: plan.nodes.map((node) => nodeToJson(node, plan.scripts)),
  };
}

function nodeToJson(
  plan: NodePlan,
  scripts: ReadonlyMap<ScriptId, ScriptFacts>,
): PlanJson["nodes"][number] {
  const { node, address, isUnchanged, generationBefore, generationAfter, sendBytes, diff } = plan;
  const overloads = diff.services.flatMap((service) => service.overloads);
  return {
    node,
    address,
    isUnchanged,
    isSignedAnew: plan.isSignedAnew,
    generationBefore,
    generationAfter,
    send: plan.send.map((script) => ({ script, ...scripts.get(script)! })),
    sendBytes,
    repairs: plan.repairs,
    overloads: overloads.flatMap(({ service, rpc, args, change, before, after }) => {
      if (change === "unchanged") return [];
      const { returns } = (after ?? before)!;
      return [{ change, service, rpc, args, returns, script: after?.script ?? null }];
    }),
    unchangedCount: overloads.filter(({ change }) => change === "unchanged").length,
    tenants: diff.services
      .filter(({ tenantsGained, tenantsLost }) => tenantsGained.length + tenantsLost.length > 0)
      .map(({ name, tenantsGained, tenantsLost }) => ({
        service: name,
        gained: tenantsGained,
        lost: tenantsLost,
      })),
    clients: diff.clients,
    settings: diff.settings,
    packages: packagesOf(plan.manifest),
    others: diff.others,
  };
}
