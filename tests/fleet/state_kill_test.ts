/**
 * Random kills of the NATS server, of nodes and of the deployer: a fleet converges on one state, and never on a mix.
 */
import assert from "node:assert/strict";
import { checkout } from "../_support/checkout.ts";
import { Cli, type Running } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { NatsLink } from "../../lib/transport/nats/mod.ts";
import { NatsServer } from "../_support/nodes/nats_server.ts";
import { until } from "../_support/nodes/node.ts";
import { needing } from "../_support/programs.ts";

const rounds = Number(Deno.env.get("FARCALL_FLEET_KILLS") ?? 1);
const seed = Number(
  Deno.env.get("FARCALL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
);

const nodes = ["s1", "s2"];

/** Two services with the same source: a node with a mix would return two values. */
function initYaml(url: string, key: string): string {
  const service =
    "{ providers: all, tenants: [c1], rpcs: { value: { args: [], returns: [int], src: value.ts } } }";
  return `network:
  nats: { url: "${url}", fleet: lab }
  clients: { c1: { key: "${key}" } }
services:
  a: ${service}
  b: ${service}
`;
}

Deno.test({
  ...needing(
    "nats-server",
    "whatever is killed during init, every node ends at the newest signed state",
  ),
  fn: async () => {
    const random = randomFrom(seed);
    const cli = new Cli(await checkout());
    await using project = await Project.create({ "value.ts": script(0) });
    const cwd = project.folder;
    let server = await NatsServer.start();
    const { url } = server;
    const running = new Map<string, Running>();
    const serve = async (node: string): Promise<void> => {
      const process = cli.start([
        ...["serve", "--nats", url, "--fleet", "lab", "--name", node, "--deploy-key", "ann.pub"],
      ], { cwd });
      running.set(node, process);
      await process.stdout.until(/\blistening\b/);
    };
    try {
      for (const owner of ["c1", "ann"]) await cli.succeed(["keygen", owner], { cwd });
      await project.write("init.yaml", initYaml(url, (await project.read("c1.pub")).trim()));
      for (const node of nodes) await serve(node);
      const init = () => cli.start(["init", "--yes", "--key", "ann.key"], { cwd });
      const startMs = performance.now();
      await init().ended;
      // The kill comes at any moment of a deployment, however busy the machine is, or a little after it.
      const initMs = 1.2 * (performance.now() - startMs);
      for (let round = 1; round <= rounds; round++) {
        await project.write("value.ts", script(round));
        const deployer = init();
        await new Promise((resolve) => setTimeout(resolve, random() * initMs));
        const victims = ["server", "deployer", ...nodes];
        const victim = victims[Math.floor(random() * victims.length)]!;
        const what = `seed ${seed}, round ${round}, killed ${victim}`;
        if (victim === "server") server = await server.restart();
        else if (victim === "deployer") deployer.kill("SIGKILL");
        else {
          const process = running.get(victim)!;
          process.kill("SIGKILL");
          await process.ended;
          await serve(victim);
        }
        await deployer.ended;
        // Without further deployments, all nodes reach the last signed state by themselves.
        await until(`all nodes are at one state (${what})`, async () => {
          const states = await statesOf(cli, cwd);
          const signed = await signedNumber(url);
          return states.length === nodes.length && states.every((state) => state === signed);
        });
        const values: number[] = [];
        for (const node of nodes) {
          for (const service of ["a", "b"]) {
            values.push(await valueOf(cli, cwd, { node, service }));
          }
        }
        assert.equal(new Set(values).size, 1, `${what}: ${values}`);
        assert.ok(values[0] === round || values[0] === round - 1, `${what}: ${values}`);
        if (values[0] === round) continue;
        let again = await init().ended;
        // Nodes notice by its silence that a deployer is gone.
        await until(`the killed deployer's deployment ends (${what})`, async () => {
          if (!again.stderr.includes("another deployment is under way")) return true;
          again = await init().ended;
          return false;
        });
        assert.equal(again.code, 0, `${what}: ${again.stdout}${again.stderr}`);
        for (const node of nodes) {
          assert.equal(await valueOf(cli, cwd, { node, service: "a" }), round, what);
        }
      }
    } finally {
      for (const process of running.values()) process.kill("SIGKILL");
      await Promise.all([...running.values()].map(({ ended }) => ended));
      await server[Symbol.asyncDispose]();
    }
  },
});

function script(value: number): string {
  return `export const value = (): number => ${value};\n`;
}

/** The states that present nodes have reached. */
async function statesOf(cli: Cli, cwd: string): Promise<number[]> {
  const { stdout } = await cli.run(["status", "--json", "--key", "ann.key"], { cwd });
  try {
    const { fleet } = JSON.parse(stdout) as { fleet: { present: { state: number }[] } };
    return fleet.present.map(({ state }) => state);
  } catch {
    // The server is not back yet.
    return [];
  }
}

/** The number of the last signed state. */
async function signedNumber(url: string): Promise<number> {
  await using link = await NatsLink.open({ url });
  const bucket = await link.openBucket("farcall_lab");
  const entry = await bucket.get("fleet");
  return JSON.parse(new TextDecoder().decode(entry!.value)).number;
}

async function valueOf(
  cli: Cli,
  cwd: string,
  { node, service }: { node: string; service: string },
): Promise<number> {
  const asked = ["call", `${service}.value`, "--server", node, "--as", "c1", "--key", "c1.key"];
  let value = NaN;
  // On a busy machine a node may answer too late to count as present.
  await until(`${node} answers`, async () => {
    const { code, stdout } = await cli.run(asked, { cwd });
    if (code === 0) value = Number(stdout);
    return code === 0;
  });
  return value;
}

/** Numbers from 0 to 1, reproducible by seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
