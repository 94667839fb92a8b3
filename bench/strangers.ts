/**
 * What strangers cost a node who connect, say a little and wait: its memory for each of them, and how long a
 * client needs meanwhile to connect and call. Linux, two processors, 12,000 file descriptors.
 *
 *   deno task bench:strangers
 */
import { connect } from "../lib/client/mod.ts";
import { preface } from "../lib/wire/mod.ts";
import { opening } from "./_frames.ts";
import { denoArguments, pinTo, proportionalMemoryMiB, runInit, Target } from "./_processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "./_stats.ts";

const strangers = Number(Deno.env.get("STRANGERS") ?? 10_000);
const callsMax = Number(Deno.env.get("CALLS") ?? 200);

const says: Record<string, Uint8Array> = {
  "nothing": new Uint8Array(0),
  "1 byte of a text request": bytes("{"),
  "1 byte of HTTP": bytes("P"),
  "1 byte of frames": preface.subarray(0, 1),
  "half a text request of 64 KiB": bytes(`{"a":"${"x".repeat(64 * 1024)}`),
  "a whole hello in frames": opening(),
};

const rows = [[
  "each says",
  "connections held",
  "MiB",
  "KiB each",
  "call p50, ms",
  "p99",
  "failed",
]];
await pinTo("0");
for (const [name, first] of [["(no stranger)", undefined] as const, ...Object.entries(says)]) {
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  const serve = ["serve", "127.0.0.1", "0", "--root", `${folder}/root`, "--log-level", "error"];
  try {
    await using node = await Target.start("1", denoArguments("mod.ts", ...serve));
    await deploy(node.port, folder);
    await calls(node.port, 20);
    const beforeMiB = await proportionalMemoryMiB(node.process.pid);
    const open = first === undefined ? [] : await attack(node.port, first);
    const meanwhile = await calls(node.port, callsMax);
    const afterMiB = await proportionalMemoryMiB(node.process.pid);
    const held = await connectionsOf(node.port);
    const tookMs = meanwhile.tookMs;
    rows.push([
      name,
      `${held}`,
      `${beforeMiB.toFixed(0)} → ${afterMiB.toFixed(0)}`,
      held < 100 ? "" : ((afterMiB - beforeMiB) * 1024 / held).toFixed(1),
      formatSummary(summarize(tookMs)),
      percentile(tookMs, 0.99).toFixed(1),
      `${meanwhile.failed} of ${callsMax}`,
    ]);
    for (const conn of open) close(conn);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
Deno.stdout.writeSync(bytes(`${formatTable(rows)}\n`));

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function deploy(port: number, folder: string): Promise<void> {
  await Deno.writeTextFile(
    `${folder}/add.ts`,
    "export const add = (a: number, b: number) => a + b;\n",
  );
  await Deno.writeTextFile(
    `${folder}/init.yaml`,
    `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  math:
    providers: [s1]
    tenants: [c1]
    rpcs: { add: { args: [int, int], returns: [int], src: add.ts } }
`,
  );
  await runInit(`${folder}/init.yaml`);
}

/** Strangers that have said their say; those that the node closes are reaped. */
async function attack(port: number, first: Uint8Array): Promise<Deno.TcpConn[]> {
  const open: Deno.TcpConn[] = [];
  for (let index = 0; index < strangers; index++) {
    try {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      open.push(conn);
      if (first.length > 0) await conn.write(first);
    } catch {
      // Refused, or closed by the node: it holds one less.
    }
  }
  return open;
}

/** Each connects anew. */
async function calls(port: number, count: number): Promise<{ tookMs: number[]; failed: number }> {
  const tookMs: number[] = [];
  let failed = 0;
  for (let index = 0; index < count; index++) {
    const startedMs = performance.now();
    try {
      await using farcall = await connect(`127.0.0.1:${port}`, { as: "c1", timeoutMs: 5000 });
      await farcall.call("math", "add", [2, 3]);
      tookMs.push(performance.now() - startedMs);
    } catch {
      failed += 1;
    }
  }
  return { tookMs: tookMs.length === 0 ? [NaN] : tookMs, failed };
}

/** Established connections that come to a port, by the system's word. */
async function connectionsOf(port: number): Promise<number> {
  const text = await Deno.readTextFile("/proc/net/tcp");
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return text.split("\n").map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(local) && fields[3] === "01").length;
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed.
  }
}
