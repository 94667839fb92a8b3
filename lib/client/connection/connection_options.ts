/** Options and results of a connection to a node. */
import type { Limits } from "../../limits/mod.ts";
import type { ScriptId, SigningKey } from "../../identity/mod.ts";
import type { Timing } from "../../protocol/mod.ts";

/** How to connect. */
export interface NodeConnectionOptions {
  /** The client to call as. Default: the node finds it by address. */
  readonly client?: string;
  /** The key to prove. */
  readonly key?: SigningKey;
  /** The time limit in milliseconds for connecting, and again for the node's greeting. Default: `connectTimeoutMs`. */
  readonly timeoutMs?: number;
  /** The address and port to call from. */
  readonly localHost?: string;
  readonly localPort?: number;
  /** Its bounds. Default: `limits`. */
  readonly bounds?: Limits;
}

/** How to start a session on a connection. */
export interface SpeakOptions extends NodeConnectionOptions {
  /** The name that the node's greeting must have. Default: any. */
  readonly node?: string;
}

/** Decides what a failed call settles with. */
export interface Recovery {
  /** @returns The promise that replaces the call's rejection. */
  recover(error: unknown): Promise<unknown>;
}

/** How one message is sent. */
export interface SendOptions {
  /** Gives up after this many milliseconds. */
  readonly timeoutMs: number;
  /** The deadline on the clock of `performance.now()`, if it is known already. Default: `timeoutMs` from now. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Handles failures. Default: the call rejects. */
  readonly recovery?: Recovery;
  /** Records where the time of a call went, if its route asks for that. */
  readonly onTiming?: (timing: Timing) => void;
}

/** Decodes a result. The payload is a view that is valid only until it returns. */
export type ReadResult<T> = (payload: Uint8Array, script: ScriptId) => T;

/** A call's raw result. */
export interface RawReply {
  /** The result's payload. */
  readonly payload: Uint8Array;
  /** The id of the script that returned it. */
  readonly script: ScriptId;
}
