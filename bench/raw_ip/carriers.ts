/**
 * farcall over UDP, raw IP and TCP, in one run: between two network namespaces (veth, MTU 1500), on loopback, and over
 * an emulated link that loses packets (wan.c), with iperf3 as a measure of the kernel's TCP. Linux; root, or `unshare
 * -rn`; a C compiler, ip, nsenter, iperf3. Two processors: the far end on 0, this one on 1.
 *
 *   deno task bench raw-ip [--quick] [near|bulk|files|link]
 */
import { randomBytes } from "node:crypto";
import { connect } from "../../mod.ts";
import { OtherMachine } from "../../tests/_support/network.ts";
import { pinTo } from "../measure/processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "../measure/stats.ts";
import { type Carrier, carriers } from "./_carriers.ts";
import { bulk, inFlight, largeEcho, MiB, oneAtATime, sendFile } from "./_measures.ts";

const isQuick = Deno.args.includes("--quick");
const wanted = Deno.args.filter((arg) => !arg.startsWith("--") && arg !== "inside");
const rounds = isQuick ? 3 : 7;
const forMs = isQuick ? 500 : 1500;

if (!Deno.args.includes("inside")) {
  const script = 'ip link set lo up && exec "$0" "$@"';
  const self = new URL(import.meta.url).pathname;
  const args = ["run", "--quiet", "--allow-all", self, ...Deno.args, "inside"];
  const { code } = await new Deno.Command("unshare", {
    // A user namespace may not choose TCP's congestion control.
    args: [Deno.uid() === 0 ? "-n" : "-rn", "sh", "-c", script, Deno.execPath(), ...args],
  }).spawn().status;
  Deno.exit(code);
}

type Ports = Record<Carrier, { node: number; sink: number; files: number }>;
type Figures = Record<string, number[]>;

/** Calls between two namespaces. */
async function near(): Promise<void> {
  await using machine = await OtherMachine.connect();
  await using far = await start(machine.commandThere(), machine.there, machine.here);
  const figures: Record<string, Figures> = {};
  const clients = await Promise.all(carriers.map(async (carrier) => {
    const address = `${carrier}://${machine.there}:${far.ports[carrier].node}`;
    return [carrier, await connect(address)] as const;
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const [carrier, farcall] of clients) {
      const times = await oneAtATime(farcall, isQuick ? 500 : 2000);
      const measured = {
        "one at a time, p50 µs": percentile(times, 0.5),
        "64 in flight, calls/s": await inFlight(farcall, isQuick ? 5000 : 20_000),
        "echo of 1 MiB, ms": await largeEcho(farcall, isQuick ? 5 : 15),
      };
      if (round > 0) note(figures, carrier, measured);
    }
  }
  for (const [, farcall] of clients) await farcall.close();
  print("veth, MTU 1500: calls of a program's node", ratioTable(figures));
}

/** Bytes one way, compared with the kernel's TCP. */
async function bulkRows(): Promise<void> {
  const figures: Record<string, Figures> = {};
  const cpu: Record<string, Figures> = {};
  {
    await using machine = await OtherMachine.connect();
    await using far = await start(machine.commandThere(), machine.there, machine.here);
    await using iperf = server(machine.commandThere("iperf3", "-s", "--forceflush"));
    await iperf.ready;
    for (let round = 0; round <= rounds; round++) {
      for (const carrier of carriers) {
        const options = { host: machine.there, port: far.ports[carrier].sink, forMs };
        const measured = await bulk(carrier, options);
        if (round === 0) continue;
        note(figures, carrier, { "veth 1500, MB/s": measured.rate });
        note(cpu, carrier, { "veth 1500, sender's CPU ms/MiB": measured.cpu });
      }
      const withGso = await iperf3(machine.there);
      await machine.run(`ip link set ${machine.cable} gso_max_segs 1`);
      const withoutGso = await iperf3(machine.there);
      await machine.run(`ip link set ${machine.cable} gso_max_segs 65535`);
      if (round === 0) continue;
      note(figures, "iperf3", { "veth 1500, MB/s": withGso });
      note(figures, "iperf3, no GSO", { "veth 1500, MB/s": withoutGso });
    }
  }
  await using far = await start([], "127.0.0.1", "127.0.0.1");
  for (let round = 0; round <= rounds; round++) {
    for (const carrier of carriers) {
      const options = { host: "127.0.0.1", port: far.ports[carrier].sink, forMs };
      const { rate } = await bulk(carrier, options);
      if (round > 0) note(figures, carrier, { "loopback, MB/s": rate });
    }
  }
  print("bytes one way", plainTable(figures));
  print("processor time", plainTable(cpu));
}

/** A file to a peer, compared with bytes that are neither read, hashed nor written. */
async function fileRows(): Promise<void> {
  const size = (isQuick ? 128 : 1024) * MiB;
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  try {
    const path = `${folder}/file`;
    await Deno.writeFile(path, randomBytes(size));
    await using machine = await OtherMachine.connect();
    await using far = await start(machine.commandThere(), machine.there, machine.here);
    const figures: Record<string, Figures> = {};
    for (let round = 0; round <= (isQuick ? 3 : 5); round++) {
      for (const carrier of carriers) {
        const { sink, files } = far.ports[carrier];
        const { rate } = await bulk(carrier, { host: machine.there, port: sink, forMs });
        const fileRate = await sendFile(carrier, { host: machine.there, port: files, path, size });
        if (round === 0) continue;
        note(figures, carrier, {
          "bulk, MB/s": rate,
          "file, MB/s": fileRate,
          "file of bulk": fileRate / rate,
        });
      }
    }
    print(`veth, MTU 1500: a file of ${size / MiB} MiB to a peer`, plainTable(figures));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Bytes one way, and calls, over a lossy link. */
async function lossyLink(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  try {
    const source = new URL("wan.c", import.meta.url).pathname;
    const compiled = await new Deno.Command("cc", { args: ["-O2", "-o", `${folder}/wan`, source] })
      .output();
    if (!compiled.success) throw new Error(new TextDecoder().decode(compiled.stderr));
    const goodput: Record<string, Figures> = {};
    const pings: Record<string, Figures> = {};
    const seconds = isQuick ? 4 : 10;
    for (const loss of [0, 1, 5, 20]) {
      for (let round = 0; round < (isQuick ? 1 : 3); round++) {
        await using link = await Link.open(`${folder}/wan`, { loss, seed: round + 1 });
        const what = `${loss}% loss`;
        for (const congestion of ["bbr", "cubic"]) {
          const rate = await iperf3(link.there, ["-C", congestion, "-t", String(seconds)]);
          note(goodput, `iperf3, ${congestion}`, { [what]: rate * 8 });
        }
        for (const carrier of carriers) {
          const { node, sink } = link.ports[carrier];
          const options = { host: link.there, port: sink, forMs: seconds * 1000 };
          const { rate, cpu } = await bulk(carrier, options);
          note(goodput, `farcall, ${carrier}`, { [what]: rate * 8 });
          note(goodput, `farcall, ${carrier}, CPU ms/MiB`, { [what]: cpu });
          if (loss === 20) continue;
          const farcall = await connect(`${carrier}://${link.there}:${node}`);
          const times = await oneAtATime(farcall, isQuick ? 50 : 200);
          await farcall.close();
          note(pings, `${carrier}, p99 ms`, { [what]: percentile(times, 0.99) / 1000 });
        }
      }
    }
    print(
      "20 ms, 100 Mbit/s: Mbit/s that arrive (TCP of farcall: as the system has it)",
      plainTable(goodput),
    );
    print("20 ms, 100 Mbit/s: one call at a time", plainTable(pings));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Two namespaces, and wan.c between them. */
class Link implements AsyncDisposable {
  readonly here = "10.78.0.1";
  readonly there = "10.78.0.2";

  private constructor(
    readonly ports: Ports,
    readonly machine: OtherMachine,
    readonly owned: AsyncDisposableStack,
  ) {}

  static async open(wan: string, { loss, seed }: { loss: number; seed: number }): Promise<Link> {
    await using stack = new AsyncDisposableStack();
    const machine = stack.use(await OtherMachine.connect());
    const [near, far] = ["wan0", "wan1"];
    // One-way delay in µs, then losses, duplicates, reordering in millionths, Mbit/s, queue in ms, seed.
    const options = [10_000, loss * 10_000, 0, 0, 100, 40, seed].map(String);
    const emulator = stack.use(server([wan, near, far, ...options]));
    await emulator.ready;
    await machine.run(
      `ip address add 10.78.0.1/24 dev ${near}`,
      `ip link set ${near} up`,
      `ip link set ${far} netns ${machine.pid}`,
    );
    await machine.runThere(
      `ip address add 10.78.0.2/24 dev ${far}`,
      `ip link set ${far} up`,
    );
    const node = stack.use(await start(machine.commandThere(), "10.78.0.2", "10.78.0.1"));
    const iperf = stack.use(server(machine.commandThere("iperf3", "-s", "--forceflush")));
    await iperf.ready;
    return new Link(node.ports, machine, stack.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.owned.disposeAsync();
  }
}

/** Starts the far end. @param prefix A command that runs another one there. */
async function start(
  prefix: readonly string[],
  host: string,
  client: string,
): Promise<{ readonly ports: Ports } & AsyncDisposable> {
  const module = new URL("_far.ts", import.meta.url).pathname;
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  const node = server([
    ...prefix,
    "taskset",
    "-c",
    "0",
    Deno.execPath(),
    "run",
    "--quiet",
    "-A",
    module,
    host,
    client,
    folder,
  ]);
  const ports = JSON.parse(await node.ready) as Ports;
  return {
    ports,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A program that prints a line when it is ready. */
function server(command: readonly string[]): { ready: Promise<string> } & AsyncDisposable {
  const [program, ...args] = command;
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "null" }).spawn();
  const reader = child.stdout.getReader();
  const readLine = async (): Promise<string> => {
    let text = "";
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${command.join(" ")} ended: ${text}`);
      text += new TextDecoder().decode(value);
    }
    return text;
  };
  return {
    ready: readLine(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** MB/s of the kernel's TCP. */
async function iperf3(host: string, options = ["-t", "1"]): Promise<number> {
  for (let tries = 1;; tries++) {
    const { stdout } = await new Deno.Command("iperf3", { args: ["-J", "-c", host, ...options] })
      .output();
    const { end, error } = JSON.parse(new TextDecoder().decode(stdout));
    if (end?.sum_received !== undefined) return end.sum_received.bits_per_second / 8e6;
    if (tries === 20) throw new Error(error);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function note(figures: Record<string, Figures>, who: string, measured: Record<string, number>) {
  for (const [what, value] of Object.entries(measured)) {
    ((figures[who] ??= {})[what] ??= []).push(value);
  }
}

/** Each figure, and its ratio to TCP's in the same round. */
function ratioTable(figures: Record<string, Figures>): string {
  const rows = [["", ...carriers, "udp of tcp", "ip of tcp"]];
  for (const what of Object.keys(figures.tcp)) {
    const ratio = (carrier: Carrier) =>
      formatSummary(
        summarize(figures[carrier][what].map((value, round) => value / figures.tcp[what][round])),
        2,
      );
    const plain = carriers.map((carrier) => formatSummary(summarize(figures[carrier][what])));
    rows.push([what, ...plain, ratio("udp"), ratio("ip")]);
  }
  return formatTable(rows);
}

function plainTable(figures: Record<string, Figures>): string {
  const columns = [...new Set(Object.values(figures).flatMap(Object.keys))];
  const cell = (values: number[] | undefined) =>
    values === undefined ? "–" : formatSummary(summarize(values));
  return formatTable([
    ["", ...columns],
    ...Object.entries(figures).map((
      [who, figure],
    ) => [who, ...columns.map((what) => cell(figure[what]))]),
  ]);
}

function print(title: string, table: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`\n${title}\n\n${table}\n`));
}

await pinTo("1");
const is = (part: string) => wanted.length === 0 || wanted.includes(part);
if (is("near")) await near();
if (is("bulk")) await bulkRows();
if (is("files")) await fileRows();
if (is("link")) await lossyLink();
