/** One attempt of a call at one node: which overload the values fit, there and back. */
import { Cancelled, InternalError, InvalidArguments, MalformedMessage } from "../../errors/mod.ts";
import {
  chooseOverload,
  type CompiledSignature,
  givePayload,
  NamedSource,
} from "../../types/mod.ts";
import type { Route, Timing } from "../../protocol/mod.ts";
import { type ScriptId, scriptIdShownLength, type ScriptPin } from "../../identity/mod.ts";
import { CallStreams } from "../connection/call_streams.ts";
import type { ItemLists } from "./_item_list.ts";
import type { Answer, OneShotNode } from "../connection/one_shot.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import type { CallableOverload, Catalog } from "./catalog.ts";
import type { NodeAddress } from "../address.ts";
import type { SendOptions } from "../connection/connection_options.ts";
import { NodeConnection } from "../connection/node_connection.ts";

/** How the values of a call are written: as TypeScript values, or as texts that the types decode. */
export type ValueForm = "values" | "texts" | "json";

/** Opens what a person named as the items of a stream of this type: `-`, or `@` and a path. */
export type OpenSource = (name: string, type: string) => AsyncIterable<unknown>;

/** A result and where it came from. */
export interface Reply {
  /**
   * The value; an array where the rpc returns several; undefined where it returns none; an
   * `AsyncIterableIterator` where it returns a stream.
   */
  readonly value: unknown;
  /** The script that made it. */
  readonly script: ScriptId;
  /** The node that ran it, as `name (host:port)`. */
  readonly node: string;
  /** The overload that ran. */
  readonly signature: CompiledSignature;
}

/** A call, and how far it has come. */
export interface WantedCall {
  readonly service: string;
  readonly rpc: string;
  /** The client to be; undefined where each node finds it. */
  readonly client: string | undefined;
  readonly values: readonly unknown[];
  readonly types: readonly string[] | undefined;
  readonly form: ValueForm;
  readonly pin: ScriptPin | undefined;
  readonly openSource: OpenSource | undefined;
  readonly trace: CallTrace | undefined;
  readonly patience: CallDeadline;
  /** How often its providers are tried again. */
  readonly retries: number;
  /** Whether it is a second attempt beside another, which is made of idempotent rpcs only. */
  readonly isHedge: boolean;
  /** The node that it is tried at. */
  node: NodeAddress | undefined;
  /** Whether it may be made again even if its script has run: nothing was sent, or the rpc is idempotent. */
  isRepeatable: boolean;
  /** The overloads that it was chosen from. */
  known: readonly CallableOverload[];
  /** The time on the clock of `performance.now()`; undefined once something was waited for. */
  nowMs: number | undefined;
  /** What was read of its streams, where they travel as lists. */
  lists?: ItemLists;
}

/**
 * Makes a call at a node. What nothing has to be waited for is done before this returns.
 *
 * @throws {RpcException} What came back as RPC-EX.
 * @throws {ConnectionLost} If the connection ended first; whether the script ran is unknown.
 * @throws {NodeUnreachable} If it ended before the call was sent.
 * @throws {Cancelled} If the signal was raised, or a hedge is not allowed.
 */
export function callOnNode(
  catalog: Catalog,
  node: NodeConnection | OneShotNode,
  wanted: WantedCall,
): Promise<Reply> {
  const { service, rpc, patience } = wanted;
  wanted.isRepeatable = true;
  const known = catalog.overloadsOf(service, rpc, { node, patience });
  if (!(known instanceof Promise)) return callKnown(known, node, wanted);
  wanted.nowMs = undefined;
  return known.then((overloads) => callKnown(overloads, node, wanted));
}

/**
 * Whether a node that found fault with a call may take it now: it was deployed to since it described itself.
 *
 * @throws As the catalog, where it asks the node.
 */
export async function hasChanged(
  catalog: Catalog,
  node: NodeConnection | OneShotNode,
  { service, rpc, patience, known }: WantedCall,
): Promise<boolean> {
  if (!catalog.forget(service)) return false;
  const fresh = await catalog.overloadsOf(service, rpc, { node, patience });
  return keysOf(fresh) !== keysOf(known);
}

function callKnown(
  known: readonly CallableOverload[],
  node: NodeConnection | OneShotNode,
  wanted: WantedCall,
): Promise<Reply> {
  wanted.known = known;
  const { rpc, values, form, types: argumentTypes } = wanted;
  const overloads = known.some(({ allow }) => allow !== undefined)
    ? known.filter(({ allow }) => mayCall(wanted, allow))
    : known;
  // What this caller cannot see, the node refuses in its own words.
  if (overloads.length === 0) return provokeRefusal(node, wanted);
  const chosen = chooseOverload(rpc, overloads, { values, form, argumentTypes });
  return send(node, wanted, chosen.overload, chosen.values);
}

/** Who is not said to be anybody finds out from the node. */
function mayCall({ client }: WantedCall, allow: readonly string[] | undefined): boolean {
  return allow === undefined || client === undefined || allow.includes(client);
}

/** Calls what no node can have, to hear why this caller cannot call the rpc. */
async function provokeRefusal(
  node: NodeConnection | OneShotNode,
  wanted: WantedCall,
): Promise<never> {
  const { service, rpc, patience } = wanted;
  const route: Route = { service, rpc, argumentTypes: ["?"], returnTypes: [] };
  if (node instanceof NodeConnection) {
    await node.call(route, new Uint8Array(0), sendOptions(wanted));
  } else await node.provoke(route, patience);
  throw new InternalError(`${node.name} ran what cannot exist`);
}

function send(
  node: NodeConnection | OneShotNode,
  wanted: WantedCall,
  { signature, isIdempotent }: CallableOverload,
  values: readonly unknown[],
): Promise<Reply> {
  const { service, rpc, pin } = wanted;
  const hasStreams = isStreaming(signature);
  if (wanted.isHedge && (!isIdempotent || hasStreams)) {
    throw new Cancelled(
      `no second attempt is made of ${service}.${rpc}: it ${
        hasStreams ? "has a stream" : "is not idempotent"
      }`,
    );
  }
  const { args: argumentTypes, returns: returnTypes } = signature;
  const trace = wanted.trace && true;
  const route: Route = { service, rpc, argumentTypes, returnTypes, script: pin, trace };
  const sending: Sending = { wanted, route, signature, isIdempotent };
  if (!(node instanceof NodeConnection)) return exchangeOnce(node, sending, values);
  return hasStreams ? exchangeStreams(node, sending, values) : exchange(node, sending, values);
}

/** What is sent to a node. */
interface Sending {
  readonly wanted: WantedCall;
  readonly route: Route;
  readonly signature: CompiledSignature;
  readonly isIdempotent: boolean;
}

/** What goes over a connection that stands. */
interface Prepared {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly options: SendOptions;
  /** The answer has come. Where the call is traced. */
  readonly answered: (() => void) | undefined;
}

/** @throws {NodeUnreachable} If the connection has ended while the node was asked what there is. */
function prepare(
  node: NodeConnection,
  { wanted, signature, isIdempotent }: Sending,
  values: readonly unknown[],
): Prepared {
  const payload = signature.encodeArguments(values);
  if (!node.isUsable) throw node.notSent();
  wanted.isRepeatable = isIdempotent;
  const { trace } = wanted;
  let timing: Timing | undefined;
  const onTiming = trace && ((told: Timing) => timing = told);
  trace?.lap("resolve");
  return {
    payload,
    options: sendOptions(wanted, onTiming),
    answered: trace && (() => trace.answered(timing)),
  };
}

/** There and back over a connection that stands. */
function exchange(
  node: NodeConnection,
  sending: Sending,
  values: readonly unknown[],
): Promise<Reply> {
  const { wanted, route, signature } = sending;
  const { payload, options, answered } = prepare(node, sending, values);
  const replying = node.call(route, payload, options, (payload, script) => {
    answered?.();
    return replyOf({ value: signature.decodeResult(payload), script }, node, wanted, signature);
  });
  givePayload(payload);
  return replying;
}

/** As {@linkcode exchange}, of a call with streams. */
async function exchangeStreams(
  node: NodeConnection,
  sending: Sending,
  chosen: readonly unknown[],
): Promise<Reply> {
  const { wanted, route, signature } = sending;
  const values = withNamedSources(chosen, wanted, signature);
  const { payload, options, answered } = prepare(node, sending, values);
  const streams = new CallStreams(signature, values);
  const read = (payload: Uint8Array, script: ScriptId): Answer => {
    answered?.();
    return { value: streams.items ?? signature.decodeResult(payload), script };
  };
  const replying = node.call(route, payload, options, read, streams);
  try {
    if (streams.items === undefined) return replyOf(await replying, node, wanted, signature);
    // Also where it was never sent: whatever ends the call ends the wait for its stream.
    replying.catch((error) => streams.fail(error));
    const script = await streams.opened;
    return replyOf({ value: streams.items, script }, node, wanted, signature);
  } catch (error) {
    // What was taken from a source cannot be sent to another node.
    if (streams.hasBegun) wanted.isRepeatable = false;
    throw error;
  }
}

/** There and back over a connection of its own. */
async function exchangeOnce(
  node: OneShotNode,
  { wanted, route, signature, isIdempotent }: Sending,
  chosen: readonly unknown[],
): Promise<Reply> {
  const { patience } = wanted;
  let values = chosen;
  if (signature.argumentStreams.length > 0) {
    const { listItems } = await import("./_item_list.ts");
    values = await listItems(chosen, {
      streams: signature.argumentStreams,
      open: (named, index) => openNamed(named, wanted, signature.args[index]),
      lists: wanted.lists ??= new Map(),
      patience,
      late: () => node.late(),
    });
  }
  const onSent = () => wanted.isRepeatable = isIdempotent;
  const answer = await node.call(route, { signature, values, patience, onSent });
  return replyOf(answer, node, wanted, signature);
}

/** @throws {MalformedMessage} If another script has run than the one that the call is pinned to. */
function replyOf(
  { value, script }: Answer,
  node: NodeConnection | OneShotNode,
  { pin }: WantedCall,
  signature: CompiledSignature,
): Reply {
  if (pin !== undefined && !script.startsWith(pin)) {
    throw new MalformedMessage(
      `${node.name} does not know pins: script ${
        script.slice(0, scriptIdShownLength)
      } has run there, ` +
        `and the call is pinned to ${pin}; serve this version of farcall on every node`,
      { node: node.name, script },
    );
  }
  return { value, script, node: node.name, signature };
}

function isStreaming({ resultStream, argumentStreams }: CompiledSignature): boolean {
  return resultStream !== undefined || argumentStreams.length > 0;
}

/** The arguments, with what people named as sources opened. */
function withNamedSources(
  values: readonly unknown[],
  wanted: WantedCall,
  signature: CompiledSignature,
): readonly unknown[] {
  return values.map((value, index) =>
    value instanceof NamedSource ? openNamed(value, wanted, signature.args[index]) : value
  );
}

function openNamed(
  { text }: NamedSource,
  { openSource }: WantedCall,
  type: string,
): AsyncIterable<unknown> {
  if (openSource === undefined) throw new InvalidArguments(`"${text}" names no stream here`);
  return openSource(text, type);
}

/** What is left of a call's time. */
function sendOptions(
  { patience: { deadlineMs, signal }, nowMs = performance.now() }: WantedCall,
  onTiming?: (timing: Timing) => void,
): SendOptions {
  return { deadlineMs, timeoutMs: deadlineMs - nowMs, signal, onTiming };
}

function keysOf(overloads: readonly CallableOverload[]): string {
  return overloads.map((overload) => overload.signature.key).join("; ");
}
