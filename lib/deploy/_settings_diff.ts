/** Describes what a deployment changes in a service's settings. Pure. */
import { formatNodeAddress } from "../client/mod.ts";
import { shortKey } from "../identity/mod.ts";
import {
  type CalledNode,
  type CallingNode,
  formatQuantity,
  limitSpecs,
  type Manifest,
  type ManifestService,
  permissionKinds,
} from "../manifest/mod.ts";
import type { OverloadDiff } from "./overload_diff.ts";

/**
 * A line for changed limits, for changed permissions, and for each overload whose `allow` changes.
 *
 * @param overloads The changes of the service's overloads.
 */
export function settingsDifferences(
  before: ManifestService | undefined,
  after: ManifestService,
  overloads: readonly OverloadDiff[],
): string[] {
  const lines: string[] = [];
  const limits = limitChanges(before, after);
  if (limits.length > 0) lines.push(`limits of ${after.name}: ${limits.join(", ")}`);
  const permissions = permissionChanges(before, after);
  if (permissions.length > 0) lines.push(`permissions of ${after.name}: ${permissions.join(", ")}`);
  if (before?.isolation !== after.isolation) {
    const how = after.isolation === "call"
      ? "each runs in a process of its own"
      : "they share a process";
    lines.push(`calls of ${after.name}: ${how}`);
  }
  const calls = callChanges(before, after);
  if (calls.length > 0) lines.push(`scripts of ${after.name} may call: ${calls.join(", ")}`);
  return [...lines, ...overloads.flatMap(allowChange)];
}

function allowChange({ service, rpc, args, before, after }: OverloadDiff): string[] {
  if (after === undefined) return [];
  const [was, is] = [callersText(before?.allow), callersText(after.allow)];
  if (was === is) return [];
  const change = before === undefined ? is : `${was} → ${is}`;
  return [`callers of ${service}.${rpc}(${args.join(", ")}): ${change}`];
}

function callersText(allow: readonly string[] | undefined): string {
  return allow === undefined ? "all tenants" : allow.length === 0 ? "nobody" : allow.join(", ");
}

function limitChanges(before: ManifestService | undefined, after: ManifestService): string[] {
  return limitSpecs.flatMap(({ name, field, unit }) => {
    const was = before?.limits?.[field];
    const is = after.limits?.[field];
    if (was === is) return [];
    if (is === undefined) return [`- ${name} ${formatQuantity(was!, unit)}`];
    if (was === undefined) return [`+ ${name} ${formatQuantity(is, unit)}`];
    return [`${name} ${formatQuantity(was, unit)} → ${formatQuantity(is, unit)}`];
  });
}

function callChanges(before: ManifestService | undefined, after: ManifestService): string[] {
  const [was, is] = [callsOf(before), callsOf(after)];
  return [
    ...is.filter((rpc) => !was.includes(rpc)).map((rpc) => `+ ${rpc}`),
    ...was.filter((rpc) => !is.includes(rpc)).map((rpc) => `- ${rpc}`),
  ];
}

function callsOf(service: ManifestService | undefined): string[] {
  const calls = service?.calls ?? [];
  return calls.flatMap(({ service, rpcs, nodes, overloads }) => {
    const where = nodes === undefined
      ? ""
      : ` ${overloads === undefined ? "here or on" : "on"} ${listNodes(nodes)}`;
    return rpcs.map((rpc) => `${service}.${rpc}${where}`);
  });
}

/** A line for each service whose scripts on other nodes may call other rpcs here than before, or from other nodes. */
export function callerDifferences(before: Manifest | undefined, after: Manifest): string[] {
  const [was, is] = [callersOf(before), callersOf(after)];
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((service) => {
    const [had, has] = [was.get(service) ?? [], is.get(service) ?? []];
    const changes = [
      ...has.filter((each) => !had.includes(each)).map((each) => `+ ${each}`),
      ...had.filter((each) => !has.includes(each)).map((each) => `- ${each}`),
    ];
    if (changes.length === 0) return [];
    return [`scripts of ${service} on other nodes may call here: ${changes.join(", ")}`];
  });
}

function callersOf(manifest: Manifest | undefined): Map<string, string[]> {
  return new Map((manifest?.callers ?? []).map(({ service, nodes, calls }) => {
    const from = listNodes(nodes);
    return [
      service,
      calls.flatMap(({ service, rpcs }) => rpcs.map((rpc) => `${service}.${rpc} from ${from}`)),
    ];
  }));
}

/** `s1 (10.0.0.1:8181), s2 (10.0.0.2:8181)`. */
function listNodes(nodes: readonly (CallingNode | CalledNode)[]): string {
  const shown = nodes.slice(0, nodesShownMax).map((node) => {
    const address = "host" in node
      ? formatNodeAddress(node)
      : [node.ip, node.key && shortKey(node.key)].filter((part) => part !== undefined).join(
        " with ",
      );
    return `${node.name} (${address})`;
  });
  const rest = nodes.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

const nodesShownMax = 4;

function permissionChanges(before: ManifestService | undefined, after: ManifestService): string[] {
  return permissionKinds.flatMap((kind) => {
    const was = before?.permissions?.[kind] ?? [];
    const is = after.permissions?.[kind] ?? [];
    return [
      ...is.filter((value) => !was.includes(value)).map((value) => `+ ${kind} ${value}`),
      ...was.filter((value) => !is.includes(value)).map((value) => `- ${kind} ${value}`),
    ];
  });
}
