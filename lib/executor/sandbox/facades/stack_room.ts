/**
 * Code of ours, and of the runtime, that must not stop in the middle: a script can call it with hardly any stack
 * left, and what is set up once for all calls would stay half done for good. Deno 2.4 even ends the process where it
 * has no stack for the error that one of its operations ends in.
 */

const { apply } = Reflect;

/** Arguments lie on the stack, eight bytes each: passing many fails where it has no room for them. */
const smallRoom = new Array<number>(2 ** 13).fill(0);
const largeRoomLength = 2 ** 14;

function takesAnything(): void {}

/** Makes sure of 64 KiB of stack: enough to send a message, to start a timer, and for an operation that fails (measured). @throws {RangeError} If they are not left. */
export function needStack(): void {
  apply(takesAnything, undefined, smallRoom);
}

/**
 * A global of the runtime, for which it loads a part of itself when that is first looked at. To be made while the
 * global scope still has it.
 */
export function runtimeGlobal<Value>(name: string): OnFirstUse<Value> {
  const scope = globalThis;
  const { get, value } = Reflect.getOwnPropertyDescriptor(scope, name)!;
  return new OnFirstUse(() => get === undefined ? value : apply(get, scope, []));
}

/** Values made at first use, with 128 KiB of stack: enough for the runtime to load a part of itself. */
export class OnFirstUse<Value> {
  readonly #make: () => Value;
  #value: Value | undefined;

  constructor(make: () => Value) {
    this.#make = make;
  }

  /** @throws {RangeError} If there is too little stack to make it. */
  get value(): Value {
    if (this.#value === undefined) {
      apply(takesAnything, undefined, new Array(largeRoomLength).fill(0));
      this.#value = this.#make();
    }
    return this.#value;
  }
}
