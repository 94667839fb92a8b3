/**
 * Runs farcall as its users do: as processes. From the checkout, as a compiled executable or from a URL: a {@linkcode
 * Program} describes how, and the tests are the same. `await using` ends every process, by its id.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Commands } from "./commands.ts";
import {
  Collected,
  executorsAmong,
  isAlive,
  offspringOf,
  processesWith,
  until,
} from "../nodes/processes.ts";

/** The checkout's folder. */
export const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A loopback port on which nothing ever listens. */
export const closedPort = 1;

/** The default working folder of commands: one without an init.yaml. */
const temporaryFolder = Deno.env.get("TMPDIR") ?? "/tmp";

/** How long a process may take before a test gives up. */
const patienceMs = 240_000;

/** One way to run farcall. */
export interface Program extends AsyncDisposable {
  /** For the names of tests. */
  readonly name: string;
  readonly command: string;
  /** The words before farcall's own arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether the process gets only `env`, and not our environment. */
  readonly isEnvCleared: boolean;
  /** Runs commands without a process each, if possible. */
  readonly commands?: Commands;
}

/** Creates a program; a test holds it with `await using`. */
export type MakeProgram = () => Promise<Program>;

/** The flags of `deno run` in deno.json's task `farcall`. */
export async function runFlags(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(repository, "deno.json")));
  const match = /^deno (run .*) tools\/farcall\.ts$/.exec(tasks.farcall.command);
  assert.ok(match, "deno.json has a task farcall that runs tools/farcall.ts");
  return match[1].split(" ");
}

/** The checkout's farcall with a process per command: for tests of starting and exiting. */
export async function checkoutAsProcesses(): Promise<Program> {
  return {
    name: "deno run",
    command: Deno.execPath(),
    args: [...await runFlags(), join(repository, "tools/farcall.ts")],
    env: { NO_COLOR: "1" },
    isEnvCleared: false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** farcall with its command line passed to another program, one process per command. */
export function under(farcall: Program, command: string, ...args: readonly string[]): Program {
  const { commands: _, ...rest } = farcall;
  return { ...rest, command, args: [...args, farcall.command, ...farcall.args] };
}

/** Options of a process. */
export interface StartOptions {
  /** Default: a temporary folder without an init.yaml. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input; empty by default. */
  readonly stdin?: string;
}

/** A process's output and exit status. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that runs. */
export class Running implements AsyncDisposable {
  readonly pid: number;
  readonly stdout: Collected;
  readonly stderr: Collected;
  /** Resolves when it has ended and all its output has been read. */
  readonly ended: Promise<Outcome>;
  readonly #process: Deno.ChildProcess;
  #isEnded = false;

  constructor(
    command: string,
    args: readonly string[],
    options: StartOptions & { readonly clearEnv?: boolean } = {},
  ) {
    const { stdin, cwd = temporaryFolder, env, clearEnv } = options;
    this.#process = new Deno.Command(command, {
      args: [...args],
      cwd,
      env,
      clearEnv,
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#process.pid;
    this.stdout = new Collected(this.#process.stdout);
    this.stderr = new Collected(this.#process.stderr);
    this.ended = this.#end(stdin);
  }

  /** Sends a signal, unless the process has ended. */
  kill(signal: Deno.Signal): void {
    if (!this.#isEnded) this.#process.kill(signal);
  }

  /** Kills it, and every process that it started. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnded) return;
    const offspring = await offspringOf(this.pid);
    this.kill("SIGKILL");
    await this.ended;
    await killAll(offspring);
  }

  async #end(stdin: string | undefined): Promise<Outcome> {
    const fed = stdin === undefined ? undefined : feed(this.#process.stdin, stdin);
    const { code, signal } = await this.#process.status;
    this.#isEnded = true;
    await Promise.all([fed, this.stdout.done, this.stderr.done]);
    return { code, signal, stdout: this.stdout.text, stderr: this.stderr.text };
  }
}

/** Kills those of some processes that are still running. */
async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    if (!await isAlive(pid)) continue;
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It exited by itself, as it should.
    }
  }
}

async function feed(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It exited without reading all of its input.
  }
}

/** farcall's commands as processes. */
export class Cli {
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  /** Starts a command. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    const { command, args: before, env, isEnvCleared } = this.program;
    return new Running(command, [...before, ...args], {
      ...options,
      env: { ...env, ...options.env },
      clearEnv: isEnvCleared,
    });
  }

  /** Runs a command to completion. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
    const { commands } = this.program;
    if (commands?.takes(args, options)) {
      const { cwd = temporaryFolder, env = {}, stdin } = options;
      return { ...await commands.run({ args, cwd, env, stdin }), signal: null };
    }
    await using running = this.start(args, options);
    return await withPatience(running, `farcall ${args.join(" ")}`);
  }

  /** Runs a command that must succeed. @returns Its standard output, without the last line break. */
  async succeed(args: readonly string[], options: StartOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    assert.equal(code, 0, `farcall ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  /**
   * Runs a command that must fail: with this exit code, nothing on standard output, and a first line on standard error
   * that starts with `farcall: `.
   *
   * @returns Its standard error.
   */
  async fail(code: number, args: readonly string[], options: StartOptions = {}): Promise<string> {
    const outcome = await this.run(args, options);
    const shown = `farcall ${args.join(" ")}: ${outcome.stdout}${outcome.stderr}`;
    assert.equal(outcome.code, code, shown);
    assert.equal(outcome.stdout, "", shown);
    assert.match(outcome.stderr, /^farcall: \S.*\n/, shown);
    return outcome.stderr;
  }

  /** Starts a node and waits until it reports that it is listening. */
  async serve(args: readonly string[], options: StartOptions = {}): Promise<ServedNode> {
    return await ServedNode.ready(this.start(["serve", ...args], options));
  }
}

async function withPatience(running: Running, what: string): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const said = running.stdout.text + running.stderr.text;
      reject(new Error(`${what} did not end within ${patienceMs} ms: ${said}`));
    }, patienceMs);
  });
  try {
    return await Promise.race([running.ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A node that is listening. */
export class ServedNode implements AsyncDisposable {
  readonly process: Running;
  /** Its ready line, without the line break. */
  readonly readyLine: string;
  readonly host: string;
  readonly port: number;
  /** The absolute path of its root. */
  readonly root: string;

  private constructor(process: Running, readyLine: string) {
    const match = /^farcall is listening on (.+):(\d+)( as \S+)?: .*; root (.+)$/.exec(readyLine);
    assert.ok(match, `a ready line: ${readyLine}`);
    this.process = process;
    this.readyLine = readyLine;
    this.host = match[1];
    this.port = Number(match[2]);
    this.root = match[4];
  }

  static async ready(process: Running): Promise<ServedNode> {
    try {
      const line = await process.stdout.until(/^.*(?=\n)/);
      return new ServedNode(process, line[0]);
    } catch (cause) {
      await process[Symbol.asyncDispose]();
      throw new Error(`the node did not start: ${process.stderr.text}`, { cause });
    }
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Stops it and waits until it has exited. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Outcome> {
    this.process.kill(signal);
    return await withPatience(this.process, `a node that got ${signal}`);
  }

  /** The process ids of its executors, once there are this many besides the given ones. */
  async executors(count: number, besides: readonly number[] = []): Promise<number[]> {
    let pids: number[] = [];
    await until(async () => {
      pids = (await executorsAmong(await offspringOf(this.process.pid)))
        .filter((pid) => !besides.includes(pid));
      return pids.length >= count;
    }, `${count} executors`);
    return pids;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    // An executor that outlived its node, which some tests look for.
    await killAll(await processesWith(this.root));
  }
}
