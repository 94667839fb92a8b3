/** One attempt of a call at one node: chooses the overload that fits the values, sends the call, awaits the answer. */
import { Cancelled, InternalError, InvalidArguments, MalformedMessage } from "../../errors/mod.ts";
import { chooseOverload, type CompiledSignature, type NamedSource } from "../../types/mod.ts";
import type { Route } from "../../protocol/mod.ts";
import { scriptIdShownLength } from "../../identity/mod.ts";
import type { ItemLists } from "../connection/item_list.ts";
import type { Answer, CallableNode, ChosenCall } from "../connection/callable_node.ts";
import type { Recovery } from "../connection/connection_options.ts";
import type { TraceContext } from "../../context/mod.ts";
import type { NodeAddress } from "../address.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import type { CallRequest, ReadSource } from "./call_request.ts";
import type { CallableOverload, Catalog } from "./catalog.ts";
import { nameSources, readNamedArguments } from "./named_arguments.ts";

/** State that the successive attempts of a call share. */
export class AttemptState {
  /** Whether it runs beside another attempt, which only idempotent rpcs allow. */
  readonly isHedge: boolean;
  /** The current time on the clock of `performance.now()`; undefined after any wait. */
  nowMs: number | undefined;
  /** Whether the call may be repeated: nothing was sent, or the rpc is idempotent. */
  isRepeatable = true;
  /** How far the current attempt got; `taken` means that a stream's source has been read, which no attempt can repeat. */
  progress: "unsent" | "sent" | "taken" = "unsent";
  /** The node that it goes to. */
  node: NodeAddress | undefined;
  /** The trace context of its span; undefined unless traces are exported. */
  context: TraceContext | undefined;
  /** Takes the outcome of the next attempt. Its user clears it, so that it is used once. */
  taker: OutcomeTaker | undefined;
  /** The candidate overloads. */
  known: readonly CallableOverload[] = none;
  #lists: ItemLists | undefined;

  constructor({ nowMs, isHedge }: { readonly nowMs?: number; readonly isHedge: boolean }) {
    this.nowMs = nowMs;
    this.isHedge = isHedge;
  }

  /** Items already read from the call's streams, if these travel as lists. */
  lists(): ItemLists {
    return this.#lists ??= new Map();
  }
}

const none: readonly CallableOverload[] = [];

/** Takes the outcome of an attempt before its call is settled. */
export interface OutcomeTaker extends Recovery {
  succeeded(): void;
}

/**
 * Makes a call at a node. Runs synchronously as far as possible.
 *
 * @throws {RpcException} The node's RPC-EX.
 * @throws {ConnectionLost} If the connection ended first; whether the script ran is unknown.
 * @throws {NodeUnreachable} If it ended before the call was sent.
 * @throws {Cancelled} If the signal was raised, or a hedge is not allowed.
 */
export function callOnNode(
  { catalog, node }: { readonly catalog: Catalog; readonly node: CallableNode },
  request: CallRequest,
  state: AttemptState,
): Promise<unknown> {
  const { service, rpc, deadline } = request;
  state.isRepeatable = true;
  state.progress = "unsent";
  const known = catalog.overloadsOf(service, rpc, { node, deadline });
  const call = { request, state };
  return known instanceof Promise ? callAsked(known, node, call) : callKnown(known, node, call);
}

async function callAsked(
  asked: Promise<readonly CallableOverload[]>,
  node: CallableNode,
  call: AttemptedCall,
): Promise<unknown> {
  call.state.nowMs = undefined;
  return await callKnown(await asked, node, call);
}

/**
 * Whether a node that rejected a call may accept it now, because something was deployed there since it described
 * itself.
 *
 * @throws As the catalog, if it asks the node.
 */
export async function hasChanged(
  { catalog, node }: { readonly catalog: Catalog; readonly node: CallableNode },
  { service, rpc, deadline }: CallRequest,
  { known }: AttemptState,
): Promise<boolean> {
  if (!catalog.forget(service)) return false;
  const fresh = await catalog.overloadsOf(service, rpc, { node, deadline });
  return keysOf(fresh) !== keysOf(known);
}

interface AttemptedCall {
  readonly request: CallRequest;
  readonly state: AttemptState;
}

function callKnown(
  known: readonly CallableOverload[],
  node: CallableNode,
  call: AttemptedCall,
): Promise<unknown> {
  call.state.known = known;
  const { rpc, values, form, types: argumentTypes, client } = call.request;
  const overloads = known.some(({ allow }) => allow !== undefined)
    ? known.filter(({ allow }) => mayCall(client, allow))
    : known;
  // The node knows why this caller cannot see the rpc, so it refuses the call.
  if (overloads.length === 0) return provokeRefusal(node, call.request);
  const { readSource } = call.request;
  if (readSource !== undefined && form === "texts" && nameSources(values)) {
    return callNamed(overloads, node, { ...call, readSource });
  }
  return send(node, call, chooseOverload(rpc, overloads, { values, form, argumentTypes }));
}

/** A call whose arguments name what they are read from. */
async function callNamed(
  overloads: readonly CallableOverload[],
  node: CallableNode,
  { request, state, readSource }: AttemptedCall & { readonly readSource: ReadSource },
): Promise<unknown> {
  state.nowMs = undefined;
  const { rpc, form, types: argumentTypes } = request;
  const named = { readSource, types: argumentTypes };
  const values = await readNamedArguments(request.values, overloads, named);
  const chosen = chooseOverload(rpc, overloads, { values, form, argumentTypes });
  return await send(node, { request, state }, chosen);
}

/** Whether the caller's client may call an overload; without a client name, the node decides. */
function mayCall(client: string | undefined, allow: readonly string[] | undefined): boolean {
  return allow === undefined || client === undefined || allow.includes(client);
}

async function provokeRefusal(
  node: CallableNode,
  { service, rpc, deadline }: CallRequest,
): Promise<never> {
  await node.provoke({ service, rpc, argumentTypes: ["?"], returnTypes: [] }, deadline);
  throw new InternalError(
    `${node.name} returned a result for an overload that cannot exist; report this with both versions of farcall`,
  );
}

function send(
  node: CallableNode,
  { request, state }: AttemptedCall,
  { overload, values }: {
    readonly overload: CallableOverload;
    readonly values: readonly unknown[];
  },
): Promise<unknown> {
  if (state.isHedge) checkHedgeable(overload, request);
  return node.exchange(new CallAtNode(node, { request, state }, { overload, values }));
}

/** A call with a chosen overload at one node. A single object, because programs make hundreds of thousands a second. */
class CallAtNode implements ChosenCall {
  readonly values: readonly unknown[];
  readonly recovery: OutcomeTaker | undefined;
  readonly #node: CallableNode;
  readonly #request: CallRequest;
  readonly #state: AttemptState;
  readonly #overload: CallableOverload;

  constructor(
    node: CallableNode,
    { request, state }: AttemptedCall,
    { overload, values }: {
      readonly overload: CallableOverload;
      readonly values: readonly unknown[];
    },
  ) {
    this.values = values;
    this.#node = node;
    this.#request = request;
    this.#state = state;
    this.#overload = overload;
    if (overload.signature.hasStreams) return;
    this.recovery = state.taker;
    state.taker = undefined;
  }

  get route(): Route {
    const { service, rpc, pin, trace, depth, context } = this.#request;
    const { args, returns } = this.signature;
    const inTrace = this.#state.context ?? context;
    return {
      service,
      rpc,
      argumentTypes: args,
      returnTypes: returns,
      script: pin,
      trace: trace && true,
      traceparent: inTrace?.traceparent,
      tracestate: inTrace?.tracestate,
      depth,
    };
  }

  get signature(): CompiledSignature {
    return this.#overload.signature;
  }

  get deadline(): CallDeadline {
    return this.#request.deadline;
  }

  get nowMs(): number | undefined {
    return this.#state.nowMs;
  }

  get trace(): CallTrace | undefined {
    return this.#request.trace;
  }

  open(named: NamedSource, index: number): AsyncIterable<unknown> {
    return openNamed(named, this.#request, this.signature.args[index]!);
  }

  lists(): ItemLists {
    return this.#state.lists();
  }

  sent(): void {
    this.#state.isRepeatable = this.#overload.isIdempotent;
    this.#state.progress = "sent";
  }

  taken(): void {
    this.#state.isRepeatable = false;
    this.#state.progress = "taken";
  }

  answered(answer: Answer): unknown {
    const { pin, wants } = this.#request;
    if (pin !== undefined) checkPin(answer, this.#node, pin);
    this.recovery?.succeeded();
    const { value, script } = answer;
    if (wants === "value") return value;
    return { value, script, node: this.#node.name, signature: this.signature };
  }
}

/** @throws {Cancelled} If the call must not run twice. */
function checkHedgeable(
  { signature, isIdempotent }: CallableOverload,
  { service, rpc }: CallRequest,
): void {
  if (isIdempotent && !signature.hasStreams) return;
  const why = signature.hasStreams ? "has a stream" : "is not idempotent";
  throw new Cancelled(`no second attempt is made of ${service}.${rpc}: it ${why}`);
}

/** @throws {MalformedMessage} If a script other than the pinned one has run. */
function checkPin({ script }: Answer, node: CallableNode, pin: string): void {
  if (script.startsWith(pin)) return;
  throw new MalformedMessage(
    `${node.name} does not know pins: script ${
      script.slice(0, scriptIdShownLength)
    } has run there, ` +
      `and the call is pinned to ${pin}; serve this version of farcall on every node`,
    { node: node.name, script },
  );
}

function openNamed(
  { text }: NamedSource,
  { openSource }: CallRequest,
  type: string,
): AsyncIterable<unknown> {
  if (openSource === undefined) throw new InvalidArguments(`"${text}" names no stream here`);
  return openSource(text, type);
}

function keysOf(overloads: readonly CallableOverload[]): string {
  return overloads.map((overload) => overload.signature.key).join("; ");
}
