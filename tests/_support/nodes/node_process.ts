/** A node that tests kill. */
import { freePort } from "../ports.ts";
import { connectionTo, type TestConnection } from "./node.ts";

/** A node in a process of its own, which can be killed like by a power cut. */
export class NodeProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly port: number;

  private constructor(child: Deno.ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /**
   * @param port By default one that no other program is given once the node is killed, so that it can be restarted.
   * @param tls The files of its certificate and key, to serve over TLS.
   */
  static async start(
    root: string,
    port: number = freePort(),
    tls: readonly string[] = [],
  ): Promise<NodeProcess> {
    // The system may hold the port of a killed node for a moment.
    let lastCode = 0;
    for (let attempt = 1; attempt <= 5; attempt++) {
      const child = NodeProcess.#spawn(root, port, tls);
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      const listening = Number(new TextDecoder().decode(value));
      if (listening > 0) return new NodeProcess(child, listening);
      lastCode = (await child.status).code;
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
    }
    throw new Error(`the node does not start on port ${port}: exit code ${lastCode}`);
  }

  /** Starts a node and kills it after a while, ready or not. */
  static async startAndKill(root: string, afterMs: number): Promise<void> {
    const child = NodeProcess.#spawn(root, 0);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGKILL");
    await Promise.all([child.status, child.stdout.cancel()]);
  }

  static #spawn(root: string, port: number, tls: readonly string[] = []): Deno.ChildProcess {
    const main = new URL("./serve.ts", import.meta.url).pathname;
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", main, root, String(port), ...tls],
      stdin: "null",
      stdout: "piped",
    }).spawn();
  }

  connection(): Promise<TestConnection> {
    return connectionTo(this.port);
  }

  /** Suspends its process at an arbitrary moment, like a hanging machine. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Resumes it. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Kills it. Resolves when it has ended. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Already ended.
    }
    await this.#child.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
