/** A service's settings besides its scripts: limits, instances, permissions; and their notation. */
import { type Limits, limits } from "../limits/mod.ts";

/** Bounds of one service; missing ones default to those of lib/limits. */
export interface ServiceLimits {
  /** The longest duration of a call, in milliseconds; a caller may ask for less. */
  readonly timeoutMs?: number;
  /** V8's heap of one executor, in bytes. */
  readonly heapBytes?: number;
  /** Private memory of one executor in RAM, in bytes. */
  readonly memoryBytes?: number;
  /** Concurrent calls of one executor; more wait. */
  readonly callsMax?: number;
  /** Waiting calls of the service; more are refused as Overloaded. */
  readonly queueMax?: number;
  /** Executors of the service. */
  readonly instances?: number;
  /** Milliseconds after which an idle executor is stopped. */
  readonly idleMs?: number;
  /** Bytes of one result's payload. */
  readonly resultBytesMax?: number;
  /** Console lines per second of one executor; the rest are counted. */
  readonly logLinesPerSecondMax?: number;
}

/** All limits, complete. */
export type FullServiceLimits = Required<ServiceLimits>;

/** Resources that a service's scripts request, by kind; the node's operator grants or refuses them. */
export interface ServicePermissions {
  /** `host` or `host:port`. */
  readonly net?: readonly string[];
  /** Absolute paths. */
  readonly read?: readonly string[];
  /** Absolute paths. */
  readonly write?: readonly string[];
  /** Names of environment variables. */
  readonly env?: readonly string[];
  /** The runtime's names: `hostname`, `loadavg`, `osUptime`, … */
  readonly sys?: readonly string[];
}

/** How a service's calls are separated; undefined if they share a process. `call`: each has its own. */
export type ServiceIsolation = "call";

/** The kinds of permission, in display order. */
export const permissionKinds = ["net", "read", "write", "env", "sys"] as const;

/** A kind of permission. */
export type PermissionKind = typeof permissionKinds[number];

/** The runtime's kinds of system information, one permission each. */
export const sysNames = [
  ...["hostname", "loadavg", "osUptime", "osRelease", "systemMemoryInfo", "networkInterfaces"],
  ...["uid", "gid"],
] as const;

/** The unit of a number, which decides its notation. */
export type Unit = "duration" | "bytes" | "count";

/** One limit: its name in init.yaml and on the command line, its field in a manifest, its unit. */
export interface LimitSpec {
  readonly name: string;
  readonly field: keyof ServiceLimits;
  readonly unit: Unit;
}

/** Every limit that a service may set. */
export const limitSpecs: readonly LimitSpec[] = [
  { name: "timeout", field: "timeoutMs", unit: "duration" },
  { name: "heap", field: "heapBytes", unit: "bytes" },
  { name: "memory", field: "memoryBytes", unit: "bytes" },
  { name: "calls", field: "callsMax", unit: "count" },
  { name: "queue", field: "queueMax", unit: "count" },
  { name: "instances", field: "instances", unit: "count" },
  { name: "idle", field: "idleMs", unit: "duration" },
  { name: "result", field: "resultBytesMax", unit: "bytes" },
  { name: "log", field: "logLinesPerSecondMax", unit: "count" },
];

/** A service's limits, completed with the defaults of lib/limits, or of a node. */
export function fullLimits(
  asked: ServiceLimits = {},
  { serviceDefaults }: Limits = limits,
): FullServiceLimits {
  const full: Record<string, number> = { ...serviceDefaults };
  for (const [field, value] of Object.entries(asked)) if (value !== undefined) full[field] = value;
  return full as unknown as FullServiceLimits;
}

const factors: Record<Exclude<Unit, "count">, Readonly<Record<string, number>>> = {
  duration: { ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
  bytes: { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
};

/** The notation of numbers in a unit, for messages. */
export const quantityForms: Readonly<Record<Unit, string>> = {
  duration: "a duration above 0 such as 500ms, 10s, 2m or 1h",
  bytes: "a size above 0 such as 64KiB, 256MiB or 1GiB",
  count: "a whole number of at least 1",
};

/**
 * Parses a number with its unit: `10s`, `256MiB`, `100`.
 *
 * @returns Milliseconds, bytes or the count, rounded up; undefined if it is malformed, not above 0, or too large.
 */
export function parseQuantity(text: string, unit: Unit): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text.trim());
  if (match === null) return undefined;
  const isCount = unit === "count";
  const factor = isCount ? (match[2] === "" ? 1 : undefined) : factors[unit][match[2]!];
  if (factor === undefined || (isCount && match[1]!.includes("."))) return undefined;
  const value = Math.ceil(Number(match[1]) * factor);
  return value > 0 && Number.isSafeInteger(value) ? value : undefined;
}

/** The pattern that {@linkcode parseQuantity} accepts. */
export function quantityPattern(unit: Unit): string {
  if (unit === "count") return "^\\s*\\d+\\s*$";
  return `^\\s*\\d+(\\.\\d+)?(${Object.keys(factors[unit]).join("|")})\\s*$`;
}

/** Why a limit is too small to be useful; undefined if it is not. */
export function tooSmall(
  { name, field, unit }: { name: string; field: string; unit: Unit },
  value: number,
): string | undefined {
  const least = limits.leastUseful[field];
  if (least === undefined || value >= least) return undefined;
  const [given, needed] = [value, least].map((each) => formatQuantity(each, unit));
  return `${name} ${given} is too small to work with; give it at least ${needed}`;
}

/** Formats a number with the largest unit that divides it. */
export function formatQuantity(value: number, unit: Unit): string {
  if (unit === "count") return String(value);
  const [name, factor] = Object.entries(factors[unit]).findLast(([, each]) => value % each === 0)!;
  return `${value / factor}${name}`;
}
