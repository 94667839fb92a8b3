/** What a caller asks for, from `farcall.call` to the wire: made once, never changed. */
import type { CompiledSignature } from "../../types/mod.ts";
import type { ScriptPin } from "../../identity/mod.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import type { TraceContext } from "../../context/mod.ts";
import type { MadeCall } from "../../traces/mod.ts";

/** How the values of a call are written: as TypeScript values, or as texts that the types decode. */
export type ValueForm = "values" | "texts" | "json";

/** Opens what a person named as the items of a stream of this type: `-`, or `@` and a path. */
export type OpenSource = (name: string, type: string) => AsyncIterable<unknown>;

/** Reads what a person named in place of another argument. Asked again for a name, it gives the same bytes. */
export type ReadSource = (name: string) => Promise<Uint8Array>;

/** How the values of a call are given, where they are typed by a person. */
export interface TypedOptions {
  readonly form?: ValueForm;
  readonly openSource?: OpenSource;
  readonly readSource?: ReadSource;
  /** The trace that the person's shell is in. */
  readonly context?: TraceContext;
}

/** A call, whichever node it is made at. */
export interface CallRequest {
  readonly service: string;
  readonly rpc: string;
  /** The client to be; undefined where each node finds it. */
  readonly client: string | undefined;
  readonly values: readonly unknown[];
  readonly form: ValueForm;
  /** The overload's argument types, where the values alone do not tell. */
  readonly types: readonly string[] | undefined;
  readonly pin: ScriptPin | undefined;
  readonly openSource: OpenSource | undefined;
  /** Left out, texts are what they say. */
  readonly readSource: ReadSource | undefined;
  readonly trace: CallTrace | undefined;
  /** Its spans, where these are exported. */
  readonly spans?: MadeCall;
  /** Its place in a distributed trace. */
  readonly context: TraceContext | undefined;
  /** How many calls led to it; undefined where it is made on behalf of none. */
  readonly depth?: number;
  readonly deadline: CallDeadline;
  /** How often its providers are tried again. */
  readonly retries: number;
}

/** A result and where it came from. */
export interface Reply {
  /**
   * The value; an array where the rpc returns several; undefined where it returns none; an
   * `AsyncIterableIterator` where it returns a stream.
   */
  readonly value: unknown;
  /** The id of the script that made it: 64 hex digits. */
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
