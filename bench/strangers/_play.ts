/**
 * Runs one load, in a process of its own: `deno run -A bench/strangers/_play.ts NAME PORT MILLISECONDS`. Reports when
 * it begins, and exits when it is done.
 */
import { hostOf } from "./_load.ts";
import { families } from "./mod.ts";

const [name, port, durationMs] = Deno.args;
const load = Object.values(families).flat().find((each) => each.name === name);
if (load === undefined) throw new TypeError(`there is no load "${name}"`);
// Connections that the node ends midway are what is measured here, not a defect.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
Deno.stdout.writeSync(new TextEncoder().encode("begun\n"));
const signal = AbortSignal.timeout(Number(durationMs));
await load.play({ host: hostOf(load), port: Number(port) }, signal);
Deno.exit(0);
