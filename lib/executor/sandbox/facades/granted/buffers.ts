/** Bytes that scripts hand to operations which end later. */

const bufferOf = Reflect.getOwnPropertyDescriptor(
  Reflect.getPrototypeOf(Uint8Array.prototype)!,
  "buffer",
)!.get!;
const { apply, getOwnPropertyDescriptor } = Reflect;
const isResizable = getOwnPropertyDescriptor(ArrayBuffer.prototype, "resizable")!.get!;

/**
 * Whether a view's memory stays in place and is exclusive. What the runtime still reads or fills must not shrink:
 * it would touch memory that the process no longer has.
 *
 * @throws {TypeError} If it is not a typed array, but a proxy of one.
 */
export function isFixed(view: Uint8Array): boolean {
  const buffer: ArrayBufferLike = apply(bufferOf, view, []);
  return buffer instanceof ArrayBuffer && !apply(isResizable, buffer, []);
}
