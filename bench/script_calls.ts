/**
 * The cost of a script's call to another service, on the same node and on another one, against a client's call of the
 * same function; and whether a service that may call others is slower if it does not. All alternately in one run.
 * Linux, two processors: both nodes on 1, this client on 0.
 *
 *   deno task bench script-calls [--quick]
 */
import { connect, type Farcall } from "../lib/client/mod.ts";
import { parseConfiguration } from "../lib/config/mod.ts";
import { deploy } from "../lib/deploy/mod.ts";
import { denoArguments, pinTo, Target } from "./measure/processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "./measure/stats.ts";

const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 2 : 15;
const roundMs = isQuick ? 200 : 700;

const configuration = (ports: readonly number[]): string =>
  `network:
  servers:
    s1: { ip: 127.0.0.1, port: ${ports[0]} }
    s2: { ip: 127.0.0.1, port: ${ports[1]} }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  near: { providers: [s1], tenants: [c1], rpcs: { one: { args: [int], returns: int, src: one.ts } } }
  far: { providers: [s2], tenants: [c1], rpcs: { one: { args: [int], returns: int, src: one.ts } } }
  shop:
    providers: [s1]
    tenants: [c1]
    calls: { near: [one], far: [one] }
    rpcs:
      near: { args: [int], returns: int, src: near.ts }
      far: { args: [int], returns: int, src: far.ts }
      one: { args: [int], returns: int, src: one.ts }
`;

const sources = {
  one: "export const one = (value: number) => value + 1;\n",
  near: 'export function near(value) { return this.farcall.service("near").one(value); }\n',
  far: 'export function far(value) { return this.farcall.service("far").one(value); }\n',
};

/** The compared calls; each relative to the first. */
const kinds = [
  ["a client calls it", "near", "one"],
  ["a client calls it, service with `calls`", "shop", "one"],
  ["a script calls it, same node", "shop", "near"],
  ["a script calls it, other node", "shop", "far"],
] as const;

interface Figures {
  readonly callsPerSecond: number;
  readonly p50Us: number;
}

await pinTo("0");
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
try {
  for (const [name, source] of Object.entries(sources)) {
    await Deno.writeTextFile(`${folder}/${name}.ts`, source);
  }
  await measure();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function measure(): Promise<void> {
  const serve = (name: string) =>
    Target.start(
      "1",
      denoArguments("mod.ts", "serve", "127.0.0.1", "0", "--root", `${folder}/${name}`)
        .concat("--log-level", "error"),
    );
  await using first = await serve("s1");
  await using second = await serve("s2");
  const text = configuration([first.port, second.port]);
  await deploy(await parseConfiguration(text, { file: "bench.yaml", folder }), {
    deployer: "bench",
  });
  await using farcall = await connect(`127.0.0.1:${first.port}`, { as: "c1" });
  const figures: Figures[][] = kinds.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, [, service, rpc]] of kinds.entries()) {
      const measured = await measureCalls(farcall, service, rpc);
      // The first round warms up.
      if (round > 0) figures[index]!.push(measured);
    }
  }
  const cells = (of: (figures: Figures) => number, digits: number): string[][] =>
    figures.map((list) => [
      formatSummary(summarize(list.map(of)), digits),
      formatSummary(summarize(list.map((each, round) => of(each) / of(figures[0]![round]!))), 2),
    ]);
  const [throughput, latency] = [
    cells((each) => each.callsPerSecond, 0),
    cells((each) => each.p50Us, 0),
  ];
  print(
    `Deno ${Deno.version.deno}, ${rounds} rounds of ${roundMs} ms a figure, median (min–max).\n`,
  );
  print(formatTable([
    ["", "one at a time, p50 µs", "ratio", "64 in flight, calls/s", "ratio"],
    ...kinds.map(([what], index) => [what, ...latency[index]!, ...throughput[index]!]),
  ]));
}

async function measureCalls(farcall: Farcall, service: string, rpc: string): Promise<Figures> {
  const tookUs: number[] = [];
  for (const endMs = performance.now() + roundMs; performance.now() < endMs;) {
    const startMs = performance.now();
    await farcall.call(service, rpc, [1]);
    tookUs.push((performance.now() - startMs) * 1000);
  }
  let calls = 0;
  const startMs = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - startMs < roundMs) {
      await farcall.call(service, rpc, [1]);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  const seconds = (performance.now() - startMs) / 1000;
  return { callsPerSecond: calls / seconds, p50Us: percentile(tookUs, 0.5) };
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
