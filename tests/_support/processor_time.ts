/** What a test's own thread has cost the processor, whatever else the machine does. */

/** Milliseconds of processor time of this thread since it began; of the clock, where that cannot be told. */
export function threadMs(): number {
  if (Deno.build.os !== "linux") return performance.now();
  const [ns] = Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ");
  return Number(ns) / 1e6;
}
