/**
 * A file's worth of bytes as a stream: its speed relative to a bare connection, and the peak memory of node, executor
 * and caller, for a small one and one sixteen times as large. Linux, two processors: the node and its executor on 0,
 * the caller and the other end of the bare connection on 1.
 *
 *   deno task bench streams [--quick]
 */
import { connect } from "../lib/client/mod.ts";
import { denoArguments, pinTo, runInit, Target } from "./measure/processes.ts";
import { formatSummary, formatTable, summarize } from "./measure/stats.ts";

const MiB = 1024 * 1024;
const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 2 : 5;
const sizesMiB = isQuick ? [16, 256] : [64, 1024];
const chunkBytes = 64 * 1024;

const scripts = {
  send: `export async function* send(bytes: number) {
    const chunk = new Uint8Array(${chunkBytes});
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
  }`,
  receive: `export async function receive(chunks: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of chunks) bytes += chunk.length;
    return bytes;
  }`,
};

await pinTo("1");
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
try {
  await using node = await Target.start(
    "0",
    denoArguments("mod.ts", "serve", "127.0.0.1", "0", "--root", `${folder}/root`),
  );
  await deploy(node.port);
  await using farcall = await connect(`127.0.0.1:${node.port}`, { timeoutMs: 600_000 });
  const directions = {
    "node to caller": async (bytes: number) => {
      let got = 0;
      for await (const chunk of farcall.service("bench").send(bytes)) {
        got += (chunk as Uint8Array).length;
      }
      return got;
    },
    "caller to node": async (bytes: number) =>
      await farcall.call("bench", "receive", [chunksOf(bytes)]) as number,
  };
  const rows = [[
    "direction",
    "MiB",
    "MiB/s",
    "of bare TCP",
    "node, peak MiB",
    "executor, peak MiB",
    "caller, peak MiB",
  ]];
  for (const [direction, transfer] of Object.entries(directions)) {
    for (const sizeMiB of sizesMiB) {
      const speeds: number[] = [];
      const ratios: number[] = [];
      const peaks: number[][] = [[], [], []];
      for (let round = 0; round <= rounds; round++) {
        const bare = await bareSpeed(Math.min(sizeMiB, 256), direction);
        const [executor] = await node.executors();
        const pids = [node.process.pid, executor, Deno.pid];
        for (const pid of pids) await forgetPeak(pid);
        const startedMs = performance.now();
        const got = await transfer(sizeMiB * MiB);
        const speed = sizeMiB / ((performance.now() - startedMs) / 1000);
        if (got !== sizeMiB * MiB) throw new Error(`${got} bytes arrived`);
        // The first round warms up.
        if (round === 0) continue;
        speeds.push(speed);
        ratios.push(speed / bare);
        for (const [index, pid] of pids.entries()) peaks[index].push(await peakMiB(pid));
      }
      rows.push([
        direction,
        String(sizeMiB),
        formatSummary(summarize(speeds), 0),
        formatSummary(summarize(ratios), 2),
        ...peaks.map((values) => formatSummary(summarize(values), 0)),
      ]);
    }
  }
  Deno.stdout.writeSync(new TextEncoder().encode(`${formatTable(rows)}\n`));
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function deploy(port: number): Promise<void> {
  const rpcs = `
      send: { args: [int], returns: ["Stream[bytes]"], src: send.ts }
      receive: { args: ["Stream[bytes]"], returns: [int], src: receive.ts }`;
  await Deno.writeTextFile(
    `${folder}/init.yaml`,
    `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  bench:
    providers: [s1]
    tenants: [c1]
    limits: { timeout: 10m }
    rpcs:${rpcs}
`,
  );
  for (const [name, source] of Object.entries(scripts)) {
    await Deno.writeTextFile(`${folder}/${name}.ts`, source);
  }
  await runInit(`${folder}/init.yaml`);
}

async function* chunksOf(bytes: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(chunkBytes);
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/** The same bytes over a connection between two processes, in MiB/s. */
async function bareSpeed(sizeMiB: number, direction: string): Promise<number> {
  const isSending = direction === "caller to node";
  const program = `
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    console.log(":" + listener.addr.port);
    const connection = await listener.accept();
    const chunk = new Uint8Array(${chunkBytes});
    if (${isSending}) {
      while (await connection.read(chunk) !== null);
    } else {
      for (let sent = 0; sent < ${sizeMiB * MiB}; sent += chunk.length) {
        for (let at = 0; at < chunk.length;) at += await connection.write(chunk.subarray(at));
      }
    }
    connection.close();
    await new Promise((resolve) => setTimeout(resolve, 60_000));`;
  const file = `${folder}/bare.ts`;
  await Deno.writeTextFile(file, program);
  await using other = await Target.start("0", ["run", "--quiet", "--allow-net", file]);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: other.port });
  const startedMs = performance.now();
  const chunk = new Uint8Array(chunkBytes);
  if (isSending) {
    for (let sent = 0; sent < sizeMiB * MiB; sent += chunk.length) {
      for (let at = 0; at < chunk.length;) at += await connection.write(chunk.subarray(at));
    }
    await connection.closeWrite();
  }
  while (await connection.read(chunk) !== null);
  return sizeMiB / ((performance.now() - startedMs) / 1000);
}

/** Resets the system's record of peak memory. */
async function forgetPeak(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
}

async function peakMiB(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)![1]) / 1024;
}
