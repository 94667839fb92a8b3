/** The streams of one call, on the caller's side. */
import { InboundItems, OutboundItems } from "../../channel/streams.ts";
import { Cancelled, MalformedMessage } from "../../errors/mod.ts";
import type { CompiledSignature, ItemSource } from "../../types/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { readUint32 } from "../../encoding/mod.ts";
import { type ScriptId, scriptIdAt, scriptIdBytes } from "../../identity/mod.ts";

/** What a call's streams need from its connection. */
export interface StreamLink {
  /** Sends a frame of the call. */
  readonly send: (kind: number, stream: number, body: Uint8Array | number) => void;
  /** Cancels the call for this reason. */
  readonly giveUp: (error: unknown) => void;
}

/** The streams of a call, as seen by its connection. */
export interface StreamEnds {
  /** Left out if the call returns no stream. */
  readonly items?: unknown;
  /** The call was sent. */
  begin(link: StreamLink): void;
  /** Takes an opening, an item, or credit. An error that it throws ends the connection. */
  take(kind: number, stream: number, body: Uint8Array): void;
  /** The call was answered. */
  end(): void;
  /** The call has failed. */
  fail(error: unknown): void;
}

const nothing = new Uint8Array(0);

/** Sends the items of arguments, receives those of the result. */
export class CallStreams implements StreamEnds {
  readonly #signature: CompiledSignature;
  readonly #sources: readonly unknown[];
  readonly #outbound = new Map<number, OutboundItems>();
  readonly #opened = Promise.withResolvers<ScriptId>();
  /** The returned stream, if any. */
  readonly items: InboundItems | undefined;
  #link: StreamLink | undefined;
  #isOpened = false;
  #hasBegun = false;

  /** @param values The call's arguments; streams are iterables. */
  constructor(signature: CompiledSignature, values: readonly unknown[]) {
    this.#signature = signature;
    this.#sources = values;
    this.#opened.promise.catch(() => {});
    const stream = signature.resultStream;
    if (stream === undefined) return;
    this.items = new InboundItems({
      stream,
      grant: (bytes) => this.#link?.send(FrameKind.credit, 0, bytes),
      onReturn: () => this.#link?.giveUp(new Cancelled("the caller wants no more items")),
    });
  }

  /** Whether a source of its arguments has been read: then the call cannot be repeated. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves with the script's id when the returned stream opens; rejects if the call fails before. */
  get opened(): Promise<ScriptId> {
    return this.#opened.promise;
  }

  /** The call was sent. */
  begin(link: StreamLink): void {
    this.#link = link;
    this.items?.start();
    for (const stream of this.#signature.argumentStreams) {
      const { number } = stream;
      const items = new OutboundItems(stream, (body) => link.send(FrameKind.item, number, body));
      this.#outbound.set(number, items);
      items.pump(this.#sources[number - 1] as ItemSource).then(
        () => this.#link?.send(FrameKind.end, number, nothing),
        (error) => this.#link?.giveUp(error),
      );
    }
  }

  /**
   * Handles a frame for the call's streams.
   *
   * @throws {MalformedMessage} If a node must not send it.
   */
  take(kind: number, stream: number, body: Uint8Array): void {
    switch (kind) {
      case FrameKind.open:
        if (body.length !== scriptIdBytes) {
          throw new MalformedMessage(`an opening has ${scriptIdBytes} bytes`);
        }
        if (this.items === undefined || this.#isOpened) {
          throw new MalformedMessage(
            "the node opened a stream that the call does not have, or opened it twice",
          );
        }
        this.#isOpened = true;
        this.#opened.resolve(scriptIdAt(body));
        return;
      case FrameKind.item:
        if (!this.#isOpened) {
          throw new MalformedMessage("the node sent an item of a stream that is not open");
        }
        this.items!.push(body);
        return;
      case FrameKind.credit:
        if (body.length !== 4) throw new MalformedMessage("credit has 4 bytes");
        this.#hasBegun = true;
        this.#outbound.get(stream)?.credit(readUint32(body, 0));
    }
  }

  /**
   * The call was answered.
   *
   * @throws {MalformedMessage} If the returned stream was never opened; the caller must call `fail` then.
   */
  end(): void {
    if (this.items !== undefined && !this.#isOpened) {
      throw new MalformedMessage(
        "the node answered a call for a stream without opening the stream",
      );
    }
    this.#stop();
    this.items?.end();
  }

  /** The call has failed. */
  fail(error: unknown): void {
    this.#stop();
    this.#opened.reject(error);
    this.items?.fail(error);
  }

  #stop(): void {
    this.#link = undefined;
    for (const items of this.#outbound.values()) items.stop();
  }
}
