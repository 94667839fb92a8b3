/**
 * One connection that speaks the original protocol: one JSON request, one JSON response, closed. What
 * turns out to be JSON-RPC, which begins as JSON too, is given on.
 */
import { ReadBuffer } from "../../channel/mod.ts";
import {
  FarcallError,
  InternalError,
  MalformedMessage,
  type RpcException,
  ServerDraining,
  toException,
} from "../../errors/mod.ts";
import type { CallHandle } from "../../executor/mod.ts";
import type { HeldTextRequest } from "../../helper/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  formatJsonRpcError,
  formatTextException,
  isBrokenJsonRpc,
  JsonObjectScanner,
  parseErrorCode,
  type PreparedCall,
  textResultFrame,
} from "../../protocol/json/mod.ts";
import { between } from "./_json_list.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import { callBuffered } from "./buffered_call.ts";
import { admit, checkPin } from "../calls/access.ts";
import type { NodeContext, Session } from "../node_context.ts";
import type { Via } from "../calls/dispatch.ts";
import type { LiveClient, LiveOverload } from "../calls/live_generation.ts";
import { costOfJson, growForResult } from "../memory/costs.ts";
import type { Hold } from "../memory/hold.ts";

const encoder = new TextEncoder();
const readBytesMax = 64 * 1024;

/** What was read of a connection that turned out to speak JSON-RPC. */
export interface BegunJsonRpc {
  /** What has read it. */
  readonly scanner: JsonObjectScanner;
  /** The first message, as the scanner gave it; undefined where the other side ended before its brackets closed. */
  readonly message: Uint8Array | undefined;
}

/** A connection in the text framing. */
export class TextSession implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  /** Since when the other side is waited for, and for how long at most. */
  #waitsSinceMs: number | undefined = performance.now();
  #waitsAtMostMs: number = limits.textRequestTimeoutMs;
  #isComplete = false;
  #isClosed = false;
  #call: CallHandle | undefined;
  #done: (() => void) | undefined;
  readonly #standing: PeerTrust;
  /** What the node holds for the request, and for its answer. */
  #memory: Hold | undefined;
  #scanner: JsonObjectScanner | undefined;
  readonly #written = Promise.withResolvers<void>();

  constructor(node: NodeContext, transport: Transport, standing: PeerTrust) {
    this.#node = node;
    this.#standing = standing;
    this.#transport = transport;
  }

  /**
   * Serves the one request.
   *
   * @param first What was read already.
   * @returns What was read, if it is JSON-RPC: nothing was answered then.
   */
  async run(first: Uint8Array): Promise<BegunJsonRpc | undefined> {
    try {
      const { answer, jsonRpc } = await this.#serve(first);
      if (this.#isClosed) return;
      if (answer === undefined) return jsonRpc;
      await this.#write(answer);
    } finally {
      this.#memory?.release();
      this.#written.resolve();
    }
    await this.#node.lingering.add(this.#transport, this.#standing.slice);
  }

  get pendingBytes(): number {
    return this.#standing.budget.pendingBytes;
  }

  check(nowMs: number): void {
    if (this.#waitsSinceMs === undefined) return;
    if (nowMs - this.#waitsSinceMs < this.#waitsAtMostMs) return;
    this.#node.log.warn("connection.timed-out", {
      from: this.#transport.remote,
      message: this.#isComplete
        ? `it did not read its answer for ${this.#waitsAtMostMs} ms`
        : `no complete request within ${this.#waitsAtMostMs} ms`,
    });
    this.close();
  }

  /** It has one request, and ends with its answer. */
  get isIdle(): boolean {
    return false;
  }

  sayGoodbye(): boolean {
    return false;
  }

  flushed(): Promise<void> {
    return this.#isComplete ? this.#written.promise : Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#call?.cancel();
    this.#done?.();
    this.#transport.close();
  }

  /** Reads the request and gives back its answer; or what was read, if it is JSON-RPC. */
  async #serve(first: Uint8Array): Promise<{ answer?: Uint8Array; jsonRpc?: BegunJsonRpc }> {
    let request: HeldTextRequest | undefined;
    let isBroken = true;
    try {
      const scanner = this.#scanner = new JsonObjectScanner(
        "object or array",
        this.#standing.messageBytesMax,
      );
      const bytes = await this.#readRequest(scanner, first);
      if (this.#isClosed) return {};
      if (bytes === undefined) {
        if (isBrokenJsonRpc(scanner.begun)) return { jsonRpc: { scanner, message: undefined } };
        throw new MalformedMessage(
          "the request ended before its braces closed; send one JSON object",
        );
      }
      isBroken = false;
      this.#standing.budget.receive(0);
      this.#memory = this.#standing.budget.hold(bytes.length);
      const reading = this.#node.messages.readText(bytes, this.#transport.remoteHost);
      if (reading instanceof Promise) this.#waitsSinceMs = undefined;
      request = reading instanceof Promise ? await reading : reading;
      if (request === undefined) return { jsonRpc: { scanner, message: bytes } };
      this.#beginAnswer();
      return { answer: await this.#answer(request, costOfJson(bytes, this.#node.messages)) };
    } catch (error) {
      // A connection that broke while it was read from is no request to answer.
      if (!this.#isComplete && !(error instanceof FarcallError)) throw error;
      this.#beginAnswer();
      const answer = isBroken && isBrokenJsonRpc(this.#scanner!.begun)
        ? this.#refuseJsonRpc(error)
        : this.#refuse(error, request);
      return { answer: encoder.encode(answer) };
    }
  }

  /** From here on nothing more is read that matters, and the other side is not waited for. */
  #beginAnswer(): void {
    this.#isComplete = true;
    this.#standing.hasAsked = true;
    this.#waitsSinceMs = undefined;
  }

  async #write(answer: Uint8Array): Promise<void> {
    this.#waitsAtMostMs = limits.writeTimeoutMs;
    for (let start = 0; start < answer.length; start += limits.writeBytesMax) {
      this.#waitsSinceMs = performance.now();
      await this.#transport.write(answer.subarray(start, start + limits.writeBytesMax));
    }
    this.#waitsSinceMs = undefined;
  }

  /** The request; undefined if the stream ends before it is complete. */
  async #readRequest(
    scanner: JsonObjectScanner,
    first: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    let found = scanner.push(first);
    if (found !== undefined) return found;
    const { budget, slice } = this.#standing;
    const buffer = new ReadBuffer({ memory: budget, bytesMax: readBytesMax });
    try {
      while (found === undefined) {
        budget.receive(scanner.begun.length);
        const count = await this.#transport.read(buffer.bytes);
        if (count === null || this.#isClosed) return undefined;
        slice.begin();
        found = scanner.push(buffer.bytes.subarray(0, count));
        buffer.filled(count);
        if (slice.settle()) await slice.next();
      }
      return found;
    } finally {
      buffer.release();
    }
  }

  async #answer(request: HeldTextRequest, cost: number): Promise<Uint8Array> {
    const prepared = await this.#prepare(request, cost);
    if (this.#isClosed) return new Uint8Array(0);
    const { client, call } = prepared;
    const { overload } = call;
    const { script, signature } = overload;
    const node = this.#node;
    checkPin(overload, request.script);
    if (node.isDraining) throw new ServerDraining("the node is shutting down");
    const exception = (type: string, message: string): Uint8Array =>
      encoder.encode(formatTextException(type, message, script));
    return await new Promise((resolve) => {
      const answer = async (payload: Uint8Array): Promise<Uint8Array> => {
        try {
          growForResult(this.#memory, payload.length);
          const json = await node.messages.resultJson(
            signature,
            node.messages.isLarge(payload) ? payload.slice() : payload,
            { form: request.areStrings ? "texts" : "list", from: this.#transport.remoteHost },
          );
          return between(textResultFrame(script), json);
        } catch (error) {
          if (error instanceof MalformedMessage) {
            return exception(error.code, error.message);
          }
          return encoder.encode(this.#refuse(error, request));
        }
      };
      this.#done = () => resolve(new Uint8Array(0));
      this.#call = callBuffered({ ...call, memory: this.#memory }, {
        result: (payload) => {
          this.#call = undefined;
          resolve(answer(payload));
        },
        exception: (type, message) => {
          this.#call = undefined;
          resolve(exception(type, message));
        },
      }, (payload, sink) =>
        node.dispatcher.run({
          overload,
          payload,
          timeoutMs: limits.callTimeoutMs,
          client,
          from: this.#transport.remote,
          via: "text",
        }, sink));
    });
  }

  /** Looks who calls and what it may, then chooses the overload. */
  async #prepare(
    request: HeldTextRequest,
    cost: number,
  ): Promise<{ client: LiveClient; call: PreparedCall<LiveOverload> }> {
    const { proof, held } = request;
    let isHeld = true;
    try {
      const caller = {
        ...this.#standing.origin,
        client: request.client,
        key: proof && await this.#standing.prove(proof),
      };
      const { client, overloads } = admit(this.#node.services.live, caller, request);
      this.#standing.budget.belongTo(client.name);
      this.#memory!.grow(cost);
      isHeld = false;
      return { client, call: await held.prepare(request.rpc, overloads) };
    } finally {
      if (isHeld) held.drop();
    }
  }

  /** The answer to what cannot be run. */
  #refuse(error: unknown, request: HeldTextRequest | undefined): string {
    const { code, message } = this.#recordRefusal(error, { via: "text", request });
    return formatTextException(code, message);
  }

  /** The answer to what is no message, and was meant as one of JSON-RPC. */
  #refuseJsonRpc(error: unknown): string {
    const { code: type, message } = this.#recordRefusal(error, { via: "json-rpc" });
    const code = type === "Malformed Message" ? parseErrorCode : undefined;
    return formatJsonRpcError(null, { type, message }, code) + "\n";
  }

  #recordRefusal(
    error: unknown,
    { via, request }: { via: Via; request?: HeldTextRequest },
  ): RpcException {
    const exception = toException(error);
    const { cause } = exception;
    this.#node.log.warn("call.refused", {
      from: this.#transport.remote,
      via,
      client: request?.client,
      service: request?.service,
      rpc: request?.rpc,
      exception: exception.code,
      message: exception.message,
      stack: exception instanceof InternalError && cause instanceof Error ? cause.stack : undefined,
    });
    return exception;
  }
}
