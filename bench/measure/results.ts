/** The results of a run: tables, and the stored JSON. */
import { formatSummary, formatTable, summarize } from "./stats.ts";
import { type WholeCommand, wholeCommandTable } from "./whole_command.ts";
import { type Figure, figures, type Measured, type Work } from "./work.ts";

/** One contender's results. */
export interface ContenderResults {
  readonly name: string;
  readonly note: string;
  /** By round; undefined for rounds without a measurement. */
  readonly rounds: Partial<Record<Work, Measured>>[];
  /** Why a work, or all of them, could not be measured. */
  readonly failures: Partial<Record<Work | "all", string>>;
}

/** One run of the benchmark. */
export interface Results {
  readonly command: string;
  /** In UTC, ISO 8601. */
  readonly date: string;
  readonly deno: string;
  readonly processors: string;
  readonly measureMs: number;
  /** The bare echo is the first. */
  readonly contenders: readonly ContenderResults[];
  readonly wholeCommands: readonly WholeCommand[];
  /** The duration of each first deployment of 1,000 overloads, including the command's start. */
  readonly firstInitMs: readonly number[];
}

/** A contender's figure in each round that has it. */
export function valuesOf({ rounds }: ContenderResults, { work, of }: Figure): number[] {
  return rounds.map((round) => round[work]?.[of]).filter((value) => value !== undefined);
}

/** A contender's figure relative to the bare echo's in the same round. */
export function ratiosOf({ contenders }: Results, { work, of }: Figure, name: string): number[] {
  const { rounds } = contenders.find((each) => each.name === name)!;
  const ratios = rounds.map((round, index) => {
    const value = round[work]?.[of];
    const base = contenders[0].rounds[index]?.[work]?.[of];
    return value === undefined || !base ? undefined : value / base;
  });
  return ratios.filter((ratio) => ratio !== undefined);
}

/** All tables, in Markdown. */
export function formatResults(results: Results): string {
  return [
    formatRun(results),
    formatOverview(results),
    formatTable([
      ["", "runs on"],
      ...results.contenders.map(({ name, note }) => [name, note]),
    ]),
    ...failures(results),
    "Median (least–most) of the rounds:",
    formatDetails(results),
    wholeCommandTable(results.wholeCommands),
  ].join("\n\n") + "\n";
}

/** When, where and how often the figures were measured. */
export function formatRun(results: Results): string {
  return `\`${results.command}\`, ${results.date.slice(0, 10)}, Deno ${results.deno}, ` +
    `${results.processors}; ${results.contenders[0].rounds.length} rounds of ` +
    `${results.measureMs} ms a figure, medians; in parentheses the ratio to the bare echo of the ` +
    "same round.";
}

/** Each work of each contender: the medians. */
export function formatOverview(results: Results): string {
  const { contenders } = results;
  return formatTable([
    ["", ...contenders.map(({ name }) => name)],
    ...figures.map((figure) => [
      figure.title,
      ...contenders.map((contender) => {
        const values = valuesOf(contender, figure);
        if (values.length === 0) return "–";
        const ratios = ratiosOf(results, figure, contender.name);
        const value = formatNumber(summarize(values).median, figure.digits);
        return ratios.length === 0 ? value : `${value} (${formatRatio(summarize(ratios).median)})`;
      }),
    ]),
  ]);
}

/** The results of each work and contender, with their spread. */
export function formatDetails(results: Results): string {
  const rows = [["", "", "measured", "of the echo"]];
  for (const figure of figures) {
    for (const contender of results.contenders) {
      const values = valuesOf(contender, figure);
      if (values.length === 0) continue;
      const ratios = ratiosOf(results, figure, contender.name);
      const { median, min, max } = summarize(ratios);
      rows.push([
        contender === results.contenders[0] ? figure.title : "",
        contender.name,
        formatSummary(summarize(values), figure.digits),
        ratios.length === 0
          ? "–"
          : `${formatRatio(median)} (${formatRatio(min)}–${formatRatio(max)})`,
      ]);
    }
  }
  return formatTable(rows);
}

function failures({ contenders }: Results): string[] {
  const lines = contenders.flatMap(({ name, failures }) => {
    // A contender without any result gets one message.
    const told = failures.all === undefined ? failures : { all: failures.all };
    return Object.entries(told).map(([work, reason]) =>
      `- ${name}${work === "all" ? "" : `, ${work}`}: ${reason}`
    );
  });
  return lines.length === 0 ? [] : ["Not measured, or not in every round:\n\n" + lines.join("\n")];
}

/** Large numbers in thousands: nobody reads six of ten digits. */
export function formatNumber(value: number, digits: number): string {
  return value >= 10_000
    ? `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)} k`
    : value.toFixed(digits);
}

/** At least two significant digits. */
export function formatRatio(ratio: number): string {
  if (ratio >= 10) return ratio.toFixed(0);
  return ratio >= 0.1 ? ratio.toFixed(2) : ratio.toFixed(3);
}
