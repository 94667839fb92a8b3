/** Debian's nats-server with JetStream, for benches. */
import { join } from "node:path";

/** A server that ends with its bench. */
export class BenchNatsServer implements AsyncDisposable {
  readonly url: string;
  #process: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(process: Deno.ChildProcess, folder: string, url: string) {
    this.#process = process;
    this.#folder = folder;
    this.url = url;
  }

  /** Starts a server, and waits until it listens. @param folder For its data. */
  static async start(folder: string): Promise<BenchNatsServer> {
    const process = spawn(folder, -1);
    return new BenchNatsServer(process, folder, await urlOf(folder, process));
  }

  /** Its current memory, in MiB. */
  async memoryMiB(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#process.pid}/status`);
    return Math.round(Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024);
  }

  /** Kills it, and restarts it in the same place. */
  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]();
    this.#process = spawn(this.#folder, Number(new URL(this.url).port));
    await urlOf(this.#folder, this.#process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

function spawn(folder: string, port: number): Deno.ChildProcess {
  return new Deno.Command("nats-server", {
    args: ["-js", "-sd", join(folder, "store"), "-a", "127.0.0.1", "-p", String(port)]
      .concat("--ports_file_dir", folder),
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function urlOf(folder: string, { pid }: Deno.ChildProcess): Promise<string> {
  const ports = join(folder, `nats-server_${pid}.ports`);
  for (;;) {
    const url = /"(nats:\/\/[^"]*)"/.exec(await Deno.readTextFile(ports).catch(() => ""))?.[1];
    if (url !== undefined) return url;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
