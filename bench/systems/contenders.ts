/** The contenders: how to start and stop each one's server and load generator. */
import { fileURLToPath } from "node:url";
import { parseConfiguration } from "../../lib/config/mod.ts";
import { deploy } from "../../lib/deploy/mod.ts";
import { denoArguments, pinTo, repository, Target } from "../measure/processes.ts";
import { type Measured, type Order, placement, type Work } from "../measure/work.ts";

const serverCpu = "1";
const clientCpus = { same: "1", apart: "0" } as const;
/** Longer than any working run takes. */
const answerTimeoutMs = 30_000;

/** A contender. */
export interface Contender {
  readonly name: string;
  /** Its runtime, and further remarks. */
  readonly note: string;
  /** Works that it cannot do, and why. */
  readonly lacks?: Readonly<Partial<Record<Work, string>>>;
  /** Starts its server on one processor. */
  serve(): Promise<Target>;
  /** The command of its load generator. */
  readonly load: readonly string[];
}

/** The running server and load generator of one contender. */
export class Running implements AsyncDisposable {
  readonly #server: Target;
  readonly #load: LoadGenerator;

  private constructor(server: Target, load: LoadGenerator) {
    this.#server = server;
    this.#load = load;
  }

  /** Starts both. */
  static async start(contender: Contender): Promise<Running> {
    return new Running(await contender.serve(), new LoadGenerator(contender.load));
  }

  /** Measures one work. @throws {Error} If that fails; it cannot be used afterwards. */
  async measure(
    work: Work,
    { warmMs, measureMs }: Pick<Order, "warmMs" | "measureMs">,
  ): Promise<Measured> {
    const { port, process } = this.#server;
    const pids = [process.pid, ...await this.#server.executors()];
    await pinTo(clientCpus[placement[work]], this.#load.pid);
    const measured = await this.#load.ask({ work, port, pids, warmMs, measureMs });
    if (measured.error !== undefined) throw new Error(measured.error);
    return measured;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#load.end();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A process that makes calls on command. */
class LoadGenerator {
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  constructor([command, ...args]: readonly string[]) {
    this.#process = new Deno.Command(command, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#orders = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#process.pid;
  }

  async ask(order: Order): Promise<Measured> {
    await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#process.kill("SIGKILL");
    }, answerTimeoutMs + order.warmMs + order.measureMs);
    let answer = "";
    while (!answer.endsWith("\n")) {
      const { done, value } = await this.#answers.read();
      if (done) throw new Error(isLate ? "no answer came in time" : "the client's process ended");
      answer += value;
    }
    clearTimeout(timer);
    return JSON.parse(answer);
  }

  async end(): Promise<void> {
    await this.#orders.close().catch(() => {}); // Already ended.
    await this.#answers.cancel();
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // Already ended.
    }
    await this.#process.status;
  }
}

/** A TCP echo on the same runtime. */
export function bareEcho(): Contender {
  return bare("bare Deno TCP echo", "bare_echo.ts", "no frames, no checks, no other process");
}

/** The same in a second process, like farcall's scripts. */
export function bareRelay(): Contender {
  return bare(
    "bare relay",
    "bare_relay.ts",
    "the same echo, in a process behind the one that is called",
  );
}

function bare(name: string, file: string, note: string): Contender {
  const module = ownModule(file);
  return {
    name,
    note,
    serve: () => Target.start(serverCpu, ["run", "--allow-all", ownModule("serve.ts"), module]),
    load: [Deno.execPath(), "run", "--allow-all", ownModule("../measure/load.ts"), module],
  };
}

/**
 * This farcall.
 *
 * @param folder For its nodes' roots, init.yaml and scripts; created and removed by the caller.
 * @param checkout Another checkout to measure instead; its own `_farcall.ts` makes the calls.
 */
export function farcall(folder: string, checkout = repository): Contender {
  let nodes = 0;
  const module = `${checkout}bench/_farcall.ts`;
  return {
    name: "farcall",
    note: "Deno; script in a process of its own, typed, sandboxed",
    serve: async () => {
      const root = `${folder}/root-${nodes++}`;
      const serve = ["serve", "127.0.0.1", "0", "--root", root, "--log-level", "error"];
      const target = await Target.start(
        serverCpu,
        denoArguments({ checkout, module: "mod.ts" }, ...serve),
      );
      await deployBench(folder, target.port);
      return target;
    },
    load: [Deno.execPath(), "run", "--allow-all", ownModule("../measure/load.ts"), module],
  };
}

/** A naive Python server; undefined without Python. */
export function naivePython(): Contender | undefined {
  if (!isInstalled("python3")) return undefined;
  return {
    name: "naive Python",
    note:
      "Python, client on Deno; JSON by lines, a thread per connection, no checks; bytes as base64",
    serve: () => Target.start(serverCpu, [ownModule("../peers/naive.py")], "python3"),
    load: [
      Deno.execPath(),
      "run",
      "--allow-all",
      ownModule("../measure/load.ts"),
      ownModule("naive.ts"),
    ],
  };
}

/** Deploys the functions of all contenders. */
export async function deployBench(folder: string, port: number): Promise<void> {
  const scripts = {
    add: "export function add(a: number, b: number) { return a + b; }\n",
    echo: "export default function (payload: unknown) { return payload; }\n",
  };
  for (const [name, source] of Object.entries(scripts)) {
    await Deno.writeTextFile(`${folder}/${name}.ts`, source);
  }
  const text = benchConfiguration(port);
  await deploy(parseConfiguration(text, { file: "bench.yaml", folder }), { deployer: "bench" });
}

/** The init.yaml with the functions of all contenders. */
export function benchConfiguration(port: number): string {
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  bench:
    providers: [s1]
    tenants: [c1]
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      bytes: { args: [bytes], returns: [bytes], src: echo.ts }
      text: { args: [str], returns: [str], src: echo.ts }
`;
}

/** A peer from `peers/`. */
interface Peer {
  readonly name: string;
  readonly module: string;
  /** The faster option with 64 calls in flight. */
  readonly runtime: "deno" | "node";
  readonly note: string;
  readonly lacks?: Contender["lacks"];
}

const oneConnection = "one process has one connection to another";
const peerModules: readonly Peer[] = [
  { name: "grpc-js", module: "grpc", runtime: "deno", note: "HTTP/2, protocol buffers" },
  { name: "Connect", module: "connect", runtime: "deno", note: "HTTP/2, protocol buffers" },
  { name: "tRPC", module: "trpc", runtime: "deno", note: "HTTP/1.1, JSON; bytes as base64" },
  { name: "capnweb", module: "capnweb", runtime: "node", note: "WebSocket, JSON" },
  {
    name: "moleculer",
    module: "moleculer",
    runtime: "node",
    note: "TCP, JSON; bytes as base64",
    lacks: { connections: oneConnection, perCall: oneConnection, memory: oneConnection },
  },
  {
    name: "jayson",
    module: "jayson",
    runtime: "deno",
    note: "TCP, JSON; always a connection per call; bytes as base64",
    lacks: { memory: "it keeps no connection" },
  },
  { name: "NATS", module: "nats", runtime: "node", note: "TCP, JSON; two processes serve a call" },
];

/**
 * The peers available here, and why the others are not. Installs their packages in a folder, and writes their modules
 * there as JavaScript, so that Node can run them, too.
 */
export async function peers(
  folder: string,
): Promise<{ contenders: Contender[]; missing: Record<string, string> }> {
  const missing: Record<string, string> = {};
  const modules = [
    "serve.ts",
    "../measure/load.ts",
    ...peerModules.map(({ module }) => `../peers/${module}.ts`),
  ];
  try {
    await Deno.copyFile(ownModule("../peers/package.json"), `${folder}/package.json`);
    await runDeno(["install", "--quiet", "--no-lock"], folder);
    await runDeno(
      ["bundle", "--quiet", "--no-lock", "--outdir", folder, ...modules.map(ownModule)],
      folder,
    );
  } catch (error) {
    for (const { name } of peerModules) missing[name] = (error as Error).message;
    return { contenders: [], missing };
  }
  const hasNode = isInstalled("node");
  const contenders: Contender[] = [];
  for (const { name, module, runtime, note, lacks } of peerModules) {
    if (module === "nats" && !isInstalled("nats-server")) {
      missing[name] = "nats-server is not installed";
      continue;
    }
    const isOnNode = runtime === "node" && hasNode;
    const command = isOnNode ? "node" : Deno.execPath();
    const run = isOnNode ? [] : ["run", "--quiet", "--allow-all"];
    const file = `${folder}/peers/${module}.js`;
    contenders.push({
      name,
      note: `${isOnNode ? "Node" : "Deno"}; ${note}`,
      lacks,
      serve: () => Target.start(serverCpu, [...run, `${folder}/systems/serve.js`, file], command),
      load: [command, ...run, `${folder}/measure/load.js`, file],
    });
  }
  return { contenders, missing };
}

async function runDeno(args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  if (success) return;
  const stderrTail = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new Error(`deno ${args[0]} failed: ${stderrTail}`);
}

function isInstalled(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

function ownModule(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
