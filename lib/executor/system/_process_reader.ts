/**
 * Reads the memory and processor time of processes on Linux. Only the system's `/proc` has them, and the runtime
 * refuses to read it unless it was started with all permissions (measured with 2.9.6 under `deno run`, 2.4.2 compiled).
 * So a shell reads it: one per node, which takes requests on its standard input and starts no process itself.
 */
import { messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { workingMs, WorkingTimer } from "./working_clock.ts";

/** Linux reports processor time in these units, whatever its internal clock. */
const ticksPerSecond = 100;

/**
 * First reports its own usage, in KiB and in pages, which reveals the page size (4, 16 or 64 KiB). Then it takes
 * requests, `memory PID…` or `time PID…`, and answers each with a line per existing process and a final line. Uses only
 * the shell's built-ins, so it creates no process. `statm` has 30 bytes; `status`, which reports KiB, has 1400, and a
 * shell reads byte by byte.
 */
const script = `trap '' HUP INT
while read -r key size unit; do
  [ "$key" = VmSize: ] && break
done < /proc/self/status
read -r pages rest < /proc/self/statm
echo "$size $pages"
echo .
while read -r what pids; do
  for pid in $pids; do
    if [ "$what" = memory ]; then
      read -r size resident shared rest < "/proc/$pid/statm" && echo "$pid $resident $shared"
    else
      read -r line < "/proc/$pid/stat" && echo "$pid \${line##*) }"
    fi
  done
  echo .
done`;

/** The page size in bytes, from a process's usage in KiB and in pages at about the same time. */
export function pageBytesOf(kibibytes: number, pages: number): number {
  return 2 ** Math.round(Math.log2(kibibytes * 1024 / pages));
}

/** Queries processes, until a query fails. */
export class ProcessReader {
  readonly #onFailure: (reason: string) => void;
  #shell: Shell | undefined;
  #pageBytes = 0;
  #isOver: boolean;
  #isReadingMemory = false;
  /** The request before the next one. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param onFailure Called once, with the reason: from then on, nothing is known. */
  constructor(onFailure: (reason: string) => void) {
    this.#onFailure = onFailure;
    this.#isOver = Deno.build.os !== "linux";
  }

  /**
   * The private memory in RAM of each process, in bytes, by process id, without the pages of the executable file, which
   * executors share with their node. Empty if nothing is known, or the last request is still pending.
   */
  async bytesOf(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const found = new Map<number, number>();
    if (this.#isReadingMemory || pids.length === 0) return found;
    this.#isReadingMemory = true;
    for (const line of await this.#ask(`memory ${pids.join(" ")}`)) {
      const [pid = NaN, resident = NaN, shared = NaN] = line.split(" ").map(Number);
      found.set(pid, (resident - shared) * this.#pageBytes);
    }
    this.#isReadingMemory = false;
    return found;
  }

  /** The processor time of a process, in milliseconds; undefined if unknown. */
  async processorMsOf(pid: number): Promise<number | undefined> {
    const [line] = await this.#ask(`time ${pid}`);
    if (line === undefined) return undefined;
    // After the name: the state and nine irrelevant numbers, then user and system time.
    const [user = NaN, system = NaN] = line.split(" ").slice(12, 14).map(Number);
    return (user + system) * 1000 / ticksPerSecond;
  }

  /** Ends the shell. Idempotent. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#shell?.close();
  }

  /** One request at a time. @returns The lines of the reply; empty if nothing is known. */
  async #ask(question: string): Promise<readonly string[]> {
    const asking = this.#last.then(async () => {
      if (this.#isOver) return [];
      try {
        this.#shell ??= await this.#open();
        return await this.#shell.ask(question);
      } catch (error) {
        if (this.#isOver) return [];
        this.#onFailure(messageOf(error));
        await this.close();
        return [];
      }
    });
    this.#last = asking;
    return await asking;
  }

  async #open(): Promise<Shell> {
    const shell = this.#shell = new Shell();
    const [line = ""] = await shell.answer();
    const [kibibytes = NaN, pages = NaN] = line.split(" ").map(Number);
    this.#pageBytes = pageBytesOf(kibibytes, pages);
    return shell;
  }
}

/** A shell that runs the script. It ends with its standard input, and so with the node. */
class Shell {
  readonly #process: Deno.ChildProcess;
  readonly #questions: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** @throws If there is no shell. */
  constructor() {
    this.#process = new Deno.Command("/bin/sh", {
      args: ["-c", script],
      clearEnv: true,
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#questions = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.getReader();
  }

  /** @returns The lines of the reply. @throws If none arrives in time, or the shell has ended. */
  async ask(question: string): Promise<string[]> {
    await this.#questions.write(new TextEncoder().encode(`${question}\n`));
    return await this.answer();
  }

  /** Its next output. @throws As {@linkcode ask}. */
  async answer(): Promise<string[]> {
    let isLate = false;
    const timer = new WorkingTimer(() => {
      isLate = true;
      this.#kill();
    });
    timer.at(workingMs() + limits.memoryReadTimeoutMs);
    try {
      while (!this.#text.endsWith(".\n")) {
        const { done, value } = await this.#answers.read();
        if (done) throw new Error("the shell that reads it has ended");
        this.#text += this.#decoder.decode(value);
      }
    } catch (error) {
      if (!isLate) throw error;
      throw new Error(`the shell that reads it did not answer in ${limits.memoryReadTimeoutMs} ms`);
    } finally {
      timer.stop();
    }
    const lines = this.#text.split("\n").slice(0, -2);
    this.#text = "";
    return lines;
  }

  async close(): Promise<void> {
    this.#kill();
    await this.#process.status;
    await Promise.all([
      this.#questions.abort().catch(() => {}),
      this.#answers.cancel().catch(() => {}),
    ]);
  }

  #kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // Already ended.
    }
  }
}
