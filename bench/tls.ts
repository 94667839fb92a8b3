/**
 * The cost of encryption per call: a node with TLS and one without, which only echo (in their own process, so that no
 * executor hides it), called alternately in one run. Processor time is that of the node and of the caller. Linux, two
 * processors: the nodes on 0, the caller on 1.
 *
 *   deno task bench tls [--quick]
 */
import process from "node:process";
import { connect, type Farcall } from "../lib/client/mod.ts";
import { generateCertificate } from "../lib/identity/certificate.ts";
import { denoArguments, pinTo, Target } from "./measure/processes.ts";
import { formatSummary, formatTable, summarize } from "./measure/stats.ts";

const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 3 : 9;

/** A load: the bytes echoed, the concurrent calls, and the calls per round. */
const loads = [
  { what: "100 bytes, one at a time", bytes: 100, atOnce: 1, calls: 3000 },
  { what: "100 bytes, 64 in flight", bytes: 100, atOnce: 64, calls: 20_000 },
  { what: "100 bytes, bursts of 64", bytes: 100, atOnce: 64, calls: 6400, isBurst: true },
  { what: "1 MiB, one at a time", bytes: 1024 * 1024, atOnce: 1, calls: 100 },
];

await pinTo("1");
const nowMs = Date.now();
const { certificate, key, fingerprint } = await generateCertificate({
  hosts: ["127.0.0.1", "farcall.invalid"],
  fromMs: nowMs - 1000,
  toMs: nowMs + 3_600_000,
});
await using plainNode = await Target.start("0", denoArguments("bench/systems/tls_node.ts"));
await using tlsNode = await Target.start(
  "0",
  denoArguments("bench/systems/tls_node.ts", certificate, key),
);
await using plain = await connect(`127.0.0.1:${plainNode.port}`);
await using tls = await connect(`127.0.0.1:${tlsNode.port}`, { tls: { fingerprint } });

const rows = [[
  "load",
  "plain, CPU µs a call",
  "TLS, CPU µs a call",
  "ratio",
  "plain, µs a call",
  "TLS, µs a call",
  "ratio",
]];
for (const load of loads) {
  const kinds = [[plain, plainNode], [tls, tlsNode]] as const;
  const figures: { cpu: number; wall: number }[][] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const [index, [farcall, node]] of kinds.entries()) {
      const figure = await measure(farcall, node, load);
      // The first round warms up.
      if (round > 0) figures[index].push(figure);
    }
  }
  const cells = (["cpu", "wall"] as const).flatMap((which) => {
    const [before, after] = figures.map((list) => list.map((figure) => figure[which]));
    const ratios = after.map((value, index) => value / before[index]);
    return [before, after].map((values) => formatSummary(summarize(values), 0))
      .concat(formatSummary(summarize(ratios), 2));
  });
  rows.push([load.what, ...cells]);
}
const opening: number[][] = [];
for (let round = 0; round < 20; round++) {
  const times: number[] = [];
  for (
    const [port, trust] of [[plainNode.port, undefined], [tlsNode.port, { fingerprint }]] as const
  ) {
    const startedMs = performance.now();
    await using farcall = await connect(`127.0.0.1:${port}`, { tls: trust });
    await farcall.call("bench", "echo", [new Uint8Array(1)]);
    times.push(performance.now() - startedMs);
  }
  opening.push(times);
}
const [before, after] = [0, 1].map((index) => summarize(opening.map((times) => times[index])));
const text = `${formatTable(rows)}\n\na connection and its first call: plain ${
  formatSummary(before)
} ms, TLS ${formatSummary(after)} ms\n`;
Deno.stdout.writeSync(new TextEncoder().encode(text));

async function measure(
  farcall: Farcall,
  node: Target,
  { bytes, atOnce, calls, isBurst = false }: typeof loads[number],
): Promise<{ cpu: number; wall: number }> {
  const payload = new Uint8Array(bytes);
  const call = () => farcall.call("bench", "echo", [payload]);
  const nodeBeforeMs = await node.cpuMs();
  const mine = process.cpuUsage();
  const startedMs = performance.now();
  if (isBurst) {
    for (let made = 0; made < calls; made += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, call));
    }
  } else {
    let left = calls;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await call();
    }));
  }
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(mine);
  const cpuMs = (user + system) / 1000 + await node.cpuMs() - nodeBeforeMs;
  return { cpu: cpuMs * 1000 / calls, wall: wallMs * 1000 / calls };
}
