/**
 * Early collections of large values whose calls are over.
 *
 * Left alone, V8 lets 32 to 64 MiB of arrays pile up, which are then new memory each time, and often marks the whole heap
 * to find them: at 1 MiB a call that took as long as all else the executor did (`docs/performance.md`).
 */
import { limits } from "../../limits/mod.ts";

type Collect = (options: { readonly type: "minor" }) => void;

/** Exposed by a flag of V8. It leaves the global scope before a script loads, as everything that scripts do not get. */
const collect = (globalThis as { gc?: Collect }).gc;

/** Smaller values are collected in time with what else their calls leave; with many in flight that is cheaper. */
const largeBytes = 256 * 1024;

let garbageBytes = 0;

/** A call's arguments and result, of so many bytes, are no longer needed. @returns Whether to collect soon. */
export function left(bytes: number): boolean {
  if (bytes < largeBytes || collect === undefined) return false;
  garbageBytes += bytes;
  return garbageBytes >= limits.executorGarbageBytesMax;
}

/** Collects what is young. Takes about 70 µs where little of that is in use. */
export function collectYoung(): void {
  garbageBytes = 0;
  collect?.({ type: "minor" });
}
