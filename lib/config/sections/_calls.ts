/** `calls` of a service: which rpcs of other services its scripts may call. */
import type { GrantedCalls } from "../../manifest/mod.ts";
import { type Check, type Fields, listSome, readTexts } from "./fields.ts";
import { describe, type Entry, isNothing, quote, type ScalarNode } from "../yaml/nodes.ts";
import type { OverloadEntry, ServiceEntry } from "../model.ts";
import { nearest } from "../suggest.ts";

/** An rpc that a service's scripts may call, and where that is written. */
export interface Grant {
  readonly caller: string;
  readonly service: ScalarNode;
  readonly rpc: ScalarNode;
}

const sample = "calls: { prices: [of] }";

/**
 * Reads `calls`; what is wrong is noted.
 *
 * @param grants Gets each rpc, to be checked once all services are known.
 */
export function readCalls(
  check: Check,
  fields: Fields,
  { caller, grants }: { caller: string; grants: Grant[] },
): GrantedCalls[] {
  const { findings } = check;
  const section = fields.get("calls");
  if (section === undefined || section.value.kind === "broken") return [];
  const { key, value } = section;
  if (value.kind !== "map" || value.entries.length === 0) {
    const message = isNothing(value) || value.kind === "map"
      ? `${quote(key.text)} is empty`
      : `expected services and their rpcs as ${quote(key.text)}, got ${describe(value)}`;
    const at = isNothing(value) ? key : value;
    findings.add({ at, message, hint: `write ${sample}, or leave it out` });
    return [];
  }
  return value.entries.flatMap((entry) => {
    const rpcs = new Map<string, ScalarNode>();
    for (const node of readRpcs(check, entry)) {
      const first = rpcs.get(node.text);
      if (first === undefined) rpcs.set(node.text, node);
      else {
        const message = `rpc ${quote(node.text)} is named twice, first in ${
          findings.whereIs(first)
        }`;
        findings.add({ at: node, message, hint: "remove one of the two" });
      }
    }
    for (const rpc of rpcs.values()) grants.push({ caller, service: entry.key, rpc });
    return rpcs.size === 0 ? [] : [{ service: entry.key.text, rpcs: [...rpcs.keys()].sort() }];
  }).sort((a, b) => a.service < b.service ? -1 : 1);
}

function readRpcs(check: Check, entry: Entry): readonly ScalarNode[] {
  const told = {
    list: "a list of rpcs",
    item: "the name of an rpc",
    sample,
    kind: "names",
  } as const;
  const texts = readTexts(check, entry, told);
  if (texts?.whole && texts.items.length === 0) {
    const message = `${quote(entry.key.text)} is empty, expected rpcs that may be called`;
    check.findings.add({ at: entry.key, message, hint: `write ${sample}` });
  }
  return texts?.items ?? [];
}

/** Notes grants of what does not exist, and of what a node of the caller cannot call. */
export function checkCalls(
  check: Check,
  services: ReadonlyMap<string, ServiceEntry>,
  grants: readonly Grant[],
): void {
  const noted = new Set<ScalarNode>();
  for (const { caller, service: node, rpc } of grants) {
    const service = services.get(node.text);
    if (service === undefined) {
      if (!noted.has(node)) noteUnknown(check, node, { what: "service", known: services.keys() });
      noted.add(node);
      continue;
    }
    const overloads = service.rpcs.get(rpc.text)?.overloads;
    if (overloads === undefined) {
      const what = `rpc of service ${quote(node.text)}`;
      noteUnknown(check, rpc, { what, known: service.rpcs.keys() });
      continue;
    }
    if (overloads.length > 0 && overloads.every(hasStream)) {
      const message = `rpc ${quote(rpc.text)} has streams, which scripts cannot pass to each other`;
      check.findings.add({ at: rpc, message, hint: "grant rpcs of values, such as lists" });
    }
    if (noted.has(node)) continue;
    noted.add(node);
    noteWhereAbsent(check, node, { caller: services.get(caller), service });
  }
}

/** Scripts call services of their own node alone. */
function noteWhereAbsent(
  check: Check,
  node: ScalarNode,
  { caller, service }: { caller: ServiceEntry | undefined; service: ServiceEntry },
): void {
  // Which nodes a selector chooses is known where they are: a script there is told what its node does not have.
  if (caller?.selector !== undefined || service.selector !== undefined) return;
  const absent = caller?.providers.filter((name) => !service.providers.includes(name)) ?? [];
  if (absent.length === 0) return;
  check.findings.add({
    at: node,
    message: `service ${quote(caller!.name)} runs on ${listSome(absent)} without service ` +
      `${quote(service.name)}, and scripts call services of their own node`,
    hint: `add ${listSome(absent)} to the providers of ${service.name}`,
  });
}

function noteUnknown(
  check: Check,
  node: ScalarNode,
  { what, known }: { what: string; known: Iterable<string> },
): void {
  const names = [...known];
  const list = names.length === 0 ? "there is none" : `expected one of ${listSome(names)}`;
  const meant = nearest(node.text, names);
  const hint = meant === undefined ? "correct it, or remove it here" : `did you mean "${meant}"?`;
  check.findings.add({
    at: node,
    message: `there is no ${what} ${quote(node.text)}, ${list}`,
    hint,
  });
}

function hasStream({ args, returns }: OverloadEntry): boolean {
  return [...args, ...returns].some((type) => type.startsWith("Stream["));
}
