/**
 * A node in a process of its own that reports how long its event loop was blocked: `deno run metered_serve.ts ROOT`.
 * For each input line it prints the longest block in milliseconds, and starts over. It measures this thread's processor
 * time, so that preemption by other processes does not count; elapsed time only if the system does not provide it.
 */
import { serveNode } from "../../../lib/server/mod.ts";

const node = await serveNode({ root: Deno.args[0], port: 0 });
await Deno.stdout.write(new TextEncoder().encode(`${node.port}\n`));

const schedule = `/proc/self/task/${Deno.pid}/schedstat`;
const buffer = new Uint8Array(128);
const isKnown = Deno.build.os === "linux";
const file = isKnown ? Deno.openSync(schedule) : undefined;

function nowMs(): number {
  if (file === undefined) return performance.now();
  file.seekSync(0, Deno.SeekMode.Start);
  const count = file.readSync(buffer) ?? 0;
  return Number.parseInt(new TextDecoder().decode(buffer.subarray(0, count))) / 1e6;
}

let lastMs = nowMs();
let longestMs = 0;
setInterval(() => {
  const thisMs = nowMs();
  longestMs = Math.max(longestMs, thisMs - lastMs);
  lastMs = nowMs();
}, 1);

for await (const _ of Deno.stdin.readable) {
  await Deno.stdout.write(new TextEncoder().encode(`${longestMs}\n`));
  longestMs = 0;
}
