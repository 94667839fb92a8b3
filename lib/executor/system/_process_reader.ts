/**
 * How much memory and processor time processes have, on Linux. Only the system's own `/proc` tells, and the runtime
 * refuses to read it unless it was started with all permissions (measured with 2.9.6 under `deno run`, 2.4.2
 * compiled). So a shell reads it: one for the node, which takes questions on its standard input and starts nothing
 * itself.
 */
import { messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { workingMs, WorkingTimer } from "./working_clock.ts";

/** Linux tells processor time in these, whatever its own clock does. */
const ticksPerSecond = 100;

/**
 * First says what it uses itself, in KiB and in pages: so it is known how large a page is (4, 16 or 64 KiB). Then
 * takes questions, `memory PID…` or `time PID…`, and answers each with a line a process, as far as they are there,
 * and one that ends the answer. Of what the shell has built in alone: no process is made for it. `statm` has 30 bytes;
 * `status`, which tells KiB, has 1400, and a shell reads byte by byte.
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

/** How many bytes a page has, of a process that uses so many KiB and so many pages, both as of about the same time. */
export function pageBytesOf(kibibytes: number, pages: number): number {
  return 2 ** Math.round(Math.log2(kibibytes * 1024 / pages));
}

/** Asks the system about processes, until that fails once. */
export class ProcessReader {
  readonly #onFailure: (reason: string) => void;
  #shell: Shell | undefined;
  #pageBytes = 0;
  #isOver: boolean;
  #isReadingMemory = false;
  /** The question before the next one. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param onFailure Called once, with the reason in words: from then on, nothing is known. */
  constructor(onFailure: (reason: string) => void) {
    this.#onFailure = onFailure;
    this.#isOver = Deno.build.os !== "linux";
  }

  /**
   * What each has in RAM for itself, in bytes, by process id; the pages of the executable's file do not count, which
   * all executors share with their node. Empty where nothing is known, or the last question is still open.
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

  /** The processor time that a process has had, in milliseconds; undefined where that is not known. */
  async processorMsOf(pid: number): Promise<number | undefined> {
    const [line] = await this.#ask(`time ${pid}`);
    if (line === undefined) return undefined;
    // Behind the name: state and nine numbers that say other things, then the time of itself and for it.
    const [user = NaN, system = NaN] = line.split(" ").slice(12, 14).map(Number);
    return (user + system) * 1000 / ticksPerSecond;
  }

  /** Ends the shell. May be called again. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#shell?.close();
  }

  /** One question after the other. @returns The lines of the answer; none where nothing is known. */
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

  /** @returns The lines of the answer. @throws If none comes in time, or the shell has ended. */
  async ask(question: string): Promise<string[]> {
    await this.#questions.write(new TextEncoder().encode(`${question}\n`));
    return await this.answer();
  }

  /** What it says next. @throws As {@linkcode ask}. */
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
      // It has ended already.
    }
  }
}
