/**
 * Runs one load, in a process of its own: `deno run -A bench/strangers/_play.ts NAME PORT MILLISECONDS`. Reports when
 * it begins; and what it has put on the node, before it exits.
 */
import { hostOf } from "./_load.ts";
import { families } from "./mod.ts";
import { played } from "./_raw.ts";

/** The rates of a load, per second. */
export interface Rates {
  /** While it opened connections. */
  readonly connections: number;
  readonly bytes: number;
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const [name, port, durationMs] = Deno.args;
  const load = Object.values(families).flat().find((each) => each.name === name);
  if (load === undefined) throw new TypeError(`there is no load "${name}"`);
  // Connections that the node ends midway are what is measured here, not a defect.
  globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
  print("begun");
  const beganMs = performance.now();
  const signal = AbortSignal.timeout(Number(durationMs));
  await load.play({ host: hostOf(load), port: Number(port) }, signal);
  const rates: Rates = {
    connections: perSecond(played.connections, played.openedAtMs - beganMs),
    bytes: perSecond(played.bytes, performance.now() - beganMs),
  };
  print(JSON.stringify(rates));
  Deno.exit(0);
}

function perSecond(count: number, ms: number): number {
  return count === 0 ? 0 : count / ms * 1000;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
