/** FinalizationRegistry for scripts: the runtime would inspect what its callbacks throw, and end the process. */

/** The language's registry, with callbacks' errors going to `onThrown`. */
export function guardedFinalizationRegistry(
  onThrown: (thrown: unknown) => void,
): typeof FinalizationRegistry {
  const Original = globalThis.FinalizationRegistry;
  const { prototype } = Original;
  function Guarded(cleanUp: unknown): unknown {
    if (new.target === undefined) throw new TypeError("FinalizationRegistry needs new");
    if (typeof cleanUp !== "function") {
      throw new TypeError("a FinalizationRegistry needs a function");
    }
    const guarded = (held: unknown): void => {
      try {
        cleanUp(held);
      } catch (thrown) {
        onThrown(thrown);
      }
    };
    return Reflect.construct(Original, [guarded], new.target);
  }
  Object.defineProperty(Guarded, "name", { value: Original.name });
  Object.defineProperty(Guarded, "prototype", { value: prototype, writable: false });
  Object.defineProperty(prototype, "constructor", {
    value: Guarded,
    writable: true,
    configurable: true,
  });
  return Guarded as unknown as typeof FinalizationRegistry;
}
