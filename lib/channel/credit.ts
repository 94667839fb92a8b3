/** What may be sent of one stream. */
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { frameHeaderBytes } from "../protocol/frame.ts";

/** What an item counts for against the credit: its frame. */
export function itemCost(payload: Uint8Array): number {
  return frameHeaderBytes + payload.length;
}

/**
 * The credit of one stream, as its receiver gives it and its sender uses it. Relays hold both sides to it, so
 * that neither makes more frames than the other asks for.
 */
export class Credit {
  readonly #stream: number;
  #bytes = 0;
  #grantsLeft: number = limits.creditGrantsAheadMax;

  constructor(stream: number) {
    this.#stream = stream;
  }

  /** What may be sent now; less than 0 where the last item was larger than that. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How often more may be given before another item is sent. */
  get grantsLeft(): number {
    return this.#grantsLeft;
  }

  /**
   * So much more may be sent.
   *
   * @throws {MalformedMessage} If it is nothing, or too much, or given too often.
   */
  give(bytes: number): void {
    if (bytes === 0) throw new MalformedMessage("credit is for at least 1 byte");
    const sum = this.#bytes + bytes;
    if (sum > limits.streamCreditBytesMax) {
      throw new MalformedMessage(
        `a stream has credit for ${sum} bytes, ${limits.streamCreditBytesMax} are allowed`,
      );
    }
    if (this.#grantsLeft === 0) {
      throw new MalformedMessage(
        `credit for stream ${this.#stream} came ${limits.creditGrantsAheadMax} times more often than ` +
          "items; give more at once",
      );
    }
    this.#grantsLeft -= 1;
    this.#bytes = sum;
  }

  /** An item is sent. @throws {MalformedMessage} If there is no credit. */
  use(payload: Uint8Array): void {
    if (this.#bytes <= 0) {
      throw new MalformedMessage(`an item came beyond the credit of stream ${this.#stream}`);
    }
    this.#bytes -= itemCost(payload);
    this.#grantsLeft += 1;
  }
}
