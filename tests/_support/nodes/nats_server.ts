/** Debian's nats-server, for the tests of one file. */
import { join } from "node:path";

/** Options of a server. */
export interface NatsServerOptions {
  /** Further lines of its configuration, besides listening and storage. */
  readonly configuration?: string;
  /** Whether JetStream is on. Default: true. */
  readonly hasStore?: boolean;
  /** Maximum bytes of storage. Default: the server's. */
  readonly storeBytesMax?: number;
  /** Its previous port. Default: chosen by the kernel. */
  readonly port?: number;
}

/** A server that ends with the test. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #said: Promise<string>;

  private constructor(
    process: Deno.ChildProcess,
    { folder, port, said }: { folder: string; port: number; said: Promise<string> },
  ) {
    this.#process = process;
    this.#folder = folder;
    this.port = port;
    this.#said = said;
  }

  /** Starts a server with JetStream, and waits until it listens. @throws {Error} With its output, if it does not. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    return await NatsServer.#startIn(await Deno.makeTempDir({ prefix: "farcall-nats-" }), options);
  }

  static async #startIn(folder: string, options: NatsServerOptions): Promise<NatsServer> {
    const { configuration = "", port: wanted = -1, hasStore = true, storeBytesMax } = options;
    const bound = storeBytesMax === undefined ? "" : `, max_file_store: ${storeBytesMax}`;
    const store = hasStore ? `jetstream { store_dir: "${folder}/store"${bound} }\n` : "";
    await Deno.writeTextFile(
      join(folder, "server.conf"),
      `listen: "127.0.0.1:${wanted}"\nserver_name: test\n${store}${configuration}\n`,
    );
    const process = new Deno.Command("nats-server", {
      args: ["-c", join(folder, "server.conf"), "--ports_file_dir", folder],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const said = new Response(process.stderr).text();
    const ports = join(folder, `nats-server_${process.pid}.ports`);
    let isOver = false;
    process.status.then(() => isOver = true);
    for (;;) {
      const text = await Deno.readTextFile(ports).catch(() => "");
      // It is written at once, but may be read before that.
      const url = /"nats":\s*\[\s*"\w+:\/\/[^"]*:(\d+)"/.exec(text)?.[1];
      if (url !== undefined) return new NatsServer(process, { folder, port: Number(url), said });
      if (isOver) throw new Error(`nats-server has ended: ${await said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Its file of that name, in its folder. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Kills it, as if the machine were lost. */
  async kill(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // Already ended.
    }
    await this.#process.status;
    await this.#said;
  }

  /** Ends it after the module's tests. */
  untilUnload(): this {
    addEventListener("unload", () => {
      this.#process.kill("SIGKILL");
      Deno.removeSync(this.#folder, { recursive: true });
    });
    return this;
  }

  /** Restarts it on the same port, with its stored data. */
  async restart(options: NatsServerOptions = {}): Promise<NatsServer> {
    await this.kill();
    return await NatsServer.#startIn(this.#folder, { ...options, port: this.port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {});
  }
}
