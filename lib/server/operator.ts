/**
 * The operator's policy: upper bounds of limits, and grants of permissions. Pure. A deployment requests; this decides.
 */
import { type Limits, limits, limitsWith } from "../limits/mod.ts";
import { AddressRange, canonicalAddress, isUnspecified } from "../identity/mod.ts";
import {
  canonicalPermission,
  formatQuantity,
  limitSpecs,
  type ManifestService,
  parseQuantity,
  permissionForms,
  permissionKinds,
  quantityForms,
  type ServiceLimits,
  tooSmall,
} from "../manifest/mod.ts";

/** An upper bound, of one service or, without `service`, of all services or of the node itself. */
export interface LimitRule {
  readonly service: string | undefined;
  /** The limit's name. */
  readonly name: string;
  readonly value: number;
}

/** The bounds of the node itself that its operator may set, by name on the command line. */
const nodeLimits = {
  connections: { field: "connectionsMax", unit: "count" },
  "connections-per-address": { field: "connectionsPerAddressMax", unit: "count" },
  executors: { field: "executorsMax", unit: "count" },
  "node-memory": { field: "nodeMemoryBytesMax", unit: "bytes" },
  "http-idle": { field: "httpIdleTimeoutMs", unit: "duration" },
} as const satisfies Record<string, { field: keyof Limits; unit: keyof typeof quantityForms }>;

/** Values of one kind of permission, granted to one service. */
export interface GrantRule {
  readonly service: string;
  readonly kind: typeof permissionKinds[number];
  /** In canonical spelling, see `canonicalPermission`. */
  readonly values: readonly string[];
}

/** All settings of an operator. */
export interface OperatorRules {
  readonly limits: readonly LimitRule[];
  readonly grants: readonly GrantRule[];
}

/**
 * Parses `memory=1GiB` or `math:memory=1GiB`, or `connections=1000`, a bound of the node itself.
 *
 * @throws {TypeError} If it is malformed; the message shows a valid one.
 */
export function parseLimitRule(text: string): LimitRule {
  const match = /^(?:([^:=]+):)?([^:=]+)=(.*)$/.exec(text);
  const isOfNode = match !== null && match[1] === undefined && Object.hasOwn(nodeLimits, match[2]!);
  const spec = isOfNode
    ? { name: match[2]!, ...nodeLimits[match[2] as keyof typeof nodeLimits] }
    : limitSpecs.find(({ name }) => name === match?.[2]);
  if (match === null || spec === undefined) {
    throw new TypeError(
      `"${text}" is not a limit; write NAME=VALUE for all services or SERVICE:NAME=VALUE for one, ` +
        `where NAME is one of ${limitSpecs.map(({ name }) => name).join(", ")}; or, for the node ` +
        `itself, ${Object.keys(nodeLimits).join(", ")}`,
    );
  }
  const value = parseQuantity(match[3]!, spec.unit);
  if (value === undefined) {
    throw new TypeError(`"${text}": "${match[3]}" is not ${quantityForms[spec.unit]}`);
  }
  const problem = tooSmall(spec, value);
  if (problem !== undefined) throw new TypeError(`"${text}": ${problem}`);
  return { service: match[1], name: spec.name, value };
}

/**
 * Parses `math:net=api.example.com:443,other.example.com`.
 *
 * @throws {TypeError} If it is malformed; the message shows a valid one.
 */
export function parseGrantRule(text: string): GrantRule {
  const match = /^([^:=]+):([^:=]+)=(.+)$/.exec(text);
  const kind = permissionKinds.find((each) => each === match?.[2]);
  if (match !== null && kind !== undefined) {
    const given = match[3]!.split(",").map((value) => value.trim());
    const values = given.flatMap((value) => canonicalPermission(kind, value) ?? []);
    if (values.length === given.length) return { service: match[1]!, kind, values };
    const wrong = given.find((value) => canonicalPermission(kind, value) === undefined);
    throw new TypeError(`"${text}": "${wrong}" is not ${permissionForms[kind]}`);
  }
  throw new TypeError(
    `"${text}" is not a grant; write SERVICE:KIND=VALUE[,VALUE…], e.g. math:net=api.example.com:443 or ` +
      `logs:read=/var/log, where KIND is one of ${permissionKinds.join(", ")}`,
  );
}

/**
 * Parses an address that leads to the node: `203.0.113.5:8181`, `[2001:db8::5]:8181`.
 *
 * @returns Its canonical spelling.
 * @throws {TypeError} If it is malformed. A host name is refused, because callers prove keys to the address behind it.
 */
export function parseAdvertised(text: string): string {
  const match = /^(?:([\d.]+)|\[([\da-f:.]+)\]):(\d{1,5})$/i.exec(text);
  const host = canonicalAddress(match?.[1] ?? match?.[2] ?? "");
  const port = Number(match?.[3]);
  if (host !== undefined && isUnspecified(host)) {
    throw new TypeError(`"${text}" reaches no node; advertise an address that leads to this one`);
  }
  if (host !== undefined && port >= 1 && port <= 65_535) {
    return `${host.includes(":") ? `[${host}]` : host}:${port}`;
  }
  throw new TypeError(
    `what is advertised is an address and its port, 203.0.113.5:8181 or [2001:db8::5]:8181; got "${text}"`,
  );
}

/**
 * Parses the addresses that may request a node's health and metrics: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
 *
 * @throws {TypeError} If it is neither an address of a machine nor a network.
 */
export function parseMetricsReader(text: string): AddressRange {
  const range = AddressRange.parse(text);
  if (range !== undefined && isUnspecified(range.text)) {
    throw new TypeError(
      `"${text}" is no machine's address; 0.0.0.0/0 and ::/0 let every address ask for metrics`,
    );
  }
  if (range !== undefined && range.text !== "localhost") return range;
  throw new TypeError(
    `"${text}" is not an address that may ask for metrics; write 10.0.0.7, 10.0.0.0/8 or fd00::/8`,
  );
}

/**
 * Requests of a service that are not granted here. Each problem names the flag of `farcall serve` that would grant it;
 * empty if the service may run.
 */
export function problemsOf(
  rules: OperatorRules,
  service: ManifestService,
  bounds: Limits = limits,
): string[] {
  return [...limitProblems(rules, service, bounds), ...grantProblems(rules, service)];
}

/** The effective limits of a service: the requested value, else the default, and at most the operator's bound. */
export function limitsUnder(
  rules: OperatorRules,
  service: ManifestService,
  { serviceDefaults }: Limits = limits,
): ServiceLimits {
  const under: Record<string, number> = {};
  for (const { name, field } of limitSpecs) {
    const bound = boundOf(rules, service, name) ?? Infinity;
    const asked = service.limits?.[field];
    if (asked !== undefined) under[field] = asked;
    else if (bound < serviceDefaults[field]) under[field] = bound;
  }
  return under;
}

/** The effective bounds of the node itself: the operator's last value, else the default. */
export function nodeBounds(rules: OperatorRules, usual: Limits = limits): Limits {
  const said = Object.entries(nodeLimits).flatMap(([name, { field }]) => {
    const rule = rules.limits.findLast((each) => each.name === name);
    return rule === undefined ? [] : [[field, rule.value]];
  });
  return limitsWith(Object.fromEntries(said), usual);
}

/** The operator's last value of this limit: for this service, else for all. */
function boundOf(rules: OperatorRules, service: ManifestService, name: string): number | undefined {
  const ofName = rules.limits.filter((rule) => rule.name === name);
  const rule = ofName.findLast((each) => each.service === service.name) ??
    ofName.findLast((each) => each.service === undefined);
  return rule?.value;
}

function limitProblems(
  rules: OperatorRules,
  service: ManifestService,
  { serviceBounds }: Limits,
): string[] {
  return limitSpecs.flatMap(({ name, field, unit }) => {
    const asked = service.limits?.[field];
    if (asked === undefined) return [];
    const bound = boundOf(rules, service, name) ?? serviceBounds[field];
    if (asked <= bound) return [];
    const [wish, allowed] = [formatQuantity(asked, unit), formatQuantity(bound, unit)];
    return [
      `service "${service.name}" asks for ${name} ${wish}, this node allows ${allowed}; ` +
      `start it with --limit ${service.name}:${name}=${wish}`,
    ];
  });
}

function grantProblems(rules: OperatorRules, service: ManifestService): string[] {
  return permissionKinds.flatMap((kind) => {
    const granted = rules.grants
      .filter((rule) => rule.service === service.name && rule.kind === kind)
      .flatMap((rule) => rule.values);
    const wished = service.permissions?.[kind] ?? [];
    const refused = wished.filter((wish) => !granted.some((grant) => covers(kind, grant, wish)));
    if (refused.length === 0) return [];
    const flag = `--grant ${service.name}:${kind}=${refused.join(",")}`;
    return [
      `service "${service.name}" asks for ${kind} ${refused.join(", ")}, which is not granted; ` +
      `start the node with ${flag}`,
    ];
  });
}

/** Whether a grant covers a request: equal, a path below, any port of a host granted without one. */
function covers(kind: GrantRule["kind"], grant: string, wish: string): boolean {
  // A generation of an earlier version may contain what is refused today: no grant covers that.
  if (canonicalPermission(kind, wish) !== wish) return false;
  if (grant === wish) return true;
  if (kind === "read" || kind === "write") {
    return wish.startsWith(grant.endsWith("/") ? grant : `${grant}/`);
  }
  return kind === "net" && !/:\d+$/.test(grant) && wish.replace(/:\d+$/, "") === grant;
}
