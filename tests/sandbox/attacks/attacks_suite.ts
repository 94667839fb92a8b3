/** Runs the table of attacks against a node of its own, for every way to run farcall. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DeployRejected, RpcException } from "../../../lib/errors/mod.ts";
import { FileStore } from "../../../lib/store/mod.ts";
import { scriptIdOf } from "../../../lib/identity/mod.ts";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { bytesOf, connectionTo, manifestOf, type TestOverload } from "../../_support/nodes/node.ts";
import { type Attack, attacks, type Bait } from "./attacks.ts";

/** Uses everything that attacks patch; its result must not change. */
const witness = `export default async function witness() {
  const list = [3, 1, 2].map((item) => item * 2).filter((item) => item > 0).sort();
  const text = await Promise.resolve(JSON.stringify({ list, at: new Date(0) })).then((said) => said);
  const parsed = new Map(Object.entries(JSON.parse(text)));
  async function* each() { for (const item of parsed.get("list")) yield item; }
  let sum = 0;
  for await (const item of each()) sum += item;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode("x")));
  return [text, sum, bytes.subarray(0, 2).join("."), "a1".replace(/\\d/, "!"), String({}),
    new URL("http://a/b").href, [...bytes.values()].length].join("|");
}`;
const witnessed =
  '{"list":[2,4,6],"at":"1970-01-01T00:00:00.000Z"}|12|17.246|a!|[object Object]|http://a/b|20';

/** Registers the tests of one way to run farcall. */
export function attacksSuite(name: string, make: MakeProgram): void {
  Deno.test(`no script reaches what was not granted, ${name}`, async (t) => {
    const secret = crypto.randomUUID();
    await using program = await make();
    await using project = await Project.create({ "bait/canary": secret });
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let connections = 0;
    const accepting = (async () => {
      for await (const conn of listener) {
        connections += 1;
        conn.close();
      }
    })();
    const root = project.path("root");
    const running = attacks.filter(({ expected }) => !("refused" in expected));
    const otherScript = await prepare(root, running);
    await using node = await new Cli(program).serve(["--port", "0", "--root", root], {
      env: { FARCALL_CANARY: secret },
    });
    const { port } = node;
    await using connection = await connectionTo(port);
    const bait: Bait = {
      file: project.path("bait/canary"),
      folder: project.path("bait"),
      variable: "FARCALL_CANARY",
      port: (listener.addr as Deno.NetAddr).port,
      pid: node.process.pid,
      otherScript,
    };

    const calls = running.map((attack) => {
      const call = connection.call(
        `${serviceOf(attack)}.${rpcOf(attack)}`,
        [JSON.stringify(bait)],
        {
          args: ["str"],
          returns: [attack.returns ?? "str"],
          // Sampled: the executor also reports when each ran.
          traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        },
      );
      return { attack, outcome: call.then((value) => ({ value }), (error) => ({ error })) };
    });
    for (const { attack, outcome } of calls) {
      await t.step(attack.name, async () => {
        const came = await outcome;
        const said = "error" in came ? String(came.error.message) : String(came.value);
        assert.ok(!said.includes(secret), "the secret was reached");
        check(attack, came);
      });
    }
    for (const attack of attacks) {
      if (!("refused" in attack.expected)) continue;
      const { refused } = attack.expected;
      await t.step(attack.name, async () => {
        await assert.rejects(
          connection.deploy({
            services: { refused: { rpcs: { refused: { source: attack.source } } } },
          }),
          (error: unknown) => error instanceof DeployRejected && refused.test(error.message),
        );
      });
    }
    await t.step("afterwards every service works as before", async () => {
      for (const service of ["attacks", "smuggled"]) {
        const answer = await connection.call(`${service}.witness`, [], { returns: ["str"] });
        assert.equal(answer, witnessed);
      }
    });
    await t.step("no target was reached", async () => {
      assert.equal(connections, 0);
      assert.equal(await Deno.readTextFile(bait.file), secret);
      assert.deepEqual([...Deno.readDirSync(bait.folder)].map(({ name }) => name), ["canary"]);
      assert.ok(!node.process.stderr.text.includes(secret));
      assert.doesNotMatch(node.process.stderr.text, /executor\.ended|executor\.start-failed/);
    });
    listener.close();
    await accepting;
  });
}

/** Puts the scripts into a store as a deployment would. @returns The path of one that attacks nothing. */
async function prepare(root: string, running: readonly Attack[]): Promise<string> {
  const rpcs: Record<string, Record<string, TestOverload>> = { attacks: {}, smuggled: {} };
  for (const attack of running) {
    const { source, returns = "str" } = attack;
    rpcs[serviceOf(attack)][rpcOf(attack)] = { args: ["str"], returns: [returns], source };
  }
  for (const each of Object.values(rpcs)) each.witness = { returns: ["str"], source: witness };
  const other = "export default () => 'the script of another service';";
  const { manifest, scripts } = await manifestOf({
    services: {
      attacks: { rpcs: rpcs.attacks },
      smuggled: { rpcs: rpcs.smuggled },
      other: { rpcs: { other: { returns: ["str"], source: other } } },
    },
  });
  await using store = await FileStore.open(root);
  for (const bytes of scripts.values()) await store.putScript(bytes);
  await (await store.prepare(manifest)).commit();
  return join(root, "services", `${await scriptIdOf(bytesOf(other))}.js`);
}

function serviceOf(attack: Attack): string {
  return attack.isSmuggled ? "smuggled" : "attacks";
}

function rpcOf(attack: Attack): string {
  return `a${attacks.indexOf(attack)}`;
}

function check({ expected }: Attack, came: { value: unknown } | { error: unknown }): void {
  if ("exception" in expected) {
    assert.ok("error" in came && came.error instanceof RpcException, Deno.inspect(came));
    assert.equal(came.error.code, expected.code ?? "Execution Exception");
    assert.match(came.error.message, expected.exception);
    return;
  }
  assert.ok("value" in expected && "value" in came, Deno.inspect(came));
  if (expected.value instanceof RegExp) assert.match(String(came.value), expected.value);
  else assert.deepEqual(came.value, expected.value);
}
