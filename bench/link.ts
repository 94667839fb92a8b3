/**
 * The link between server and executor, against its alternatives: round trips over a Unix socket and over standard
 * input and output; the messages of a turn in one write, and in one each; arguments forwarded unchanged, and decoded
 * and encoded again. Linux, two processors: the other end on 1, this one on 0.
 *
 *   deno task bench link
 */
import { fileURLToPath } from "node:url";
import { Channel } from "../lib/channel/mod.ts";
import { type Transport, UnixRendezvous } from "../lib/transport/mod.ts";
import { compileSignature } from "../lib/types/mod.ts";
import { FrameKind } from "../lib/protocol/mod.ts";
import { pinTo } from "./measure/processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "./measure/stats.ts";

const isQuick = Deno.args.includes("--quick");
const rounds = isQuick ? 2 : 7;
const roundMs = isQuick ? 200 : 1000;
const message = new Uint8Array(100).fill(120);

/** Sends messages and waits for replies, a given number in flight. */
class Ping {
  readonly #channel: Channel;
  readonly #waiting = new Map<number, () => void>();
  #next = 0;

  constructor(transport: Transport) {
    this.#channel = new Channel(transport);
    this.#channel.run((_kind, _route, call) => {
      const answered = this.#waiting.get(call);
      this.#waiting.delete(call);
      answered?.();
    }).catch(() => {}); // The link was closed.
  }

  async roundTrip(): Promise<void> {
    const call = this.#next = (this.#next + 1) % 0xffff_ffff;
    const answer = new Promise<void>((resolve) => this.#waiting.set(call, resolve));
    this.#channel.send(FrameKind.call, 0, call, message);
    await answer;
  }
}

await pinTo("0");
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
const links = { "Unix socket": await unixLink(), "stdin and stdout": pipeLink() };
try {
  await measureRoundTrips();
  await measureBatches();
  measureRelay();
} finally {
  // The other end exits with its link.
  for (const { process, transport } of Object.values(links)) {
    transport.close();
    await process.status;
  }
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);

interface Link {
  readonly process: Deno.ChildProcess;
  readonly transport: Transport;
}

async function unixLink(): Promise<Link> {
  const rendezvous = new UnixRendezvous(`${folder}/socket`);
  const process = spawnEcho([rendezvous.path], "null");
  return { process, transport: await rendezvous.accept() };
}

function pipeLink(): Link {
  const process = spawnEcho([], "piped");
  const reader = process.stdout.getReader({ mode: "byob" });
  const writer = process.stdin.getWriter();
  let buffer = new Uint8Array(256 * 1024);
  const transport: Transport = {
    remote: "",
    remoteHost: "",
    remotePort: 0,
    read: async (target) => {
      const { done, value } = await reader.read(buffer.subarray(0, target.length));
      if (done) return null;
      target.set(value);
      buffer = new Uint8Array(value.buffer);
      return value.length;
    },
    write: (bytes) => writer.write(bytes),
    closeWrite: () => writer.close(),
    close: () => void writer.close(),
  };
  return { process, transport };
}

function spawnEcho(args: string[], stdio: "piped" | "null"): Deno.ChildProcess {
  const main = fileURLToPath(new URL("./systems/echo.ts", import.meta.url));
  return new Deno.Command("taskset", {
    args: ["-c", "1", Deno.execPath(), "run", "--quiet", "--allow-all", main, ...args],
    stdin: stdio,
    stdout: stdio,
  }).spawn();
}

async function measureRoundTrips(): Promise<void> {
  const pings = Object.entries(links).map(([name, { transport }]) => ({
    name,
    ping: new Ping(transport),
    p50Us: [] as number[],
    p99Us: [] as number[],
    perSecond: [] as number[],
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const { ping, p50Us, p99Us, perSecond } of pings) {
      const latenciesUs: number[] = [];
      const end = performance.now() + roundMs;
      while (performance.now() < end) {
        const before = performance.now();
        await ping.roundTrip();
        latenciesUs.push((performance.now() - before) * 1000);
      }
      let count = 0;
      const started = performance.now();
      await Promise.all(Array.from({ length: 64 }, async () => {
        while (performance.now() < started + roundMs) {
          await ping.roundTrip();
          count += 1;
        }
      }));
      if (round === 0) continue;
      p50Us.push(percentile(latenciesUs, 0.5));
      p99Us.push(percentile(latenciesUs, 0.99));
      perSecond.push(count / (performance.now() - started) * 1000);
    }
  }
  print(
    formatTable([
      ["100 bytes there and back", ...pings.map(({ name }) => name)],
      ["one at a time, p50 µs", ...pings.map(({ p50Us }) => formatSummary(summarize(p50Us), 0))],
      ["one at a time, p99 µs", ...pings.map(({ p99Us }) => formatSummary(summarize(p99Us), 0))],
      [
        "64 at once, per second",
        ...pings.map((each) => formatSummary(summarize(each.perSecond), 0)),
      ],
    ]),
  );
}

/** Sixty-four messages of one turn over a Unix socket: collected by the channel, or written one by one. */
async function measureBatches(): Promise<void> {
  const inOne: number[] = [];
  const oneByOne: number[] = [];
  const path = `${folder}/batch`;
  const listener = Deno.listen({ transport: "unix", path });
  const writer = await Deno.connect({ transport: "unix", path });
  const reader = await listener.accept();
  listener.close();
  const sink = new Uint8Array(256 * 1024);
  const drain = (async () => {
    while (await reader.read(sink) !== null);
  })();
  const many = new Uint8Array(64 * message.length);
  for (let round = 0; round <= rounds; round++) {
    for (const [parts, into] of [[1, inOne], [64, oneByOne]] as const) {
      const started = performance.now();
      let turns = 0;
      while (performance.now() < started + roundMs) {
        const bytes = many.subarray(0, many.length / parts);
        for (let part = 0; part < parts; part++) await writer.write(bytes);
        turns += 1;
      }
      if (round > 0) into.push((performance.now() - started) * 1000 / turns / 64);
    }
  }
  writer.close();
  await drain;
  reader.close();
  print(
    "\n" + formatTable([
      ["64 messages of 100 bytes", "µs a message"],
      ["in one write", formatSummary(summarize(inOne), 2)],
      ["each in its own", formatSummary(summarize(oneByOne), 2)],
    ]),
  );
}

/** The server's handling of arguments in transit: copying them, or decoding and encoding them. */
function measureRelay(): void {
  const rows = [["arguments", "bytes", "relayed, µs", "read and written again, µs"]];
  const values: [string, string[], unknown[]][] = [
    ["two ints", ["int", "int"], [2, 3]],
    ["a list of 1000 floats", ["List[float]"], [Array.from({ length: 1000 }, Math.random)]],
    ["a dict of 100 texts", ["Dict[str, str]"], [
      Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`key${index}`, "x".repeat(20)]),
      ),
    ]],
    ["a MiB of bytes", ["bytes"], [new Uint8Array(1024 * 1024)]],
  ];
  const outbox = new Uint8Array(2 * 1024 * 1024);
  for (const [name, args, given] of values) {
    const signature = compileSignature({ args, returns: [] });
    const payload = signature.encodeArguments(given);
    const ways = {
      relayed: () => outbox.set(payload),
      again: () => outbox.set(signature.encodeArguments(signature.decodeArguments(payload))),
    };
    const us = Object.values(ways).map((run) => {
      const perCall: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const started = performance.now();
        let count = 0;
        for (; performance.now() < started + roundMs / 4; count++) run();
        if (round > 0) perCall.push((performance.now() - started) * 1000 / count);
      }
      return formatSummary(summarize(perCall), 2);
    });
    rows.push([name, String(payload.length), ...us]);
  }
  print("\n" + formatTable(rows));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
