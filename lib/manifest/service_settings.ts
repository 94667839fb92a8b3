/** What a service may ask for besides its scripts: limits, instances, permissions; and how people write them. */
import { type Limits, limits } from "../limits/mod.ts";

/** Bounds of one service. Missing ones have the defaults of lib/limits. */
export interface ServiceLimits {
  /** The longest that a call may take, in milliseconds; a caller may ask for less. */
  readonly timeoutMs?: number;
  /** V8's heap of one executor, in bytes. */
  readonly heapBytes?: number;
  /** Memory of one executor in RAM, what it shares with others left out, in bytes. */
  readonly memoryBytes?: number;
  /** Calls that one executor has at once; more wait. */
  readonly callsMax?: number;
  /** Calls that wait for the service; more are refused as Overloaded. */
  readonly queueMax?: number;
  /** Executors of the service. */
  readonly instances?: number;
  /** An executor without calls is stopped after this many milliseconds. */
  readonly idleMs?: number;
  /** Bytes of one result's payload. */
  readonly resultBytesMax?: number;
  /** Console lines of one executor a second; the rest are counted. */
  readonly logLinesPerSecondMax?: number;
}

/** Every limit, none left out. */
export type FullServiceLimits = Required<ServiceLimits>;

/** What a service's scripts wish to reach, by kind; granted by a node's operator, or not at all. */
export interface ServicePermissions {
  /** `host` or `host:port`. */
  readonly net?: readonly string[];
  /** Absolute paths. */
  readonly read?: readonly string[];
  /** Absolute paths. */
  readonly write?: readonly string[];
  /** Names of variables. */
  readonly env?: readonly string[];
  /** Names as the runtime has them: `hostname`, `loadavg`, `osUptime`, … */
  readonly sys?: readonly string[];
}

/** What separates a service's calls from each other; left out, they share a process: `call`, each has its own. */
export type ServiceIsolation = "call";

/** The kinds of permission, in the order in which they are shown. */
export const permissionKinds = ["net", "read", "write", "env", "sys"] as const;

/** A kind of permission. */
export type PermissionKind = typeof permissionKinds[number];

/** What the runtime tells of the system, one permission each. */
export const sysNames = [
  ...["hostname", "loadavg", "osUptime", "osRelease", "systemMemoryInfo", "networkInterfaces"],
  ...["uid", "gid"],
] as const;

/** What a number counts, and so how people write it. */
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

/** A service's limits with defaults for what it leaves out: those of lib/limits, or of a node. */
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

/** How a number of this unit is written, for messages. */
export const quantityForms: Readonly<Record<Unit, string>> = {
  duration: "a duration above 0 such as 500ms, 10s, 2m or 1h",
  bytes: "a size above 0 such as 64KiB, 256MiB or 1GiB",
  count: "a whole number of at least 1",
};

/**
 * Reads a number with its unit: `10s`, `256MiB`, `100`.
 *
 * @returns Milliseconds, bytes or the count, rounded up; undefined if it is not one, not above 0, or too large.
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

/** What {@linkcode parseQuantity} reads, as a pattern. */
export function quantityPattern(unit: Unit): string {
  if (unit === "count") return "^\\s*\\d+\\s*$";
  return `^\\s*\\d+(\\.\\d+)?(${Object.keys(factors[unit]).join("|")})\\s*$`;
}

/** Why a limit is too small to be of use; undefined if it is not. */
export function tooSmall(
  { name, field, unit }: { name: string; field: string; unit: Unit },
  value: number,
): string | undefined {
  const least = limits.leastUseful[field];
  if (least === undefined || value >= least) return undefined;
  const [given, needed] = [value, least].map((each) => formatQuantity(each, unit));
  return `${name} ${given} is too small to work with; give it at least ${needed}`;
}

/** Writes a number with the largest unit that divides it. */
export function formatQuantity(value: number, unit: Unit): string {
  if (unit === "count") return String(value);
  const [name, factor] = Object.entries(factors[unit]).findLast(([, each]) => value % each === 0)!;
  return `${value / factor}${name}`;
}
