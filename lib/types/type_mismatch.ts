/** Errors about values that do not fit their types. */

/** A value that does not fit its type. The codec's caller converts it to an exception. */
export class TypeMismatch extends Error {
  /** Always `TypeMismatch`. */
  override readonly name = "TypeMismatch";
  /** The canonical text of the type that was expected, at `path`. */
  readonly expected: string;
  /** A short description of the actual value. */
  readonly got: string;
  #path = "";

  /** A mismatch of the value itself; the codec of its container adds the path. */
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
  }

  /** Path within the value: `item 17, key "a"`; empty for the value itself. Items count from 1. */
  get path(): string {
    return this.#path;
  }

  /** Prepends a step to the path: the container of the value that did not fit. */
  within(step: string): this {
    this.#path = this.#path === "" ? step : `${step}, ${this.#path}`;
    this.message = `${this.#path}: expected ${this.expected}, got ${this.got}`;
    return this;
  }
}

/** Adds a step to the path of a mismatch; returns the error to rethrow. */
export function withinStep(thrown: unknown, step: string): unknown {
  return thrown instanceof TypeMismatch ? thrown.within(step) : thrown;
}
