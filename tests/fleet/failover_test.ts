/** Continuous calls while nodes are killed, drained and restarted: which failures are permitted. */
import assert from "node:assert/strict";
import { connect, type Farcall } from "../../lib/client/mod.ts";
import { ConnectionLost } from "../../lib/errors/mod.ts";
import { checkout } from "../_support/checkout.ts";
import { Cli, type ServedNode } from "../_support/commands/cli.ts";
import { configurationOf } from "../_support/configuration.ts";
import {
  connectionTo,
  temporaryFolder,
  type TestDeployment,
  until,
} from "../_support/nodes/node.ts";

/** Long enough that with a few concurrent calls some are always in flight. */
const callMs = 100;

/** Each takes some time and identifies its call; the log has every run of `put`. */
function deploymentOf(node: string): TestDeployment {
  const body = `{
    await new Promise((done) => setTimeout(done, ${callMs}));
    return [id, "${node}"];
  }`;
  const signature = { args: ["int"], returns: ["int", "str"] };
  return {
    node,
    services: {
      work: {
        rpcs: {
          get: {
            ...signature,
            isIdempotent: true,
            source: `export async function get(id) ${body}`,
          },
          put: {
            ...signature,
            source: `export async function put(id) { console.log("run", id); return await run(id); }
              async function run(id) ${body}`,
          },
        },
      },
    },
  };
}

/** The outcomes of the calls. */
class Load implements AsyncDisposable {
  readonly failures = { get: [] as unknown[], put: [] as unknown[] };
  readonly answered = { get: 0, put: 0 };
  /** The number of replies per node, by name. */
  readonly answersOf: Record<string, number> = {};
  readonly #caller: Farcall;
  #next = 0;
  #isOver = false;
  readonly #lanes: Promise<void>[];

  constructor(caller: Farcall) {
    this.#caller = caller;
    const lanes = ["get", "put", "get", "put", "get", "put", "get", "put"] as const;
    this.#lanes = lanes.map((rpc) => this.#lane(rpc));
  }

  /** Waits until a node has replied this many more times. */
  async answersFrom(name: string, more: number): Promise<void> {
    const wanted = (this.answersOf[name] ?? 0) + more;
    await until(`${name} answers`, () => (this.answersOf[name] ?? 0) >= wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  /** Makes additional concurrent calls. */
  async burst(rpc: "get" | "put", count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#call(rpc)));
  }

  async #lane(rpc: "get" | "put"): Promise<void> {
    while (!this.#isOver) await this.#call(rpc);
  }

  async #call(rpc: "get" | "put"): Promise<void> {
    const id = this.#next++;
    try {
      const [answered, node] = await this.#caller.call("work", rpc, [id]) as [number, string];
      assert.equal(answered, id);
      this.answered[rpc] += 1;
      this.answersOf[node] = (this.answersOf[node] ?? 0) + 1;
    } catch (error) {
      this.failures[rpc].push(error);
    }
  }
}

Deno.test("three nodes are killed, drained and restarted under load: only calls in flight on the killed one fail", async () => {
  await using folder = await temporaryFolder();
  await using program = await checkout();
  const cli = new Cli(program);
  await using stack = new AsyncDisposableStack();
  const start = async (name: string, port = 0): Promise<ServedNode> =>
    stack.use(
      await cli.serve(["--port", `${port}`, "--root", `${folder.path}/${name}`, "--name", name]),
    );
  const names = ["s1", "s2", "s3"] as const;
  const nodes = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await start(name)] as const)),
  );
  const all: ServedNode[] = Object.values(nodes);
  for (const name of names) {
    await using connection = await connectionTo(nodes[name].port);
    await connection.deploy(deploymentOf(name));
  }
  const servers = Object.fromEntries(
    names.map((name) => [name, { ip: "127.0.0.1", port: nodes[name].port }]),
  );
  await using caller = await connect(configurationOf(servers, deploymentOf("s1")));
  await using load = new Load(caller);
  for (const name of names) await load.answersFrom(name, 4);

  const restart = async (name: (typeof names)[number]): Promise<void> => {
    nodes[name] = await start(name, nodes[name].port);
    all.push(nodes[name]);
    await load.answersFrom(name, 4);
  };
  const others = async (name: (typeof names)[number]): Promise<void> => {
    for (const other of names) if (other !== name) await load.answersFrom(other, 8);
  };

  const killed = nodes.s1.address;
  // They are spread over all three, so that some are on the node that is killed.
  const burst = Promise.all([load.burst("put", 9), load.burst("get", 9)]);
  nodes.s1.process.kill("SIGKILL");
  await nodes.s1.process.ended;
  await burst;
  await others("s1");
  await restart("s1");
  assert.deepEqual(load.failures.get, []);
  const lost = load.failures.put.splice(0);
  // Some of the burst, and at most one of each of the four lanes.
  assert.ok(lost.length >= 1 && lost.length < 9 + 4, `${lost.length} were lost`);
  for (const error of lost) {
    assert.ok(error instanceof ConnectionLost, String(error));
    assert.equal(error.node, `s1 (${killed})`);
    assert.ok(error.message.includes(`s1 (${killed})`), error.message);
  }

  assert.equal((await nodes.s2.stop()).code, 0);
  await others("s2");
  await restart("s2");

  await load[Symbol.asyncDispose]();
  assert.deepEqual(load.failures, { get: [], put: [] });
  assert.ok(load.answered.get > 50 && load.answered.put > 50);
  const runs = all.flatMap(({ process }) =>
    [...process.stderr.text.matchAll(/\brun (\d+)/g)].map(([, id]) => Number(id))
  );
  assert.equal(new Set(runs).size, runs.length, "no put has run twice");
  // A killed node loses some lines of its log.
  assert.ok(runs.length > load.answered.put / 2, `${runs.length} runs are in the logs`);
});

Deno.test("the only node of a service is restarted: with retries no idempotent call fails", async () => {
  await using folder = await temporaryFolder();
  await using program = await checkout();
  const cli = new Cli(program);
  const args = ["--root", `${folder.path}/s1`, "--name", "s1"];
  await using first = await cli.serve(["--port", "0", ...args]);
  await using deployer = await connectionTo(first.port);
  await deployer.deploy(deploymentOf("s1"));
  const servers = { s1: { ip: "127.0.0.1", port: first.port } };
  await using caller = await connect(configurationOf(servers, deploymentOf("s1")), {
    retries: 100,
  });
  const calls = Array.from({ length: 20 }, (_, id) => caller.call("work", "get", [id]));
  await until("they are there", () => first.process.stderr.text.includes("call.executed"));
  const more = Array.from({ length: 20 }, (_, id) => caller.call("work", "get", [20 + id]));
  first.process.kill("SIGKILL");
  await first.process.ended;
  await using _second = await cli.serve(["--port", String(first.port), ...args]);
  const answers = await Promise.all([...calls, ...more]);
  assert.deepEqual(answers.map((answer) => (answer as number[])[0]), [...Array(40).keys()]);
});
