/** Everything bounded by ten seconds, tested concurrently, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram, type ServedNode } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { failure, nothingChanged } from "../../_support/mentions.ts";
import { isAlive } from "../../_support/nodes/processes.ts";
import { slowService, waitScript } from "../nodes/serve_suite.ts";

/** Far above the bounds of ten seconds, and finite. */
const patienceMs = 120_000;

/** Registers the tests of one way to run farcall. */
export function patienceSuite(name: string, make: MakeProgram): void {
  Deno.test(`nobody can make farcall wait forever, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    await using draining = await Fleet.start(cli);
    const startedMs = performance.now();
    const cases: Record<string, Promise<void>> = {
      "a caller that says nothing": keepsSilent(fleet.s1, ""),
      "a request that stays half-sent": keepsSilent(fleet.s1, '{"header":"RPC-REQ","value":{'),
      "a script that never ends while it loads": neverLoads(fleet),
      "a script that never ends, and a node that stops": neverEnds(draining),
    };
    const results = await Promise.allSettled(Object.values(cases));
    for (const [index, what] of Object.keys(cases).entries()) {
      await t.step(what, () => {
        const result = results[index];
        if (result.status === "rejected") throw result.reason;
      });
    }
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < patienceMs, `took ${tookMs} ms`);
  });
}

async function keepsSilent(node: ServedNode, words: string): Promise<void> {
  const start = node.process.stderr.text.length;
  using conn = await Deno.connect({ hostname: node.host, port: node.port });
  await conn.write(new TextEncoder().encode(words));
  const heard = await new Response(conn.readable).text();
  assert.match(heard, /^$|^\{"header":"RPC-EX".*\n$/);
  const { port } = conn.localAddr as Deno.NetAddr;
  await node.process.stderr.until(new RegExp(`warn .*from=127\\.0\\.0\\.1:${port} `), start);
}

/**
 * Two services whose scripts never load: each rpc is named, and nothing is deployed. A spinning script would take ten
 * seconds.
 */
async function neverLoads(fleet: Fleet): Promise<void> {
  const { project } = fleet;
  for (const rpc of ["waits", "hangs"]) {
    await project.write(`${rpc}.ts`, `await new Promise(() => {});\nexport function ${rpc}() {}\n`);
  }
  const service = (rpc: string) =>
    `  ${rpc}_service:\n    providers: [s2]\n    tenants: []\n    rpcs:\n` +
    `      ${rpc}: { args: [], returns: [], src: ${rpc}.ts }\n`;
  const yaml = `${fleet.network}services:\n${service("waits")}${service("hangs")}`;
  await project.write("never.yaml", yaml);
  const { code, stderr } = await fleet.run(["init", "never.yaml"]);
  assert.equal(code, 22, stderr);
  assert.match(stderr, failure("Deploy Rejected", /\bs2 .*hangs\(\).*waits\(\)/));
  assert.match(stderr, nothingChanged);
  const printed = await fleet.plan();
  assert.match(printed, /^s1 .*\bfirst\b/);
}

/** A drain is bounded, and the executor is killed. */
async function neverEnds(fleet: Fleet): Promise<void> {
  const { project, s1 } = fleet;
  await project.write("init.yaml", fleet.network + "services:" + slowService);
  await project.write("services/slow/wait.ts", waitScript);
  await project.write("services/slow/spin.ts", "export function spin() { for (;;); }\n");
  await fleet.succeed(["init"]);
  await using calling = fleet.cli.start(["call", "slow.wait", "60000", "--timeout", "1m"], {
    cwd: project.folder,
  });
  await s1.process.stderr.until(/waiting 60000/);
  const executors = await s1.executors(1);
  assert.equal((await s1.stop()).code, 0);
  for (const pid of executors) assert.ok(!await isAlive(pid), "no executor is left");
  const { code, stdout, stderr } = await calling.ended;
  assert.equal(stdout, "");
  assert.ok(code === 20 || code === 22 || code === 10, stderr);
}
