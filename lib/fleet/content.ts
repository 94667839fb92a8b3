/** The content of a desired state: describes a whole fleet, and each node derives its own manifest from it. */
import { DeployRejected } from "../errors/mod.ts";
import { isObject } from "../encoding/mod.ts";
import {
  checkManifest,
  isLabel,
  type Manifest,
  type ManifestClient,
  manifestFormat,
  type ManifestService,
  type Selector,
  selects,
} from "../manifest/mod.ts";
import { readJson } from "./signed_state.ts";

/** A service, and the nodes that provide it. */
export interface FleetService {
  readonly selector: Selector;
  readonly service: ManifestService;
}

/** The services of a fleet. */
export interface FleetContent {
  readonly clients: readonly ManifestClient[];
  readonly services: readonly FleetService[];
}

/** Encodes a content; deterministic. */
export function encodeContent({ clients, services }: FleetContent): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    JSON.stringify({ format: manifestFormat, clients, services }),
  ) as Uint8Array<ArrayBuffer>;
}

/**
 * Decodes a content.
 *
 * @param bytes The stored bytes, whose hash was checked.
 * @throws {DeployRejected} If it is malformed; the message names the defect.
 */
export function contentIn(bytes: Uint8Array): FleetContent {
  // Each of its services is checked as one that a node runs.
  manifestFor(bytes, { name: "any", labels: [] });
  const { clients, services } = readJson(bytes) as unknown as FleetContent;
  return { clients, services };
}

/** The script ids in a content; none if it is malformed. */
export function scriptsNamedIn(bytes: Uint8Array): ReadonlySet<string> {
  const value = readJson(bytes);
  const services: unknown[] = isObject(value) && Array.isArray(value.services)
    ? value.services
    : [];
  return new Set(services.flatMap((each) => {
    const service = isObject(each) ? each.service : undefined;
    const overloads: unknown = isObject(service) ? service.overloads : undefined;
    return Array.isArray(overloads)
      ? overloads.flatMap((each: unknown) =>
        isObject(each) && typeof each.script === "string" ? [each.script] : []
      )
      : [];
  }));
}

/**
 * The manifest of one node.
 *
 * @param bytes A stored content, whose hash was checked.
 * @throws {DeployRejected} If it is malformed; the message names the defect.
 */
export function manifestFor(
  bytes: Uint8Array,
  node: { readonly name: string; readonly labels: readonly string[] },
): Manifest {
  const value = readJson(bytes);
  if (!isObject(value) || !Array.isArray(value.services)) {
    throw new DeployRejected("the desired state of the fleet is not a list of services");
  }
  const services = value.services.filter((each: unknown) => {
    if (isObject(each) && isSelector(each.selector)) return selects(each.selector, node);
    throw new DeployRejected("the desired state of the fleet has a service without a selector");
  }).map(({ service }: { service: unknown }) => service);
  const { format, clients } = value;
  return checkManifest({ format, node: node.name, clients, services });
}

function isSelector(value: unknown): value is Selector {
  if (!isObject(value)) return false;
  const { kind, nodes, labels } = value;
  return kind === "all" ||
    kind === "nodes" && Array.isArray(nodes) &&
      nodes.every((node: unknown) => typeof node === "string") ||
    kind === "labels" && Array.isArray(labels) && labels.every(isLabel);
}
