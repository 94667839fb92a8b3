/** The section `services`, and the section `rpc` that it may refer to. */
import { readSelector } from "./_selector.ts";
import { spellingsOf } from "../format_keys.ts";
import { checkCalls, type Grant, readCalls } from "./_calls.ts";
import { checkAllowed } from "./_allowed.ts";
import {
  type Check,
  type Fields,
  listSome,
  readDescription,
  readFields,
  readTexts,
} from "./fields.ts";
import { type Named, readNamed } from "./_named.ts";
import type { Network } from "./network.ts";
import {
  type Entry,
  isEmpty,
  isNothing,
  quote,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import { readRpc, rpcChildKeys, type RpcDefinition, type ScriptReference } from "./rpcs.ts";
import { readSettings } from "./_settings.ts";
import type { RpcEntry, ServiceEntry } from "../model.ts";
import { nearest } from "../suggest.ts";

/** The rpcs of the top-level section, by name; undefined if the section is invalid. */
export type SharedRpcs = ReadonlyMap<string, RpcDefinition> | undefined;

const serviceSample = "math: { providers: [s1], tenants: [c1], rpcs: { … } }";
const rpcSample = "add: [{ args: [int, int], returns: [int], src: services/math/add.ts }]";

/** Reads the top-level section `rpc`: rpcs that services share by listing their names. */
export function readSharedRpcs(check: Check, section: Entry | undefined): SharedRpcs {
  if (section === undefined || isNothing(section.value)) return new Map();
  const named = readNamedRpcs(check, section.value);
  if (named === undefined) return undefined;
  const shared = new Map<string, RpcDefinition>();
  for (const [name, parts] of named) {
    const empty = parts.find(({ value }) => isNothing(value));
    if (empty === undefined) {
      shared.set(
        name,
        readRpc(
          check,
          name,
          parts.map(({ value }) => value),
        ),
      );
    } else {
      noteWithoutOverloads(check, empty.key, `write ${rpcSample}`);
      shared.set(name, { overloads: [], scripts: [], allowed: [] });
    }
  }
  return shared;
}

/** The section's content. */
export interface Services {
  readonly services: ReadonlyMap<string, ServiceEntry>;
  /** The scripts of all services. */
  readonly scripts: ReadonlySet<ScriptReference>;
}

/** Reads the section, and notes mistakes. */
export function readServices(
  check: Check,
  section: Entry,
  others: { network: Network; sharedRpcs: SharedRpcs },
): Services {
  const services = new Map<string, ServiceEntry>();
  const scripts = new Set<ScriptReference>();
  const { findings, bounds } = check;
  if (isNothing(section.value)) {
    const hint = `write services: { ${serviceSample} }, or services: {} if there are none`;
    findings.add({ at: section.key, message: `"${section.key.text}" is empty`, hint });
    return { services, scripts };
  }
  const childKeys = spellingsOf("service");
  const spec = { kind: "service", childKeys, sample: serviceSample, again: "mistake" } as const;
  const named = readNamed(check, section.value, spec) ?? [];
  if (named.length > bounds.servicesMax) {
    const message = `${named.length} services, at most ${bounds.servicesMax} are allowed`;
    findings.add({ at: section.key, message });
  }
  const grants: Grant[] = [];
  for (const service of named) {
    const entry = readService(check, service, { ...others, scripts, grants });
    if (entry !== undefined) services.set(entry.name, entry);
  }
  const { nats, servers } = others.network;
  checkCalls(check, { nats, servers, services }, grants);
  return { services, scripts };
}

interface Context {
  readonly network: Network;
  readonly sharedRpcs: SharedRpcs;
  /** Collected from every service so far. */
  readonly scripts: Set<ScriptReference>;
  /** The grants of every service so far. */
  readonly grants: Grant[];
}

function readService(check: Check, named: Named, context: Context): ServiceEntry | undefined {
  const { name, key, value } = named;
  const what = `service ${quote(name)}`;
  if (isNothing(value)) {
    const message = `${what} is empty, expected providers, tenants and rpcs`;
    check.findings.add({ at: key, message, hint: `write ${serviceSample}` });
    return undefined;
  }
  const fields = readFields(check, value, { what, section: "service", sample: serviceSample });
  if (fields === undefined) return undefined;
  const { network } = context;
  const common = { check, fields, service: named };
  const selector = readSelector(check, fields.get("providers"), network);
  const providers = selector === undefined
    ? readReferences(common, { kind: "server", known: network.serverNames })
    : [];
  const tenants = readReferences(common, { kind: "client", known: network.clientNames });
  const rpcs = readServiceRpcs(check, { named, fields, context, tenants });
  const description = readDescription(check, fields);
  const position = check.findings.positionOf(key);
  const settings = readSettings(check, fields, what);
  const calls = readCalls(check, fields, { caller: name, grants: context.grants });
  return {
    name,
    ...(description && { description }),
    providers,
    ...(selector && { selector }),
    tenants,
    rpcs,
    ...settings,
    ...(calls.length > 0 && { calls }),
    position,
  };
}

function readReferences(
  { check, fields, service }: { check: Check; fields: Fields; service: Named },
  { kind, known }: { kind: "server" | "client"; known: ReadonlySet<string> | undefined },
): readonly string[] {
  const { findings } = check;
  const what = `service ${quote(service.name)}`;
  const field = kind === "server" ? "providers" : "tenants";
  const sample = kind === "server" ? "providers: [s1, s2]" : "tenants: [c1, c2]";
  const entry = fields.get(field);
  const missingHint = kind === "server"
    ? "list the servers that run it, such as providers: [s1]"
    : "list the clients that may call it, or write tenants: [] to exclude everyone";
  if (entry === undefined) {
    findings.add({ at: service.key, message: `${what} has no "${field}"`, hint: missingHint });
    return [];
  }
  const told = {
    list: `a list of ${kind}s`,
    item: `the name of a ${kind}`,
    sample,
    kind: "names" as const,
  };
  const nodes = readTexts(check, entry, told);
  if (nodes === undefined) return [];
  const emptyTenants = kind === "client" && isNothing(entry.value);
  if (nodes.whole && nodes.items.length === 0 && (kind === "server" || emptyTenants)) {
    const message = kind === "server"
      ? `${what} has no providers`
      : `${quote(entry.key.text)} is empty`;
    findings.add({ at: entry.key, message, hint: missingHint });
  }
  const names = new Map<string, ScalarNode>();
  for (const node of nodes.items) {
    const first = names.get(node.text);
    if (first !== undefined) {
      const word = kind === "server" ? "provider" : "tenant";
      const where = findings.whereIs(first);
      const message = `${word} ${quote(node.text)} is named twice, first in ${where}`;
      findings.add({ at: node, message, hint: "remove one of the two" });
      continue;
    }
    names.set(node.text, node);
    if (known !== undefined && !known.has(node.text)) {
      noteUnknown(check, node, { kind, known, sample });
    }
  }
  return [...names.keys()];
}

function noteUnknown(
  check: Check,
  node: ScalarNode,
  { kind, known, sample }: { kind: string; known: ReadonlySet<string>; sample: string },
): void {
  const list = known.size === 0 ? `no ${kind}s are declared` : `expected one of ${listSome(known)}`;
  const message = `there is no ${kind} ${quote(node.text)}, ${list}`;
  const meant = nearest(node.text, known);
  let hint = `add it to network.${kind}s, or remove it here`;
  if (meant !== undefined) hint = `did you mean "${meant}"?`;
  else if (/[,\s]/.test(node.text.trim())) hint = `several names are a list: ${sample}`;
  check.findings.add({ at: node, message, hint });
}

function readNamedRpcs(
  check: Check,
  node: YamlNode,
): ReadonlyMap<string, readonly Named[]> | undefined {
  const named = readNamed(check, node, {
    kind: "rpc",
    childKeys: rpcChildKeys,
    sample: rpcSample,
    again: "more",
  });
  if (named === undefined) return undefined;
  const parts = new Map<string, Named[]>();
  for (const part of named) {
    const earlier = parts.get(part.name);
    if (earlier === undefined) parts.set(part.name, [part]);
    else earlier.push(part);
  }
  return parts;
}

function readServiceRpcs(
  check: Check,
  { named, fields, context, tenants }: {
    named: Named;
    fields: Fields;
    context: Context;
    tenants: readonly string[];
  },
): ReadonlyMap<string, RpcEntry> {
  const { findings, bounds } = check;
  const rpcs = new Map<string, RpcEntry>();
  const field = fields.get("rpcs");
  const what = `service ${quote(named.name)}`;
  const hint = `write rpcs: { ${rpcSample} }`;
  if (field === undefined) {
    findings.add({ at: named.key, message: `${what} has no "rpcs"`, hint });
    return rpcs;
  }
  const parts = isNothing(field.value) ? new Map() : readNamedRpcs(check, field.value);
  if (parts === undefined) return rpcs;
  if (isNothing(field.value) || isEmpty(field.value)) {
    findings.add({ at: field.key, message: `${what} has no rpcs`, hint });
  }
  let overloadCount = 0;
  for (const [name, entries] of parts as ReadonlyMap<string, readonly Named[]>) {
    const first = entries[0]!;
    const nodes = entries.map(({ value }) => value);
    const definition = isNothing(first.value)
      ? findShared(check, first, context.sharedRpcs)
      : readRpc(check, name, nodes);
    if (definition === undefined) continue;
    overloadCount += definition.overloads.length;
    for (const script of definition.scripts) context.scripts.add(script);
    checkAllowed(check, definition.allowed, { service: named.name, rpc: name, tenants });
    const { description, overloads } = definition;
    const position = findings.positionOf(first.key);
    rpcs.set(name, { name, ...(description && { description }), overloads, position });
  }
  if (overloadCount > bounds.overloadsPerServiceMax) {
    const message = `${what} has ${overloadCount} overloads, ` +
      `at most ${bounds.overloadsPerServiceMax} are allowed`;
    findings.add({ at: field.key, message, hint: "split it into several services" });
  }
  return rpcs;
}

/** The shared definition of an rpc that a service lists by name. */
function findShared(check: Check, named: Named, shared: SharedRpcs): RpcDefinition | undefined {
  if (shared === undefined) return undefined;
  const definition = shared.get(named.name);
  if (definition !== undefined) return definition;
  const meant = nearest(named.name, shared.keys());
  const hint = meant === undefined
    ? `write ${named.name}: [{ args: […], returns: […], src: … }] here, or once below a top-level "rpc:"`
    : `did you mean "${meant}"?`;
  noteWithoutOverloads(check, named.key, hint);
  return undefined;
}

function noteWithoutOverloads(check: Check, key: ScalarNode, hint: string): void {
  const message = `rpc ${quote(key.text)} has no overloads, expected args, returns and src`;
  check.findings.add({ at: key, message, hint });
}
