/** What a connection to a node is told, and gives back. */
import type { Limits } from "../../limits/mod.ts";
import type { ScriptId, SigningKey } from "../../identity/mod.ts";
import type { Timing } from "../../protocol/mod.ts";

/** How to connect. */
export interface NodeConnectionOptions {
  /** The client to be; none lets the node find it by address. */
  readonly client?: string;
  /** The key to prove. */
  readonly key?: SigningKey;
  /**
   * Gives up after this many milliseconds: connecting, and then again waiting for the node's greeting.
   * Default: `connectTimeoutMs`.
   */
  readonly timeoutMs?: number;
  /** The address and port to call from. */
  readonly localHost?: string;
  readonly localPort?: number;
  /** What it keeps to. Default: `limits`. */
  readonly bounds?: Limits;
}

/** How to speak to what was connected to. */
export interface SpeakOptions extends NodeConnectionOptions {
  /** The name that the node must greet with. Default: any. */
  readonly node?: string;
}

/** How one message is sent. */
export interface SendOptions {
  /** Gives up after this many milliseconds. */
  readonly timeoutMs: number;
  /** When that is, on the clock of `performance.now()`, where it is known already. Default: from now on. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Is told where the time of a call went, if its route asks for that. */
  readonly onTiming?: (timing: Timing) => void;
}

/** Makes of a result what its caller waits for. The payload is a view that is valid only until it returns. */
export type ReadResult<T> = (payload: Uint8Array, script: ScriptId) => T;

/** What came back from a call. */
export interface RawReply {
  /** The result's payload. */
  readonly payload: Uint8Array;
  /** The script that made it. */
  readonly script: ScriptId;
}
