/** A client of the Model Context Protocol, from its own SDK, with a `farcall mcp` that it started. */
import { Client } from "npm:@modelcontextprotocol/client@2.4.0";
import { StdioClientTransport } from "npm:@modelcontextprotocol/client@2.4.0/stdio";
import type { Program } from "./cli.ts";

/** Options for starting it. */
export interface AgentOptions {
  readonly cwd?: string;
  /** Speaks the protocol's newest revision; by default, that of 2025. */
  readonly isModern?: true;
}

/** The outcome of a tool's call. */
export type ToolOutcome = Awaited<ReturnType<Client["callTool"]>>;

/** An agent's program. */
export class Agent implements AsyncDisposable {
  readonly client: Client;
  /** The number of notifications that the tools have changed. */
  changes = 0;
  readonly #changed = new Set<() => void>();

  private constructor({ isModern }: AgentOptions) {
    this.client = new Client({ name: "test", version: "1" }, {
      ...(isModern && { versionNegotiation: { mode: { pin: "2026-07-28" } } }),
      listChanged: {
        tools: {
          autoRefresh: false,
          debounceMs: 0,
          onChanged: () => {
            this.changes += 1;
            for (const notify of this.#changed) notify();
          },
        },
      },
    });
  }

  /** Starts `farcall mcp`. */
  static async start(
    { command, args: before, env }: Program,
    args: readonly string[],
    options: AgentOptions = {},
  ): Promise<Agent> {
    const agent = new Agent(options);
    const transport = new StdioClientTransport({
      command,
      args: [...before, "mcp", ...args],
      env: { ...env },
      cwd: options.cwd ?? "/tmp",
      stderr: "ignore",
    });
    await agent.client.connect(transport);
    return agent;
  }

  /** The names of all tools, fetched page by page. */
  async toolNames(): Promise<string[]> {
    return (await this.client.listTools()).tools.map(({ name }) => name);
  }

  /** Calls a tool. */
  call(name: string, args: Record<string, unknown> = {}): Promise<ToolOutcome> {
    return this.client.callTool({ name, arguments: args });
  }

  /** Waits until the tools match a test's expectation: notifications may arrive late. */
  async untilTools(isReady: (names: readonly string[]) => boolean): Promise<void> {
    for (;;) {
      const changed = new Promise<void>((resolve) => this.#changed.add(resolve));
      // The list is refused until a node has replied.
      if (isReady(await this.toolNames().catch(() => []))) return;
      await changed;
      this.#changed.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** The text of an outcome. */
export function textOf({ content }: ToolOutcome): string {
  return content.map((part) => part.type === "text" ? part.text : `(${part.type})`).join("\n");
}
