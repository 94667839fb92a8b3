/**
 * Early collections of large values after their calls. Left alone, V8 lets 32 to 64 MiB of arrays pile up, in new
 * memory each time, and often marks the whole heap to find them: at 1 MiB per call that took as long as everything else
 * the executor did (`docs/performance.md`).
 */
import { limits } from "../../limits/mod.ts";

type Collect = (options: { readonly type: "minor" }) => void;

/**
 * Exposed by a V8 flag. Removed from the global scope before a script loads, like everything that scripts do not get.
 */
const collect = (globalThis as { gc?: Collect }).gc;

/** Smaller values are collected in time with other garbage of their calls; with many in flight that is cheaper. */
const largeBytes = 256 * 1024;

let garbageBytes = 0;

/** A call's arguments and result, of this many bytes, are no longer needed. @returns Whether to collect soon. */
export function left(bytes: number): boolean {
  if (bytes < largeBytes || collect === undefined) return false;
  garbageBytes += bytes;
  return garbageBytes >= limits.executorGarbageBytesMax;
}

/** Collects the young generation. Takes about 70 µs if little of it is in use. */
export function collectYoung(): void {
  garbageBytes = 0;
  collect?.({ type: "minor" });
}
