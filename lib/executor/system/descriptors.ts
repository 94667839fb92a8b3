/**
 * The files, sockets and pipes that the node's process may have open: how many there are, and what is kept for
 * executors, lest connections take all of them.
 */
import { limits } from "../../limits/mod.ts";
import { ExecutorStartError } from "./start_error.ts";

/**
 * Of what every system has built in. The runtime raises its own bound to the hard one, and the shell inherits that;
 * `/proc` is the system's to read for a node that was not given all permissions.
 */
const script = 'ulimit -n; set -- "/proc/$PPID/fd/"*; echo $#';

/** What an executor takes of its node: its link, its standard error, its progress, and one while it starts. */
export const descriptorsPerExecutor = 4;

/** The descriptors of one node. */
export class Descriptors {
  /** How many the process may have; Infinity where the system has no such bound, or does not say. */
  readonly max: number;
  /** Those that neither connections nor executors take: at the start, and what storing and helping need. */
  readonly #base: number;
  #executors = 0;
  /** Executors that are about to be started. */
  readonly #awaited = new Set<{ count: number }>();
  /** Executors that may be wanted at any time. */
  #wanted = 0;
  /** How many connections the node has. */
  connectionCount: () => number = () => 0;
  /** Called when there is room for fewer connections than before. */
  onLess: () => void = () => {};

  constructor(max = Infinity, usedAtStart = 0) {
    this.max = max;
    this.#base = usedAtStart + limits.descriptorsReserved;
  }

  /** Asks the system. */
  static async find(): Promise<Descriptors> {
    if (Deno.build.os === "windows") return new Descriptors();
    try {
      const { success, stdout } = await new Deno.Command("/bin/sh", {
        args: ["-c", script],
        clearEnv: true,
        stdin: "null",
        stderr: "null",
      }).output();
      const [max = NaN, used = NaN] = new TextDecoder().decode(stdout).split("\n").map(Number);
      // Without /proc the pattern stands for itself, and counts as one.
      if (success && max > 0) return new Descriptors(max, Math.max(used, limits.descriptorsUsed));
    } catch {
      // There is no shell here.
    }
    return new Descriptors();
  }

  /** The most executors whose descriptors fit into half of those available. */
  get executorsMax(): number {
    return Math.floor((this.max - this.#base) / 2 / descriptorsPerExecutor);
  }

  /** How many are open, as far as the node knows. */
  get used(): number {
    return this.#base - limits.descriptorsReserved + this.connectionCount() +
      descriptorsPerExecutor * this.#executors;
  }

  /** How many connections there is room for. */
  get connectionsMax(): number {
    const left = this.max - this.#base;
    const wanted = Math.min(Math.max(this.#wanted, limits.executorsReserved), this.executorsMax);
    const executors = Math.max(this.#executorCount, wanted);
    return Math.max(1, left - descriptorsPerExecutor * executors);
  }

  /** How many of the node's descriptors one more executor could have. */
  get #left(): number {
    return this.max - this.#base - this.connectionCount() -
      descriptorsPerExecutor * this.#executorCount;
  }

  /** Keeps room for executors that may start at any time: those of the live generation. */
  set executorsWanted(count: number) {
    this.#wanted = count;
    this.onLess();
  }

  /**
   * Makes room for executors that will be started at once; connections that are idle give way.
   *
   * @returns What gives up again what none of them has taken.
   * @throws {ExecutorStartError} If there is too little, with the number that would do.
   */
  reserve(count: number): () => void {
    const awaited = { count };
    this.#awaited.add(awaited);
    this.onLess();
    const missing = -this.#left;
    if (missing <= 0) return () => void this.#awaited.delete(awaited);
    this.#awaited.delete(awaited);
    throw this.#tooFew(count, missing);
  }

  /**
   * Counts an executor from its start to its end.
   *
   * @throws {ExecutorStartError} If there is no room for it; nothing was started.
   */
  async hold<T extends { readonly ended: Promise<unknown> }>(start: () => Promise<T>): Promise<T> {
    const awaited = [...this.#awaited].find(({ count }) => count > 0);
    if (awaited === undefined) this.reserve(1)();
    else awaited.count -= 1;
    this.#executors += 1;
    try {
      const started = await start();
      started.ended.finally(() => this.#executors -= 1);
      return started;
    } catch (error) {
      this.#executors -= 1;
      throw error;
    }
  }

  get #executorCount(): number {
    let count = this.#executors;
    for (const awaited of this.#awaited) count += awaited.count;
    return count;
  }

  #tooFew(count: number, missing: number): ExecutorStartError {
    const needed = count * descriptorsPerExecutor;
    const what = count === 1 ? "an executor needs" : `${count} executors to start need`;
    return new ExecutorStartError(
      `${what} ${needed} file descriptors, and this node has ${
        Math.max(0, needed - missing)
      } left of ` +
        `${this.max}: ${this.#executors} executors and ${this.connectionCount()} connections have the ` +
        `rest; let it have ${this.max + missing} or more (ulimit -n, LimitNOFILE= in systemd)`,
    );
  }
}
