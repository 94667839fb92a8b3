import { exceptionOf, messageOf } from "../errors/mod.ts";
import { type Message, MessageReader, MessageWriter } from "./_pipe.ts";
import type { Limits } from "../limits/mod.ts";
import { type Confine, spawnHelper } from "./_spawn.ts";
import type { Answers, ExceptionHead, Job } from "./jobs.ts";

/** A helper ended during a job, which took too much memory or time. */
export class HelperEnded extends Error {
  override readonly name = "HelperEnded";
}

/** A job's result. */
export interface Answered<J extends Job> {
  readonly head: Answers[J["op"]];
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** The node's side of one helper process. */
export class HelperProcess {
  readonly #process: Deno.ChildProcess;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #said: Promise<string>;
  #isLate = false;
  #hasEnded = false;
  /** Resolves when the process has ended. Never rejects. */
  readonly ended: Promise<void>;

  /** @throws If it cannot be started. */
  constructor(confine: Confine, bounds: Limits) {
    this.#process = spawnHelper(confine, bounds);
    this.#reader = new MessageReader(this.#process.stdout);
    this.#writer = new MessageWriter(this.#process.stdin);
    this.#said = new Response(this.#process.stderr).text().catch(() => "");
    this.ended = this.#process.status.then(() => {
      this.#hasEnded = true;
      this.#reader.cancel();
      this.#writer.close();
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Runs one job, with no other in progress. Kills the process after `timeoutMs`.
   *
   * @throws {RpcException} The helper's verdict on the input.
   * @throws {HelperEnded} If it ended.
   */
  async ask<J extends Job>(
    job: J,
    { parts = [], timeoutMs }: { parts?: readonly Uint8Array[]; timeoutMs: number },
  ): Promise<Answered<J>> {
    const timer = setTimeout(() => {
      this.#isLate = true;
      this.kill();
    }, timeoutMs);
    let answer: Message | undefined;
    try {
      const writing = this.#writer.write(job, parts);
      writing.catch(() => {}); // Then reading fails, too.
      answer = await this.#reader.read();
      if (answer !== undefined) await writing;
    } catch (error) {
      throw await this.#failure(messageOf(error));
    } finally {
      clearTimeout(timer);
    }
    if (answer === undefined) throw await this.#failure("it ended");
    const { exception, answer: head } = answer.head as {
      exception?: ExceptionHead;
      answer?: Answers[J["op"]];
    };
    if (exception !== undefined) throw thrownFor(exception);
    return { head: head!, parts: answer.parts };
  }

  /** Lets it exit: there are no more jobs. */
  stop(): void {
    this.#writer.close();
  }

  /** Kills it. */
  kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // Already ended.
    }
  }

  async #failure(how: string): Promise<HelperEnded> {
    this.kill();
    await this.ended;
    if (this.#isLate) return new HelperEnded("it took too long");
    const said = (await this.#said).trim();
    if (/out of memory/i.test(said)) return new HelperEnded("it took too much memory");
    return new HelperEnded(said === "" ? how : `${how}: ${said.split("\n").slice(-3).join(" ")}`);
  }
}

/** An internal error keeps its message as the cause, for the log. */
function thrownFor({ type, message }: ExceptionHead): Error {
  return type === "Internal Error" ? new Error(message) : exceptionOf(type, message);
}
