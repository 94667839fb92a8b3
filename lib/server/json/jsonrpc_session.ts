/** A connection that speaks JSON-RPC 2.0 over TCP: many messages, answered as they complete. */
import { Outbox, ReadBuffer } from "../../channel/mod.ts";
import { type ExceptionType, FarcallError, MalformedMessage, messageOf } from "../../errors/mod.ts";
import type { HeldJsonRpc } from "../../helper/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { formatJsonRpcUnread, JsonObjectScanner } from "../../protocol/json/mod.ts";
import type { PublicKey, RequestProof } from "../../identity/mod.ts";
import { JsonCalls } from "./_json_calls.ts";
import { answerJsonRpc, type JsonRpcAsker } from "./_jsonrpc_batch.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import type { BegunJsonRpc } from "./text_session.ts";
import type { NodeContext, Session } from "../node_context.ts";
import { costOfJson } from "../memory/costs.ts";
import type { Hold } from "../memory/hold.ts";

const encoder = new TextEncoder();
const via = "json-rpc";
const readBytesMax = 64 * 1024;
/** The cost of each 256 bytes of a message besides scanning: parsing, a call, a response. */
const messageMs = 0.05;

/** A connection that speaks JSON-RPC. */
export class JsonRpcSession implements Session {
  readonly #node: NodeContext;
  readonly #transport: Transport;
  readonly #calls: JsonCalls;
  readonly #trust: PeerTrust;
  readonly #outbox: Outbox;
  /** Scans the next message; undefined until its first byte arrives. */
  #scanner: JsonObjectScanner | undefined;
  /** Messages being answered. */
  readonly #answering = new Set<Promise<void>>();
  /** Proofs being verified. */
  readonly #proving = new Set<Promise<unknown>>();
  /** Since when a message has been incomplete, while the node is reading. */
  #insideSinceMs: number | undefined;
  /** When the peer last sent or accepted anything. */
  #lastSignMs = performance.now();
  #writtenBytes = 0;
  #isClosed = false;
  /** Wakes the reader that waits for fewer calls in flight. */
  #callsEnded: (() => void) | undefined;

  constructor(node: NodeContext, transport: Transport, trust: PeerTrust) {
    this.#node = node;
    this.#transport = transport;
    this.#calls = new JsonCalls(node, transport, trust);
    this.#trust = trust;
    this.#outbox = new Outbox(transport, (cause) => this.#end("broke", messageOf(cause)), {
      bounds: node.bounds,
      ledger: trust.budget,
    });
  }

  /** Serves the connection to its end. @param begun Bytes already read. */
  async run(begun: BegunJsonRpc): Promise<void> {
    this.#node.log.info("connection.json-rpc", { from: this.#transport.remote });
    try {
      await this.#readMessages(begun);
      // A half-closed peer still waits for its responses.
      await this.flushed();
    } finally {
      this.#calls.cancelAll();
      this.#outbox.close();
    }
    if (!this.#isClosed) await this.#node.lingering.add(this.#transport, this.#trust.slice);
  }

  get pendingBytes(): number {
    return this.#trust.budget.pendingBytes;
  }

  check(nowMs: number): void {
    if (this.#outbox.writtenBytes !== this.#writtenBytes) {
      this.#writtenBytes = this.#outbox.writtenBytes;
      this.#lastSignMs = nowMs;
    }
    const { textRequestTimeoutMs, writeTimeoutMs, jsonRpcIdleTimeoutMs } = this.#node.bounds;
    const silentMs = nowMs - this.#lastSignMs;
    if (this.#insideSinceMs !== undefined) {
      const atMostMs = this.#isClosed ? writeTimeoutMs : textRequestTimeoutMs;
      if (nowMs - this.#insideSinceMs < atMostMs) return;
      // It was told, and did not read it.
      if (this.#isClosed) return this.#transport.close();
      const late = `no complete request within ${textRequestTimeoutMs} ms`;
      this.#log("timed-out", late);
      this.#insideSinceMs = nowMs;
      const close = (): void => this.#transport.close();
      const lacking = `${late}; it lacks ${this.#scanner?.missing}`;
      this.#refuseUnread("Malformed Message", lacking).then(close, close);
    } else if (this.#outbox.queuedBytes > 0) {
      if (silentMs >= writeTimeoutMs) {
        this.#end("timed-out", `it did not read its answers for ${writeTimeoutMs} ms`);
      }
    } else if (this.#answering.size === 0 && silentMs >= jsonRpcIdleTimeoutMs) {
      this.#end("timed-out", `it asked for nothing for ${jsonRpcIdleTimeoutMs} ms`);
    }
  }

  get isIdle(): boolean {
    return this.#answering.size === 0 && !this.#scanner?.isInside &&
      this.#outbox.queuedBytes === 0;
  }

  sayGoodbye(): boolean {
    return false;
  }

  dismiss(reason: string): Promise<void> | undefined {
    const isOwed = this.#answering.size > 0 || this.#outbox.queuedBytes > 0;
    if (this.#isClosed || isOwed || !this.#scanner?.isInside) return undefined;
    return this.#refuseUnread("Overloaded", reason);
  }

  async flushed(): Promise<void> {
    await Promise.all(this.#answering);
    await this.#outbox.drained();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#calls.cancelAll();
    this.#outbox.close();
    this.#transport.close();
  }

  /** Reads until the peer closes its direction, or sends an invalid message. */
  async #readMessages({ scanner, message }: BegunJsonRpc): Promise<void> {
    const { budget, slice } = this.#trust;
    const buffer = new ReadBuffer({ memory: budget, bytesMax: readBytesMax });
    let chunk: Uint8Array = buffer.bytes.subarray(0, 0);
    try {
      if (message === undefined) this.#scanner = scanner;
      else {
        slice.begin();
        await this.#takeOne(message);
        chunk = scanner.rest!;
      }
      while (!this.#isClosed) {
        slice.begin();
        while (chunk.length > 0 && !this.#isClosed) {
          // If the previous message proved a key, this one may be larger.
          const scanner = this.#scanner ??= new JsonObjectScanner(
            "object or array",
            this.#trust.messageBytesMax,
          );
          const message = scanner.push(chunk);
          if (message === undefined) break;
          chunk = scanner.rest!;
          this.#scanner = undefined;
          this.#insideSinceMs = undefined;
          // A helper reads its message later, after this buffer is reused.
          const isOverwritten = message.buffer === buffer.bytes.buffer &&
            this.#node.messages.isLarge(message);
          await this.#takeOne(isOverwritten ? message.slice() : message);
          slice.begin();
        }
        if (slice.settle()) await slice.next();
        if (this.#scanner?.isInside) this.#insideSinceMs ??= performance.now();
        budget.receive(this.#scanner?.begun.length ?? 0);
        slice.pause();
        const count = await this.#transport.read(buffer.bytes);
        this.#lastSignMs = performance.now();
        if (count === null) break;
        chunk = buffer.bytes.subarray(0, count);
        buffer.filled(count);
      }
      if (this.#scanner?.isInside) {
        throw new MalformedMessage(
          `the connection ended inside a message, which lacks ${this.#scanner.missing}`,
        );
      }
    } catch (error) {
      if (this.#isClosed) return;
      if (!(error instanceof FarcallError)) throw error;
      // The start of the next message is unknown.
      this.#refuse(error);
    } finally {
      this.#insideSinceMs = undefined;
    }
  }

  /** Handles a message, and waits until another is allowed. */
  async #takeOne(message: Uint8Array): Promise<void> {
    this.#trust.work(this.#node.bounds.refusalWork + (message.length >>> 10));
    this.#trust.hasAsked = true;
    this.#take(message);
    const { slice } = this.#trust;
    const isLarge = this.#node.messages.isLarge(message);
    const isSpent = slice.settle(isLarge ? messageMs : messageMs * (1 + (message.length >>> 8)));
    await this.#room();
    if (isSpent) await slice.next();
  }

  #take(message: Uint8Array): void {
    const { budget } = this.#trust;
    budget.receive(0);
    const memory = budget.hold(message.length);
    const answering = this.#answer(message, memory).then((answer) => {
      if (answer !== undefined) this.#outbox.addRaw(answer);
    }).finally(() => {
      memory.release();
      this.#answering.delete(answering);
      this.#lastSignMs = performance.now();
      this.#callsEnded?.();
    });
    this.#answering.add(answering);
  }

  #answer(bytes: Uint8Array, memory: Hold): Promise<Uint8Array | undefined> {
    const about = { cost: costOfJson(bytes, this.#node.messages), memory };
    const own = { calls: this.#calls, prove: this.#prove, took: this.#took };
    const asker = { ...own, via, ...about } as const;
    const reading = this.#node.messages.readJsonRpc(bytes, this.#transport.remoteHost);
    return reading instanceof Promise || reading.items.length > 1
      ? this.#answerLater(reading, asker)
      : answerJsonRpc(reading, asker);
  }

  async #answerLater(
    reading: Promise<HeldJsonRpc> | HeldJsonRpc,
    asker: JsonRpcAsker,
  ): Promise<Uint8Array | undefined> {
    // The caller is unknown until its message is parsed, and its calls are not counted until all of them have begun.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#proving.add(promise);
    const begun = (): void => {
      this.#proving.delete(promise);
      resolve();
    };
    try {
      return await answerJsonRpc(await reading, { ...asker, begun });
    } catch (error) {
      return this.#errorOf(error);
    } finally {
      begun();
    }
  }

  readonly #took = (ms: number): void => this.#trust.slice.owe(ms);

  readonly #prove = async (proof: RequestProof): Promise<PublicKey> => {
    const proving = this.#trust.prove(proof);
    this.#proving.add(proving);
    try {
      return await proving;
    } finally {
      this.#proving.delete(proving);
    }
  };

  /** Waits until the caller may send more: until it is known, has fewer calls in flight, and reads its responses. */
  async #room(): Promise<void> {
    // More proofs may arrive while these are verified.
    while (this.#proving.size > 0) await Promise.allSettled(this.#proving);
    const { callsInFlightPerConnectionMax, outboxBytesHigh } = this.#node.bounds;
    while (this.#calls.inFlight >= callsInFlightPerConnectionMax && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#callsEnded = resolve);
    }
    const { mayBeClient } = this.#trust;
    await this.#outbox.drained(mayBeClient ? outboxBytesHigh : 0);
  }

  #refuse(error: FarcallError): void {
    this.#outbox.addRaw(this.#errorOf(error));
  }

  /** The response to an invalid or unreadable message. */
  #errorOf(error: unknown): Uint8Array {
    return encoder.encode(formatJsonRpcUnread(this.#calls.refuse(error, via)));
  }

  /** Tells the peer why the rest of its message is not read. */
  #refuseUnread(type: ExceptionType, message: string): Promise<void> {
    this.#isClosed = true;
    this.#calls.cancelAll();
    this.#outbox.addRaw(encoder.encode(formatJsonRpcUnread({ type, message })));
    return this.#outbox.drained();
  }

  #end(how: "timed-out" | "broke", why: string): void {
    if (this.#isClosed) return;
    this.#log(how, why);
    this.close();
  }

  #log(how: "timed-out" | "broke", why: string): void {
    this.#node.log.warn(`connection.${how}`, { from: this.#transport.remote, message: why });
  }
}
