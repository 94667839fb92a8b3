/** The processor time of a test's own thread, independent of the machine's load. */

/** Milliseconds of processor time of this thread since it started; elapsed time if unavailable. */
export function threadMs(): number {
  if (Deno.build.os !== "linux") return performance.now();
  const [ns] = Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ");
  return Number(ns) / 1e6;
}
