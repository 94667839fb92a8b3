/** Errors about values that do not fit their types. */

/** A value that does not fit its type. The codec's caller turns it into an exception. */
export class TypeMismatch extends Error {
  /** Always `TypeMismatch`. */
  override readonly name = "TypeMismatch";
  /** The canonical text of the type that was expected, at `path`. */
  readonly expected: string;
  /** What was there instead, shown briefly. */
  readonly got: string;
  #path = "";

  /** A mismatch of the value itself; the codec of its container adds the place. */
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
  }

  /** Where in the value: `item 17, key "a"`; empty for the value itself. Items count from 1. */
  get path(): string {
    return this.#path;
  }

  /** Puts a step before the path: what holds the value that did not fit. */
  within(step: string): this {
    this.#path = this.#path === "" ? step : `${step}, ${this.#path}`;
    this.message = `${this.#path}: expected ${this.expected}, got ${this.got}`;
    return this;
  }
}

/** Adds a step to the path if that is what was thrown; gives back what to throw on. */
export function withinStep(thrown: unknown, step: string): unknown {
  return thrown instanceof TypeMismatch ? thrown.within(step) : thrown;
}
