/** One attempt of a call at one node: which overload the values fit, there and back. */
import { Cancelled, InternalError, InvalidArguments, MalformedMessage } from "../errors/mod.ts";
import {
  chooseOverload,
  type CompiledSignature,
  NamedSource,
  type Route,
  type ScriptId,
  scriptIdShownLength,
  type ScriptPin,
  type Timing,
} from "../wire/mod.ts";
import { CallStreams } from "./_call_streams.ts";
import { type Answer, OneShotNode } from "./_one_shot.ts";
import type { Patience } from "./_patience.ts";
import type { CallTrace } from "./trace.ts";
import type { CallableOverload, Catalog } from "./catalog.ts";
import type { NodeAddress } from "./address.ts";
import type { SendOptions } from "./connection_options.ts";
import type { NodeConnection } from "./node_connection.ts";

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
  readonly patience: Patience;
  /** How often its providers are tried again. */
  readonly retries: number;
  /** Whether it is a second attempt beside another, which is made of idempotent rpcs only. */
  readonly isHedge: boolean;
  /** The node that it is tried at. */
  node: NodeAddress | undefined;
  /** Whether it may be made again even if its script has run: nothing was sent, or the rpc is idempotent. */
  isRepeatable: boolean;
}

/**
 * Makes a call at a node.
 *
 * @throws {RpcException} What came back as RPC-EX.
 * @throws {ConnectionLost} If the connection ended first; whether the script ran is unknown.
 * @throws {NodeUnreachable} If it ended before the call was sent.
 * @throws {Cancelled} If the signal was raised, or a hedge is not allowed.
 */
export async function callOnNode(
  catalog: Catalog,
  node: NodeConnection | OneShotNode,
  wanted: WantedCall,
): Promise<Reply> {
  const { service, rpc, values, patience } = wanted;
  wanted.isRepeatable = true;
  for (;;) {
    const found = catalog.overloadsOf(service, rpc, { node, patience });
    const known = found instanceof Promise ? await found : found;
    const overloads = known.filter(({ allow }) => mayCall(wanted, allow));
    // What this caller cannot see, the node refuses in its own words.
    if (overloads.length === 0) return await provokeRefusal(node, wanted);
    try {
      const chosen = chooseOverload<CallableOverload>(rpc, overloads, {
        values,
        form: wanted.form,
        argumentTypes: wanted.types,
      });
      return await send(node, wanted, chosen.overload, chosen.values);
    } catch (error) {
      // The node may have been deployed to since it described itself; nothing has run.
      if (!(error instanceof InvalidArguments) || !catalog.forget(service)) throw error;
      const fresh = await catalog.overloadsOf(service, rpc, { node, patience });
      if (keysOf(fresh) === keysOf(overloads)) throw error;
    }
  }
}

/** Who is not said to be anybody finds out from the node. */
function mayCall({ client }: WantedCall, allow: readonly string[] | undefined): boolean {
  return allow === undefined || client === undefined || allow.includes(client);
}

/** Calls what no node can have, to hear why this caller cannot call the rpc. */
async function provokeRefusal(
  node: NodeConnection | OneShotNode,
  { service, rpc, patience }: WantedCall,
): Promise<never> {
  const route: Route = { service, rpc, argumentTypes: ["?"], returnTypes: [] };
  if (node instanceof OneShotNode) await node.provoke(route, patience);
  else await node.call(route, new Uint8Array(0), sendOptions(patience));
  throw new InternalError(`${node.name} ran what cannot exist`);
}

async function send(
  node: NodeConnection | OneShotNode,
  wanted: WantedCall,
  { signature, isIdempotent }: CallableOverload,
  chosen: readonly unknown[],
): Promise<Reply> {
  const { service, rpc, pin, patience } = wanted;
  const hasStreams = isStreaming(signature);
  if (wanted.isHedge && (!isIdempotent || hasStreams)) {
    throw new Cancelled(
      `no second attempt is made of ${service}.${rpc}: it ${
        hasStreams ? "has a stream" : "is not idempotent"
      }`,
    );
  }
  const { args: argumentTypes, returns: returnTypes } = signature;
  const values = hasStreams ? withNamedSources(chosen, wanted, signature) : chosen;
  const trace = wanted.trace && true;
  const route: Route = { service, rpc, argumentTypes, returnTypes, script: pin, trace };
  const onSent = () => wanted.isRepeatable = isIdempotent;
  const { value, script } = node instanceof OneShotNode
    ? await node.call(route, { signature, values, patience, onSent })
    : await exchange(node, route, { signature, values, onSent, wanted });
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

/** There and back over a connection that stands. */
async function exchange(
  node: NodeConnection,
  route: Route,
  { signature, values, onSent, wanted }: {
    readonly signature: CompiledSignature;
    readonly values: readonly unknown[];
    readonly onSent: () => void;
    readonly wanted: WantedCall;
  },
): Promise<Answer> {
  const encoded = signature.encodeArguments(values);
  // It may have ended while the node was asked what there is.
  if (!node.isUsable) throw node.notSent();
  onSent();
  const { trace } = wanted;
  let timing: Timing | undefined;
  const onTiming = trace && ((told: Timing) => timing = told);
  const options = sendOptions(wanted.patience, onTiming);
  trace?.lap("resolve");
  if (!isStreaming(signature)) {
    const { payload, script } = await node.call(route, encoded, options);
    trace?.answered(timing);
    return { value: signature.decodeResult(payload), script };
  }
  const streams = new CallStreams(signature, values);
  const replying = node.call(route, encoded, options, streams);
  if (trace !== undefined) replying.then(() => trace.answered(timing), () => {});
  try {
    if (streams.items === undefined) {
      const { payload, script } = await replying;
      return { value: signature.decodeResult(payload), script };
    }
    replying.catch(() => {});
    return { value: streams.items, script: await streams.opened };
  } catch (error) {
    // What was taken from a source cannot be sent to another node.
    if (streams.hasBegun) wanted.isRepeatable = false;
    throw error;
  }
}

function isStreaming({ resultStream, argumentStreams }: CompiledSignature): boolean {
  return resultStream !== undefined || argumentStreams.length > 0;
}

/** The arguments, with what people named as sources opened. */
function withNamedSources(
  values: readonly unknown[],
  { openSource }: WantedCall,
  signature: CompiledSignature,
): readonly unknown[] {
  return values.map((value, index) => {
    if (!(value instanceof NamedSource)) return value;
    if (openSource === undefined) {
      throw new InvalidArguments(`"${value.text}" names no stream here`);
    }
    return openSource(value.text, signature.args[index]);
  });
}

/** What is left of a call's time. */
function sendOptions(
  { deadlineMs, signal }: Patience,
  onTiming?: (timing: Timing) => void,
): SendOptions {
  return { timeoutMs: deadlineMs - performance.now(), signal, onTiming };
}

function keysOf(overloads: readonly CallableOverload[]): string {
  return overloads.map((overload) => overload.signature.key).join("; ");
}
