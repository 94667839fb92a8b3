/** What the node and an executor say to each other besides calls, results and exceptions. */
import type { ExceptionType } from "../errors/mod.ts";
import type { ScriptId, ServiceLimits, ServicePermissions } from "../wire/mod.ts";

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
}

/** The body of a `load` frame, node to executor: the first on every link. */
export interface LoadBody extends Load {
  /** The folder that scripts lie in. */
  readonly servicesFolder: string;
}

/** The body of a `ready` frame, executor to node: what could not be loaded; nothing where all is well. */
export interface Ready {
  readonly problems: readonly { readonly overload: number; readonly message: string }[];
}

/** The body of a `console` frame, executor to node: a line that a script printed. */
export interface ConsoleLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  /** The call it belongs to, where that is certain. */
  readonly call?: number;
}

/** The body of an `exception` frame, executor to node. The stack goes no further than the log. */
export interface LinkException {
  readonly type: ExceptionType;
  readonly message: string;
  readonly stack?: string;
}

/** The body of one of these. Both ends are of one version, so it is what it is said to be. */
export function readLinkBody<T>(body: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(body)) as T;
}
