/** A node with many services and few executors, for every way to run farcall. */
import assert from "node:assert/strict";
import { connect } from "../../../lib/client/mod.ts";
import { Cli, type MakeProgram, type ServedNode } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { until } from "../../_support/nodes/processes.ts";
import { mentions } from "../../_support/mentions.ts";

const sources = {
  "add.ts": "export function add(a: number, b: number): number { return a + b; }\n",
  "wait.ts": `export async function wait(ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}
`,
  "hold.ts": `export async function hold(items: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const item of items) sum += item;
  return sum;
}
`,
};

/** An init.yaml with this many services: `math0`, `math1`, …; the last may have a timeout. */
function configuration(
  { port }: ServedNode,
  { services, lastTimeout }: { services: number; lastTimeout?: string },
): string {
  const names = Array.from({ length: services }, (_, index) => `math${index}`);
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
${
    names.map((name, index) =>
      `  ${name}: { providers: s1, tenants: c1, ${
        index === services - 1 && lastTimeout ? `limits: { timeout: ${lastTimeout} }, ` : ""
      }rpcs: {
    add: { args: [int, int], returns: [int], src: add.ts, examples: [{ args: [2, 3], returns: [5] }] },
    hold: { args: ["Stream[int]"], returns: [int], src: hold.ts },
    wait: { args: [int], returns: [int], src: wait.ts } } }`
    ).join("\n")
  }
`;
}

/** Polls the number of a node's executors. */
class Census implements AsyncDisposable {
  most = 0;
  #isOver = false;
  readonly #counting: Promise<void>;

  constructor(node: ServedNode) {
    this.#counting = this.#count(node);
  }

  async #count(node: ServedNode): Promise<void> {
    while (!this.#isOver) {
      this.most = Math.max(this.most, (await node.executors(0)).length);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#counting;
  }
}

/** A node with at most this many executors, and a caller. */
async function start(
  make: MakeProgram,
  { max, services, lastTimeout }: { max: number; services: number; lastTimeout?: string },
) {
  await using stack = new AsyncDisposableStack();
  const program = stack.use(await make());
  const cli = new Cli(program);
  const project = stack.use(await Project.create(sources));
  const cwd = project.folder;
  const serve = ["--port", "0", "--root", "root", "--limit", `executors=${max}`];
  const node = stack.use(await cli.serve(serve, { cwd }));
  await project.write("init.yaml", configuration(node, { services, lastTimeout }));
  const census = stack.use(new Census(node));
  await cli.succeed(["init"], { cwd });
  const farcall = stack.use(await connect(project.path("init.yaml"), { as: "c1" }));
  const kept = stack.move();
  return {
    ...{ cli, project, node, census, farcall, cwd },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface Status {
  readonly executors: number;
  readonly executorsMax: number;
  readonly descriptors: number;
  readonly descriptorsMax: number;
  readonly services: readonly {
    readonly name: string;
    readonly executors: readonly { readonly state: string; readonly pid?: number }[];
  }[];
}

async function statusOf(cli: Cli, cwd: string): Promise<Status> {
  return JSON.parse(await cli.succeed(["status", "--json"], { cwd })).nodes[0].status;
}

/** Many calls to some services, and few to others. */
const services = 5;
const executors = 2;

/** Registers the tests of one way to run farcall. */
export function executorBudgetSuite(name: string, make: MakeProgram): void {
  Deno.test(`${services} services share ${executors} executors, ${name}`, async () => {
    await using fleet = await start(make, { max: executors, services });
    const { cli, cwd, farcall, node, census, project } = fleet;
    assert.ok(census.most > 0 && census.most <= executors, `${census.most} while staging`);
    const calls = Array.from(
      { length: services },
      (_, index) => farcall.call(`math${index}`, "add", [index, 7], { timeoutMs: 300_000 }),
    );
    assert.deepEqual(await Promise.all(calls), calls.map((_, index) => index + 7));
    assert.ok(census.most <= executors, `${census.most} executors`);
    // The most recently called one stays; those idle for longer are stopped.
    const pidOf = async (service: string): Promise<number | undefined> =>
      (await statusOf(cli, cwd)).services.find((each) => each.name === service)!.executors[0].pid;
    await farcall.call("math0", "add", [1, 2]);
    const pid = await pidOf("math0");
    assert.ok(pid! > 0);
    for (let index = 1; index < executors + 2; index++) {
      await farcall.call(`math${index}`, "add", [1, 2]);
      await farcall.call("math0", "add", [1, 2]);
    }
    assert.equal(await pidOf("math0"), pid);
    assert.equal(await pidOf("math1"), undefined);
    const status = await statusOf(cli, cwd);
    assert.deepEqual([status.executors, status.executorsMax], [executors, executors]);
    assert.ok(status.descriptors > 0 && status.descriptors < status.descriptorsMax);
    assert.match(await cli.succeed(["status"], { cwd }), / EXECUTORS .*\n.* 2 of 2\b/);
    if (Deno.build.os === "linux") {
      for (const pid of await node.executors(executors)) {
        const adjusted = Number(await Deno.readTextFile(`/proc/${pid}/oom_score_adj`));
        assert.ok(adjusted > 0, `${adjusted}`);
      }
    }
    // A deployment that replaces all of them respects the bound, too.
    await project.write("add.ts", `${sources["add.ts"]}// other\nexport const other = 1;\n`);
    await cli.succeed(["init"], { cwd });
    assert.ok(census.most <= executors, `${census.most} executors`);
  });

  Deno.test(`services with calls share one executor, ${name}`, async (t) => {
    await using fleet = await start(make, { max: 1, services: 3, lastTimeout: "3s" });
    await t.step(
      "a call waits for a place within its deadline, and is told the bound",
      () => waitsWithinDeadline(fleet),
    );
    await t.step(
      "a service that is never without calls does not keep others out",
      () => neverWithoutCalls(fleet),
    );
  });
}

type BudgetFleet = Awaited<ReturnType<typeof start>>;

async function waitsWithinDeadline(
  { cli, cwd, farcall, project, node, census }: BudgetFleet,
): Promise<void> {
  const released = Promise.withResolvers<void>();
  const items = (async function* () {
    yield 7;
    await released.promise;
  })();
  const busy = farcall.call("math0", "hold", [items]);
  await until(
    async () => (await statusOf(cli, cwd)).services[0].executors[0].pid! > 0,
    "it runs",
  );
  const soonEnough = farcall.call("math1", "add", [2, 3]);
  for (const call of [busy, soonEnough]) call.catch(() => {});
  // The deadline is its service's: the caller itself waits for as long as the answer takes.
  await assert.rejects(farcall.call("math2", "add", [2, 3]), {
    code: "Overloaded",
    message: mentions("--limit executors=N"),
  });
  // A deployment is tested beside executors that have calls.
  await project.write("init.yaml", configuration(node, { services: 4 }));
  await cli.succeed(["init"], { cwd });
  released.resolve();
  assert.equal(await busy, 7);
  assert.equal(await soonEnough, 5);
  assert.equal(await cli.succeed(["call", "math3.add", "2", "3"], { cwd }), "5");
  assert.ok(census.most <= 2, `${census.most} executors`);
}

async function neverWithoutCalls({ farcall }: BudgetFleet): Promise<void> {
  let isOver = false;
  let ended = 0;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      await farcall.call("math0", "wait", [200]);
      ended += 1;
    }
  };
  const loops = [loop(), loop(), loop()];
  await until(() => Promise.resolve(ended > 5), "calls overlap");
  for (let index = 0; index < 2; index++) {
    assert.equal(await farcall.call("math1", "add", [index, 3]), index + 3);
  }
  const before = ended;
  await until(() => Promise.resolve(ended > before + 5), "the others go on");
  isOver = true;
  await Promise.all(loops);
}
