/**
 * farcall, npm's RPC systems, and a bare TCP echo: the same work, in turn, in one run. Prints its tables, and writes
 * the results as JSON and as a picture (SVG). A run with peers and without OUTPUT also writes its tables into
 * docs/performance.md. Linux, two processors: the servers on 1, the client on 0, or also on 1 if the work is on bytes.
 *
 *   deno task bench [--quick] [OUTPUT]
 *   deno task bench --work pipelined,single
 *
 * With `--work`, it measures these works of `measure/work.ts` alone, of farcall and the bare programs, and writes
 * nothing. ROUNDS in the environment sets the number of rounds. OUTPUT is the path of the results, without `.json` and
 * `.svg`; by default `bench/results/peers`, and `quick` with `--quick`, which leaves the peers out and takes two
 * minutes.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { drawChart } from "./measure/chart.ts";
import {
  bareEcho,
  bareRelay,
  type Contender,
  farcall,
  naivePython,
  peers,
  Running,
} from "./systems/contenders.ts";
import { formatGoals } from "./measure/goals.ts";
import { measureFirstInits } from "./measure/init_runs.ts";
import { Target } from "./measure/processes.ts";
import {
  type ContenderResults,
  formatDetails,
  formatOverview,
  formatResults,
  formatRun,
  type Results,
} from "./measure/results.ts";
import { measureWholeCommands } from "./measure/whole_command.ts";
import { placement, type Work } from "./measure/work.ts";

const { values: options, positionals: [namedOutput] } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, work: { type: "string" } },
});
const isQuick = options.quick;
const isPart = options.work !== undefined;
const works = (options.work?.split(",") ?? Object.keys(placement)) as Work[];
if (works.some((work) => !(work in placement))) {
  say(`--work takes ${Object.keys(placement).join(", ")}`);
  Deno.exit(2);
}
const rounds = Number(Deno.env.get("ROUNDS") ?? (isQuick ? 4 : 5));
const measureMs = isQuick ? 800 : 1000;
const warmMs = 500;
/**
 * Longer where code runs for the first time, as a server has calls for days: by calls, and by connections that come and
 * go. V8 compiles a node's code for the latter over some 30,000 calls.
 */
const warmLonger: Partial<Record<Work, number>> = { pipelined: 1500, perCall: 3000 };
const commandRounds = isQuick ? 10 : 20;
const initRounds = isQuick ? 1 : 3;
const output = namedOutput ??
  fileURLToPath(new URL(`results/${isQuick ? "quick" : "peers"}`, import.meta.url));

const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    // Load generators exit with this process.
    Target.endAll();
    Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  });
}
try {
  const results = await measure();
  const text = isPart
    ? `${formatRun(results)}\n\n${formatDetails(results)}\n`
    : `${formatGoals(results)}\n\n${formatResults(results)}`;
  Deno.stdout.writeSync(new TextEncoder().encode(text));
  if (!isPart) await keep(results);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);

async function keep(results: Results): Promise<void> {
  await Deno.mkdir(dirname(output), { recursive: true });
  await Deno.writeTextFile(`${output}.json`, `${JSON.stringify(results, null, 1)}\n`);
  await Deno.writeTextFile(`${output}.svg`, drawChart(results));
  if (!isQuick && namedOutput === undefined) await writeDocument(results);
}

async function measure(): Promise<Results> {
  // Anything compiled beside the peers' packages would embed them.
  const [peersFolder, commandsFolder] = [`${folder}/peers`, `${folder}/commands`];
  for (const each of [peersFolder, commandsFolder]) await Deno.mkdir(each);
  const isAlone = isQuick || isPart;
  const others = isAlone ? { contenders: [], missing: {} } : await peers(peersFolder);
  const limits = isQuick && !isPart ? [bareEcho()] : [bareEcho(), bareRelay()];
  const naive = isAlone ? undefined : naivePython();
  const contenders = [...limits, farcall(folder), ...others.contenders, ...naive ? [naive] : []];
  const entrants = contenders.map((contender): Entrant => ({
    contender,
    results: {
      name: contender.name,
      note: contender.note,
      rounds: [],
      failures: { ...contender.lacks },
    },
  }));
  for (let index = 0; index < rounds; index++) {
    const shift = index % entrants.length;
    await measureRound([...entrants.slice(shift), ...entrants.slice(0, shift)]);
    say(`round ${index + 1} of ${rounds} is over`);
  }
  const missing = Object.entries(others.missing).map(([name, reason]): ContenderResults => ({
    name,
    note: "–",
    rounds: [],
    failures: { all: reason },
  }));
  return {
    command: isPart
      ? `deno task bench --work ${options.work}`
      : isQuick
      ? "deno task bench --quick"
      : "deno task bench",
    date: new Date().toISOString(),
    deno: Deno.version.deno,
    processors: await processors(),
    measureMs,
    contenders: [...entrants.map(({ results }) => results), ...missing],
    wholeCommands: isPart ? [] : await measureWholeCommands(commandsFolder, commandRounds),
    firstInitMs: isPart ? [] : await measureFirstInits(folder, initRounds),
  };
}

/** Replaces the generated parts of docs/performance.md. */
async function writeDocument(results: Results): Promise<void> {
  const document = new URL("../docs/performance.md", import.meta.url);
  let text = await Deno.readTextFile(document);
  const tables = {
    run: formatRun(results),
    goals: formatGoals(results),
    overview: formatOverview(results),
  };
  for (const [name, table] of Object.entries(tables)) {
    const [begin, end] = [`<!-- ${name} -->\n\n`, `\n\n<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/performance.md lacks the marks of "${name}"`);
    text = text.slice(0, from + begin.length) + table + text.slice(to);
  }
  await Deno.writeTextFile(document, text);
  // Breaks the lines of the text.
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", fileURLToPath(document)] })
    .output();
}

interface Entrant {
  readonly contender: Contender;
  readonly results: ContenderResults;
}

/** All works, each by all contenders in turn; with new processes, so that rounds are independent. */
async function measureRound(entrants: readonly Entrant[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const running = new Map<Entrant, Running>();
  for (const entrant of entrants) {
    const { contender, results } = entrant;
    results.rounds.push({});
    try {
      running.set(entrant, stack.use(await Running.start(contender)));
    } catch (error) {
      fail(results, "all", error);
    }
  }
  for (const work of works) {
    for (const [entrant, processes] of running) {
      const { contender, results } = entrant;
      if (contender.lacks?.[work] !== undefined) continue;
      try {
        const order = { warmMs: warmLonger[work] ?? warmMs, measureMs };
        results.rounds.at(-1)![work] = await processes.measure(work, order);
      } catch (error) {
        // The state of its processes is unknown; the next round starts new ones.
        fail(results, work, error);
        running.delete(entrant);
      }
    }
  }
}

function fail({ name, failures }: ContenderResults, work: Work | "all", error: unknown): void {
  failures[work] = error instanceof Error ? error.message : String(error);
  say(`${name}, ${work}: ${failures[work]}`);
}

async function processors(): Promise<string> {
  const text = await Deno.readTextFile("/proc/cpuinfo");
  const models = [...text.matchAll(/^model name\s*:\s*(.*)$/gm)].map(([, model]) => model);
  return `${models.length} × ${models[0] ?? "unknown processor"}`;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
