/** Runs many commands of farcall in one process: for tests of what commands do, not of starting and exiting. */
import { fileURLToPath } from "node:url";
import { linesOf } from "../nodes/processes.ts";

/** A command line and its environment. */
export interface Command {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** The output and exit code of a process. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables that commands read themselves at each run; any other requires a process of its own. */
const ownVariable = /^(?:FARCALL_\w+|XDG_CACHE_HOME)$/;

/** The process: it ends with the block, or with the thread that started it. */
export class Commands implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #outcomes: AsyncGenerator<string, void>;
  #isBusy = false;

  constructor(deno: string, flags: readonly string[], env: Readonly<Record<string, string>>) {
    const module = fileURLToPath(new URL("./command_process.ts", import.meta.url));
    this.#process = new Deno.Command(deno, {
      args: [...flags, module],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#outcomes = linesOf(this.#process.stdout);
  }

  /** Whether a command can run here: one at a time, and none that runs until it is stopped. */
  takes(
    args: readonly string[],
    { env = {} }: { readonly env?: Readonly<Record<string, string>> },
  ): boolean {
    return !this.#isBusy && !args.includes("--watch") &&
      Object.keys(env).every((name) => ownVariable.test(name));
  }

  /** Runs a command that it {@linkcode takes | accepts}. */
  async run(command: Command): Promise<CommandOutcome> {
    this.#isBusy = true;
    try {
      await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
      const { value } = await this.#outcomes.next();
      if (value === undefined) {
        throw new Error(`farcall ${command.args.join(" ")} ended its process`);
      }
      return JSON.parse(value);
    } finally {
      this.#isBusy = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    for await (const _ of this.#outcomes);
    await this.#process.status;
  }
}
