/** What a misbehaving service costs another: latencies without and with it, in alternating rounds. */
import { fileURLToPath } from "node:url";
import type { Farcall } from "../../lib/client/mod.ts";
import { Quiet } from "./quiet.ts";
import { formatSummary, percentile, summarize } from "./stats.ts";

/** How a service misbehaves; the rpcs of the service `nuisance`. */
export const nuisances = {
  loop: "in an endless loop",
  flood: "flooding `console.log`",
  heap: "running out of heap, again and again",
} as const;

/** Their sources. */
export const nuisanceSources: Readonly<Record<keyof typeof nuisances, string>> = {
  loop: "export function loop() { for (;;); }\n",
  flood: "export async function flood() {\n" +
    '  for (;;) { for (let i = 0; i < 100; i++) console.log("flood", i, "x".repeat(1000));\n' +
    "    await new Promise((resolve) => setTimeout(resolve)); }\n}\n",
  heap: "export function heap() {\n" +
    '  const kept: unknown[] = []; for (;;) kept.push({ of: [kept.length, "x"] });\n}\n',
};

/** Concurrent calls. */
const loads = [1, 16];
/** How often rounds disturbed by other programs are repeated. */
const attemptsPerRound = 4;

/** The results. */
export interface Bystander {
  /** For each nuisance and load, p50 and p99 without and with it, and their ratio. */
  readonly rows: string[][];
  /** Rounds in which other programs took processor time. */
  readonly disturbed: number;
  /** Disturbed rounds that count nevertheless, because too few were quiet. */
  readonly kept: number;
}

interface Latencies {
  readonly p50Us: number;
  readonly p99Us: number;
}

/**
 * Calls one service, without and with another's misbehaviour.
 *
 * @param roundMs The duration of each measurement; a round has four.
 */
export async function measureBystander(
  farcall: Farcall,
  port: number,
  { rounds, roundMs }: { rounds: number; roundMs: number },
): Promise<Bystander> {
  const nuisance = new Nuisance(port);
  let disturbed = 0;
  let kept = 0;
  const rows = [["the other service is", "calls at once", "", "alone", "beside it", "ratio"]];
  for (const [rpc, description] of Object.entries(nuisances)) {
    const alone: Latencies[][] = [];
    const beside: Latencies[][] = [];
    const attempts = rounds * attemptsPerRound;
    // The first round warms up.
    for (let attempt = 0; alone.length < rounds && attempt <= attempts; attempt++) {
      const quiet = await Quiet.begin();
      await nuisance.tell("stop");
      const before = await measureLoads(farcall, roundMs);
      await nuisance.tell(rpc);
      const meanwhile = await measureLoads(farcall, roundMs);
      if (attempt === 0) continue;
      if (!await quiet.wasSo()) {
        // Without quiet rounds, a disturbed one is better than none; the count shows it.
        disturbed += 1;
        if (attempt <= attempts - rounds + alone.length) continue;
        kept += 1;
      }
      alone.push(before);
      beside.push(meanwhile);
    }
    for (const [index, atOnce] of loads.entries()) {
      for (const [name, of] of Object.entries(figures)) {
        const before = alone.map((round) => of(round[index]));
        const after = beside.map((round) => of(round[index]));
        rows.push([
          description,
          String(atOnce),
          name,
          formatSummary(summarize(before), 0),
          formatSummary(summarize(after), 0),
          formatSummary(summarize(after.map((value, round) => value / before[round])), 2),
        ]);
      }
    }
  }
  await nuisance.end();
  return { rows, disturbed, kept };
}

/** Latencies of each load, one at a time. */
async function measureLoads(farcall: Farcall, roundMs: number): Promise<Latencies[]> {
  const measured: Latencies[] = [];
  for (const atOnce of loads) measured.push(await measureLatencies(farcall, atOnce, roundMs));
  return measured;
}

const figures = {
  "p50 µs": (latencies: Latencies) => latencies.p50Us,
  "p99 µs": (latencies: Latencies) => latencies.p99Us,
};

async function measureLatencies(
  farcall: Farcall,
  atOnce: number,
  durationMs: number,
): Promise<Latencies> {
  const latenciesUs: number[] = [];
  const end = performance.now() + durationMs;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (performance.now() < end) {
      const before = performance.now();
      await farcall.call("math", "add", [2, 3]);
      latenciesUs.push((performance.now() - before) * 1000);
    }
  }));
  return { p50Us: percentile(latenciesUs, 0.5), p99Us: percentile(latenciesUs, 0.99) };
}

/** The caller that makes the other service misbehave, in a process of its own. */
class Nuisance {
  readonly #process: Deno.ChildProcess;
  readonly #words: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<Uint8Array>;

  constructor(port: number) {
    const main = fileURLToPath(new URL("./nuisance.ts", import.meta.url));
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", main, String(port)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#words = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.getReader();
  }

  async tell(word: string): Promise<void> {
    await this.#words.write(new TextEncoder().encode(`${word}\n`));
    const { done } = await this.#answers.read();
    if (done) throw new Error("the caller of the service that misbehaves has ended");
  }

  async end(): Promise<void> {
    await this.tell("stop");
    this.#process.kill("SIGKILL");
    await this.#words.abort().catch(() => {});
    await this.#answers.cancel();
    await this.#process.status;
  }
}
