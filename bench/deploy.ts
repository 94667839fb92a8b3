/**
 * The cost of a deployment: concurrent calls; the time of a first one, of one without changes and of one with one
 * changed script among a thousand; and of fifty nodes at once. Linux, two processors.
 *
 *   deno task bench deploy
 */
import { connect, type Farcall, readKey } from "../lib/client/mod.ts";
import { generatePem } from "../lib/identity/mod.ts";
import { type InitCost, measureInit, writeProject, writeScript } from "./measure/init_runs.ts";
import { denoArguments, Target } from "./measure/processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "./measure/stats.ts";

const rounds = Number(Deno.env.get("ROUNDS") ?? 7);
const roundMs = Number(Deno.env.get("ROUND_MS") ?? 3000);
const repository = new URL("../", import.meta.url).pathname;

const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });

interface Latencies {
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Calls to a replaced service and to an unchanged one: without deployments, and during them. */
async function measureCalls(): Promise<void> {
  const serve = ["serve", "127.0.0.1", "0", "--root", `${folder}/root`, "--log-level", "error"];
  await using node = await Target.start("1", denoArguments("mod.ts", ...serve));
  // Something must be deployed before the first quiet round.
  await using first = await Deployer.start(node.port, 0);
  await first.stop();
  await using farcall = await connect(`127.0.0.1:${node.port}`, { as: "c1" });
  const rows = [[
    "",
    "in quiet, µs",
    "while deploying, µs",
    "ratio",
    "deployments/s",
  ]];
  for (const pauseMs of [0, 500]) {
    const figures = { changes: [] as Latencies[][], stays: [] as Latencies[][] };
    const rates: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const quiet = await measureBoth(farcall);
      const startedMs = performance.now();
      await using deployer = await Deployer.start(node.port, pauseMs);
      const busy = await measureBoth(farcall);
      const count = await deployer.stop();
      if (round === 0) continue;
      rates.push(count / (performance.now() - startedMs) * 1000);
      figures.changes.push([quiet.changes, busy.changes]);
      figures.stays.push([quiet.stays, busy.stays]);
    }
    const title = pauseMs === 0 ? "without pause" : `with pauses of ${pauseMs} ms`;
    for (const service of ["stays", "changes"] as const) {
      for (const figure of ["p50Us", "p99Us"] as const) {
        const [quiet, busy] = [0, 1].map((index) =>
          figures[service].map((pair) => pair[index][figure])
        );
        rows.push([
          `${title}: service that ${service}, ${figure.slice(0, 3)}`,
          formatSummary(summarize(quiet), 0),
          formatSummary(summarize(busy), 0),
          formatSummary(summarize(busy.map((value, index) => value / quiet[index])), 2),
          formatSummary(summarize(rates)),
        ]);
      }
    }
  }
  print(`## Calls during deployments\n\n${rounds} rounds of ${roundMs} ms, median (min–max):\n`);
  print(formatTable(rows) + "\n");
}

async function measureBoth(farcall: Farcall): Promise<{ changes: Latencies; stays: Latencies }> {
  const endMs = performance.now() + roundMs;
  const [changes, stays] = await Promise.all(["changes", "stays"].map(async (service) => {
    const latenciesUs: number[] = [];
    while (performance.now() < endMs) {
      const before = performance.now();
      await farcall.call(service, "add", [2, 3]);
      latenciesUs.push((performance.now() - before) * 1000);
    }
    return { p50Us: percentile(latenciesUs, 0.5), p99Us: percentile(latenciesUs, 0.99) };
  }));
  return { changes, stays };
}

/** `measure/deploy_loop.ts`, on the processor of this client. */
class Deployer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #isOver = false;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Resolves after its first deployment. */
  static async start(port: number, pauseMs: number): Promise<Deployer> {
    const deployer = new Deployer(
      new Deno.Command("taskset", {
        args: [
          ...["-c", "0", Deno.execPath()],
          ...denoArguments("bench/measure/deploy_loop.ts", String(port), String(pauseMs)),
        ],
        stdout: "piped",
      }).spawn(),
    );
    await deployer.#lines.read();
    return deployer;
  }

  /** @returns The number of deployments. */
  async stop(): Promise<number> {
    this.#isOver = true;
    this.#process.kill("SIGTERM");
    const { value = "0" } = await this.#lines.read();
    await this.#process.status;
    return Number(value.trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) await this.stop();
    await this.#lines.cancel();
  }
}

async function measureThousand(keyFile = ""): Promise<void> {
  const count = 1000;
  const deployKeys = keyFile === "" ? [] : [(await readKey(keyFile)).publicKey];
  const figures: Record<"first" | "unchanged" | "one", InitCost[]> = {
    first: [],
    unchanged: [],
    one: [],
  };
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    const path = await Deno.makeTempDir({ dir: folder });
    const args = denoArguments("bench/systems/nodes.ts", `${path}/roots`, "1", ...deployKeys);
    await Deno.mkdir(`${path}/roots`, { recursive: true });
    await using node = await Target.start("1", args);
    await writeProject(path, [node.port], count, 20);
    figures.first.push(await measureInit(path, keyFile));
    figures.unchanged.push(await measureInit(path, keyFile));
    await writeScript(path, 7, 1000 + round);
    figures.one.push(await measureInit(path, keyFile));
  }
  const row = (label: string, costs: readonly InitCost[]): string[] => [
    label,
    formatSummary(summarize(costs.map(({ ms }) => ms)), 0),
    formatSummary(summarize(costs.map(({ ms }, index) => ms / figures.first[index].ms)), 2),
    formatSummary(summarize(costs.map(({ cpuMs }) => cpuMs)), 0),
  ];
  const signed = keyFile === "" ? "" : ", signed";
  print(`## ${count} overloads in 20 services, one node${signed}\n`);
  print("The whole command, its start included:\n");
  print(
    formatTable([
      ["", "ms", "of the first", "CPU ms of init"],
      row("first deployment", figures.first),
      row("nothing has changed", figures.unchanged),
      row("one script has changed", figures.one),
    ]) + "\n",
  );
}

async function measureFleet(): Promise<void> {
  const [nodesCount, count] = [50, 2000];
  const path = `${folder}/fleet`;
  await Deno.mkdir(`${path}/roots`, { recursive: true });
  const process = new Deno.Command(Deno.execPath(), {
    args: denoArguments("bench/systems/nodes.ts", `${path}/roots`, String(nodesCount)),
    cwd: repository,
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value = "" } = await reader.read();
    const ports = value.trim().slice(1).split(",").map(Number);
    await writeProject(path, ports, count, nodesCount);
    const costs: [string, InitCost][] = [["first deployment", await measureInit(path)]];
    costs.push(["nothing has changed", await measureInit(path)]);
    await writeScript(path, 7, 5000);
    costs.push(["one script has changed", await measureInit(path)]);
    print(`## ${nodesCount} nodes, ${count} overloads, all on this machine\n`);
    print(formatTable([
      ["", "ms", "peak memory of init, MiB", "sockets of init"],
      ...costs.map(([label, { ms, peakMiB, sockets }]) => [
        label,
        ms.toFixed(0),
        peakMiB.toFixed(0),
        String(sockets),
      ]),
    ]));
  } finally {
    process.kill("SIGTERM");
    await reader.cancel();
    await process.status;
  }
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

try {
  await measureCalls();
  await measureThousand();
  const keyFile = `${folder}/deployer.key`;
  await Deno.writeTextFile(keyFile, await generatePem());
  await measureThousand(keyFile);
  await measureFleet();
} finally {
  await Deno.remove(folder, { recursive: true });
}
