/**
 * How much memory processes have, on Linux. Only the system's own `/proc` tells, and the runtime refuses to read it
 * unless it was started with all permissions (measured with 2.9.6 under `deno run`, 2.4.2 compiled). So a shell reads
 * it: one for the node, which waits for process ids on its standard input and starts nothing itself.
 */
import { messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";

/** Linux counts memory in pages; every platform that the runtime supports there has them of this size. */
const pageBytes = 4096;

/**
 * Takes lines of process ids; answers each with the pages of those that there are, and a line that ends the answer. Of what the shell has built in alone: no process is made for it.
 */
const script = `trap '' HUP INT
while read -r pids; do
  for pid in $pids; do
    read -r size resident shared rest < "/proc/$pid/statm" && echo "$pid $resident $shared"
  done
  echo .
done`;

/**
 * Reads the memory of processes, until it fails once: what each has in RAM for itself. The pages of the executable's
 * file do not count; all executors and their node share them.
 */
export class MemoryReader {
  readonly #onFailure: (reason: string) => void;
  #shell: Shell | undefined;
  #isOver: boolean;
  #isReading = false;

  /** @param onFailure Called once, with the reason in words: from then on, nothing is known. */
  constructor(onFailure: (reason: string) => void) {
    this.#onFailure = onFailure;
    this.#isOver = Deno.build.os !== "linux";
  }

  /** Bytes by process id. Empty where nothing is known, or the last question is still open. */
  async bytesOf(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const found = new Map<number, number>();
    if (this.#isOver || this.#isReading || pids.length === 0) return found;
    this.#isReading = true;
    try {
      this.#shell ??= new Shell();
      for (const line of await this.#shell.ask(pids.join(" "))) {
        const [pid, resident, shared] = line.split(" ").map(Number);
        found.set(pid, (resident - shared) * pageBytes);
      }
    } catch (error) {
      if (this.#isOver) return found;
      this.#onFailure(messageOf(error));
      await this.close();
    } finally {
      this.#isReading = false;
    }
    return found;
  }

  /** Ends the shell. May be called again. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#shell?.close();
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
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#kill();
    }, limits.memoryReadTimeoutMs);
    try {
      await this.#questions.write(new TextEncoder().encode(`${question}\n`));
      while (!this.#text.endsWith(".\n")) {
        const { done, value } = await this.#answers.read();
        if (done) throw new Error("the shell that reads it has ended");
        this.#text += this.#decoder.decode(value);
      }
    } catch (error) {
      if (!isLate) throw error;
      throw new Error(`the shell that reads it did not answer in ${limits.memoryReadTimeoutMs} ms`);
    } finally {
      clearTimeout(timer);
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
