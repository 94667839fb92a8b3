/** `calls` of a service: which rpcs of other services its scripts may call. */
import type { GrantedCalls } from "../../manifest/mod.ts";
import { type Check, type Fields, listSome, readTexts } from "./fields.ts";
import { describe, type Entry, isNothing, quote, type ScalarNode } from "../yaml/nodes.ts";
import { calledServers } from "../calling_identity.ts";
import type { Configuration, ServiceEntry } from "../model.ts";
import { nearest } from "../suggest.ts";

/** An rpc that a service's scripts may call, and its node in the file. */
export interface Grant {
  readonly caller: string;
  readonly service: ScalarNode;
  readonly rpc: ScalarNode;
}

const sample = "calls: { prices: [of] }";

/**
 * Reads `calls`, and notes mistakes.
 *
 * @param grants Collects each rpc, to be checked once all services are known.
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

/** Notes grants of nonexistent rpcs, and those that a node of the caller cannot call. */
export function checkCalls(
  check: Check,
  configuration: Pick<Configuration, "nats" | "servers" | "services">,
  grants: readonly Grant[],
): void {
  const { services } = configuration;
  const noted = new Set<ScalarNode>();
  for (const { caller, service: node, rpc } of grants) {
    const service = services.get(node.text);
    if (service === undefined) {
      if (!noted.has(node)) noteUnknown(check, node, { what: "service", known: services.keys() });
      noted.add(node);
      continue;
    }
    if (!service.rpcs.has(rpc.text)) {
      const what = `rpc of service ${quote(node.text)}`;
      noteUnknown(check, rpc, { what, known: service.rpcs.keys() });
      continue;
    }
    if (noted.has(node)) continue;
    noted.add(node);
    noteUncallable(check, node, { configuration, caller: services.get(caller), service });
  }
}

/** Notes nodes whose scripts cannot call a granted service, neither locally nor on another node. */
function noteUncallable(
  check: Check,
  node: ScalarNode,
  { configuration, caller, service }: {
    configuration: Pick<Configuration, "nats" | "servers">;
    caller: ServiceEntry | undefined;
    service: ServiceEntry;
  },
): void {
  // The nodes of a selector are unknown here: at run time, a script is told what its node lacks.
  if (caller?.selector !== undefined || service.selector !== undefined) return;
  const absent = caller?.providers.filter((name) => !service.providers.includes(name)) ?? [];
  const problems = new Set<string>();
  const left: string[] = [];
  for (const name of absent) {
    const server = configuration.servers.get(name);
    const found = server && calledServers(configuration, server, service);
    if (found === undefined || found.usable.length > 0 || found.problems.length === 0) continue;
    left.push(name);
    for (const problem of found.problems) problems.add(problem);
  }
  if (left.length === 0) return;
  check.findings.add({
    at: node,
    message: `scripts of service ${quote(caller!.name)} on ${listSome(left)} cannot call service ` +
      `${quote(service.name)}: ${[...problems].slice(0, problemsShownMax).join("; ")}`,
    hint: `add ${listSome(left)} to the providers of ${service.name}, or correct the addresses`,
  });
}

const problemsShownMax = 3;

function noteUnknown(
  check: Check,
  node: ScalarNode,
  { what, known }: { what: string; known: Iterable<string> },
): void {
  const names = [...known];
  const list = names.length === 0 ? "none is declared" : `expected one of ${listSome(names)}`;
  const meant = nearest(node.text, names);
  const hint = meant === undefined ? "correct it, or remove it here" : `did you mean "${meant}"?`;
  check.findings.add({
    at: node,
    message: `there is no ${what} ${quote(node.text)}, ${list}`,
    hint,
  });
}
