import { ConnectionLost } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../mod.ts";
import { WriteQueue } from "../write_queue.ts";
import {
  decodeCredit,
  encodeCredit,
  encodeMessage,
  MessageKind,
  type SessionMessage,
} from "./_messages.ts";

/** A session's view of its shared connection. */
export interface SessionCarrier {
  /** The largest message in bytes. */
  readonly messageBytesMax: number;
  /** The receive window of a session in bytes, given the current number of sessions. */
  readonly windowBytes: number;
  /** Whether sent data waits for the server to read it. */
  readonly isCongested: boolean;
  drained(): Promise<void>;
  publish(subject: string, message: Uint8Array, reply?: string): void;
  /** Called when the session ends. */
  forget(session: Session): void;
}

/** The two ends. */
export interface SessionEnds {
  /** The token of this end. */
  readonly id: string;
  /** The subject of this end. */
  readonly subject: string;
  readonly remote: string;
  readonly remoteHost: string;
  readonly localHost: string;
}

/** A stream of bytes each way over numbered messages, with credit, as a {@linkcode Transport}. */
export class Session implements Transport {
  readonly id: string;
  readonly remote: string;
  readonly remoteHost: string;
  readonly remotePort = 0;
  readonly localHost: string;
  readonly localPort = 0;
  readonly carrier = "nats";
  receivedBytes = 0;
  sentBytes = 0;
  /** Whether a message has arrived since this was last reset. */
  wasHeard = true;
  readonly #carrier: SessionCarrier;
  readonly #subject: string;
  /** The other end's subject. */
  #remoteSubject: string;
  #nextSent = 0;
  #nextReceived = 0;
  /** Remaining credit, of this end and of the other. */
  #credit: number = limits.nats.windowBytesFirst;
  #granted: number = limits.nats.windowBytesFirst;
  #chunks: Uint8Array[] = [];
  #bufferedBytes = 0;
  #reader:
    | { target: Uint8Array; resolve(count: number | null): void; reject(error: unknown): void }
    | undefined;
  #isReadEnded = false;
  #isWriteEnded = false;
  #isClosed = false;
  /** Why it broke. */
  #failure: Error | undefined;
  #isRemoteGone = false;
  #wakeWriter: (() => void) | undefined;
  readonly #writes = new WriteQueue((bytes) => this.#writeWhole(bytes));
  /** Resolved when the other end accepts. */
  #opening: PromiseWithResolvers<Uint8Array> | undefined;

  constructor(
    ends: SessionEnds,
    { remoteSubject, carrier, opened }: {
      /** The other end's subject; of a node, that for session requests. */
      readonly remoteSubject: string;
      readonly carrier: SessionCarrier;
      /** The message with which the other end requested the session. */
      readonly opened?: SessionMessage;
    },
  ) {
    this.id = ends.id;
    this.remote = ends.remote;
    this.remoteHost = ends.remoteHost;
    this.localHost = ends.localHost;
    this.#subject = ends.subject;
    this.#remoteSubject = remoteSubject;
    this.#carrier = carrier;
    if (opened !== undefined) this.#nextReceived = opened.number + 1;
  }

  /** Where the other end receives messages; for a node that has not accepted yet, the subject for session requests. */
  get remoteSubject(): string {
    return this.#remoteSubject;
  }

  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /**
   * Opens the session.
   *
   * @returns The body of the reply.
   * @throws {ConnectionLost} If the other end does not accept.
   */
  async open(body: Uint8Array): Promise<Uint8Array> {
    this.#refuseWriting();
    this.#opening = Promise.withResolvers();
    this.send(MessageKind.open, body);
    return await this.#opening.promise;
  }

  /** Sends a message; the server reports if it has no receiver. */
  send(kind: number, body?: Uint8Array): void {
    const message = encodeMessage(kind, this.#nextSent++ >>> 0, body);
    this.#carrier.publish(this.#remoteSubject, message, this.#subject);
  }

  async read(target: Uint8Array): Promise<number | null> {
    if (this.#isClosed) throw closed();
    const chunk = this.#chunks[0];
    if (chunk !== undefined) {
      const count = Math.min(chunk.length, target.length);
      target.set(count === chunk.length ? chunk : chunk.subarray(0, count));
      if (count === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(count);
      this.#bufferedBytes -= count;
      this.#grant();
      return count;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isReadEnded || target.length === 0) return this.#isReadEnded ? null : 0;
    return await new Promise((resolve, reject) => this.#reader = { target, resolve, reject });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writes.write(bytes);
  }

  async closeWrite(): Promise<void> {
    await this.#writes.settled();
    this.#refuseWriting();
    this.#isWriteEnded = true;
    this.send(MessageKind.end);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#failure === undefined && !this.#isRemoteGone) this.send(MessageKind.close);
    this.#carrier.forget(this);
    this.#chunks = [];
    this.#reader?.reject(closed());
    this.#reader = undefined;
    this.#opening?.reject(closed());
    this.#wakeWriter?.();
  }

  /** Ends the session: no more messages are sent or received. */
  fail(why: string): void {
    if (this.#failure !== undefined || this.#isClosed || this.#isRemoteGone) return;
    this.#failure = new ConnectionLost(why, { node: this.remote });
    this.#carrier.forget(this);
    this.#reader?.reject(this.#failure);
    this.#reader = undefined;
    this.#opening?.reject(this.#failure);
    this.#wakeWriter?.();
  }

  /** Handles a message from the other end. @param reply Its subject. */
  take({ kind, number, body }: SessionMessage, reply?: string): void {
    this.wasHeard = true;
    if (this.#isClosed || this.#isRemoteGone) return;
    // The other end may have forgotten the session and its numbers.
    if (kind === MessageKind.close) return this.#remoteGone();
    if (number !== this.#nextReceived) {
      return this.#break("messages were lost on their way through NATS");
    }
    this.#nextReceived = (number + 1) >>> 0;
    switch (kind) {
      case MessageKind.data:
        return this.#takeData(body);
      case MessageKind.credit: {
        const bytes = decodeCredit(body);
        if (bytes === undefined) return this.#break("the other end sent a malformed credit");
        this.#credit = Math.min(this.#credit + bytes, 2 ** 40);
        this.#wakeWriter?.();
        return;
      }
      case MessageKind.end:
        this.#endReading();
        return;
      case MessageKind.accepted:
        if (reply !== undefined && this.#opening !== undefined) {
          this.#remoteSubject = reply;
          this.#opening.resolve(body.slice());
          this.#opening = undefined;
        }
        return;
      case MessageKind.open:
      case MessageKind.probe:
        return;
      default:
        this.#break(`the other end sent a message of the unknown kind ${kind}`);
    }
  }

  #takeData(body: Uint8Array): void {
    this.#granted -= body.length;
    if (this.#granted < 0 || this.#isReadEnded) {
      return this.#break("the other end sent more than it may");
    }
    if (body.length === 0) return;
    this.receivedBytes += body.length;
    const reader = this.#reader;
    if (reader === undefined) {
      // A copy, because the view would retain the socket's whole buffer.
      this.#chunks.push(body.slice());
      this.#bufferedBytes += body.length;
      return;
    }
    this.#reader = undefined;
    const count = Math.min(body.length, reader.target.length);
    reader.target.set(body.subarray(0, count));
    if (count < body.length) {
      this.#chunks.push(body.slice(count));
      this.#bufferedBytes += body.length - count;
    }
    this.#grant();
    reader.resolve(count);
  }

  /** Grants credit, if it is worth a message. */
  #grant(): void {
    if (this.#isReadEnded || this.#failure !== undefined) return;
    const { windowBytes } = this.#carrier;
    const bytes = windowBytes - this.#granted - this.#bufferedBytes;
    if (bytes < windowBytes / 4) return;
    this.#granted += bytes;
    this.send(MessageKind.credit, encodeCredit(bytes));
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      this.#refuseWriting();
      if (this.#credit === 0) {
        await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        this.#wakeWriter = undefined;
        continue;
      }
      if (this.#carrier.isCongested) {
        await this.#carrier.drained();
        continue;
      }
      const count = Math.min(
        bytes.length - written,
        this.#credit,
        this.#carrier.messageBytesMax,
      );
      this.#credit -= count;
      this.sentBytes += count;
      this.send(MessageKind.data, bytes.subarray(written, written += count));
    }
  }

  #refuseWriting(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed || this.#isWriteEnded) throw closed();
    if (this.#isRemoteGone) throw new Error("the other end has closed the connection");
  }

  #break(why: string): void {
    this.#carrier.publish(this.#remoteSubject, encodeMessage(MessageKind.close, 0));
    this.fail(why);
  }

  #remoteGone(): void {
    if (this.#opening !== undefined) return this.fail("the node has no room for it");
    this.#isRemoteGone = true;
    this.#carrier.forget(this);
    this.#endReading();
    this.#wakeWriter?.();
  }

  #endReading(): void {
    this.#isReadEnded = true;
    this.#reader?.resolve(null);
    this.#reader = undefined;
  }
}

function closed(): Error {
  return new Error("the connection is closed");
}
