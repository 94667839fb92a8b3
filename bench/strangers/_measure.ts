/** One load against a node of its own: its effect on a client that keeps calling, and its cost for the node. */
import { fileURLToPath } from "node:url";
import { connect, type ConnectOptions } from "../../lib/client/mod.ts";
import { formatAddress } from "../../lib/transport/mod.ts";
import { percentile } from "../measure/stats.ts";
import { denoArguments, Target } from "../measure/processes.ts";
import { Quiet } from "../measure/quiet.ts";
import { question } from "./_floor.ts";
import { configuration, hostOf, type Load, sources } from "./_load.ts";
import type { Rates } from "./_play.ts";
import { pause } from "./_raw.ts";

const playModule = fileURLToPath(new URL("./_play.ts", import.meta.url));
const floorModule = "bench/strangers/_floor.ts";

/**
 * The lower priority of loads, of 0 to 19. Strangers have processors of their own; on this machine they would take them
 * from the node and its client, whose waits would be the system's. The rates tell whether it slows them down.
 */
const playerNice = 10;

/** The runtime's exit code for a load that throws. */
const loadFailed = 1;

/** Options of measuring loads. */
export interface MeasureOptions {
  /** The node's executable; by default `deno run mod.ts`. */
  readonly executable?: string;
  readonly quietMs: number;
  readonly playMs: number;
}

/** The durations of the client's calls. */
export interface Waits {
  readonly calls: number;
  readonly failed: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** The result of a load. */
export interface Outcome {
  readonly quiet: Waits;
  readonly loaded: Waits;
  /** Peak resident memory above the initial value, in MiB. */
  readonly gainedMiB: number;
  /** Growth of the log, without the records of the client's calls. */
  readonly logKiB: number;
  /** What the load put on the node; undefined if it ended without telling. */
  readonly rates: Rates | undefined;
  /** Whether other programs used processor time: then waits mean little. */
  readonly isDisturbed: boolean;
  /** Why the first failed call failed. */
  readonly failure: string | undefined;
}

/** Runs a load. @throws {Error} If the node does not survive it. */
export async function measure(load: Load, options: MeasureOptions): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  try {
    const log = `${folder}/node.log`;
    const { node, open } = await (load.isFloor ? startFloor() : startNode(load, folder, options));
    await using target = node;
    const { pid } = target.process;
    await using client = new Client(open);
    await client.callFor(500);
    await peakMiB(pid);
    const quietLog = await sizeOf(log);
    const machine = await Quiet.begin();
    const quiet = await client.callFor(options.quietMs);
    const [beforeMiB, beforeLog] = [await peakMiB(pid), await sizeOf(log)];
    const logBytesPerCall = (beforeLog - quietLog) / quiet.calls;
    const { ended, rates } = await play(load, { port: target.port, playMs: options.playMs });
    const loaded = await client.callWhile(ended);
    const { code } = await ended;
    if (code === loadFailed) throw new Error(`"${load.name}" has failed`);
    return {
      quiet,
      loaded,
      gainedMiB: await peakMiB(pid) - beforeMiB,
      logKiB: (await sizeOf(log) - beforeLog - loaded.calls * logBytesPerCall) / 1024,
      rates: await rates,
      isDisturbed: !await machine.wasSo(),
      failure: client.failure,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The target of a load, and how its client connects. */
interface Served {
  readonly node: Target;
  readonly open: () => Promise<Callable>;
}

/** A node with a deployment. */
async function startNode(
  load: Load,
  folder: string,
  { executable }: MeasureOptions,
): Promise<Served> {
  const farcall = (...args: string[]): [command: string, args: string[]] =>
    executable === undefined
      ? [Deno.execPath(), denoArguments("mod.ts", ...args)]
      : [executable, args];
  const host = hostOf(load);
  const serve = ["serve", host, "0", "--root", `${folder}/root`];
  const fingerprint = load.isSecure
    ? await run(...farcall("keygen", "--tls", host, `${folder}/node`))
    : undefined;
  const tls = load.isSecure
    ? ["--tls-cert", `${folder}/node.crt`, "--tls-key", `${folder}/node.key`]
    : [];
  const log = ["--log", `${folder}/node.log`];
  const [command, args] = farcall(...serve, ...log, ...tls, ...load.serve ?? []);
  const descriptors = load.descriptors ?? "$(ulimit -Hn)";
  const shell = ["-c", `ulimit -n ${descriptors}; exec "$0" "$@"`, command, ...args];
  await using started = new AsyncDisposableStack();
  const node = started.use(await Target.start("0,1", shell, "/bin/sh"));
  for (const [name, text] of Object.entries(sources)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  await Deno.writeTextFile(
    `${folder}/init.yaml`,
    configuration({ host, port: node.port }, { fingerprint }),
  );
  await run(...farcall("init", `${folder}/init.yaml`));
  const connecting: ConnectOptions = {
    as: "c1",
    tls: fingerprint === undefined ? undefined : { fingerprint },
  };
  const open = async (): Promise<Callable> => {
    const farcall = await connect(formatAddress(host, node.port), connecting);
    return {
      call: () => farcall.call("math", "add", [2, 3], { timeoutMs: 30_000 }),
      [Symbol.asyncDispose]: () => farcall.close(),
    };
  };
  started.move();
  return { node, open };
}

async function startFloor(): Promise<Served> {
  const shell = ["-c", 'ulimit -n $(ulimit -Hn); exec "$0" "$@"', Deno.execPath()];
  const node = await Target.start("0,1", [...shell, ...denoArguments(floorModule)], "/bin/sh");
  const open = (): Promise<Callable> => {
    let conn: Deno.TcpConn | undefined;
    return Promise.resolve({
      async call() {
        if (conn === undefined) {
          conn = await Deno.connect({ hostname: "127.0.0.1", port: node.port });
          conn.setNoDelay(true);
        }
        const answer = new Uint8Array(question.length);
        await conn.write(question);
        for (let count = 0; count < answer.length;) {
          const read = await conn.read(answer.subarray(count));
          if (read === null) throw new Error("the connection has ended");
          count += read;
        }
      },
      [Symbol.asyncDispose]: () => Promise.resolve(conn?.close()),
    });
  };
  return { node, open };
}

/** Starts a load in a process of its own. @returns Once it has begun, its end and its rates. */
async function play(
  { name }: Load,
  { port, playMs }: { port: number; playMs: number },
): Promise<
  { readonly ended: Promise<Deno.CommandStatus>; readonly rates: Promise<Rates | undefined> }
> {
  const run = ["run", "--quiet", "--allow-all", playModule, name, String(port), String(playMs)];
  const player = new Deno.Command("nice", {
    args: ["-n", String(playerNice), Deno.execPath(), ...run],
    stdout: "piped",
  }).spawn();
  const reader = player.stdout.getReader();
  const { done } = await reader.read();
  if (done) throw new Error(`"${name}" could not be played`);
  reader.releaseLock();
  const told = Array.fromAsync(player.stdout.pipeThrough(new TextDecoderStream()));
  // A load that ignores its signal has run long enough.
  const timer = setTimeout(() => player.kill("SIGKILL"), playMs + 10_000);
  return {
    ended: player.status.finally(() => clearTimeout(timer)),
    rates: told.then((parts) => parts.length === 0 ? undefined : JSON.parse(parts.join(""))),
  };
}

/** A connection for calls, opened by the first call. */
interface Callable extends AsyncDisposable {
  call(): Promise<unknown>;
}

/** A bystander: it calls on a connection that it keeps, and occasionally on a new one. */
class Client implements AsyncDisposable {
  readonly #open: () => Promise<Callable>;
  #kept: Callable | undefined;
  failure: string | undefined;

  constructor(open: () => Promise<Callable>) {
    this.#open = open;
  }

  callFor(durationMs: number): Promise<Waits> {
    return this.callWhile(new Promise((resolve) => setTimeout(resolve, durationMs)));
  }

  /** Calls until a load and the last call have ended. */
  async callWhile(going: Promise<unknown>): Promise<Waits> {
    let isOver = false;
    void going.then(() => isOver = true);
    this.#kept ??= await this.#open();
    const tookMs: number[] = [];
    let failed = 0;
    const callOn = async (connection: Callable): Promise<void> => {
      const startedMs = performance.now();
      try {
        await connection.call();
      } catch (error) {
        failed += 1;
        this.failure ??= String(error);
      }
      tookMs.push(performance.now() - startedMs);
    };
    const callKept = async (): Promise<void> => {
      while (!isOver) {
        await callOn(this.#kept!);
        await pause(2);
      }
    };
    const callNew = async (): Promise<void> => {
      while (!isOver) {
        await using fresh = await this.#open();
        await callOn(fresh);
        await pause(20);
      }
    };
    await Promise.all([callKept(), callNew()]);
    return {
      calls: tookMs.length,
      failed,
      p99Ms: percentile(tookMs, 0.99),
      longestMs: Math.max(...tookMs),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept?.[Symbol.asyncDispose]();
  }
}

/** Runs a command. @returns Its output. @throws {Error} With its output, if it fails. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** Peak resident memory of a process since the last call, in MiB. */
async function peakMiB(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  // Resets the kernel's peak.
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)![1]) / 1024;
}

/** Size of a file; 0 if it does not exist. */
async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
}
