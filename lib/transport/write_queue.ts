/** Writes of one transport, one after the other. Loaded by transports that the system does not order. */

/** Hands each write on when the one before is over, however that ended. */
export class WriteQueue {
  readonly #writeWhole: (bytes: Uint8Array) => Promise<void>;
  /** The last one; undefined once all are over. */
  #last: Promise<void> | undefined;

  /** @param writeWhole Writes all of some bytes; is never called before the last one is over. */
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

  /** Resolves when all are over that were begun. Never rejects. */
  async settled(): Promise<void> {
    await this.#last?.catch(() => {});
  }
}
