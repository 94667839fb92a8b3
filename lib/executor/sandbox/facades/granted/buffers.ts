/** Checks buffers that scripts pass to asynchronous operations. */

const bufferOf = Reflect.getOwnPropertyDescriptor(
  Reflect.getPrototypeOf(Uint8Array.prototype)!,
  "buffer",
)!.get!;
const { apply, getOwnPropertyDescriptor } = Reflect;
const isResizable = getOwnPropertyDescriptor(ArrayBuffer.prototype, "resizable")!.get!;

/**
 * Checks that a view's memory stays in place and is exclusive. Memory that the runtime still reads or fills must not
 * shrink: it would access memory that the process no longer has.
 *
 * @throws {TypeError} If it is not a typed array, but e.g. a proxy of one.
 */
export function isFixed(view: Uint8Array): boolean {
  const buffer: ArrayBufferLike = apply(bufferOf, view, []);
  return buffer instanceof ArrayBuffer && !apply(isResizable, buffer, []);
}
