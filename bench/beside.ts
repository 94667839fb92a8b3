/**
 * The cost of work in this checkout and in another one: `deno task bench beside OTHER`. Rounds of both alternate, so
 * that other load affects both. Linux, two processors.
 *
 *   deno task bench beside CHECKOUT [--work pipelined,single] [--starts 3] [--pairs 4] [--ms 500]
 *
 * The works are those of `measure/work.ts`. Both sides are started as often as `starts` says, and each time measured in as many
 * alternating pairs as `pairs` says.
 */
import { parseArgs } from "node:util";
import { type Contender, farcall, Running } from "./systems/contenders.ts";
import { repository } from "./measure/processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "./measure/stats.ts";
import { type Measured, placement, type Work } from "./measure/work.ts";

/** The compared works; each has some of these figures. */
const figures: Readonly<
  Record<
    string,
    { readonly digits: number; readonly of: (measured: Measured) => number | undefined }
  >
> = {
  "calls/s": { digits: 0, of: ({ perSecond }) => perSecond },
  "p50, µs": { digits: 1, of: ({ p50Us }) => p50Us },
  "p99, µs": { digits: 0, of: ({ p99Us }) => p99Us },
  "caller, CPU µs a call": { digits: 2, of: ({ callerCpuUs }) => callerCpuUs },
  "node, CPU µs a call": { digits: 2, of: ({ eachCpuUs }) => eachCpuUs?.[0] },
  "executor, CPU µs a call": { digits: 2, of: ({ eachCpuUs }) => eachCpuUs?.[1] },
  "idle, MB": { digits: 1, of: ({ residentMb }) => residentMb },
  "a connection, KB": { digits: 1, of: ({ kbPerConnection }) => kbPerConnection },
};

interface Side {
  readonly contender: Contender;
  readonly rounds: Partial<Record<Work, Measured[]>>;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Starts both sides; each work alternates between them. */
async function measureAll(
  sides: readonly Side[],
  works: readonly Work[],
  { pairs, measureMs }: { readonly pairs: number; readonly measureMs: number },
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const running = new Map<Side, Running>();
  for (const side of sides) running.set(side, stack.use(await Running.start(side.contender)));
  for (const work of works) {
    for (let pair = 0; pair < pairs; pair++) {
      for (const side of pair % 2 === 0 ? sides : sides.toReversed()) {
        const warmMs = pair === 0 ? 1500 : 100;
        const measured = await running.get(side)!.measure(work, { warmMs, measureMs });
        (side.rounds[work] ??= []).push(measured);
      }
    }
  }
}

function rowsOf(work: Work, [mine, others]: readonly Measured[][]): string[][] {
  const rows: string[][] = [];
  for (const [title, { digits, of }] of Object.entries(figures)) {
    const [here, there] = [mine, others].map((rounds) =>
      rounds.map(of).filter((value) => value !== undefined)
    );
    if (here.length === 0 || here.length !== there.length) continue;
    const ratios = here.map((value, index) => value / there[index]);
    rows.push([
      work,
      title,
      formatSummary(summarize(here), digits),
      formatSummary(summarize(there), digits),
      percentile(ratios, 0.5).toFixed(3),
      `${ratios.filter((ratio) => ratio > 1).length} of ${ratios.length}`,
    ]);
  }
  return rows;
}

if (import.meta.main) {
  const { values, positionals: [other] } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      starts: { type: "string", default: "3" },
      pairs: { type: "string", default: "4" },
      work: { type: "string", default: "pipelined" },
      ms: { type: "string", default: "500" },
    },
  });
  const works = values.work.split(",") as Work[];
  const [starts, pairs, measureMs] = [values.starts, values.pairs, values.ms].map(Number);
  if (
    other === undefined || !(starts >= 1 && pairs >= 1) ||
    works.some((work) => !(work in placement))
  ) {
    const known = Object.keys(placement).join(",");
    print(`deno task bench beside CHECKOUT [--work ${known}] [--starts 3] [--pairs 4] [--ms 500]`);
    Deno.exit(2);
  }
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  try {
    const checkouts = [repository, `${await Deno.realPath(other)}/`];
    const sides = await Promise.all(checkouts.map(async (checkout, index): Promise<Side> => {
      const own = `${folder}/${index}`;
      await Deno.mkdir(own);
      return { contender: farcall(own, checkout), rounds: {} };
    }));
    for (let start = 0; start < starts; start++) {
      await measureAll(sides, works, { pairs, measureMs });
    }
    const rows = works.flatMap((work) => rowsOf(work, sides.map(({ rounds }) => rounds[work]!)));
    const head = ["work", "", "this", "other", "ratio", "more here"];
    print(formatTable([head, ...rows]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
