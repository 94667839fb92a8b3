/** farcall's performance goals and a run's results: the first table of docs/performance.md. */
import { formatNumber, formatRatio, ratiosOf, type Results, valuesOf } from "./results.ts";
import { formatTable, summarize } from "./stats.ts";
import { type Figure, figures } from "./work.ts";

/** A figure with a goal: a ratio to the bare echo, or an absolute value. */
interface Goal {
  readonly title: string;
  readonly figure: Figure;
  readonly as: "ratio" | "absolute";
  /** The required value, and the desired one. */
  readonly needed: number;
  readonly goal: number;
}

const goals: readonly Goal[] = [
  goal("64 in flight, calls/s", "pipelined", "perSecond", 0.45, 0.6),
  goal("64 connections, calls/s", "connections", "perSecond", 0.7, 0.85),
  goal("one at a time, p50", "single", "p50Us", 1.65, 1.5),
  goal("connection per call, calls/s", "perCall", "perSecond", 0.9, 1),
  goal("server CPU, connection per call", "perCall", "cpuUs", 1.7, 1.4),
  goal("64 KiB of bytes, p50", "bytes64k", "p50Us", 4, 3),
  goal("1 MiB of bytes, p50", "bytes1m", "p50Us", 4.5, 3.5),
  goal("1 MiB of text, p50", "text1m", "p50Us", 4.5, 3.5),
  { ...goal("caller CPU, 64 in flight", "pipelined", "callerCpuUs", 3, 2.5), as: "absolute" },
  {
    ...goal("memory of node and one idle executor", "memory", "residentMb", 100, 90),
    as: "absolute",
  },
  { ...goal("memory per idle connection", "memory", "kbPerConnection", 11, 8), as: "absolute" },
];

/** The bare relay and farcall are not peers. */
const baselines = ["bare Deno TCP echo", "bare relay", "farcall"];

/** The table, in Markdown. Contenders missing in a run (`--quick` has no peers) are shown as `–`. */
export function formatGoals(results: Results): string {
  return formatTable([
    ["work, ratio to the bare echo", "farcall", "bare relay", "best peer", "needed → goal"],
    ...goals.map((each) => [
      each.title,
      describe(results, each, "farcall"),
      describe(results, each, "bare relay"),
      bestPeer(results, each),
      `${each.needed} → ${each.goal}${each.as === "absolute" ? ` ${unitOf(each.figure)}` : ""}`,
    ]),
    ["one at a time, p99 of its own p50", ...tails(results), "1.8 → 1.7"],
    ...wholeCommands(results),
    firstInit(results),
  ]);
}

function goal(
  title: string,
  work: Figure["work"],
  of: Figure["of"],
  needed: number,
  goal: number,
): Goal {
  const figure = figures.find((each) => each.work === work && each.of === of)!;
  return { title, figure, as: "ratio", needed, goal };
}

function describe(results: Results, { figure, as }: Goal, name: string): string {
  const contender = results.contenders.find((each) => each.name === name);
  const values = contender === undefined ? [] : valuesOf(contender, figure);
  if (values.length === 0) return "–";
  const measured = `${formatNumber(summarize(values).median, figure.digits)} ${unitOf(figure)}`;
  if (as === "absolute") return measured;
  return `${formatRatio(summarize(ratiosOf(results, figure, name)).median)} (${measured})`;
}

function bestPeer(results: Results, { figure, as }: Goal): string {
  const peers = results.contenders
    .filter((each) => !baselines.includes(each.name))
    .map((each) => {
      const values = as === "ratio" ? ratiosOf(results, figure, each.name) : valuesOf(each, figure);
      return { name: each.name, values };
    })
    .filter(({ values }) => values.length > 0)
    .map(({ name, values }) => ({ name, median: summarize(values).median }))
    .sort((a, b) => figure.isMoreBetter ? b.median - a.median : a.median - b.median);
  if (peers.length === 0) return "–";
  const [{ name, median }] = peers;
  return as === "ratio"
    ? `${name} ${formatRatio(median)}`
    : `${name} ${formatNumber(median, figure.digits)} ${unitOf(figure)}`;
}

/** The slowest calls relative to the median: farcall's, the relay's and the best peer's. */
function tails({ contenders }: Results): string[] {
  const tailOf = (name: string): number | undefined => {
    const rounds = contenders.find((each) => each.name === name)?.rounds ?? [];
    const ratios = rounds.flatMap(({ single }) =>
      single?.p50Us && single.p99Us ? [single.p99Us / single.p50Us] : []
    );
    return ratios.length === 0 ? undefined : summarize(ratios).median;
  };
  const show = (tail: number | undefined) => tail === undefined ? "–" : formatRatio(tail);
  const peers = contenders
    .filter(({ name }) => !baselines.includes(name))
    .map(({ name }) => ({ name, tail: tailOf(name) ?? Infinity }))
    .sort((a, b) => a.tail - b.tail);
  return [
    show(tailOf("farcall")),
    show(tailOf("bare relay")),
    peers.length === 0 || peers[0].tail === Infinity
      ? "–"
      : `${peers[0].name} ${formatRatio(peers[0].tail)}`,
  ];
}

/** Processor time of the command, relative to a hello-world's. */
function wholeCommands({ wholeCommands }: Results): string[][] {
  const wanted: Record<string, string> = {
    "deno run, init.yaml": "3.5 → 3.2",
    "compiled, init.yaml": "2.0 → 1.8",
  };
  return wholeCommands.filter(({ kind }) => Object.hasOwn(wanted, kind)).map((command) => {
    const { kind, hello, call } = command;
    const ratios = call.cpuMs.map((ms, run) => ms / hello.cpuMs[run]);
    const [runtime] = kind.split(",");
    return [
      `\`farcall call\` with an init.yaml, ${runtime}, CPU of hello-world's`,
      formatRatio(summarize(ratios).median),
      "–",
      "–",
      wanted[kind],
    ];
  });
}

function firstInit({ firstInitMs }: Results): string[] {
  const seconds = (summarize(firstInitMs).median / 1000).toFixed(1);
  return ["first `init` of 1,000 overloads", `${seconds} s`, "–", "–", "3 → 2 s"];
}

function unitOf({ of }: Figure): string {
  if (of === "perSecond") return "calls/s";
  if (of === "residentMb") return "MB";
  return of === "kbPerConnection" ? "KB" : "µs";
}
