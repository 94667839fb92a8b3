/** Collects lines and writes them once a turn. A log that cannot be written never hurts the node. */
export class LineWriter {
  readonly #target: { writeSync(bytes: Uint8Array): number };
  readonly #encoder = new TextEncoder();
  #lines: string[] = [];

  constructor(target: { writeSync(bytes: Uint8Array): number }) {
    this.#target = target;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const bytes = this.#encoder.encode(this.#lines.join(""));
    this.#lines = [];
    try {
      for (let offset = 0; offset < bytes.length;) {
        offset += this.#target.writeSync(bytes.subarray(offset));
      }
    } catch {
      // The disk is full or the reader of the pipe is gone: the node goes on without the record.
    }
  }
}
