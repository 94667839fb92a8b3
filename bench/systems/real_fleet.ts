// deno-lint-ignore-file no-console -- its results are its output
/** Real nodes in a fleet: processes of `farcall serve` whose scripts run in executors. */
import { join } from "node:path";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { denoArguments, proportionalMemoryMiB } from "../measure/processes.ts";

/** Nodes started concurrently: each start occupies a processor for a while. */
const startedAtOnce = 4;

interface RealFleetOptions {
  readonly folder: string;
  readonly count: number;
}

/** A node, and its log. */
class RealNode {
  readonly #process: Deno.ChildProcess;
  readonly startedMs = performance.now();
  #log = "";
  #onLine = (): void => {};

  constructor(name: string, args: readonly string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: denoArguments("mod.ts", "serve", "--name", name, ...args),
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#read();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Waits for a line of the log. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#log)) await new Promise<void>((done) => this.#onLine = done);
  }

  async end(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
  }

  async #read(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      this.#onLine();
    }
  }
}

/** Starts nodes, deploys to them, changes a script, and brings one back that was down meanwhile. */
export async function benchRealFleet(
  url: string,
  { folder, count }: RealFleetOptions,
): Promise<void> {
  const fleet = "real";
  const publicKeys: Record<string, string> = {};
  for (const name of ["ann", "c2"]) {
    const pem = await generatePem();
    await Deno.writeTextFile(join(folder, `${name}.key`), pem, { mode: 0o600 });
    publicKeys[name] = (await SigningKey.fromPem(pem)).publicKey;
  }
  const file = join(folder, "real.yaml");
  await Deno.writeTextFile(
    file,
    `network:
  nats: { url: "${url}", fleet: ${fleet} }
  clients: { c2: { key: "${publicKeys.c2}" } }
services:
  a: { providers: all, tenants: [c2], rpcs: { value: { args: [], returns: [int], src: real.ts } } }
`,
  );
  const write = (value: number): Promise<void> =>
    Deno.writeTextFile(join(folder, "real.ts"), `export const value = (): number => ${value};\n`);
  const run = async (...args: string[]): Promise<number> => {
    const startMs = performance.now();
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: denoArguments("mod.ts", ...args),
    }).output();
    if (!success) {
      throw new Error(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
    }
    return Math.round(performance.now() - startMs);
  };
  const init = () => run("init", file, "--yes", "--key", join(folder, "ann.key"));
  const start = (name: string): RealNode =>
    new RealNode(name, [
      ...["--nats", url, "--fleet", fleet, "--deploy-key", publicKeys.ann!],
      ...["--root", join(folder, "real", name)],
    ]);
  const nodes: RealNode[] = [];
  try {
    const startMs = performance.now();
    for (let first = 0; first < count; first += startedAtOnce) {
      const size = Math.min(startedAtOnce, count - first);
      const some = Array.from({ length: size }, (_, index) => start(`r${first + index}`));
      nodes.push(...some);
      await Promise.all(some.map((node) => node.until(/node\.started/)));
    }
    console.log(`${count} real nodes were up in ${Math.round(performance.now() - startMs)} ms`);
    await write(1);
    console.log(`the first init took ${await init()} ms`);
    const asClient = ["--as", "c2", "--key", join(folder, "c2.key")];
    const called = await run("call", "a.value", "--all", "--config", file, ...asClient);
    console.log(`call --all took ${called} ms`);
    await write(2);
    const changed = await init();
    const doneMs = performance.now();
    await Promise.all(nodes.map((node) => node.until(/fleet\.reached +state=2/)));
    const after = Math.round(performance.now() - doneMs);
    console.log(
      `one script changed: init took ${changed} ms; all had reached it ${after} ms after`,
    );
    const memory = await Promise.all(nodes.map(({ pid }) => proportionalMemoryMiB(pid)));
    const sum = Math.round(memory.reduce((total, each) => total + each, 0));
    console.log(`memory of the nodes, without executors: ${sum} MiB (PSS)`);
    await nodes.pop()!.end();
    await write(3);
    await init();
    const back = start(`r${count - 1}`);
    nodes.push(back);
    await back.until(/fleet\.reached +state=3/);
    const returned = Math.round(performance.now() - back.startedMs);
    console.log(`a node that was off served the new generation ${returned} ms after its start`);
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
  }
}
