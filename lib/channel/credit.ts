/** Flow control of one stream. */
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { frameHeaderBytes } from "../protocol/frame.ts";

/** The credit that an item uses: the size of its frame. */
export function itemCost(payload: Uint8Array): number {
  return frameHeaderBytes + payload.length;
}

/**
 * The credit of one stream: its receiver grants it, its sender uses it. Relays enforce it on both sides, so that
 * neither sends more frames than the other asks for.
 */
export class Credit {
  readonly #stream: number;
  #bytes = 0;
  #grantsLeft: number = limits.creditGrantsAheadMax;

  constructor(stream: number) {
    this.#stream = stream;
  }

  /** Credit left, in bytes; negative after an item larger than the rest. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many more grants are allowed before the next item. */
  get grantsLeft(): number {
    return this.#grantsLeft;
  }

  /**
   * Adds credit.
   *
   * @throws {MalformedMessage} If the amount is 0 or too large, or grants come too often.
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

  /** Uses credit for an item. @throws {MalformedMessage} If no credit is left. */
  use(payload: Uint8Array): void {
    if (this.#bytes <= 0) {
      throw new MalformedMessage(`an item came beyond the credit of stream ${this.#stream}`);
    }
    this.#bytes -= itemCost(payload);
    this.#grantsLeft += 1;
  }
}
