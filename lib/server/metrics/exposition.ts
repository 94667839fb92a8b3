/** Metrics as text: Prometheus' format 0.0.4, and OpenMetrics 1.0. Pure. */
import type { Steps } from "../../encoding/mod.ts";

/** The labels of a sample, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a family. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** The distribution of a family: observations per bucket, not cumulative. */
export interface Distribution {
  readonly labels?: Labels;
  /** One more than the family has bounds: the last counts observations above all of them. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** All samples under one name. A counter's name has no `_total`: the format adds it. */
export type Family =
  & { readonly name: string; readonly help: string }
  & (
    | { readonly type: "counter" | "gauge"; readonly samples: Iterable<Sample> }
    | {
      readonly type: "histogram";
      /** Upper bounds of the buckets, ascending. */
      readonly bounds: readonly number[];
      readonly distributions: Iterable<Distribution>;
    }
  );

/** The two formats. */
export type Exposition = "prometheus" | "openmetrics";

/** The content type. */
export const contentTypes: Readonly<Record<Exposition, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The format that an `Accept` header prefers; Prometheus' if it names neither. */
export function expositionFor(accept: string | undefined): Exposition {
  let [best, bestWeight]: [Exposition, number] = ["prometheus", 0];
  for (const range of (accept ?? "").split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = weightOf(parameters);
    const format = type === "application/openmetrics-text"
      ? "openmetrics"
      : type === "text/plain"
      ? "prometheus"
      : undefined;
    if (format !== undefined && weight > bestWeight) [best, bestWeight] = [format, weight];
  }
  return best;
}

function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith("q="));
  const weight = given === undefined ? 1 : Number(given.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}

/** Writes families, a few lines per step. */
export function* formatFamilies(families: Iterable<Family>, format: Exposition): Steps<string> {
  const parts: string[] = [];
  for (const family of families) {
    const total = family.type === "counter" ? "_total" : "";
    // Only Prometheus' own format names a family like its samples.
    const name = format === "prometheus" ? family.name + total : family.name;
    parts.push(
      `# HELP ${name} ${escapeHelp(family.help, format)}\n# TYPE ${name} ${family.type}\n`,
    );
    if (family.type === "histogram") {
      const bounds = [...family.bounds.map(formatBound), "+Inf"];
      for (const distribution of family.distributions) {
        parts.push(formatDistribution(family.name, bounds, distribution));
        yield;
      }
    } else {
      for (const { labels, value } of family.samples) {
        parts.push(`${family.name}${total}${formatLabels(labels)} ${formatNumber(value)}\n`);
        yield;
      }
    }
  }
  if (format === "openmetrics") parts.push("# EOF\n");
  return parts.join("");
}

function formatDistribution(
  name: string,
  bounds: readonly string[],
  { labels, counts, sum }: Distribution,
): string {
  const shown = formatLabels(labels);
  // Formatted once for all buckets, of which there are many.
  const before = `${name}_bucket${shown === "" ? "{" : `${shown.slice(0, -1)},`}le="`;
  let text = "";
  let count = 0;
  for (const [index, bound] of bounds.entries()) {
    count += counts[index]!;
    text += `${before}${bound}"} ${count}\n`;
  }
  return `${text}${name}_sum${shown} ${formatNumber(sum)}\n${name}_count${shown} ${count}\n`;
}

function formatLabels(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  if (!value.includes("\\") && !value.includes('"') && !value.includes("\n")) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** OpenMetrics requires escaped quotes in help texts, too. */
function escapeHelp(help: string, format: Exposition): string {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return format === "openmetrics" ? escaped.replaceAll('"', '\\"') : escaped;
}

/** Both formats require floats as bounds, so the spelling is fixed: `1.0`. */
function formatBound(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
