/** A node that can be called, over any kind of connection. */
import type { CompiledSignature, ItemSource, NamedSource } from "../../types/mod.ts";
import type { Request, Responses, Route } from "../../protocol/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import type { NodeAddress } from "../address.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import type { Recovery, SendOptions } from "./connection_options.ts";
import type { ItemLists } from "./item_list.ts";

/** A result, and the id of the script that returned it. */
export interface Answer {
  readonly value: unknown;
  readonly script: ScriptId;
}

/** A call with a chosen overload. */
export interface ChosenCall {
  readonly route: Route;
  readonly signature: CompiledSignature;
  readonly values: readonly unknown[];
  readonly deadline: CallDeadline;
  /** The current time on the clock of `performance.now()`, unless there was a wait since it was read. */
  readonly nowMs: number | undefined;
  readonly trace: CallTrace | undefined;
  /** Handles failures instead of rejecting; only calls without streams over a connection have it. */
  readonly recovery?: Recovery;
  /** Opens an argument that names a source. */
  open(named: NamedSource, index: number): ItemSource;
  /** Items already read from its streams, if these travel as lists; kept for the next node. */
  lists(): ItemLists;
  /** It is about to be written: from then on its script may run. */
  sent(): void;
  /** A stream's source is read: from then on the call cannot be repeated. */
  taken(): void;
  /** Takes the answer. @returns What its caller wants of it. @throws {MalformedMessage} If it cannot be the answer. */
  answered(answer: Answer): unknown;
}

/** A node that can be called. */
export interface CallableNode {
  readonly address: NodeAddress;
  /** For messages. */
  readonly name: string;
  /** Sends a request other than a call. */
  request<R extends Request>(request: R, options: SendOptions): Promise<Responses[R["op"]]>;
  /**
   * Makes a call. Runs synchronously as far as possible.
   *
   * @throws {RpcException} The node's exception.
   * @throws {NodeUnreachable} If the connection has ended or could not be made: nothing has run.
   * @throws {ConnectionLost} If it ended before the answer; whether the script ran is unknown.
   * @throws {DeadlineExceeded} If the answer did not arrive in time.
   * @throws {Cancelled} If the signal was raised.
   */
  exchange(call: ChosenCall): Promise<unknown>;
  /** Calls a nonexistent overload, to get the node's reason why this caller cannot call the rpc. */
  provoke(route: Route, deadline: CallDeadline): Promise<unknown>;
}
