/** A node that is killed, frozen and starved during a soak, and a proxy to it whose connections are reset. Linux. */
import type { Buffer } from "node:buffer";
import { connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { denoArguments } from "../measure/processes.ts";

/** The resources of a process. */
export interface Footprint {
  readonly memoryBytes: number;
  readonly descriptors: number;
}

/** The current resources of a process, from /proc. */
export async function footprintOf(pid: number): Promise<Footprint> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const memoryBytes = Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1024;
  return { memoryBytes, descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
}

/** A node at one port and one root, across restarts. */
export class SoakNode implements AsyncDisposable {
  #process: Deno.ChildProcess | undefined;
  #port = 0;

  constructor(readonly name: string, readonly root: string) {}

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#process!.pid;
  }

  /** Starts it and waits for its first line. */
  async start(): Promise<void> {
    const serve = ["serve", "127.0.0.1", String(this.#port), "--root", this.root];
    const command = [Deno.execPath(), ...denoArguments("mod.ts", ...serve, "--log-level", "error")];
    // A write beyond the file-size limit is an error, as on a full disk, instead of ending the process.
    const process = this.#process = new Deno.Command("sh", {
      args: ["-c", `trap '' XFSZ; exec "$@"`, "sh", ...command],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = process.stdout.getReader();
    let line = "";
    while (!line.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${this.name} ended before it listened`);
      line += new TextDecoder().decode(value);
    }
    await reader.cancel();
    this.#port = Number(/:(\d+)/.exec(line)![1]);
  }

  /** Stops it and waits until it has exited. */
  async end(signal: Deno.Signal): Promise<void> {
    this.#process?.kill(signal);
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Makes every write fail that would enlarge a file, or lets it succeed again. */
  async fillDisk(isFull: boolean): Promise<void> {
    const bound = isFull ? "--fsize=0:" : "--fsize=unlimited:";
    const prlimit = new Deno.Command("prlimit", { args: ["--pid", String(this.pid), bound] });
    const { success } = await prlimit.output();
    if (!success) throw new Error("prlimit refused");
  }

  /** The processes that run its services' scripts. */
  async executors(): Promise<number[]> {
    const children = `/proc/${this.pid}/task/${this.pid}/children`;
    const pids = await Deno.readTextFile(children).catch(() => "");
    return pids.split(" ").filter((pid) => pid !== "").map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined) await this.end("SIGKILL");
  }
}

/** Forwards connections, until they are reset. */
export class ResettingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, readonly port: number) {
    this.#server = server;
  }

  static async start(to: () => number): Promise<ResettingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new ResettingProxy(server, (server.address() as { port: number }).port);
    server.on("connection", (socket) => proxy.#pass(socket, to()));
    return proxy;
  }

  /** Resets all connections. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #pass(near: Socket, port: number): void {
    const far = connectSocket({ host: "127.0.0.1", port });
    for (const [from, to] of [[near, far], [far, near]]) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (bytes: Buffer) => {
        if (to.write(bytes)) return;
        from.pause();
        to.once("drain", () => from.resume());
      });
      from.on("end", () => to.end());
      from.on("error", () => to.resetAndDestroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
