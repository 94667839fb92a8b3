/** A call's request, from `farcall.call` to the wire: immutable. */
import type { CompiledSignature } from "../../types/mod.ts";
import type { ScriptPin } from "../../identity/mod.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import type { TraceContext } from "../../context/mod.ts";
import type { MadeCall } from "../../traces/mod.ts";

/** The form of a call's values: TypeScript values, texts in the string form, or native JSON. */
export type ValueForm = "values" | "texts" | "json";

/** Opens a named source (`-`, or `@` and a path) as the items of a stream of this type. */
export type OpenSource = (name: string, type: string) => AsyncIterable<unknown>;

/** Reads a named source of another argument. Returns the same bytes each time. */
export type ReadSource = (name: string) => Promise<Uint8Array>;

/** Options of a call whose values a person typed. */
export interface TypedOptions {
  readonly form?: ValueForm;
  readonly openSource?: OpenSource;
  readonly readSource?: ReadSource;
  /** The trace that the person's shell is in. */
  readonly context?: TraceContext;
}

/** A call, independent of the node. */
export interface CallRequest {
  readonly service: string;
  readonly rpc: string;
  /** The client to call as; undefined to let each node find it. */
  readonly client: string | undefined;
  readonly values: readonly unknown[];
  readonly form: ValueForm;
  /** The overload's argument types, if the values alone do not decide. */
  readonly types: readonly string[] | undefined;
  readonly pin: ScriptPin | undefined;
  readonly openSource: OpenSource | undefined;
  /** Undefined if texts are literal. */
  readonly readSource: ReadSource | undefined;
  readonly trace: CallTrace | undefined;
  /** Its spans, if they are exported. */
  readonly spans?: MadeCall;
  /** Its place in a distributed trace. */
  readonly context: TraceContext | undefined;
  /** The depth of nested calls; undefined outside any call. */
  readonly depth?: number;
  readonly deadline: CallDeadline;
  /** How often all providers are tried again. */
  readonly retries: number;
  /** What its attempts resolve to. */
  readonly wants: "reply" | "value";
}

/** A result and its origin. */
export interface Reply {
  /**
   * The value: an array if the rpc returns several, undefined if it returns none, an `AsyncIterableIterator` if it
   * returns a stream.
   */
  readonly value: unknown;
  /** The id of the script that returned it: 64 hex digits. */
  readonly script: string;
  /** The node that ran it, as `name (host:port)`. */
  readonly node: string;
  /**
   * The overload that ran.
   *
   * @internal
   */
  readonly signature: CompiledSignature;
}
