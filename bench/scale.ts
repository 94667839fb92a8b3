/**
 * A node at scale: calls per second with one service and with 1,000, with one connected client and with 256, in turn;
 * and a CPU-bound service, with one instance and with two. Linux, two processors: the nodes on 1 and this client on 0;
 * for the last, all of them on both. Prints Markdown, as docs/performance.md has it.
 *
 *   deno task bench scale [--quick]
 */
import { connect, type Farcall } from "../lib/client/mod.ts";
import { parseConfiguration } from "../lib/config/mod.ts";
import { deploy } from "../lib/deploy/mod.ts";
import { denoArguments, pinTo, Target } from "./measure/processes.ts";
import { formatSummary, formatTable, summarize } from "./measure/stats.ts";

const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 3 : 15;
const roundMs = isQuick ? 300 : 1000;
const inFlight = 64;
const manyServices = isQuick ? 100 : 1000;
const manyClients = 256;
/** Concurrent calls of the CPU-bound service. */
const atOnce = 8;

/** One configuration, measured repeatedly. */
interface Contestant {
  readonly name: string;
  readonly farcall: Farcall;
  readonly target: Target;
  readonly call: (farcall: Farcall) => Promise<unknown>;
  readonly callers: number;
}

let roots = 0;
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
try {
  await Deno.writeTextFile(
    `${folder}/add.ts`,
    "export function add(a: number, b: number) { return a + b; }\n",
  );
  await Deno.writeTextFile(
    `${folder}/count.ts`,
    "export function count(n: number) { let x = 1; while (n-- > 0) x = (x * 31 + n) | 0; return x; }\n",
  );
  await pinTo("0");
  await measureMuch();
  await pinTo("0,1");
  await measureInstances();
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);

async function measureMuch(): Promise<void> {
  await using few = await serve("1");
  await using services = await serve("1");
  await using clients = await serve("1");
  await deployTo(few, { services: 1, clients: 1 });
  await deployTo(services, { services: manyServices, clients: 1 });
  await deployTo(clients, { services: 1, clients: manyClients });
  const others = await Promise.all(
    Array.from({ length: manyClients - 1 }, async (_, index) => {
      const other = await connect(`127.0.0.1:${clients.port}`, { as: `c${index + 1}` });
      await other.call("s0", "add", [20, 22]);
      return other;
    }),
  );
  const add = (farcall: Farcall) => farcall.call("s0", "add", [20, 22]);
  const contestants: Contestant[] = [];
  for (
    const [name, target] of [
      ["1 service, 1 client", few],
      [`${manyServices.toLocaleString("en")} services`, services],
      [`${manyClients} clients connected`, clients],
    ] as const
  ) {
    const farcall = await connect(`127.0.0.1:${target.port}`, { as: "c0" });
    contestants.push({ name, farcall, target, call: add, callers: inFlight });
  }
  print(`\n${inFlight} calls in flight on one connection:\n`);
  await compare(contestants);
  for (const { farcall } of contestants) await farcall.close();
  for (const other of others) await other.close();
}

async function measureInstances(): Promise<void> {
  await using target = await serve("0,1");
  await deployTo(target, { services: 1, clients: 1 });
  await using farcall = await connect(`127.0.0.1:${target.port}`, { as: "c0" });
  const contestants = ["one", "two"].map((service): Contestant => ({
    name: `${service} instance${service === "one" ? "" : "s"}`,
    farcall,
    target,
    call: () => farcall.call(service, "count", [2_000_000]),
    callers: atOnce,
  }));
  print(`\nA service that is bound by its processor, ${atOnce} calls at once:\n`);
  await compare(contestants);
}

/** Measures alternately, and prints the results relative to the first. */
async function compare(contestants: readonly Contestant[]): Promise<void> {
  const rates = contestants.map((): number[] => []);
  const cpus = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const { perSecond, cpuUs } = await measure(contestant);
      // The first round warms up.
      if (round === 0) continue;
      rates[index].push(perSecond);
      cpus[index].push(cpuUs);
    }
  }
  const rows = contestants.map(({ name }, index) => [
    name,
    formatSummary(summarize(rates[index]), 0),
    formatSummary(summarize(rates[index].map((rate, round) => rate / rates[0][round])), 2),
    formatSummary(summarize(cpus[index]), 1),
  ]);
  const head = ["", "calls/s", "of the first", "CPU of node and executors per call, µs"];
  print(formatTable([head, ...rows]));
}

async function measure(
  { farcall, target, call, callers }: Contestant,
): Promise<{ perSecond: number; cpuUs: number }> {
  const endMs = performance.now() + roundMs;
  const cpuBeforeMs = await target.cpuMs();
  const startedMs = performance.now();
  let calls = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < endMs) {
      await call(farcall);
      calls += 1;
    }
  }));
  const elapsedMs = performance.now() - startedMs;
  const cpuMs = await target.cpuMs() - cpuBeforeMs;
  return { perSecond: calls / elapsedMs * 1000, cpuUs: cpuMs * 1000 / calls };
}

function serve(cpus: string): Promise<Target> {
  const root = `${folder}/root-${roots++}`;
  return Target.start(
    cpus,
    denoArguments("mod.ts", "serve", "127.0.0.1", "0", "--root", root, "--log-level", "error"),
  );
}

/** Deploys this many services with one rpc each, and two CPU-bound ones, one of them with two instances. */
async function deployTo(
  { port }: Target,
  { services, clients }: { services: number; clients: number },
): Promise<void> {
  const names = Array.from({ length: clients }, (_, index) => `c${index}`);
  const service = (name: string, rpc: string, more = "") =>
    `  ${name}: { providers: [s1], tenants: [${names.join(", ")}], ${more}rpcs: { ${rpc} } }\n`;
  const add = "add: { args: [int, int], returns: [int], src: add.ts }";
  const count = "count: { args: [int], returns: [int], src: count.ts }";
  const text = `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { ${names.map((name) => `${name}: { ip: 127.0.0.1 }`).join(", ")} }
services:
${Array.from({ length: services }, (_, index) => service(`s${index}`, add)).join("")}${
    service("one", count)
  }${service("two", count, "instances: 2, ")}`;
  await deploy(parseConfiguration(text, { file: "bench.yaml", folder }), { deployer: "bench" });
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
