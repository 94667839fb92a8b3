/** Detects disturbed measurements, by the processor time of other programs. Linux only. */

/** The share of one processor that other programs may use before a round is discarded. */
const othersShareMax = 0.06;
const tickMs = 10;

/** Processor time at one moment. */
interface Reading {
  readonly atMs: number;
  readonly allMs: number;
  readonly oursMs: number;
}

/** Observes from its creation until it is asked. */
export class Quiet {
  #start!: Reading;

  static async begin(): Promise<Quiet> {
    const quiet = new Quiet();
    quiet.#start = await read();
    return quiet;
  }

  /** Whether other programs used little since then. */
  async wasSo(): Promise<boolean> {
    const { atMs, allMs, oursMs } = await read();
    const othersMs = (allMs - this.#start.allMs) - (oursMs - this.#start.oursMs);
    return othersMs <= (atMs - this.#start.atMs) * othersShareMax + 2 * tickMs;
  }
}

async function read(): Promise<Reading> {
  const [, user, nice, system, , , irq, softirq] = (await Deno.readTextFile("/proc/stat"))
    .split("\n")[0].split(/\s+/).map(Number);
  return {
    atMs: performance.now(),
    allMs: (user + nice + system + irq + softirq) * tickMs,
    oursMs: await oursMs(),
  };
}

/** Of this process and its descendants, including ended ones. */
async function oursMs(): Promise<number> {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => undefined);
    if (stat === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    parents.set(Number(name), fields[1]);
    ticks.set(Number(name), fields[11] + fields[12] + fields[13] + fields[14]);
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === Deno.pid || isOurs(parents.get(pid)));
  let sum = 0;
  for (const [pid, count] of ticks) if (isOurs(pid)) sum += count;
  return sum * tickMs;
}
