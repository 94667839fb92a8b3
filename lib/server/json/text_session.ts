/**
 * A connection that speaks the original protocol: one JSON request, one JSON response, closed. JSON-RPC, which starts
 * as JSON too, is handed over.
 */
import { tickNowMs } from "../../channel/mod.ts";
import { type ExceptionType, FarcallError, MalformedMessage } from "../../errors/mod.ts";
import type { HeldArguments, HeldTextRequest } from "../../helper/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import {
  formatJsonRpcUnread,
  formatTextException,
  formatTextUnread,
  isBrokenJsonRpc,
  JsonObjectScanner,
  textResultFrame,
} from "../../protocol/json/mod.ts";
import type { PublicKey, RequestProof } from "../../identity/mod.ts";
import { between } from "./_json_list.ts";
import { type JsonCall, JsonCalls, type JsonOutcome } from "./_json_calls.ts";
import { PacedReader } from "./_paced_reader.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import type { NodeContext, Session } from "../node_context.ts";
import { costOfJson } from "../memory/costs.ts";
import type { Hold } from "../memory/hold.ts";

const encoder = new TextEncoder();
const readBytesMax = 64 * 1024;

/** The bytes read of a connection that turned out to speak JSON-RPC. */
export interface BegunJsonRpc {
  /** The scanner that read them. */
  readonly scanner: JsonObjectScanner;
  /** The first message, as returned by the scanner; undefined if the peer closed before its brackets did. */
  readonly message: Uint8Array | undefined;
}

/** A connection that speaks the text framing. */
export class TextSession implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  /** Since when the session waits for the peer, and for how long at most. */
  #waitsSinceMs: number | undefined = tickNowMs();
  #waitsAtMostMs: number;
  #isComplete = false;
  #isClosed = false;
  readonly #calls: JsonCalls;
  readonly #trust: PeerTrust;
  /** Memory held for the request and its response. */
  #memory: Hold | undefined;
  #isWritten = false;
  /** Scans a request that is not complete. */
  #reading: JsonObjectScanner | undefined;
  /** Waits for the peer. */
  #onWritten: (() => void) | undefined;

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
   * @param first Bytes already read.
   * @returns The bytes read if it is JSON-RPC, without having replied.
   */
  async run(first: Uint8Array<ArrayBuffer>): Promise<BegunJsonRpc | undefined> {
    try {
      const scanner = new JsonObjectScanner("object or array", this.#trust.messageBytesMax);
      let request: HeldTextRequest | undefined;
      let isBroken = true;
      let answer: Uint8Array;
      try {
        const bytes = scanner.push(first) ?? await this.#readOn(scanner, first);
        if (this.#isClosed) return;
        if (bytes === undefined) {
          if (isBrokenJsonRpc(scanner.begun)) return { scanner, message: undefined };
          throw new MalformedMessage(
            `the request ended, and lacks ${scanner.missing}; send one JSON object`,
          );
        }
        isBroken = false;
        this.#trust.budget.receive(0);
        const memory = this.#memory = this.#trust.budget.hold(bytes.length);
        const reading = this.#node.messages.readText(bytes, this.#transport.remoteHost);
        if (reading instanceof Promise) this.#waitsSinceMs = undefined;
        request = reading instanceof Promise ? await reading : reading;
        if (request === undefined) return { scanner, message: bytes };
        this.#beginAnswer();
        const cost = costOfJson(bytes, this.#node.messages);
        const key = request.proof && await this.#prove(request.proof, request.held);
        answer = answerOf(await this.#run(request, { cost, memory, key }));
      } catch (error) {
        // A connection that broke during reading has no request to answer.
        if (!this.#isComplete && !(error instanceof FarcallError)) throw error;
        if (isBroken) await this.#trust.slice.beginInTurn();
        if (this.#isClosed) return;
        this.#beginAnswer();
        answer = encoder.encode(
          isBroken && isBrokenJsonRpc(scanner.begun)
            ? this.#refuseJsonRpc(error)
            : this.#refuse(error, request),
        );
      }
      if (this.#isClosed) return;
      await this.#write(answer);
      this.#waitsSinceMs = undefined;
    } finally {
      this.#memory?.release();
      this.#isWritten = true;
      this.#onWritten?.();
    }
    await this.#node.lingering.add(this.#transport, this.#trust.slice);
  }

  get pendingBytes(): number {
    return this.#trust.budget.pendingBytes;
  }

  check(nowMs: number): void {
    if (this.#waitsSinceMs === undefined) return;
    if (nowMs - this.#waitsSinceMs < this.#waitsAtMostMs) return;
    // It was told, and did not read it.
    if (this.#isClosed) return this.#transport.close();
    const late = `no complete request within ${this.#waitsAtMostMs} ms`;
    this.#node.log.warn("connection.timed-out", {
      from: this.#transport.remote,
      message: this.#isComplete ? `it did not read its answer for ${this.#waitsAtMostMs} ms` : late,
    });
    const lacking = this.#reading && `${late}; it lacks ${this.#reading.missing}`;
    const told = lacking && this.#refuseUnread("Malformed Message", lacking);
    if (!told) return this.close();
    this.#waitsSinceMs = nowMs;
    this.#waitsAtMostMs = this.#node.bounds.writeTimeoutMs;
    const close = (): void => this.#transport.close();
    told.then(close, close);
  }

  /** The connection has one request, and ends with its response. */
  get isIdle(): boolean {
    return false;
  }

  sayGoodbye(): boolean {
    return false;
  }

  dismiss(reason: string): Promise<void> | undefined {
    return this.#refuseUnread("Overloaded", reason);
  }

  flushed(): Promise<void> {
    if (!this.#isComplete || this.#isWritten) return Promise.resolve();
    return new Promise((resolve) => this.#onWritten = resolve);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#calls.cancelAll();
    this.#transport.close();
  }

  /** Tells the peer why the rest of its request is not read; undefined if there is no such request. */
  #refuseUnread(type: ExceptionType, message: string): Promise<void> | undefined {
    if (this.#isClosed || this.#reading === undefined) return undefined;
    this.#isClosed = true;
    const answer = isBrokenJsonRpc(this.#reading.begun)
      ? formatJsonRpcUnread({ type, message })
      : formatTextUnread(type, message);
    return this.#transport.write(encoder.encode(answer));
  }

  /** Further input does not matter, and the session no longer waits for the peer. */
  #beginAnswer(): void {
    this.#isComplete = true;
    this.#trust.hasAsked = true;
    this.#waitsSinceMs = undefined;
  }

  #write(answer: Uint8Array): Promise<void> {
    const { writeTimeoutMs, writeBytesMax } = this.#node.bounds;
    this.#waitsAtMostMs = writeTimeoutMs;
    if (answer.length > writeBytesMax) return this.#writeInParts(answer, writeBytesMax);
    this.#waitsSinceMs = tickNowMs();
    return this.#transport.write(answer);
  }

  /** Each part has its own time to be read. */
  async #writeInParts(answer: Uint8Array, bytesMax: number): Promise<void> {
    for (let start = 0; start < answer.length; start += bytesMax) {
      this.#waitsSinceMs = tickNowMs();
      await this.#transport.write(answer.subarray(start, start + bytesMax));
    }
  }

  /**
   * Reads the rest of the request; undefined if the stream ends before it is complete.
   *
   * @param first Bytes already read; the rest is read into their buffer, too.
   */
  async #readOn(
    scanner: JsonObjectScanner,
    first: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array | undefined> {
    const { budget } = this.#trust;
    const options = { first, used: first.buffer, bytesMax: readBytesMax };
    const reader = new PacedReader(this.#transport, this.#trust, options);
    this.#reading = scanner;
    try {
      while (!this.#isClosed) {
        budget.receive(scanner.begun.length);
        const bytes = await reader.read();
        if (bytes === null || this.#isClosed) return undefined;
        const found = scanner.push(bytes);
        if (found === undefined) reader.taken();
        await reader.pace(found === undefined ? "patient" : "line");
        if (found !== undefined) return found;
      }
    } finally {
      this.#reading = undefined;
      reader.release();
    }
  }

  async #prove(proof: RequestProof, held: HeldArguments): Promise<PublicKey> {
    try {
      return await this.#trust.prove(proof);
    } catch (error) {
      held.drop();
      throw error;
    }
  }

  #run(
    { held, service, rpc, client, script: pin, areStrings, trace }: HeldTextRequest,
    { cost, memory, key }: Pick<JsonCall, "cost" | "memory" | "key">,
  ): Promise<JsonOutcome> {
    const form = areStrings ? "texts" : "list";
    return this.#calls.run(
      { service, rpc, held, cost, memory, client, key, pin, form, trace },
      "text",
    );
  }

  /** The response to a call that cannot run. */
  #refuse(error: unknown, request: HeldTextRequest | undefined): string {
    const { type, message } = this.#calls.refuse(error, "text", request);
    return formatTextException(type, message);
  }

  /** The response to an invalid message that was meant as JSON-RPC. */
  #refuseJsonRpc(error: unknown): string {
    return formatJsonRpcUnread(this.#calls.refuse(error, "json-rpc"));
  }
}

function answerOf(outcome: JsonOutcome): Uint8Array {
  return outcome.kind === "result"
    ? between(textResultFrame(outcome.script), outcome.json)
    : encoder.encode(formatTextException(outcome.type, outcome.message, outcome.script));
}
