/** What a service may ask for besides its scripts: limits, instances, permissions. */
import { limits } from "../limits/mod.ts";

/** Bounds of one service. What is left out is the default of lib/limits. */
export interface ServiceLimits {
  /** The longest that a call may take, in milliseconds; a caller may ask for less. */
  readonly timeoutMs?: number;
  /** V8's heap of one executor, in bytes. */
  readonly heapBytes?: number;
  /** Resident memory of one executor, in bytes. */
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

/** A service's limits with the defaults of lib/limits for what it leaves out. */
export function fullLimits(asked: ServiceLimits = {}): FullServiceLimits {
  return { ...limits.serviceDefaults, ...asked };
}

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
