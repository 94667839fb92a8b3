/** Serializes the writes of one transport. Loaded by transports whose order the system does not guarantee. */

/** Starts each write when the previous one ends, successfully or not. */
export class WriteQueue {
  readonly #writeWhole: (bytes: Uint8Array) => Promise<void>;
  /** The last write; undefined if none is pending. */
  #last: Promise<void> | undefined;

  /** @param writeWhole Writes all of its bytes; never called before the last call has ended. */
  constructor(writeWhole: (bytes: Uint8Array) => Promise<void>) {
    this.#writeWhole = writeWhole;
  }

  write(bytes: Uint8Array): Promise<void> {
    const writing = this.#last === undefined
      ? this.#writeWhole(bytes)
      : this.#last.catch(() => {}).then(() => this.#writeWhole(bytes));
    this.#last = writing;
    const forget = (): void => {
      if (this.#last === writing) this.#last = undefined;
    };
    writing.then(forget, forget);
    return writing;
  }

  /** Resolves when all pending writes have ended. Never rejects. */
  async settled(): Promise<void> {
    await this.#last?.catch(() => {});
  }
}
