/**
 * The costs and benefits of isolation: calls through an executor process against the same function in the server's own
 * process, alternately in one run; the start of a cold service; the memory of an idle one; a service's recovery after a
 * runaway script; and the effect of a misbehaving service on another. Linux, two processors: at first the servers on 1
 * and this client on 0; for the last, all of them on both. Prints Markdown, as docs/performance.md has it.
 *
 *   deno task bench isolation [--quick]
 */
import { connect, type Farcall } from "../lib/client/mod.ts";
import { deploy } from "../lib/deploy/mod.ts";
import { parseConfiguration } from "../lib/config/mod.ts";
import { measureBystander, nuisanceSources } from "./measure/bystander.ts";
import { denoArguments, pinTo, proportionalMemoryMiB, Target } from "./measure/processes.ts";
import {
  formatSummary,
  formatTable,
  percentile,
  summarize,
  type Summary,
} from "./measure/stats.ts";

const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 2 : 15;
const roundMs = isQuick ? 300 : 1000;
const attempts = isQuick ? 3 : 15;
const idleServices = isQuick ? 4 : 12;

await pinTo("0");
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
try {
  await writeScripts();
  await measure();
  await pinTo("0,1");
  await measureBesideOthers();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function writeScripts(): Promise<void> {
  const sources = {
    add: "export function add(a: number, b: number) { return a + b; }\n",
    spin: "export function spin() { for (;;); }\n",
    ...nuisanceSources,
  };
  for (const [name, source] of Object.entries(sources)) {
    await Deno.writeTextFile(`${folder}/${name}.ts`, source);
  }
}

async function measure(): Promise<void> {
  const serve = ["serve", "127.0.0.1", "0", "--root", `${folder}/root`, "--log-level", "error"];
  await using isolated = await Target.start("1", denoArguments("mod.ts", ...serve));
  await using inProcess = await Target.start(
    "1",
    denoArguments("bench/systems/in_process_node.ts"),
  );
  await deployTo(isolated.port);
  await using through = await connect(`127.0.0.1:${isolated.port}`, { as: "c1" });
  await using within = await connect(`127.0.0.1:${inProcess.port}`, { as: "c1" });

  const targets = [{ farcall: through, target: isolated }, { farcall: within, target: inProcess }];
  const figures: Figures[][] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { farcall, target }] of targets.entries()) {
      const measured = await measureCalls(farcall, target);
      if (round > 0) figures[index].push(measured);
    }
  }
  const [a, b] = figures;
  const row = (label: string, of: (figures: Figures) => number, digits: number): string[] => [
    label,
    formatSummary(summarize(a.map(of)), digits),
    formatSummary(summarize(b.map(of)), digits),
    formatSummary(summarize(a.map((each, index) => of(each) / of(b[index]))), 2),
  ];
  print(
    `Deno ${Deno.version.deno}, ${rounds} rounds of ${roundMs} ms a figure, median (min–max).\n`,
  );
  print(formatTable([
    ["", "executor process", "in the server", "ratio"],
    row("64 in flight, calls/s", (each) => each.callsPerSecond, 0),
    row("64 in flight, CPU µs a call", (each) => each.cpuUs, 1),
    row("one at a time, p50 µs", (each) => each.p50Us, 0),
    row("one at a time, p99 µs", (each) => each.p99Us, 0),
  ]));
  const cold = await measureColdStarts(through, isolated);
  const runaway = await measureRunaway(through);
  const memory = await measureMemory(through, isolated);
  print(
    "\n" + formatTable([
      ["", "median (min–max)"],
      ["cold service, call to first answer, ms", formatSummary(cold)],
      ["runaway script's deadline to the service's next good answer, ms", formatSummary(runaway)],
      [`memory of one of ${idleServices} idle services, PSS, MiB`, formatSummary(memory)],
    ]),
  );
}

/** A node without pinned processors and with its usual log; one service is called, the other misbehaves. */
async function measureBesideOthers(): Promise<void> {
  const serve = ["serve", "127.0.0.1", "0", "--root", `${folder}/beside`];
  await using target = await Target.start("0,1", denoArguments("mod.ts", ...serve));
  await deployTo(target.port);
  await using farcall = await connect(`127.0.0.1:${target.port}`, { as: "c1" });
  const { rows, disturbed, kept } = await measureBystander(farcall, target.port, {
    rounds,
    roundMs,
  });
  print(`\n${formatTable(rows)}`);
  print(`\n${disturbed} rounds were disturbed by other programs; ${kept} of them count here.`);
}

interface Figures {
  readonly callsPerSecond: number;
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

async function deployTo(port: number): Promise<void> {
  const service = (name: string, { idle = "5m", rpcs = ["spin"] } = {}) =>
    `  ${name}:\n    providers: [s1]\n    tenants: [c1]\n    limits: { idle: ${idle} }\n    rpcs:\n` +
    `      add: { args: [int, int], returns: [int], src: add.ts }\n` +
    rpcs.map((rpc) => `      ${rpc}: { args: [], returns: [], src: ${rpc}.ts }\n`).join("");
  const services = [
    service("math"),
    service("cold", { idle: "200ms" }),
    service("nuisance", { rpcs: Object.keys(nuisanceSources) }),
    ...Array.from({ length: idleServices }, (_, index) => service(`idle_${index}`)),
  ];
  const text =
    `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${port} } }\n  clients: { c1: { ip: 127.0.0.1 } }\n` +
    `services:\n${services.join("")}`;
  await deploy(parseConfiguration(text, { file: "bench.yaml", folder }), { deployer: "bench" });
}

async function measureCalls(farcall: Farcall, target: Target): Promise<Figures> {
  const cpuBefore = await target.cpuMs();
  const started = performance.now();
  const end = started + roundMs;
  let calls = 0;
  await Promise.all(Array.from({ length: 64 }, async () => {
    while (performance.now() < end) {
      await farcall.call("math", "add", [2, 3]);
      calls += 1;
    }
  }));
  const elapsedMs = performance.now() - started;
  const cpuMs = await target.cpuMs() - cpuBefore;
  const latenciesUs: number[] = [];
  const endSingle = performance.now() + roundMs;
  while (performance.now() < endSingle) {
    const before = performance.now();
    await farcall.call("math", "add", [2, 3]);
    latenciesUs.push((performance.now() - before) * 1000);
  }
  return {
    callsPerSecond: calls / elapsedMs * 1000,
    cpuUs: cpuMs * 1000 / calls,
    p50Us: percentile(latenciesUs, 0.5),
    p99Us: percentile(latenciesUs, 0.99),
  };
}

/** Calls a service whose executor has just been stopped for idleness. */
async function measureColdStarts(farcall: Farcall, target: Target): Promise<Summary> {
  const durations: number[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    await farcall.call("cold", "add", [2, 3]);
    const running = (await target.executors()).length;
    while ((await target.executors()).length >= running) await pause(20);
    const before = performance.now();
    await farcall.call("cold", "add", [2, 3]);
    durations.push(performance.now() - before);
  }
  return summarize(durations);
}

/** A call that never yields gets its deadline; the next call waits for the executor that replaces it. */
async function measureRunaway(farcall: Farcall): Promise<Summary> {
  const durations: number[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    await farcall.call("math", "spin", [], { timeoutMs: 100 }).catch(() => {});
    const before = performance.now();
    await farcall.call("math", "add", [2, 3]);
    durations.push(performance.now() - before);
  }
  return summarize(durations);
}

async function measureMemory(farcall: Farcall, target: Target): Promise<Summary> {
  for (let index = 0; index < idleServices; index++) {
    await farcall.call(`idle_${index}`, "add", [1, 2]);
  }
  await pause(500);
  const values: number[] = [];
  for (const pid of await target.executors()) values.push(await proportionalMemoryMiB(pid));
  return summarize(values);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
