/** A node inside this program, and a function that waits. */
import {
  connect,
  type ConnectOptions,
  currentCall,
  type EmbeddedNode,
  type Farcall,
  type LogRecord,
  type Rpc,
  rpc,
  serve,
  type ServeOptions,
} from "../../mod.ts";
import { NodeConnection } from "../../lib/client/mod.ts";
import type { NodeStatus } from "../../lib/protocol/mod.ts";

/** A node on a port chosen by the kernel, its log, and callers, all of which end with it. */
export class Program implements AsyncDisposable {
  private constructor(
    readonly node: EmbeddedNode,
    readonly records: readonly LogRecord[],
    readonly callers: AsyncDisposableStack,
  ) {}

  static async start(options: ServeOptions): Promise<Program> {
    const records: LogRecord[] = [];
    const node = await serve({ port: 0, log: (record) => records.push(record), ...options });
    return new Program(node, records, new AsyncDisposableStack());
  }

  async caller(options: ConnectOptions = {}): Promise<Farcall> {
    return this.callers.use(await connect(this.node.address, options));
  }

  async status(): Promise<NodeStatus> {
    const { hostname: host, port } = this.node;
    const connection = await NodeConnection.open({ host, port });
    try {
      return await connection.request({ op: "status" }, { timeoutMs: 60_000 });
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.callers.disposeAsync();
    await this.node.stop();
    // Deno 2.4 reports the timer of a node's last turn as a leak: it ends before this one.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** A function that waits until it is told to continue, or its call is cancelled. */
export class Gate {
  /** The arguments of the calls that have begun. */
  readonly begun: string[] = [];
  /** The arguments of those that were given up, with the reasons. */
  readonly givenUp = new Map<string, unknown>();
  #open = Promise.withResolvers<void>();

  /** @param heedsSignal Whether it ends when its call is cancelled. */
  rpc(heedsSignal = true): Rpc {
    return rpc(["str"], ["str"], async (text) => {
      this.begun.push(text);
      const { signal } = currentCall()!;
      const left = new Promise<void>((resolve) => {
        const onAbort = (): void => {
          this.givenUp.set(text, signal.reason);
          if (heedsSignal) resolve();
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort);
      });
      await Promise.race([this.#open.promise, left]);
      return text;
    });
  }

  open(): void {
    this.#open.resolve();
  }
}
