/**
 * Plays one load, in a process of its own: `deno run -A bench/strangers/_play.ts NAME PORT MILLISECONDS`. Says so when
 * it begins, and ends when it has played.
 */
import { families } from "./mod.ts";

const [name, port, durationMs] = Deno.args;
const load = Object.values(families).flat().find((each) => each.name === name);
if (load === undefined) throw new TypeError(`there is no load "${name}"`);
// What the node ends in the middle of something is what is measured here, no defect.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
Deno.stdout.writeSync(new TextEncoder().encode("begun\n"));
const signal = AbortSignal.timeout(Number(durationMs));
await load.play({ host: "127.0.0.1", port: Number(port) }, signal);
Deno.exit(0);
