/** The streams of one call to another node, forwarded unread between its connection and its script. */
import { MalformedMessage } from "../errors/mod.ts";
import type { StreamEnds, StreamLink } from "../client/connection/call_streams.ts";
import { readUint32 } from "../encoding/mod.ts";
import type { StreamMessage, StreamSink } from "../executor/mod.ts";
import { scriptIdBytes } from "../identity/mod.ts";
import { FrameKind } from "../protocol/mod.ts";
import type { CompiledSignature } from "../types/mod.ts";

/** Forwards what either side sends. The sink holds the node to the credit granted by the script. */
export class RelayedStreams implements StreamEnds {
  readonly #sink: StreamSink;
  readonly #hasResult: boolean;
  #link: StreamLink | undefined;
  #isOpened = false;
  /** Credit for the result that was granted before it opened: each attempted node gets it. */
  #creditBytes = 0;
  /** Whether a stream has begun: the call cannot be retried. */
  hasBegun = false;

  constructor({ resultStream }: CompiledSignature, sink: StreamSink) {
    this.#hasResult = resultStream !== undefined;
    this.#sink = sink;
  }

  begin(link: StreamLink): void {
    this.#link = link;
    if (this.#creditBytes > 0) link.send(FrameKind.credit, 0, this.#creditBytes);
  }

  /** Handles frames from the script, which were checked. */
  send({ kind, stream, body }: StreamMessage): void {
    if (kind === FrameKind.credit && !this.#isOpened) this.#creditBytes += readUint32(body, 0);
    this.#link?.send(kind, stream, body);
  }

  take(kind: number, stream: number, body: Uint8Array): void {
    switch (kind) {
      case FrameKind.open:
        if (body.length !== scriptIdBytes || !this.#hasResult || this.#isOpened) {
          throw new MalformedMessage(
            "the node opened a stream that the call does not have, or opened it twice",
          );
        }
        this.#isOpened = this.hasBegun = true;
        return this.#sink.open();
      case FrameKind.item:
        if (!this.#isOpened) throw new MalformedMessage("an item came of no stream");
        return this.#sink.item(body);
      case FrameKind.credit:
        if (body.length !== 4) throw new MalformedMessage("credit has 4 bytes");
        this.hasBegun = true;
        return this.#sink.credit(stream, readUint32(body, 0));
    }
  }

  /** The call is about to be answered. @throws {MalformedMessage} If it returns a stream that was never opened. */
  answered(): void {
    if (!this.#hasResult || this.#isOpened) return;
    throw new MalformedMessage("the node answered a call for a stream without opening it");
  }

  end(): void {
    this.#link = undefined;
  }

  fail(): void {
    this.#link = undefined;
  }
}
