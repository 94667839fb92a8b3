/** Compares two manifests. Pure. */
import type { Change, OverloadDiff } from "./overload_diff.ts";
import {
  type Manifest,
  type ManifestClient,
  type ManifestOverload,
  type ManifestService,
  permissionKinds,
} from "../manifest/mod.ts";
import { packageChanges } from "./_packages_diff.ts";
import { callerDifferences, settingsDifferences } from "./_settings_diff.ts";

/** The changes of one service. */
export interface ServiceDiff {
  readonly name: string;
  readonly change: Change;
  /** In the order of the desired manifest; removed ones follow in their old order. */
  readonly overloads: readonly OverloadDiff[];
  /** Clients that may call the service afterwards and could not before. */
  readonly tenantsGained: readonly string[];
  /** Clients that could call the service before and may not afterwards. */
  readonly tenantsLost: readonly string[];
}

/** The changes of the named callers. */
export interface ClientsDiff {
  readonly added: readonly ManifestClient[];
  readonly removed: readonly ManifestClient[];
  /** Clients with another address, port or rate. */
  readonly changed: readonly { readonly before: ManifestClient; readonly after: ManifestClient }[];
}

/** The changes of one node. */
export interface NodeDiff {
  /** Whether both manifests make a node behave the same; their source records may differ. */
  readonly isUnchanged: boolean;
  /** In the order of the desired manifest; removed ones follow in their old order. */
  readonly services: readonly ServiceDiff[];
  readonly clients: ClientsDiff;
  /** Changes of limits, permissions and `allow`, a line each, e.g. `limits of math: timeout 10s → 5s`. */
  readonly settings: readonly string[];
  /** Changed npm packages, a text each, e.g. `+ zod 4.1.3 (sha512-AbCdEfGh…)`. */
  readonly packages: readonly string[];
  /** Other differences as text, e.g. `the order of the clients`. */
  readonly others: readonly string[];
}

/**
 * Compares a node's current manifest with the desired one.
 *
 * @param current The current manifest; undefined if the node runs nothing yet.
 */
export function diffManifests(current: Manifest | undefined, desired: Manifest): NodeDiff {
  const clients = diffClients(current?.clients ?? [], desired.clients);
  const pairs = pair(current?.services ?? [], desired.services, ({ name }) => name);
  const services = pairs.map(({ before, after }) => diffService(before, after));
  const isUnchanged = isSameManifest(current, desired);
  const settings = [
    ...pairs.flatMap(({ before, after }, index) =>
      after === undefined ? [] : settingsDifferences(before, after, services[index]!.overloads)
    ),
    ...callerDifferences(current, desired),
  ];
  const others = current === undefined ? [] : otherDifferences(current, desired);
  const isExplained = current === undefined || others.length + settings.length > 0 ||
    !isEmpty(clients) ||
    services.some((service) => service.change !== "unchanged");
  return {
    isUnchanged,
    services,
    clients,
    settings,
    packages: packageChanges(current, desired),
    others: isUnchanged || isExplained ? others : [...others, "other settings"],
  };
}

/**
 * Whether two manifests make a node behave the same. Their source records may differ: a comment has changed, or another
 * farcall has bundled the scripts.
 *
 * @param current The current manifest; undefined if the node runs nothing yet.
 */
export function isSameManifest(current: Manifest | undefined, desired: Manifest): boolean {
  return isSame(current && { ...current, sources: undefined }, { ...desired, sources: undefined });
}

function diffService(
  before: ManifestService | undefined,
  after: ManifestService | undefined,
): ServiceDiff {
  const name = (after ?? before)!.name;
  const overloads = pair(before?.overloads ?? [], after?.overloads ?? [], keyOf)
    .map((both) => diffOverload(name, both.before, both.after));
  const tenantsBefore = before?.tenants ?? [];
  const tenantsAfter = after?.tenants ?? [];
  return {
    name,
    change: changeOf(before, after),
    overloads,
    tenantsGained: tenantsAfter.filter((tenant) => !tenantsBefore.includes(tenant)),
    tenantsLost: tenantsBefore.filter((tenant) => !tenantsAfter.includes(tenant)),
  };
}

function diffOverload(
  service: string,
  before: ManifestOverload | undefined,
  after: ManifestOverload | undefined,
): OverloadDiff {
  const { rpc, args } = (after ?? before)!;
  return {
    service,
    rpc,
    args,
    change: changeOf(before, after),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

function diffClients(
  before: readonly ManifestClient[],
  after: readonly ManifestClient[],
): ClientsDiff {
  const added: ManifestClient[] = [];
  const removed: ManifestClient[] = [];
  const changed: { before: ManifestClient; after: ManifestClient }[] = [];
  for (const both of pair(before, after, (client) => client.name)) {
    if (both.before === undefined) added.push(both.after!);
    else if (both.after === undefined) removed.push(both.before);
    else if (!isSame(both.before, both.after)) {
      changed.push({ before: both.before, after: both.after });
    }
  }
  return { added, removed, changed };
}

/** Differences that the lists of services and clients do not show. */
function otherDifferences(current: Manifest, desired: Manifest): string[] {
  const others: string[] = [];
  if (current.node !== desired.node) others.push(`the node's name, "${current.node}" before`);
  for (const { before, after } of pair(current.services, desired.services, ({ name }) => name)) {
    if (before === undefined || after === undefined) continue;
    if (before.description !== after.description) others.push(`the description of ${after.name}`);
    if (isReordered(before.overloads, after.overloads, keyOf)) {
      others.push(`the order of the overloads of ${after.name}`);
    }
    for (const kind of permissionKinds) {
      const [was, is] = [before.permissions?.[kind] ?? [], after.permissions?.[kind] ?? []];
      if (isReordered(was, is, (value) => value)) {
        others.push(`the order of ${kind} of ${after.name}`);
      }
    }
    if (isReordered(before.tenants, after.tenants, (tenant) => tenant)) {
      others.push(`the order of the tenants of ${after.name}`);
    }
  }
  if (isReordered(current.clients, desired.clients, (client) => client.name)) {
    others.push("the order of the clients");
  }
  if (isReordered(current.services, desired.services, (service) => service.name)) {
    others.push("the order of the services");
  }
  return others;
}

/** Pairs items by key: in the order of `after`, then those only in `before`. */
function pair<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOfItem: (item: Item) => string,
): { before?: Item; after?: Item }[] {
  const left = new Map(before.map((item) => [keyOfItem(item), item]));
  const pairs: { before?: Item; after?: Item }[] = [];
  for (const item of after) {
    const key = keyOfItem(item);
    pairs.push({ before: left.get(key), after: item });
    left.delete(key);
  }
  for (const item of left.values()) pairs.push({ before: item });
  return pairs;
}

/** Whether the common items of both lists have another order. */
function isReordered<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOfItem: (item: Item) => string,
): boolean {
  const keysBefore = new Set(before.map(keyOfItem));
  const keysAfter = new Set(after.map(keyOfItem));
  const commonBefore = [...keysBefore].filter((key) => keysAfter.has(key));
  const commonAfter = [...keysAfter].filter((key) => keysBefore.has(key));
  return commonBefore.some((key, index) => key !== commonAfter[index]);
}

function changeOf(before: unknown, after: unknown): Change {
  if (before === undefined) return "added";
  if (after === undefined) return "removed";
  return isSame(before, after) ? "unchanged" : "changed";
}

function keyOf(overload: ManifestOverload): string {
  return JSON.stringify([overload.rpc, overload.args]);
}

function isEmpty(clients: ClientsDiff): boolean {
  return clients.added.length + clients.removed.length + clients.changed.length === 0;
}

/** Equality in the sense of the manifest's hash: the same text. */
function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
