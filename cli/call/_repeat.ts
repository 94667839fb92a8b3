/** Repeats a call, and summarises the durations. */
import type { Farcall } from "../../lib/client/mod.ts";
import { Cancelled, FarcallError } from "../../lib/errors/mod.ts";
import type { TypedCall } from "./call_arguments.ts";
import { exitCodeOf, exitInterrupted } from "../exit_codes.ts";
import { printLine, printNote } from "../output.ts";

/** The number of calls, and of concurrent ones. */
export interface Repetition {
  readonly count: number;
  readonly concurrency: number;
}

/** The outcome of the calls. */
interface RunOutcome {
  /** The durations of successful calls, in milliseconds, ascending. */
  readonly durationsMs: Float64Array;
  /** The number of failed calls, by error code. */
  readonly failures: ReadonlyMap<string, number>;
  readonly firstError: FarcallError | undefined;
  /** Whether it was interrupted before all calls were made. */
  readonly isInterrupted: boolean;
  readonly tookMs: number;
}

/** Makes the calls and prints the summary. @returns The exit code: of the first failure, if there was any. */
export async function repeatCall(
  farcall: Farcall,
  call: TypedCall,
  repetition: Repetition,
  options: { readonly json?: true },
): Promise<number> {
  // The first call connects and fetches the signatures for all.
  const make = async (): Promise<void> => {
    const reply = await farcall.reply(call.service, call.rpc, call.values, call.callOptions);
    if (reply.signature.resultStream === undefined) return;
    // A stream counts until its last item.
    for await (const _ of reply.value as AsyncIterable<unknown>);
  };
  await make().catch(() => {});
  const outcome = await run(
    make,
    repetition,
    call.callOptions.signal,
  );
  if (options.json) printLine(JSON.stringify(jsonOf(outcome, repetition)));
  else printLine(summaryOf(outcome, repetition, Deno.stdout.isTerminal()).trimEnd());
  if (outcome.isInterrupted) {
    printNote("farcall: interrupted: the calls in flight were cancelled");
    return exitInterrupted;
  }
  if (outcome.firstError === undefined) return 0;
  printNote(`farcall: ${outcome.firstError.code}: ${outcome.firstError.message}`);
  return exitCodeOf(outcome.firstError.code);
}

async function run(
  make: () => Promise<void>,
  { count, concurrency }: Repetition,
  signal: AbortSignal | undefined,
): Promise<RunOutcome> {
  const durationsMs = new Float64Array(count);
  const failures = new Map<string, number>();
  let firstError: FarcallError | undefined;
  let begun = 0;
  let succeeded = 0;
  const startedMs = performance.now();
  const lane = async (): Promise<void> => {
    while (begun < count && !signal?.aborted) {
      begun += 1;
      const callMs = performance.now();
      try {
        await make();
        durationsMs[succeeded++] = performance.now() - callMs;
      } catch (error) {
        if (!(error instanceof FarcallError)) throw error;
        if (signal?.aborted && error instanceof Cancelled) return;
        firstError ??= error;
        failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
  const tookMs = performance.now() - startedMs;
  return {
    durationsMs: durationsMs.slice(0, succeeded).sort(),
    failures,
    firstError,
    isInterrupted: signal?.aborted ?? false,
    tookMs,
  };
}

const shares = [["p50", 0.5], ["p90", 0.9], ["p99", 0.99], ["p99.9", 0.999]] as const;

/** A percentile of the durations. */
function percentile(durationsMs: Float64Array, share: number): number {
  return durationsMs[Math.max(0, Math.ceil(durationsMs.length * share) - 1)]!;
}

function jsonOf(
  { durationsMs, failures, isInterrupted, tookMs }: RunOutcome,
  repetition: Repetition,
): unknown {
  const has = durationsMs.length > 0;
  return {
    ...repetition,
    succeeded: durationsMs.length,
    failures: Object.fromEntries(failures),
    isInterrupted,
    tookMs,
    callsPerSecond: durationsMs.length / (tookMs / 1000),
    leastMs: has ? durationsMs[0] : null,
    ...Object.fromEntries(
      shares.map((
        [name, share],
      ) => [`${name.replace(".", "")}Ms`, has ? percentile(durationsMs, share) : null]),
    ),
    mostMs: has ? durationsMs.at(-1) : null,
  };
}

function summaryOf(
  { durationsMs, failures, tookMs }: RunOutcome,
  { concurrency }: Repetition,
  hasHistogram: boolean,
): string {
  const failed = [...failures.values()].reduce((sum, each) => sum + each, 0);
  const count = durationsMs.length + failed;
  const perSecond = Math.round(durationsMs.length / (tookMs / 1000));
  const atOnce = concurrency === 1 ? "one at a time" : `${concurrency} at once`;
  const lines = [
    `${count} calls, ${atOnce}, in ${durationText(tookMs)}: ${perSecond} a second, ` +
    `${failed} failed`,
    ...[...failures].map(([code, times]) => `  ${times} × ${code}`),
  ];
  if (durationsMs.length === 0) return lines.join("\n");
  const figures = [
    `least ${durationText(durationsMs[0]!)}`,
    ...shares.map(([name, share]) => `${name} ${durationText(percentile(durationsMs, share))}`),
    `most ${durationText(durationsMs.at(-1)!)}`,
  ];
  lines.push(figures.join(", "));
  if (hasHistogram) lines.push(...histogram(durationsMs));
  return lines.join("\n");
}

const barsMax = 12;
const barWidth = 40;

/** A histogram with equal steps on a logarithmic scale. */
function histogram(durationsMs: Float64Array): string[] {
  const least = Math.log(durationsMs[0]!);
  const step = (Math.log(durationsMs.at(-1)!) - least) / barsMax;
  if (step === 0) return [];
  const counts = new Array<number>(barsMax).fill(0);
  for (const durationMs of durationsMs) {
    counts[Math.min(barsMax - 1, Math.floor((Math.log(durationMs) - least) / step))]! += 1;
  }
  const most = Math.max(...counts);
  return counts.map((count, index) => {
    const upTo = durationText(Math.exp(least + step * (index + 1))).padStart(8);
    const bar = "█".repeat(Math.ceil(barWidth * count / most));
    return `${upTo} │${bar}${count === 0 ? "" : ` ${count}`}`;
  });
}

function durationText(durationMs: number): string {
  if (durationMs < 1) return `${Math.round(durationMs * 1000)} µs`;
  return durationMs < 1000
    ? `${Number(durationMs.toPrecision(3))} ms`
    : `${(durationMs / 1000).toFixed(2)} s`;
}
