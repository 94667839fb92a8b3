/** What tests need to know of processes: their output as it comes, their children, whether they live. */

/** How long a test waits for what must come. */
const patienceMs = 120_000;

/** How long a test pauses before it looks again for what nobody announces: longer each time, since looking takes processor time. */
const pauseMinMs = 2;
const pauseMaxMs = 50;

/** Waits until something is so. @throws If it does not come to be. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const endMs = performance.now() + patienceMs;
  let pauseMs = pauseMinMs;
  while (!await isSo()) {
    if (performance.now() > endMs) throw new Error(`waited ${patienceMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(1.3 * pauseMs, pauseMaxMs);
  }
}

/** The text of a stream as far as it has come. */
export class Collected {
  text = "";
  /** Resolves at the end of the stream. */
  readonly done: Promise<void>;
  #isDone = false;
  #waiting: (() => void)[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.done = this.#read(stream);
  }

  /** Waits until the text, from a place on, has what a pattern finds. */
  async until(pattern: RegExp, start = 0): Promise<RegExpExecArray> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, patienceMs);
    try {
      for (;;) {
        const match = pattern.exec(this.text.slice(start));
        if (match !== null) return match;
        if (this.#isDone) throw new Error(`the output ended without ${pattern}: ${this.text}`);
        if (isLate) throw new Error(`no ${pattern} within ${patienceMs} ms: ${this.text}`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk, { stream: true });
      this.#wake();
    }
    this.#isDone = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The lines of a stream, as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let begun = "";
  for await (const chunk of stream) {
    const [rest, ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    begun += rest;
    for (const other of others) {
      yield begun;
      begun = other;
    }
  }
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** A zombie has ended; nobody has asked how. */
  readonly isZombie: boolean;
}

/** All processes that we see, where there is no /proc. */
async function processes(): Promise<ProcessRow[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid=,stat="] })
    .output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), isZombie: state.startsWith("Z") };
  });
}

/** A file below /proc, which costs a tenth of what an asynchronous read would; undefined where its process has ended. */
function procFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${path}`);
  } catch {
    return undefined;
  }
}

function runs(pid: number): boolean {
  const stat = procFile(`${pid}/stat`);
  // The name in parentheses may hold anything.
  return stat !== undefined && stat[stat.lastIndexOf(")") + 2] !== "Z";
}

function pidsIn(children: string): number[] {
  return children.split(" ").filter((pid) => pid !== "").map(Number);
}

function childrenOf(pid: number): number[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)]
      .flatMap(({ name }) => pidsIn(procFile(`${pid}/task/${name}/children`) ?? ""));
  } catch {
    return [];
  }
}

/** The processes that a process has started, and those that they have, as far as they run. */
export async function offspringOf(pid: number): Promise<number[]> {
  const found = [pid];
  if (Deno.build.os === "linux") {
    for (const parent of found) found.push(...childrenOf(parent).filter(runs));
    return found.slice(1);
  }
  const rows = (await processes()).filter((row) => !row.isZombie);
  for (const parent of found) {
    for (const row of rows) if (row.parent === parent) found.push(row.pid);
  }
  return found.slice(1);
}

/**
 * The processes that this test's own module has started: `deno test --parallel` runs modules as threads of one
 * process. Where threads are not told apart, its whole process's.
 */
export async function ownChildren(): Promise<number[]> {
  if (Deno.build.os !== "linux") return await offspringOf(Deno.pid);
  // Not asynchronously, which would be on another thread.
  return pidsIn(Deno.readTextFileSync("/proc/thread-self/children"));
}

/**
 * Those of some processes that are executors: not the shell that reads for a node how much memory they have, nor the
 * helpers that read large messages and check scripts. By what executors are started with: a process that is just
 * being started still has its parent's command line.
 */
export async function executorsAmong(pids: readonly number[]): Promise<number[]> {
  const lines = await Promise.all(pids.map(commandLine));
  return pids.filter((_, index) =>
    /executor\/sandbox\/(granted_)?child\.ts|dist\/executor\.js|__executor/.test(lines[index])
  );
}

/** Those of some processes that read for a node how much memory its executors have. */
export async function memoryReadersAmong(pids: readonly number[]): Promise<number[]> {
  const lines = await Promise.all(pids.map(commandLine));
  return pids.filter((_, index) => lines[index].includes("/statm"));
}

/** How a process was started; empty where it has ended. */
async function commandLine(pid: number): Promise<string> {
  if (Deno.build.os === "linux") return procFile(`${pid}/cmdline`) ?? "";
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "args=", "-p", `${pid}`] })
    .output();
  return new TextDecoder().decode(stdout);
}

/** Whether a process runs. */
export async function isAlive(pid: number): Promise<boolean> {
  if (Deno.build.os === "linux") return runs(pid);
  return (await processes()).some((row) => row.pid === pid && !row.isZombie);
}

/** The processes whose command lines have a text in them. */
export async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,args="] }).output();
    for (const line of new TextDecoder().decode(stdout).split("\n")) {
      if (line.includes(text)) found.push(Number.parseInt(line));
    }
    return found;
  }
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name) && procFile(`${name}/cmdline`)?.includes(text)) found.push(Number(name));
  }
  return found;
}
