/** Nodes under test: started on one processor, measured from /proc, stopped. Linux only. */
import { fileURLToPath } from "node:url";

/** This checkout's path; ends with a slash. */
export const repository = fileURLToPath(new URL("../../", import.meta.url));
const permissions = ["read", "write", "net", "run", "env", "sys", "ffi"].map((name) =>
  `--allow-${name}`
);

/** Pins a process, by default this one, to processors: `0`, or `0,1`. */
export async function pinTo(cpus: string, pid = Deno.pid): Promise<void> {
  await new Deno.Command("taskset", {
    args: ["-acp", cpus, String(pid)],
    stdout: "null",
  }).output();
}

/** The arguments for running a module of this repository, or of another checkout, like a node. */
export function denoArguments(
  what: string | { readonly checkout: string; readonly module: string },
  ...args: string[]
): string[] {
  const path = typeof what === "string" ? `${repository}${what}` : `${what.checkout}${what.module}`;
  return ["run", "--quiet", "--no-prompt", ...permissions, path, ...args];
}

/** Deploys a file. @throws {Error} If that fails. */
export async function runInit(file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: denoArguments("mod.ts", "init", file),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A process that printed its port in its first line. */
export class Target implements AsyncDisposable {
  static readonly #alive = new Set<Deno.ChildProcess>();

  private constructor(readonly process: Deno.ChildProcess, readonly port: number) {}

  /** Kills everything that was started and not disposed of, without waiting: for a program that is about to exit. */
  static endAll(): void {
    for (const process of Target.#alive) terminate(process);
  }

  /**
   * Starts a module on some processors and waits for its first line.
   *
   * @param runtime Runs it; by default this Deno.
   */
  static async start(
    cpus: string,
    args: readonly string[],
    runtime = Deno.execPath(),
  ): Promise<Target> {
    const process = new Deno.Command("taskset", {
      args: ["-c", cpus, runtime, ...args],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    Target.#alive.add(process);
    const reader = process.stdout.getReader();
    let line = "";
    while (!line.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`it ended without a word: ${args.join(" ")}`);
      line += new TextDecoder().decode(value);
    }
    reader.releaseLock();
    // An address of IPv6 has colons of its own.
    return new Target(process, Number(/(?:^|[^:]):(\d+)/.exec(line)![1]));
  }

  /** The process ids of its children. */
  async children(): Promise<number[]> {
    const { pid } = this.process;
    const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
    return text.trim().split(/\s+/).filter((word) => word !== "").map(Number);
  }

  /**
   * The children that serve calls, without the shell that reads their memory and the helper that checked a deployment's
   * scripts and exits when idle.
   */
  async executors(): Promise<number[]> {
    const pids = await this.children();
    const lines = await Promise.all(
      pids.map((pid) => Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "")),
    );
    return pids.filter((_, index) => !/\/statm|\/helper\/child\.ts|__helper/.test(lines[index]));
  }

  /** Processor time of the process and its children so far, in milliseconds. */
  async cpuMs(): Promise<number> {
    let ticks = 0;
    for (const pid of [this.process.pid, ...await this.children()]) {
      const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks * 10;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    terminate(this.process);
    await this.process.stdout.cancel();
    await this.process.status;
    Target.#alive.delete(this.process);
  }
}

function terminate(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGTERM");
  } catch {
    // Already ended.
  }
}

/** Proportional memory of a process (PSS), in MiB. */
export async function proportionalMemoryMiB(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+)/m.exec(text)![1]) / 1024;
}

/** Resident memory of a process, including shared pages (RSS), in KiB. */
export async function residentKiB(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)![1]);
}
