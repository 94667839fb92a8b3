/**
 * The original pattern: a connection for each call, with one request in text and one response. Streams travel as lists,
 * and a sent call cannot be cancelled.
 */
import { traceContext } from "../../context/mod.ts";
import {
  ConnectionLost,
  DeadlineExceeded,
  exceptionOf,
  type FarcallError,
  InvalidArguments,
  MalformedMessage,
  messageOf,
  NodeUnreachable,
  toException,
} from "../../errors/mod.ts";
import { cutMessage } from "../../encoding/mod.ts";
import { Timer } from "../../timers/mod.ts";
import { formatPeer, type Transport } from "../../transport/mod.ts";
import type { CompiledSignature, NamedSource } from "../../types/mod.ts";
import type { Request, Responses, Route } from "../../protocol/mod.ts";
import {
  formatSignedTextRequest,
  formatTextRequest,
  JsonObjectScanner,
  parseTextResponse,
  stringsIn,
  type TextResponse,
} from "../../protocol/json/mod.ts";
import { scriptId } from "../../identity/mod.ts";
import { type CallDeadline, cancelledBy, checkSignal } from "../call_deadline.ts";
import { connectTo } from "./connect.ts";
import { formatNode, type NodeAddress } from "../address.ts";
import type { CallableNode, ChosenCall } from "./callable_node.ts";
import type { NodeConnectionOptions, SendOptions } from "./connection_options.ts";
import { NodeErrors } from "./_node_errors.ts";
import { isTlsAlert, shownFingerprint } from "./_preface.ts";
import { NodeConnection } from "./node_connection.ts";

/** A node, with a new connection for each call. */
export class OneShotNode implements CallableNode {
  readonly address: NodeAddress;
  readonly #options: NodeConnectionOptions;
  readonly #closing: AbortSignal;

  /** @param closing Cancels what is in progress. */
  constructor(address: NodeAddress, options: NodeConnectionOptions, closing: AbortSignal) {
    this.address = address;
    this.#options = options;
    this.#closing = closing;
  }

  /** The node, for messages. */
  get name(): string {
    return formatNode(this.address);
  }

  /** Sends a request that text cannot express, over a framed connection of its own. */
  async request<R extends Request>(request: R, options: SendOptions): Promise<Responses[R["op"]]> {
    const connection = await NodeConnection.open(this.address, this.#options);
    try {
      return await connection.request(request, options);
    } finally {
      await connection.close();
    }
  }

  /** Makes a call; its streams are sent and received as lists. The node may still run a cancelled call. */
  async exchange(call: ChosenCall): Promise<unknown> {
    const { route, signature, deadline } = call;
    let { values } = call;
    if (signature.argumentStreams.length > 0) {
      const { listItems } = await import("./item_list.ts");
      const late = () => this.late();
      const streams = signature.argumentStreams;
      const open = (named: NamedSource, index: number) => call.open(named, index);
      values = await listItems(values, { streams, open, lists: call.lists(), deadline, late });
    }
    const { texts, json } = argumentsOf(signature, values);
    const response = parseTextResponse(
      await this.#exchange(route, texts ?? json, deadline, () => call.sent()),
    );
    const node = this.name;
    if (response.kind === "exception") throw this.#errorOf(response);
    const { returnValues, script } = response;
    if (script === undefined) {
      throw new MalformedMessage(`${node} did not say which script has run`, { node });
    }
    const value = texts === undefined
      ? signature.resultFromJson(returnValues)
      : signature.resultFromTexts(returnValues);
    return call.answered({
      value: signature.resultStream === undefined ? value : itemsOf(value as unknown[]),
      script: scriptId(script),
    });
  }

  /** Calls a nonexistent overload, to get the node's reason why this caller cannot call the rpc. */
  async provoke(route: Route, deadline: CallDeadline): Promise<unknown> {
    const response = parseTextResponse(await this.#exchange(route, [], deadline, () => {}));
    if (response.kind === "result") return response;
    throw this.#errorOf(response);
  }

  #errorOf(response: TextResponse & { kind: "exception" }): FarcallError {
    const { exceptionType, exceptionMessage, script, isUnread } = response;
    const message = cutMessage(exceptionMessage);
    if (isUnread) return new NodeErrors(this.name).notTaken(message);
    return exceptionOf(cutMessage(exceptionType), message, { node: this.name, script });
  }

  /** One request, one response. */
  async #exchange(
    { service, rpc, argumentTypes, returnTypes, script, ...trace }: Route,
    values: readonly unknown[],
    deadline: CallDeadline,
    onSent: () => void,
  ): Promise<Uint8Array> {
    checkSignal(deadline);
    const leftMs = deadline.deadlineMs - performance.now();
    if (leftMs <= 0) throw this.late();
    const transport = await this.#connect(leftMs);
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const onAbort = () =>
      reject(
        cancelledBy(deadline.signal, "the call was cancelled by its caller", { node: this.name }),
      );
    const timer = new Timer(() => reject(this.late()), deadline.deadlineMs - performance.now());
    const onClosing = () => reject(this.#lost("it was closed here"));
    this.#closing.addEventListener("abort", onClosing, { once: true });
    deadline.signal?.addEventListener("abort", onAbort, { once: true });
    if (deadline.signal?.aborted) onAbort();
    if (this.#closing.aborted) onClosing();
    try {
      const { client, key } = this.#options;
      const fields = {
        client,
        service,
        rpc,
        arguments: values,
        argumentTypes,
        returnTypes,
        script,
        trace: traceContext(trace.traceparent, trace.tracestate),
      };
      const request = key === undefined
        ? formatTextRequest(fields)
        : await formatSignedTextRequest(fields, {
          key,
          to: formatPeer(transport),
          timeMs: Date.now(),
          nonce: crypto.randomUUID(),
        });
      onSent();
      const answering = this.#answer(transport, new TextEncoder().encode(request));
      answering.catch(() => {});
      return await Promise.race([answering, givenUp]);
    } finally {
      timer.stop();
      deadline.signal?.removeEventListener("abort", onAbort);
      this.#closing.removeEventListener("abort", onClosing);
      givenUp.catch(() => {});
      transport.close();
    }
  }

  #connect(leftMs: number): Promise<Transport> {
    const { timeoutMs = leftMs } = this.#options;
    return connectTo(this.address, { ...this.#options, timeoutMs: Math.min(timeoutMs, leftMs) });
  }

  async #answer(transport: Transport, request: Uint8Array): Promise<Uint8Array> {
    const scanner = new JsonObjectScanner();
    let reason: unknown = new Error("it was closed");
    // A node that refuses a request may answer and close before it has read all of it.
    let isWritten = false;
    const writing = transport.write(request)
      .then(() => isWritten = true, (error) => reason = error);
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const count = await transport.read(buffer);
        if (count === null) break;
        if (isTlsAlert(buffer)) {
          throw new NodeErrors(this.name).speaksTls(await shownFingerprint(transport));
        }
        const answer = scanner.push(buffer.subarray(0, count));
        if (answer !== undefined) return answer;
      }
      await writing;
    } catch (error) {
      reason = error;
    }
    if (reason instanceof MalformedMessage || reason instanceof NodeUnreachable) throw reason;
    // The end of the request was not sent, so the node cannot have run it.
    if (!isWritten) throw new NodeErrors(this.name).notSent(toException(reason));
    throw this.#lost(messageOf(reason));
  }

  #lost(reason: string): ConnectionLost {
    return new ConnectionLost(
      `the connection to ${this.name} ended before the answer: ${reason}; whether the script ran is unknown`,
      { node: this.name },
    );
  }

  /** The error if the deadline passes before the answer. */
  late(): DeadlineExceeded {
    return new DeadlineExceeded(`${this.name} did not answer within the call's deadline`, {
      node: this.name,
    });
  }
}

/**
 * The arguments as native JSON; if all of these would be texts, which a node reads in the string form, in the string
 * form.
 */
function argumentsOf(
  signature: CompiledSignature,
  values: readonly unknown[],
): { texts?: readonly string[]; json: readonly unknown[] } {
  const json = signature.argumentsToJson(values);
  if (!stringsIn(json)) return { json };
  const texts = signature.argumentsToTexts(values);
  const read = signature.argumentsFromTexts(texts);
  const ambiguous = read.findIndex((value, index) => value === null && values[index] !== null);
  if (ambiguous < 0) return { texts, json };
  throw new InvalidArguments(
    `argument ${ambiguous + 1}: the text "${texts[ambiguous]}" cannot be told from None in text; ` +
      "call without oneShot",
  );
}

async function* itemsOf(list: readonly unknown[]): AsyncGenerator<unknown, undefined> {
  yield* list;
  return undefined;
}
