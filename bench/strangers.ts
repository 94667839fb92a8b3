/**
 * Loads of strangers and tenants on a node, one at a time, and their effect on a client that keeps calling: failed
 * calls, durations, the node's memory growth, and its log. Fails if a bound is exceeded. The loads run at a lower
 * priority than the node and its client, because strangers have processors of their own; their rates are shown. Linux,
 * two processors, 12,000 file descriptors.
 *
 *   deno task bench strangers [--executable dist/farcall] [--quick] [FAMILY or a load's name …]
 */
import { parseArgs } from "node:util";
import type { Load } from "./strangers/_load.ts";
import { measure, type Outcome } from "./strangers/_measure.ts";
import { families } from "./strangers/mod.ts";
import { formatTable } from "./measure/stats.ts";

/** Permitted additional duration of a call, in milliseconds. */
const longerMsMax = 100;
const logKiBPerSecondMax = 64;

const { values: { executable, quick }, positionals } = parseArgs({
  options: { executable: { type: "string" }, quick: { type: "boolean" } },
  allowPositionals: true,
});
const [quietMs, playMs] = quick ? [1000, 2000] : [2000, 6000];

const rows = [[
  "load",
  "calls",
  "failed",
  "quiet p99, ms",
  "longest",
  "loaded p99, ms",
  "longest",
  "MiB gained (at most)",
  "KiB of log a second (at most)",
  "load: connections/s",
  "MiB/s",
  "",
]];
let broken = 0;
for (const load of chosen()) {
  const outcome = await measure(load, { executable, quietMs, playMs }).catch((error) => {
    print(`${load.name}: ${error}`);
  });
  const row = outcome === undefined
    ? [load.name, ...Array(10).fill(""), "the node or the load ended"]
    : rowOf(load, outcome);
  if (!["", "(disturbed)"].includes(row.at(-1)!)) broken += 1;
  rows.push(row);
  print(`${row.join(" | ")}${outcome?.failure ? ` (${outcome.failure})` : ""}`);
}
print(`\n${formatTable(rows)}`);
if (broken > 0) {
  print(`${broken} of ${rows.length - 1} loads broke a bound`);
  Deno.exit(1);
}

function chosen(): readonly Load[] {
  if (positionals.length === 0) return Object.values(families).flat();
  return positionals.flatMap((wanted) => {
    if (Object.hasOwn(families, wanted)) return families[wanted];
    const found = Object.values(families).flat().filter(({ name }) => name === wanted);
    if (found.length > 0) return found;
    throw new TypeError(
      `"${wanted}" is no load, nor a family (${Object.keys(families).join(", ")})`,
    );
  });
}

function rowOf(load: Load, outcome: Outcome): string[] {
  const { quiet, loaded, gainedMiB, logKiB, rates, isDisturbed } = outcome;
  const logKiBPerSecond = logKiB / (playMs / 1000);
  const logMax = load.logKiBPerSecondMax ?? logKiBPerSecondMax;
  const broken = load.isFloor ? [] : Object.entries({
    "calls failed": loaded.failed > 0,
    // If other programs use the processors, waits are theirs as much as the load's.
    "calls waited": !isDisturbed && loaded.longestMs > quiet.longestMs + longerMsMax,
    "memory": gainedMiB > load.memoryMiBMax,
    "log": logKiBPerSecond > logMax,
  }).filter(([, isBroken]) => isBroken).map(([name]) => name);
  return [
    load.name,
    String(loaded.calls),
    String(loaded.failed),
    quiet.p99Ms.toFixed(1),
    quiet.longestMs.toFixed(1),
    loaded.p99Ms.toFixed(1),
    loaded.longestMs.toFixed(1),
    `${gainedMiB.toFixed(0)} (${load.memoryMiBMax})`,
    `${logKiBPerSecond.toFixed(0)} (${logMax})`,
    rates?.connections.toFixed(0) ?? "",
    rates === undefined ? "" : (rates.bytes / 2 ** 20).toFixed(2),
    [...isDisturbed ? ["(disturbed)"] : [], ...broken].join(", "),
  ];
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
