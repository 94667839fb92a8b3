// deno-lint-ignore-file no-console -- its results are its output
/**
 * The cost of relaying through a NATS server: the same node called directly and relayed, compared with a bare NATS
 * request, which has neither types nor an executor. Caller, node, executor, server and responder are processes of their
 * own.
 *
 *   deno task bench nats [--quick]
 */
import { join } from "node:path";
import { connect, type Farcall } from "../../lib/client/mod.ts";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { NatsLink } from "../../lib/transport/nats/mod.ts";
import { BenchNatsServer } from "../systems/nats_server.ts";
import { denoArguments, Target } from "../measure/processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "../measure/stats.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 2 : 7;
const roundMs = isQuick ? 300 : 1000;
const streamBytes = (isQuick ? 16 : 64) * MiB;

const scripts: Readonly<Record<string, string>> = {
  add: "export const add = (a: number, b: number): number => a + b;",
  echo: "export const echo = (bytes: Uint8Array): Uint8Array => bytes;",
  send: `export async function* send(bytes: number): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(${64 * KiB});
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
  }`,
  receive: `export async function receive(chunks: AsyncIterable<Uint8Array>): Promise<number> {
    let bytes = 0;
    for await (const chunk of chunks) bytes += chunk.length;
    return bytes;
  }`,
};

/** One measured configuration. */
interface Contender {
  add(): Promise<unknown>;
  echo(bytes: Uint8Array): Promise<unknown>;
  send?(bytes: number): Promise<void>;
  receive?(bytes: number): Promise<void>;
}

const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
try {
  await using server = await BenchNatsServer.start(folder);
  const { url } = server;
  const publicKeys: Record<string, string> = {};
  for (const name of ["ann", "c1"]) {
    const pem = await generatePem();
    await Deno.writeTextFile(join(folder, `${name}.key`), pem, { mode: 0o600 });
    publicKeys[name] = (await SigningKey.fromPem(pem)).publicKey;
  }
  await using node = await Target.start(
    "0,1",
    denoArguments("mod.ts", "serve", "127.0.0.1", "0", "--nats", url, "--fleet", "bench")
      .concat("--name", "s1", "--deploy-key", publicKeys.ann!, "--root", join(folder, "root")),
  );
  await using _echo = await Target.start("0,1", denoArguments("bench/systems/nats_echo.ts", url));
  for (const [name, source] of Object.entries(scripts)) {
    await Deno.writeTextFile(join(folder, `${name}.ts`), source);
  }
  for (
    const [name, server] of [["direct", `ip: 127.0.0.1, port: ${node.port}`], [
      "relayed",
      "nats: true",
    ]]
  ) {
    await Deno.writeTextFile(join(folder, `${name}.yaml`), initYaml(url, publicKeys.c1!, server!));
  }
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: denoArguments("mod.ts", "init", join(folder, "direct.yaml"), "--yes", "--key")
      .concat(join(folder, "ann.key")),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const as = { as: "c1", key: join(folder, "c1.key"), timeoutMs: 600_000 };
  await using direct = await connect(join(folder, "direct.yaml"), as);
  await using relayed = await connect(join(folder, "relayed.yaml"), as);
  await using link = await NatsLink.open({ url });
  const bare: Contender = {
    add: () => link.connection.request("echo", "[2,3]", { timeout: 60_000 }),
    echo: (bytes) => link.connection.request("echo", bytes, { timeout: 60_000 }),
  };
  await measure({ direct: callsOf(direct), relayed: callsOf(relayed), "bare request": bare });
} finally {
  await Deno.remove(folder, { recursive: true });
}

function initYaml(url: string, key: string, server: string): string {
  return `network:
  nats: { url: "${url}", fleet: bench }
  servers: { s1: { ${server} } }
  clients: { c1: { key: "${key}" } }
services:
  bench:
    providers: [s1]
    tenants: [c1]
    limits: { timeout: 10m }
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      echo: { args: [bytes], returns: [bytes], src: echo.ts }
      send: { args: [int], returns: "Stream[bytes]", src: send.ts }
      receive: { args: "Stream[bytes]", returns: [int], src: receive.ts }
`;
}

function callsOf(farcall: Farcall): Contender {
  return {
    add: () => farcall.call("bench", "add", [2, 3]),
    echo: (bytes) => farcall.call("bench", "echo", [bytes]),
    async send(bytes) {
      let got = 0;
      const items = await farcall.call("bench", "send", [bytes]) as AsyncIterable<Uint8Array>;
      for await (const chunk of items) got += chunk.length;
      if (got !== bytes) throw new Error(`${got} bytes arrived`);
    },
    async receive(bytes) {
      const got = await farcall.call("bench", "receive", [chunksOf(bytes)]);
      if (got !== bytes) throw new Error(`${got} bytes arrived`);
    },
  };
}

function* chunksOf(bytes: number): Generator<Uint8Array> {
  const chunk = new Uint8Array(64 * KiB);
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/** Measures all of them alternately; the first round warms up. */
async function measure(contenders: Readonly<Record<string, Contender>>): Promise<void> {
  const figures: readonly [
    name: string,
    unit: string,
    measure: (contender: Contender) => Promise<number | undefined>,
  ][] = [
    ["one at a time, p50", "µs", ({ add }) => p50Us(add)],
    ["64 in flight", "calls/s", ({ add }) => callsPerSecond(add)],
    ["64 KiB there and back, p50", "µs", ({ echo }) => p50Us(() => echo(new Uint8Array(64 * KiB)))],
    ["1 MiB there and back, p50", "µs", ({ echo }) => p50Us(() => echo(new Uint8Array(MiB)))],
    ["stream from the node", "MiB/s", async ({ send }) => send && await mibPerSecond(send)],
    ["stream to the node", "MiB/s", async ({ receive }) => receive && await mibPerSecond(receive)],
  ];
  const names = Object.keys(contenders);
  const rows = [["", "", ...names, "relayed : direct", "relayed : bare"]];
  for (const [figure, unit, run] of figures) {
    const values: Record<string, number[]> = {};
    for (let round = 0; round <= rounds; round++) {
      for (const [name, contender] of Object.entries(contenders)) {
        const value = await run(contender);
        if (round > 0 && value !== undefined) (values[name] ??= []).push(value);
      }
    }
    const ratio = (to: string): string =>
      values[to] === undefined
        ? "–"
        : formatSummary(summarize(values.relayed!.map((value, i) => value / values[to]![i]!)), 2);
    rows.push([
      figure,
      unit,
      ...names.map((name) =>
        values[name] === undefined ? "–" : formatSummary(summarize(values[name]), 0)
      ),
      ratio("direct"),
      ratio("bare request"),
    ]);
  }
  console.log(formatTable(rows));
}

async function p50Us(work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  const endMs = performance.now() + roundMs;
  for (let nowMs = performance.now(); nowMs < endMs;) {
    await work();
    const afterMs = performance.now();
    durations.push(afterMs - nowMs);
    nowMs = afterMs;
  }
  return percentile(durations, 0.5) * 1000;
}

async function callsPerSecond(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < startMs + roundMs) {
      await work();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 64 }, lane));
  return count / (performance.now() - startMs) * 1000;
}

async function mibPerSecond(transfer: (bytes: number) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await transfer(streamBytes);
  return streamBytes / MiB / (performance.now() - startMs) * 1000;
}
