/** The streams of one call between its caller and its executor: both are held to the credit they were given. */
import { itemCost } from "../channel/mod.ts";
import { MalformedMessage } from "../errors/mod.ts";
import { BrokenRule, type CallHandle, type StreamSink } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import { type CompiledSignature, FrameKind, readUint32 } from "../wire/mod.ts";

/** What the caller is told. */
export interface CallStreamsOptions {
  readonly open: () => void;
  /** A view that is valid only until this returns. */
  readonly item: (payload: Uint8Array) => void;
  readonly credit: (stream: number, bytes: number) => void;
}

/** Passes on what is said of the streams of one call, as far as it is allowed. */
export class CallStreams implements StreamSink {
  readonly #options: CallStreamsOptions;
  /** What may still be sent, in bytes: of the result to the caller (0), of arguments to the executor. */
  readonly #credits = new Map<number, number>();
  #handle: CallHandle | undefined;

  constructor(signature: CompiledSignature, options: CallStreamsOptions) {
    this.#options = options;
    if (signature.resultStream !== undefined) this.#credits.set(0, 0);
    for (const { number } of signature.argumentStreams) this.#credits.set(number, 0);
  }

  /** The call runs. */
  set handle(handle: CallHandle) {
    this.#handle = handle;
  }

  open(): void {
    if (!this.#credits.has(0)) throw new BrokenRule("it opened a stream that it does not return");
    this.#options.open();
  }

  item(payload: Uint8Array): void {
    const credit = this.#credits.get(0) ?? 0;
    if (credit <= 0) throw new BrokenRule("it sent an item beyond its credit");
    this.#credits.set(0, credit - itemCost(payload));
    this.#options.item(payload);
  }

  credit(stream: number, bytes: number): void {
    const credit = this.#credits.get(stream);
    // The caller may have ended it meanwhile.
    if (credit === undefined || stream === 0) return;
    if (credit + bytes > limits.streamCreditBytesMax) {
      throw new BrokenRule("it gave more credit than a stream may have");
    }
    this.#credits.set(stream, credit + bytes);
    this.#options.credit(stream, bytes);
  }

  /**
   * Takes what the caller sent.
   *
   * @throws {MalformedMessage} If the call has no such stream, or it may not send this.
   */
  take(kind: number, stream: number, body: Uint8Array): void {
    const credit = this.#credits.get(stream);
    if (credit === undefined || (stream === 0) !== (kind === FrameKind.credit)) {
      throw new MalformedMessage(
        `a call has no stream ${stream} that takes a frame of kind ${kind}`,
      );
    }
    if (kind === FrameKind.credit) {
      if (body.length !== 4) throw new MalformedMessage("credit has 4 bytes");
      const sum = credit + readUint32(body, 0);
      if (sum > limits.streamCreditBytesMax) {
        throw new MalformedMessage(
          `a stream has credit for ${sum} bytes, ${limits.streamCreditBytesMax} are allowed`,
        );
      }
      this.#credits.set(stream, sum);
    } else if (kind === FrameKind.end) {
      this.#credits.delete(stream);
    } else {
      if (credit <= 0) {
        throw new MalformedMessage(`an item came beyond the credit of stream ${stream}`);
      }
      this.#credits.set(stream, credit - itemCost(body));
    }
    this.#handle?.send({ kind, stream, body });
  }
}
