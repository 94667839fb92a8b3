/**
 * A caller that makes a service misbehave: told over its standard input which way (`loop`, `flood`, `heap`), or to
 * `stop`. It answers each line with one, when that has taken hold.
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
      // The script is ended after its call was, and what it was cleaned up.
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } else {
      abort = new AbortController();
      // A process must run: its start is not part of the loop or the flood.
      await farcall.call("nuisance", "add", [1, 2]);
      going = misbehave(line, abort.signal);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  }
}
