/** Explains a call without making it: which providers, script and client it would use, and why. */
import { messageOf } from "../errors/mod.ts";
import {
  chooseOverload,
  type CompiledSignature,
  explainOverloads,
  type OverloadRequest,
} from "../types/mod.ts";
import type { Explanation } from "../protocol/mod.ts";
import type { CallDependencies } from "./calls/attempts.ts";
import type { CallableOverload } from "./calls/catalog.ts";
import type { ReadSource } from "./calls/call_request.ts";
import { readNamedArguments } from "./calls/named_arguments.ts";
import { formatNode, type NodeAddress } from "./address.ts";
import type { Way } from "./connection/way.ts";

/** One provider's answer. */
export interface ExplainedProvider {
  /** As `name (host:port)`. */
  readonly node: string;
  /** The answer; undefined if it cannot be asked. */
  readonly says: Explanation | undefined;
  /** Why it cannot be asked; undefined if it was. */
  readonly problem: string | undefined;
  /** The script that would run there, if any. */
  readonly script: string | undefined;
  /** Its route; undefined if it was not reached, or is not a member of a fleet. */
  readonly way: Way | undefined;
}

/** What would happen if a provider does not answer. */
export interface ExplainedAttempts {
  /**
   * Whether the caller knows the overload as idempotent. If so, the call continues at another provider even if its
   * script may have run; otherwise only if it certainly has not.
   */
  readonly isIdempotent: boolean;
  /** How often all providers would be tried again after the first round. */
  readonly retries: number;
  /** The delay in milliseconds before a second provider would be asked too; undefined if none would. */
  readonly hedgeMs: number | undefined;
}

/** The explanation of a call. */
export interface CallExplanation {
  /** In the order in which they would be tried. */
  readonly providers: readonly ExplainedProvider[];
  /** The overloads that the caller knows, with the reason against each; undefined for the chosen one. */
  readonly overloads: readonly {
    readonly signature: CompiledSignature;
    readonly reason: string | undefined;
  }[];
  /** Why none is chosen; undefined if one is. */
  readonly problem: string | undefined;
  /** The deadline that the call would have, in milliseconds. */
  readonly timeoutMs: number;
  /** What would happen if a provider does not answer; undefined if no overload is chosen. */
  readonly attempts: ExplainedAttempts | undefined;
}

/** A call to explain. */
export interface WantedExplanation {
  readonly service: string;
  readonly rpc: string;
  readonly request: OverloadRequest;
  /** Reads the arguments that texts name. */
  readonly readSource?: ReadSource;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly hedgeMs: number | undefined;
  readonly nodes: readonly NodeAddress[];
}

async function withNamedArguments(
  { request, readSource }: WantedExplanation,
  overloads: readonly CallableOverload[],
): Promise<OverloadRequest> {
  const { form, values, argumentTypes: types } = request;
  if (readSource === undefined || form !== "texts") return request;
  return { ...request, values: await readNamedArguments(values, overloads, { readSource, types }) };
}

/** Asks every provider what it would do, and records those that cannot be asked. */
export async function explainCall(
  { catalog, pool }: CallDependencies,
  wanted: WantedExplanation,
): Promise<CallExplanation> {
  const { service, rpc, timeoutMs, nodes } = wanted;
  const deadline = { deadlineMs: performance.now() + timeoutMs, signal: undefined };
  const asked = await Promise.all(nodes.map(async (address) => {
    const node = formatNode(address);
    pool.choose([address]);
    try {
      const connection = await pool.to(address, deadline);
      const says = await connection.request({ op: "explain", service, rpc }, { timeoutMs });
      const way = address.nats && await connection.way();
      return { node: connection.name, connection, says, way, problem: undefined };
    } catch (error) {
      const unknown = { connection: undefined, says: undefined, way: undefined };
      return { node, ...unknown, problem: messageOf(error) };
    } finally {
      pool.done(address);
    }
  }));
  const connection = asked.find((each) => each.connection !== undefined)?.connection;
  const known = connection === undefined
    ? []
    : await catalog.overloadsOf(service, rpc, { node: connection, deadline });
  const rules = known.map((overload) => ruleAgainst(overload, asked));
  const open = known.filter((_, index) => rules[index] === undefined);
  const request = await withNamedArguments(wanted, open);
  const reasons = explainOverloads(rpc, open, request);
  const overloads = known.map((overload, index) => ({
    signature: overload.signature,
    reason: rules[index] ?? reasons[open.indexOf(overload)],
  }));
  const overload = known.find((_, index) => overloads[index]!.reason === undefined);
  const chosen = overload?.signature;
  const providers = asked
    .sort((a, b) => Number(a.says === undefined) - Number(b.says === undefined))
    .map(({ node, says, problem, way }) => ({
      node,
      says,
      problem,
      way,
      script: chosen && says?.overloads.find((served) => isSame(served, chosen))?.script,
    }));
  return {
    providers,
    overloads,
    problem: problemOf(rpc, open, request),
    timeoutMs,
    attempts: overload && attemptsOf(overload, wanted),
  };
}

function attemptsOf(
  { isIdempotent }: CallableOverload,
  { retries, hedgeMs, nodes }: WantedExplanation,
): ExplainedAttempts {
  return { isIdempotent, retries, hedgeMs: isIdempotent && nodes.length > 1 ? hedgeMs : undefined };
}

/** Why the file does not let the caller's client call an overload; undefined if it does. */
function ruleAgainst(
  { allow }: CallableOverload,
  asked: readonly { readonly says: Explanation | undefined }[],
): string | undefined {
  const says = asked.find((each) => each.says !== undefined)?.says;
  const isOpen = says?.client === undefined
    ? says?.exception?.type !== "RPC Not Found"
    : allow?.includes(says.client);
  if (allow === undefined || isOpen) return undefined;
  return allow.length === 0
    ? "its allow list is empty"
    : `its allow list has only ${allow.join(", ")}`;
}

function problemOf(
  rpc: string,
  known: readonly { readonly signature: CompiledSignature }[],
  request: OverloadRequest,
): string | undefined {
  if (known.length === 0) return undefined;
  try {
    chooseOverload(rpc, known, request);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function isSame(
  a: { readonly args: readonly string[]; readonly returns: readonly string[] },
  b: CompiledSignature,
): boolean {
  return a.args.join() === b.args.join() && a.returns.join() === b.returns.join();
}
