/** The frames between node and executor other than calls, results and streams. */
import type { ExceptionType } from "../errors/mod.ts";
import type { ScriptId } from "../identity/script_id.ts";
import type { CallTarget } from "../manifest/granted_calls.ts";
import type {
  ServiceIsolation,
  ServiceLimits,
  ServicePermissions,
} from "../manifest/service_settings.ts";

/** One overload of an executor; its index in the list is its route number on the link. */
export interface LoadedOverload {
  readonly rpc: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
  readonly script: ScriptId;
  /** The script's `file:` URL. */
  readonly url: string;
}

/** What an executor must load. */
export interface Load {
  readonly service: string;
  readonly overloads: readonly LoadedOverload[];
  /** The service's limits; missing ones have the defaults of lib/limits. */
  readonly limits?: ServiceLimits;
  /** The permissions that the node's operator granted. */
  readonly permissions?: ServicePermissions;
  /** `call`: an executor runs one call, and is replaced. */
  readonly isolation?: ServiceIsolation;
  /** The rpcs of other services that its scripts may call. Default: none. */
  readonly targets?: readonly CallTarget[];
}

/** The body of a `load` frame, node to executor: the first on every link. */
export interface LoadBody extends Load {
  /** The folder of scripts. */
  readonly servicesFolder: string;
}

/** The body of a `ready` frame, executor to node: the scripts that could not be loaded; empty on success. */
export interface Ready {
  readonly problems: readonly LoadProblem[];
}

/** Why a script could not be loaded. Only the log and the deployer see the stack. */
export interface LoadProblem {
  readonly overload: number;
  readonly message: string;
  readonly stack?: string;
}

/** The levels of console lines. */
export const consoleLevels = ["debug", "info", "warn", "error"] as const;

/** The body of a `console` frame, executor to node: a printed line. */
export interface ConsoleLine {
  readonly level: typeof consoleLevels[number];
  readonly text: string;
  /** Its call, if known for certain. */
  readonly call?: number;
  /** The location of the print, as `ID.js:LINE:COLUMN`, if known. */
  readonly place?: string;
}

/** Exceptions that an executor may report; all others come from the node. */
export const linkExceptionTypes = [
  "Execution Exception",
  "Invalid Arguments",
  "Malformed Message",
  "Message Too Large",
  "Internal Error",
] as const;

/** The body of an `exception` frame, executor to node. Only the log sees the stack. */
export interface LinkException {
  readonly type: typeof linkExceptionTypes[number];
  readonly message: string;
  readonly stack?: string;
}

/**
 * The exception of a call that threw an error of ours; any type that an executor may not report becomes the script's
 * failure.
 */
export function linkException(type: ExceptionType, message: string): LinkException {
  const known = linkExceptionTypes.find((each) => each === type);
  return { type: known ?? "Execution Exception", message };
}

/**
 * The meaning of a pong, as its route number: the ping was read and no calls are queued; it was read and calls are
 * queued, so that another pong follows; it has had its turn among them.
 */
export const pongRoute = { read: 0, queueAhead: 1, turn: 2 } as const;
