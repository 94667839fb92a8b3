/**
 * One connection that speaks the original protocol: one JSON request, one JSON response, closed. What
 * turns out to be JSON-RPC, which begins as JSON too, is given on.
 */
import { ReadBuffer } from "../../channel/mod.ts";
import { FarcallError, MalformedMessage } from "../../errors/mod.ts";
import type { HeldTextRequest } from "../../helper/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  formatJsonRpcError,
  formatTextException,
  isBrokenJsonRpc,
  JsonObjectScanner,
  parseErrorCode,
  textResultFrame,
} from "../../protocol/json/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";
import { between } from "./_json_list.ts";
import { JsonCalls } from "./_json_calls.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import type { NodeContext, Session } from "../node_context.ts";
import { costOfJson } from "../memory/costs.ts";
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
  #waitsAtMostMs: number;
  #isComplete = false;
  #isClosed = false;
  readonly #calls: JsonCalls;
  readonly #trust: PeerTrust;
  /** What the node holds for the request, and for its answer. */
  #memory: Hold | undefined;
  #scanner: JsonObjectScanner | undefined;
  readonly #written = Promise.withResolvers<void>();

  constructor(node: NodeContext, transport: Transport, trust: PeerTrust) {
    this.#node = node;
    this.#waitsAtMostMs = node.bounds.textRequestTimeoutMs;
    this.#trust = trust;
    this.#transport = transport;
    this.#calls = new JsonCalls(node, transport, trust);
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
    await this.#node.lingering.add(this.#transport, this.#trust.slice);
  }

  get pendingBytes(): number {
    return this.#trust.budget.pendingBytes;
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
    this.#calls.cancelAll();
    this.#transport.close();
  }

  /** Reads the request and gives back its answer; or what was read, if it is JSON-RPC. */
  async #serve(first: Uint8Array): Promise<{ answer?: Uint8Array; jsonRpc?: BegunJsonRpc }> {
    let request: HeldTextRequest | undefined;
    let isBroken = true;
    try {
      const scanner = this.#scanner = new JsonObjectScanner(
        "object or array",
        this.#trust.messageBytesMax,
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
      this.#trust.budget.receive(0);
      const memory = this.#memory = this.#trust.budget.hold(bytes.length);
      const reading = this.#node.messages.readText(bytes, this.#transport.remoteHost);
      if (reading instanceof Promise) this.#waitsSinceMs = undefined;
      request = reading instanceof Promise ? await reading : reading;
      if (request === undefined) return { jsonRpc: { scanner, message: bytes } };
      this.#beginAnswer();
      const cost = costOfJson(bytes, this.#node.messages);
      return { answer: await this.#answer(request, { cost, memory }) };
    } catch (error) {
      // A connection that broke while it was read from is not a request to answer.
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
    this.#trust.hasAsked = true;
    this.#waitsSinceMs = undefined;
  }

  async #write(answer: Uint8Array): Promise<void> {
    const { writeTimeoutMs, writeBytesMax } = this.#node.bounds;
    this.#waitsAtMostMs = writeTimeoutMs;
    for (let start = 0; start < answer.length; start += writeBytesMax) {
      this.#waitsSinceMs = performance.now();
      await this.#transport.write(answer.subarray(start, start + writeBytesMax));
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
    const { budget, slice } = this.#trust;
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

  async #answer(
    request: HeldTextRequest,
    { cost, memory }: { readonly cost: number; readonly memory: Hold },
  ): Promise<Uint8Array> {
    const { held, service, rpc, client, proof, script: pin, areStrings, trace } = request;
    const form = areStrings ? "texts" : "list";
    let key: PublicKey | undefined;
    try {
      key = proof && await this.#trust.prove(proof);
    } catch (error) {
      held.drop();
      throw error;
    }
    const call = { service, rpc, held, cost, memory, client, key, pin, form, trace } as const;
    const outcome = await this.#calls.run(call, "text");
    return outcome.kind === "result"
      ? between(textResultFrame(outcome.script), outcome.json)
      : encoder.encode(formatTextException(outcome.type, outcome.message, outcome.script));
  }

  /** The answer to what cannot be run. */
  #refuse(error: unknown, request: HeldTextRequest | undefined): string {
    const { type, message } = this.#calls.refuse(error, "text", request);
    return formatTextException(type, message);
  }

  /** The answer to what is not a message, and was meant as one of JSON-RPC. */
  #refuseJsonRpc(error: unknown): string {
    const { type, message } = this.#calls.refuse(error, "json-rpc");
    const code = type === "Malformed Message" ? parseErrorCode : undefined;
    return formatJsonRpcError(null, { type, message }, code) + "\n";
  }
}
