/** Requests to `farcall console`, as a program sends them that knows its address. */
import assert from "node:assert/strict";
import type { Cli, Running } from "./cli.ts";
import type { Project } from "../nodes/fleet.ts";

/** A console started by a test. */
export class TestConsole implements AsyncDisposable {
  readonly running: Running;
  /** Includes its token. */
  readonly address: string;

  private constructor(running: Running, address: string) {
    this.running = running;
    this.address = address;
  }

  static async start(
    { cli, project }: { readonly cli: Cli; readonly project: Project },
    args: readonly string[] = [],
  ): Promise<TestConsole> {
    const running = cli.start(["console", "--no-open", ...args], { cwd: project.folder });
    try {
      await running.stdout.until(/http:\S+\n/);
      const [address] = /http:\S+/.exec(running.stdout.text)!;
      return new TestConsole(running, address);
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A JSON response. */
  // deno-lint-ignore no-explicit-any
  async ask(name: string, body?: unknown): Promise<any> {
    return await (await this.#request(name, body)).json();
  }

  /** Lines of JSON until `isLast`, or the end. */
  // deno-lint-ignore no-explicit-any
  async lines(name: string, body?: unknown, isLast = (_line: any) => false): Promise<any[]> {
    const response = await this.#request(name, body);
    assert.equal(response.status, 200);
    const lines = [];
    let rest = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      for (const part of parts) {
        lines.push(JSON.parse(part));
        if (isLast(lines.at(-1))) return lines;
      }
    }
    return lines;
  }

  /** Waits until all nodes are up, and their calls by client are known. */
  async whenAllTold(): Promise<void> {
    // deno-lint-ignore no-explicit-any
    await this.lines("events", undefined, ({ kind, nodes }: any) => {
      // deno-lint-ignore no-explicit-any
      const isTold = ({ condition, clients }: any) => condition === "up" && clients !== undefined;
      return kind === "nodes" && nodes.every(isTold);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running[Symbol.asyncDispose]();
  }

  #request(name: string, body: unknown): Promise<Response> {
    const url = `${this.address}api/${name}`;
    return fetch(
      url,
      body === undefined ? {} : {
        method: "POST",
        headers: { "content-type": "application/json", origin: new URL(url).origin },
        body: JSON.stringify(body),
      },
    );
  }
}
