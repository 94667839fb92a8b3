/**
 * Code of ours, and of the runtime, that must not stop in the middle: a script can call it with hardly any stack
 * left, and what is set up once for all calls would stay half done for good.
 */

const { apply } = Reflect;

/** Arguments lie on the stack, eight bytes each: passing these fails where it has no room for them. */
const smallRoom = new Array<number>(2 ** 12).fill(0);
const largeRoom = new Array<number>(2 ** 14).fill(0);

function takesAnything(): void {}

/** Makes sure of 32 KiB of stack: enough to send a message or to start a timer. @throws {RangeError} If they are not left. */
export function needStack(): void {
  apply(takesAnything, undefined, smallRoom);
}

/** What is made at its first use, with 128 KiB of stack: enough for the runtime to load a part of itself. */
export class OnFirstUse<Value> {
  readonly #make: () => Value;
  #value: Value | undefined;

  constructor(make: () => Value) {
    this.#make = make;
  }

  /** @throws {RangeError} If there is too little stack to make it. */
  get value(): Value {
    if (this.#value === undefined) {
      apply(takesAnything, undefined, largeRoom);
      this.#value = this.#make();
    }
    return this.#value;
  }
}
