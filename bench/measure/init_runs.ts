/** Measured runs of `farcall init`, and the projects that they deploy. Linux only. */
import { denoArguments, Target } from "./processes.ts";

/** An init.yaml with its scripts beside it. */
export async function writeProject(
  path: string,
  ports: readonly number[],
  count: number,
  servicesCount: number,
): Promise<void> {
  await Deno.mkdir(`${path}/f`, { recursive: true });
  let yaml = "network:\n  servers:\n";
  for (const [index, port] of ports.entries()) {
    yaml += `    n${index}: { ip: 127.0.0.1, port: ${port} }\n`;
  }
  yaml += "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n";
  for (let service = 0; service < servicesCount; service++) {
    yaml += `  service_${service}:\n    providers: [n${
      service % ports.length
    }]\n    tenants: [c1]\n    rpcs:\n`;
    for (let index = service; index < count; index += servicesCount) {
      yaml += `      rpc_${index}: { args: [int], returns: [int], src: f/${index}.ts }\n`;
      await writeScript(path, index, index);
    }
  }
  await Deno.writeTextFile(`${path}/init.yaml`, yaml);
}

/** Writes the script of one overload: it adds `added`. */
export async function writeScript(path: string, index: number, added: number): Promise<void> {
  const text =
    `/** Adds ${added}. */\nexport default (value: number): number => value + ${added};\n`;
  await Deno.writeTextFile(`${path}/f/${index}.ts`, text);
}

/** The cost of a run of init. */
export interface InitCost {
  readonly ms: number;
  /** Processor time, including the bundler's. */
  readonly cpuMs: number;
  /** Peak memory. */
  readonly peakMiB: number;
  /** Maximum open sockets. */
  readonly sockets: number;
  readonly lastLine: string;
}

/**
 * Runs `farcall init` in a folder.
 *
 * @param keyFile The deployer's key; undefined for unsigned.
 * @throws {Error} If it failed.
 */
export async function measureInit(path: string, keyFile = ""): Promise<InitCost> {
  const startedMs = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: [...denoArguments("mod.ts"), "init"],
    cwd: path,
    env: { NO_COLOR: "1", FARCALL_KEY: keyFile },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let peakMiB = 0;
  let cpuMs = 0;
  let sockets = 0;
  const sampler = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${process.pid}/status`);
      peakMiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024 || peakMiB;
      const stat = Deno.readTextFileSync(`/proc/${process.pid}/stat`);
      // utime, stime, and those of ended children, in hundredths of a second.
      const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15);
      cpuMs = ticks.reduce((sum, each) => sum + Number(each), 0) * 10;
      let open = 0;
      for (const { name } of Deno.readDirSync(`/proc/${process.pid}/fd`)) {
        if (Deno.readLinkSync(`/proc/${process.pid}/fd/${name}`).startsWith("socket:")) open += 1;
      }
      sockets = Math.max(sockets, open);
    } catch {
      // It has ended, or closed a file meanwhile.
    }
  }, 10);
  const { success, stdout } = await process.output();
  clearInterval(sampler);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  if (!success) throw new Error(`init failed: ${lines.at(-1)}`);
  const ms = performance.now() - startedMs;
  return { ms, cpuMs, peakMiB, sockets, lastLine: lines.at(-1)! };
}

/**
 * Repeatedly deploys 1,000 overloads in 20 services to a new node.
 *
 * @param folder An existing one, removed by the caller.
 * @returns The duration of each run in milliseconds, including the command's start.
 */
export async function measureFirstInits(folder: string, rounds: number): Promise<number[]> {
  const measuredMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const path = await Deno.makeTempDir({ dir: folder });
    await Deno.mkdir(`${path}/roots`);
    await using node = await Target.start(
      "1",
      denoArguments("bench/systems/nodes.ts", `${path}/roots`, "1"),
    );
    await writeProject(path, [node.port], 1000, 20);
    measuredMs.push((await measureInit(path)).ms);
  }
  return measuredMs;
}
