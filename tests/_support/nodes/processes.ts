/** Inspects processes for tests: their output, their children, whether they run. */

/** How long a test waits for something that must happen. */
const patienceMs = 120_000;

/** Pauses between checks of an unannounced condition: growing, because checking takes processor time. */
const pauseMinMs = 2;
const pauseMaxMs = 50;

/** Waits for a condition. @throws If it does not come true. */
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

/** When many processes start at once, Deno runs some without a cache, and says so on standard error. */
export function withoutCacheNotes(text: string): string {
  return text.replaceAll(/^Failed .*\bcache file .*\r?\n/gm, "");
}

/** The text of a stream so far. */
export class Collected {
  text = "";
  /** Resolves at the end of the stream. */
  readonly done: Promise<void>;
  #isDone = false;
  #waiting: (() => void)[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.done = this.#read(stream);
  }

  /** Waits until the text, from an offset on, matches a pattern. */
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
      this.text += withoutCacheNotes(decoder.decode(chunk, { stream: true }));
      this.#wake();
    }
    this.#isDone = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The lines of a stream, as they arrive. */
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
  /** A zombie has ended; its parent has not yet waited for it. */
  readonly isZombie: boolean;
}

/** All visible processes, on systems without /proc. */
async function processes(): Promise<ProcessRow[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid=,stat="] })
    .output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), isZombie: state.startsWith("Z") };
  });
}

/** A file below /proc, read synchronously at a tenth of the cost; undefined if its process has ended. */
function procFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${path}`);
  } catch {
    return undefined;
  }
}

function runs(pid: number): boolean {
  const stat = procFile(`${pid}/stat`);
  // The name in parentheses may contain anything.
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

/** The running descendants of a process. */
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
 * The processes that this test's own module has started: `deno test --parallel` runs modules as threads of one process.
 * Where threads cannot be distinguished, those of the whole process.
 */
export async function ownChildren(): Promise<number[]> {
  if (Deno.build.os !== "linux") return await offspringOf(Deno.pid);
  // Synchronous, because asynchronous reads run on another thread.
  return pidsIn(Deno.readTextFileSync("/proc/thread-self/children"));
}

/**
 * The executors among some processes, without the shell that reads memory for a node, and without helpers. Identified
 * by the executors' arguments, because a process that is just starting still has its parent's command line.
 */
export async function executorsAmong(pids: readonly number[]): Promise<number[]> {
  const lines = await Promise.all(pids.map(commandLine));
  return pids.filter((_, index) =>
    /executor\/sandbox\/(granted_)?child\.ts|dist\/executor\.js|__executor/.test(lines[index])
  );
}

/** The memory-reading shells among some processes. */
export async function memoryReadersAmong(pids: readonly number[]): Promise<number[]> {
  const lines = await Promise.all(pids.map(commandLine));
  return pids.filter((_, index) => lines[index].includes("/statm"));
}

/** The command line of a process; empty if it has ended. */
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

/** The processes whose command lines contain a text. */
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
