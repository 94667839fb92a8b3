/** What the node and an executor say to each other besides calls, results and streams. */
import type { ExceptionType } from "../errors/mod.ts";
import type { ScriptId } from "../identity/script_id.ts";
import type { CallTarget } from "../manifest/granted_calls.ts";
import type {
  ServiceIsolation,
  ServiceLimits,
  ServicePermissions,
} from "../manifest/service_settings.ts";

/** One overload that an executor runs; its place in the list is its route number on the link. */
export interface LoadedOverload {
  readonly rpc: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
  readonly script: ScriptId;
  /** Where the script lies, as a `file:` URL. */
  readonly url: string;
}

/** What an executor is to run. */
export interface Load {
  readonly service: string;
  readonly overloads: readonly LoadedOverload[];
  /** What the service asks for; what is left out is the default of lib/limits. */
  readonly limits?: ServiceLimits;
  /** What the node's operator granted, and no more. */
  readonly permissions?: ServicePermissions;
  /** `call`: an executor runs one call, and is replaced. */
  readonly isolation?: ServiceIsolation;
  /** What its scripts may call of other services; nothing where left out. */
  readonly targets?: readonly CallTarget[];
}

/** The body of a `load` frame, node to executor: the first on every link. */
export interface LoadBody extends Load {
  /** The folder that scripts lie in. */
  readonly servicesFolder: string;
}

/** The body of a `ready` frame, executor to node: what could not be loaded; nothing where all is well. */
export interface Ready {
  readonly problems: readonly LoadProblem[];
}

/** Why a script could not be loaded. The stack goes no further than the log and the deployer. */
export interface LoadProblem {
  readonly overload: number;
  readonly message: string;
  readonly stack?: string;
}

/** The levels of console lines. */
export const consoleLevels = ["debug", "info", "warn", "error"] as const;

/** The body of a `console` frame, executor to node: a line that a script printed. */
export interface ConsoleLine {
  readonly level: typeof consoleLevels[number];
  readonly text: string;
  /** The call it belongs to, where that is certain. */
  readonly call?: number;
  /** Where the script printed it, as `ID.js:LINE:COLUMN`, where that is known. */
  readonly place?: string;
}

/** What a call can end with at an executor: of all else its node alone speaks. */
export const linkExceptionTypes = [
  "Execution Exception",
  "Invalid Arguments",
  "Malformed Message",
  "Message Too Large",
  "Internal Error",
] as const;

/** The body of an `exception` frame, executor to node. The stack goes no further than the log. */
export interface LinkException {
  readonly type: typeof linkExceptionTypes[number];
  readonly message: string;
  readonly stack?: string;
}

/** What a call ends with that threw what came from us; where its type is not a call's own, it is the script's. */
export function linkException(type: ExceptionType, message: string): LinkException {
  const known = linkExceptionTypes.find((each) => each === type);
  return { type: known ?? "Execution Exception", message };
}

/**
 * What a pong answers, as its route number: the ping was read and no call waits; it was read and calls wait, so that
 * another pong follows; it has had its turn among them.
 */
export const pongRoute = { read: 0, queueAhead: 1, turn: 2 } as const;
