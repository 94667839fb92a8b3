/**
 * The cost of idle connections that each made one call: the node's resident memory per connection, and the duration of
 * a call meanwhile; alternating with a TCP echo on the same runtime. Both are under load first, because memory that
 * they allocate once and keep is not the connections'. Linux, two processors, 12,000 file descriptors.
 *
 *   deno task bench idle [--quick]
 */
import { bareEcho, deployBench } from "./systems/contenders.ts";
import type { Client, Connection } from "./systems/contender.ts";
import * as echoClient from "./systems/bare_echo.ts";
import * as farcallClient from "./_farcall.ts";
import { denoArguments, pinTo, residentKiB, Target } from "./measure/processes.ts";
import { formatSummary, formatTable, summarize } from "./measure/stats.ts";

const isQuick = Deno.args.includes("--quick");
const counts = isQuick ? [500, 1000] : [1000, 4000, 10_000];
const rounds = isQuick ? 1 : 5;
const loadCalls = 50_000;
const inFlight = 64;
const latencyCalls = 1000;
const openedAtOnce = 50;

interface Contestant {
  readonly name: string;
  readonly client: Client;
  /** @param folder For its files; removed afterwards. */
  serve(folder: string): Promise<Target>;
}

const contestants: readonly Contestant[] = [
  { name: "bare Deno TCP echo", client: echoClient, serve: bareEcho().serve },
  {
    name: "farcall",
    client: farcallClient,
    async serve(folder) {
      const target = await Target.start(
        "1",
        denoArguments(
          ...["mod.ts", "serve", "127.0.0.1", "0", "--root", `${folder}/root`] as const,
          ...["--log-level", "error", "--limit", "connections-per-address=20000"],
        ),
      );
      await deployBench(folder, target.port);
      return target;
    },
  },
];

/** By contestant and number of connections, one value per round. */
const memory = contestants.map(() => counts.map((): number[] => []));
const latency = contestants.map(() => counts.map((): number[] => []));
const before = contestants.map((): number[] => []);
await pinTo("0");
for (let round = 0; round < rounds; round++) {
  for (const [index, contestant] of contestants.entries()) await measure(contestant, index);
}
const head = ["", "connections", "KiB each", "a call meanwhile, p50 µs", "of the same before"];
const rows = contestants.flatMap(({ name }, index) =>
  counts.map((count, step) => [
    step === 0 ? name : "",
    count.toLocaleString("en"),
    formatSummary(summarize(memory[index][step])),
    formatSummary(summarize(latency[index][step]), 0),
    formatSummary(summarize(latency[index][step].map((us, at) => us / before[index][at])), 2),
  ])
);
Deno.stdout.writeSync(new TextEncoder().encode(`${formatTable([head, ...rows])}\n`));
Deno.exit(0);

async function measure({ client, serve }: Contestant, index: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  const open: Connection[] = [];
  try {
    await using target = await serve(folder);
    const loaded = await client.open(target.port, inFlight);
    await Promise.all(Array.from({ length: inFlight }, async () => {
      for (let call = 0; call < loadCalls / inFlight; call++) await loaded.add(20, 22);
    }));
    await loaded.close();
    const caller = await client.open(target.port, 1);
    before[index].push(await medianUs(caller));
    const atFirstKiB = await memoryKiB(target);
    for (const [step, count] of counts.entries()) {
      while (open.length < count) {
        open.push(
          ...await Promise.all(
            Array.from({ length: Math.min(openedAtOnce, count - open.length) }, async () => {
              const connection = await client.open(target.port, 1);
              await connection.add(20, 22);
              return connection;
            }),
          ),
        );
      }
      memory[index][step].push((await memoryKiB(target) - atFirstKiB) / count);
      latency[index][step].push(await medianUs(caller));
    }
    await caller.close();
  } finally {
    for (const connection of open) await connection.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Of the target and its descendants, once it is idle. */
async function memoryKiB(target: Target): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const sizes = await Promise.all(
    [target.process.pid, ...await target.executors()].map(residentKiB),
  );
  return sizes.reduce((sum, size) => sum + size);
}

async function medianUs(connection: Connection): Promise<number> {
  const tookUs: number[] = [];
  for (let call = 0; call < latencyCalls; call++) {
    const startedMs = performance.now();
    await connection.add(20, 22);
    tookUs.push((performance.now() - startedMs) * 1000);
  }
  return summarize(tookUs).median;
}
