/**
 * The descriptors that the node's process may open: how many there are, and how many are reserved for executors, so
 * that connections cannot take all of them.
 */
import { limits } from "../../limits/mod.ts";
import { ExecutorStartError } from "./start_error.ts";

/**
 * Uses built-ins of every system. The runtime raises its soft limit to the hard one, and the shell inherits that;
 * `/proc` is not readable for a node without all permissions.
 */
const script = 'ulimit -n; set -- "/proc/$PPID/fd/"*; echo $#';

/**
 * Descriptors that the node needs per executor: its link, its standard error, its progress file, and one while it
 * starts.
 */
export const descriptorsPerExecutor = 4;

/** The descriptors of one node. */
export class Descriptors {
  /** The process's limit; Infinity if the system has none, or does not say. */
  readonly max: number;
  /** Descriptors for neither connections nor executors: open at the start, and needed by the store and helpers. */
  readonly #base: number;
  #executors = 0;
  /** Executors about to be started. */
  readonly #awaited = new Set<{ count: number }>();
  /** Executors that may be needed at any time. */
  #wanted = 0;
  /** The number of connections. */
  connectionCount: () => number = () => 0;
  /** Called when there is room for fewer connections than before. */
  onLess: () => void = () => {};

  constructor(max = Infinity, usedAtStart = 0) {
    this.max = max;
    this.#base = usedAtStart + limits.descriptorsReserved;
  }

  /** Queries the system. */
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
      // Without /proc the pattern remains unexpanded, and counts as one.
      if (success && max > 0) return new Descriptors(max, Math.max(used, limits.descriptorsUsed));
    } catch {
      // There is no shell.
    }
    return new Descriptors();
  }

  /** The maximum number of executors whose descriptors fit into half of the available ones. */
  get executorsMax(): number {
    return Math.floor((this.max - this.#base) / 2 / descriptorsPerExecutor);
  }

  /** The number of open descriptors, as far as the node knows. */
  get used(): number {
    return this.#base - limits.descriptorsReserved + this.connectionCount() +
      descriptorsPerExecutor * this.#executors;
  }

  /** The number of connections for which there is room. */
  get connectionsMax(): number {
    const left = this.max - this.#base;
    const wanted = Math.min(Math.max(this.#wanted, limits.executorsReserved), this.executorsMax);
    const executors = Math.max(this.#executorCount, wanted);
    return Math.max(1, left - descriptorsPerExecutor * executors);
  }

  /** The node's descriptors left for one more executor. */
  get #left(): number {
    return this.max - this.#base - this.connectionCount() -
      descriptorsPerExecutor * this.#executorCount;
  }

  /** Reserves descriptors for executors that may start at any time: those of the live generation. */
  set executorsWanted(count: number) {
    this.#wanted = count;
    this.onLess();
  }

  /**
   * Reserves descriptors for executors about to be started; idle connections are closed for them.
   *
   * @returns Releases the unused rest.
   * @throws {ExecutorStartError} If there are too few, with the number that would do.
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
        `rest; let it have ${
          this.max + missing + limits.descriptorsSpare
        } or more (ulimit -n, LimitNOFILE= in systemd)`,
    );
  }
}
