/** A node that can be called, over whatever kind of connection. */
import type { CompiledSignature, ItemSource, NamedSource } from "../../types/mod.ts";
import type { Request, Responses, Route } from "../../protocol/mod.ts";
import type { ScriptId } from "../../identity/mod.ts";
import type { NodeAddress } from "../address.ts";
import type { CallDeadline } from "../call_deadline.ts";
import type { CallTrace } from "../trace.ts";
import type { SendOptions } from "./connection_options.ts";
import type { ItemLists } from "./item_list.ts";

/** A result, and the script that made it. */
export interface Answer {
  readonly value: unknown;
  readonly script: ScriptId;
}

/** A call whose overload is chosen. */
export interface ChosenCall {
  readonly route: Route;
  readonly signature: CompiledSignature;
  readonly values: readonly unknown[];
  readonly deadline: CallDeadline;
  /** The time on the clock of `performance.now()`, where nothing was waited for since it was read. */
  readonly nowMs: number | undefined;
  readonly trace: CallTrace | undefined;
  /** Opens an argument that names a source. */
  readonly open: (named: NamedSource, index: number) => ItemSource;
  /** What was read of its streams, where they travel as lists; kept for the next node. */
  readonly lists: () => ItemLists;
  /** It is about to be written: from now on its script may run. */
  readonly onSent: () => void;
  /** Something was taken from the source of a stream: it cannot be sent again. */
  readonly onTaken: () => void;
}

/** A node that can be called. */
export interface CallableNode {
  readonly address: NodeAddress;
  /** As a person names it. */
  readonly name: string;
  /** Asks the node something else than a call. */
  request<R extends Request>(request: R, options: SendOptions): Promise<Responses[R["op"]]>;
  /**
   * Makes a call. What nothing has to be waited for is done before this returns.
   *
   * @param read Makes of the answer what is returned.
   * @throws {RpcException} What the node answered.
   * @throws {NodeUnreachable} If there is no connection any more, or none could be made: nothing has run.
   * @throws {ConnectionLost} If it ended before the answer; whether the script ran is unknown.
   * @throws {DeadlineExceeded} If no answer came in time.
   * @throws {Cancelled} If the signal was raised.
   */
  exchange<T>(call: ChosenCall, read: (answer: Answer) => T): Promise<T>;
  /** Calls what no node can have, to hear why this caller cannot call the rpc. */
  provoke(route: Route, deadline: CallDeadline): Promise<unknown>;
}
