/**
 * Guards code, ours and the runtime's, that must not stop half-way: a script can call it with hardly any stack left,
 * and state set up once for all calls would stay incomplete for good. Deno 2.4 even ends the process if it has no stack
 * for the error of one of its operations.
 */

const { apply } = Reflect;

/** Arguments lie on the stack, eight bytes each: passing many fails without room for them. */
const smallRoom = new Array<number>(2 ** 13).fill(0);
const largeRoomLength = 2 ** 14;

function takesAnything(): void {}

/**
 * Ensures 64 KiB of stack: enough to send a message, to start a timer, and for an operation that fails (measured).
 *
 * @throws {RangeError} If less is left.
 */
export function needStack(): void {
  apply(takesAnything, undefined, smallRoom);
}

/**
 * A global that makes the runtime load a part of itself on first access. Create it while the global scope still has it.
 */
export function runtimeGlobal<Value>(name: string): OnFirstUse<Value> {
  const scope = globalThis;
  const { get, value } = Reflect.getOwnPropertyDescriptor(scope, name)!;
  return new OnFirstUse(() => get === undefined ? value : apply(get, scope, []));
}

/** Values created on first use, with 128 KiB of stack: enough for the runtime to load a part of itself. */
export class OnFirstUse<Value> {
  readonly #make: () => Value;
  #value: Value | undefined;

  constructor(make: () => Value) {
    this.#make = make;
  }

  /** @throws {RangeError} If there is too little stack to create it. */
  get value(): Value {
    if (this.#value === undefined) {
      apply(takesAnything, undefined, new Array(largeRoomLength).fill(0));
      this.#value = this.#make();
    }
    return this.#value;
  }
}
