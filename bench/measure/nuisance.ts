/**
 * A caller that makes a service misbehave, as commanded over its standard input (`loop`, `flood`, `heap`, or `stop`).
 * It replies to each line once the command has taken effect.
 *
 *   deno run -A bench/measure/nuisance.ts PORT
 */
import { connect } from "../../lib/client/mod.ts";

await using farcall = await connect(`127.0.0.1:${Deno.args[0]}`, { as: "c1" });
let abort: AbortController | undefined;
let going: Promise<void> = Promise.resolve();

async function misbehave(rpc: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await farcall.call("nuisance", rpc, [], { timeoutMs: 30_000, signal }).catch(() => {});
  }
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const text of lines) {
  for (const line of text.trim().split("\n")) {
    abort?.abort();
    await going;
    if (line === "stop") {
      // The script is killed after its call has ended and been cleaned up.
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } else {
      abort = new AbortController();
      // A process must be running: its start is not part of the loop or the flood.
      await farcall.call("nuisance", "add", [1, 2]);
      going = misbehave(line, abort.signal);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  }
}
