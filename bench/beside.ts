/**
 * What a call costs in processor time in this checkout and in another one: `deno task bench beside OTHER`. Rounds of both
 * alternate, so that what else the machine does meets both. Linux.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { Target } from "./_processes.ts";
import { formatSummary, formatTable, percentile, summarize } from "./_stats.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    pairs: { type: "string", default: "10" },
    calls: { type: "string", default: "100000" },
  },
});
const pairs = Number(values.pairs);
const calls = Number(values.calls);

/** Kinds of processes that a call passes through. */
const kinds = ["caller", "node", "executor"] as const;
type Costs = Record<typeof kinds[number], number>;

/** A checkout with a node of its own. */
class Side implements AsyncDisposable {
  readonly rounds: Costs[] = [];

  private constructor(
    readonly name: string,
    readonly checkout: string,
    readonly target: Target,
  ) {}

  static async start(name: string, checkout: string, folder: string): Promise<Side> {
    const args = ["serve", "--port", "0", "--root", `${folder}/${name}`, "--log-level", "warn"];
    const target = await Target.start("0-1", command(checkout, args));
    const file = `${folder}/${name}.yaml`;
    await Deno.writeTextFile(
      file,
      `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${target.port} } }\n` +
        "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n  math:\n    providers: s1\n    tenants: c1\n" +
        "    rpcs: { add: { args: [int, int], returns: int, src: add.ts } }\n",
    );
    await run(checkout, ["init", file]);
    return new Side(name, checkout, target);
  }

  /** Makes the calls, 64 at a time. @returns Microseconds of processor time a call. */
  async round(): Promise<Costs> {
    const before = await this.#spentUs();
    const call = ["call", "math.add", "2", "3", "--server", `127.0.0.1:${this.target.port}`];
    await run(this.checkout, [...call, "--repeat", String(calls), "--concurrency", "64"]);
    const after = await this.#spentUs();
    const costs = kinds.map((kind) => [kind, (after[kind] - before[kind]) / calls]);
    return Object.fromEntries(costs) as Costs;
  }

  async #spentUs(): Promise<Costs> {
    const executors = await this.target.executors();
    return {
      caller: await childrenUs(),
      node: await threadsUs(this.target.process.pid),
      executor: (await Promise.all(executors.map(threadsUs))).reduce((sum, us) => sum + us, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.target[Symbol.asyncDispose]();
  }
}

function command(checkout: string, args: readonly string[]): string[] {
  return ["run", "--quiet", "--no-prompt", "--allow-all", `${checkout}/mod.ts`, ...args];
}

async function run(checkout: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: command(checkout, args),
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Of a process, its threads that have not ended. */
async function threadsUs(pid: number): Promise<number> {
  let ns = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    ns += Number((await Deno.readTextFile(`/proc/${pid}/task/${name}/schedstat`)).split(" ")[0]);
  }
  return ns / 1000;
}

/** Of all children that have ended, in ticks of 10 ms. */
async function childrenUs(): Promise<number> {
  const stat = await Deno.readTextFile("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10_000;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const [other] = positionals;
  if (other === undefined || !(pairs >= 1) || !(calls >= 1)) {
    print("deno task bench beside CHECKOUT [--pairs 10] [--calls 100000]");
    Deno.exit(2);
  }
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/add.ts`,
      "export const add = (a: number, b: number) => a + b;\n",
    );
    const here = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");
    await using first = await Side.start("this", here, folder);
    await using second = await Side.start("other", await Deno.realPath(other), folder);
    const sides = [first, second];
    for (const side of sides) await side.round();
    for (let pair = 0; pair < pairs; pair++) {
      for (const side of pair % 2 === 0 ? sides : sides.toReversed()) {
        side.rounds.push(await side.round());
      }
    }
    print(`µs of processor time a call, 64 in flight: median (least–most) of ${pairs} rounds`);
    const row = (kind: keyof Costs) => {
      const [mine, others] = sides.map(({ rounds }) => rounds.map((costs) => costs[kind]));
      const ratios = mine.map((cost, index) => cost / others[index]);
      const dearer = ratios.filter((ratio) => ratio > 1).length;
      return [
        kind,
        formatSummary(summarize(mine), 2),
        formatSummary(summarize(others), 2),
        percentile(ratios, 0.5).toFixed(3),
        `${dearer} of ${pairs}`,
      ];
    };
    print(formatTable([["", "this", "other", "ratio", "dearer here"], ...kinds.map(row)]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
