/** A fleet with changing membership, as its users see it, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { NatsServer } from "../../_support/nodes/nats_server.ts";
import { Agent } from "../../_support/commands/mcp_client.ts";
import { failure, lineWith, mentions, nothingToDo } from "../../_support/mentions.ts";
import { until } from "../../_support/nodes/node.ts";
import { needing } from "../../_support/programs.ts";
import { NatsLink } from "../../../lib/transport/nats/mod.ts";

const addScript = (more: number): string =>
  `export function add(a: number, b: number): number {
  if (b < 0) throw new RangeError("negative");
  return a + b + ${more};
}
`;

function initYaml(url: string, { key, host }: { key: string; host: string }): string {
  return `network:
  nats: { url: "${url}", fleet: lab }
  clients: { c1: { key: "${key}" } }
services:
  math:
    providers: all
    tenants: [c1]
    rpcs: { add: { args: [int, int], returns: [int], src: add.ts } }
  vision:
    providers: { labels: [gpu] }
    tenants: [c1]
    ${host === "" ? "" : `permissions: { net: ["${host}"] }`}
    rpcs: { add: { args: [int, int], returns: [int], src: add.ts } }
`;
}

const both = ["s1", "rack.s2"];
const asClient = ["--as", "c1", "--key", "c1.key"];

/** Every command that queries nodes, and its knowledge of nodes that no file names. */
const commands: readonly [what: string, args: readonly string[], output: readonly string[]][] = [
  ["list", ["call", ...asClient], ["math", "vision"]],
  ["list of a node", ["call", "--server", "rack.s2", ...asClient], ["vision"]],
  ["call --all", ["call", "math.add", "2", "3", "--all", ...asClient], both],
  ["call --on", ["call", "vision.add", "2", "3", "--on", "rack.s2", ...asClient], ["rack.s2"]],
  ["explain", ["explain", "vision.add", "2", "3", ...asClient], ["rack.s2"]],
  ["logs", ["logs", "--key", "ann.key"], both],
  ["logs of a node", ["logs", "rack.s2", "--key", "ann.key"], ["rack.s2"]],
  ["status", ["status", "--key", "ann.key"], [...both, "gpu,cam", "present"]],
  ["status --verify", ["status", "--verify", "--key", "ann.key"], both],
  ["history", ["init", "--history", "--key", "ann.key"], ["s1"]],
  ["doctor", ["doctor", "--key", "ann.key"], ["node s1 (nats:lab/s1)", "node rack.s2"]],
  ["console --text", ["console", "--text", "--key", "ann.key"], both],
  ["completion of --server", ["complete", "farcall call math.add --server "], both],
  ["completion of --on", ["complete", "farcall call math.add --on "], both],
  ["completion of --only", ["complete", "farcall init --only "], both],
];

/** Registers the tests of one way to run farcall. */
export function fleetSuite(name: string, make: MakeProgram): void {
  Deno.test({
    ...needing(
      "nats-server",
      `nodes join a fleet, leave it, and follow what was deployed, ${name}`,
    ),
    fn: async (t) => {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create({ "add.ts": addScript(0) });
      const cwd = project.folder;
      await using server = await NatsServer.start();
      const { url } = server;
      for (const owner of ["c1", "ann", "bob"]) await cli.succeed(["keygen", owner], { cwd });
      const key = (await project.read("c1.pub")).trim();
      await project.write("init.yaml", initYaml(url, { key, host: "" }));
      const serve = async (node: string, labels: string, deployKey = "ann.pub") => {
        const process = cli.start([
          ...["serve", "--nats", url, "--fleet", "lab", "--name", node, "--labels", labels],
          ...["--deploy-key", deployKey],
        ], { cwd });
        await process.stdout.until(/\blistening\b/);
        return process;
      };
      const init = (...more: string[]) =>
        cli.succeed(["init", "--yes", "--key", "ann.key", ...more], { cwd });
      const add = (service: string, ...more: string[]) =>
        cli.succeed(
          ["call", `${service}.add`, "2", "3", "--as", "c1", "--key", "c1.key", ...more],
          { cwd },
        );
      const members = async () => {
        // A node with other deploy keys sends no further information, which ends the output of status.
        const { stdout } = await cli.run(["status", "--json", "--key", "ann.key"], { cwd });
        return JSON.parse(stdout).fleet as {
          present: { name: string; state: number; problem?: string }[];
          absent: { name: string }[];
        };
      };
      await using s1 = await serve("s1", "cpu");

      await t.step("init deploys to present nodes; labels select among them", async () => {
        assert.match(await init(), /state 1: 1 present/);
        assert.equal((await add("math")).trim(), "5");
        const { code, stderr } = await cli.run(
          ["call", "vision.add", "2", "3", "--as", "c1", "--key", "c1.key"],
          { cwd },
        );
        assert.notEqual(code, 0);
        assert.match(stderr, /vision/);
      });

      await t.step("a node that joins later serves it by itself", async () => {
        await using s2 = await serve("rack.s2", "gpu,cam");
        await s2.stderr.until(/fleet\.reached/);
        assert.equal((await add("vision")).trim(), "5");
        assert.equal((await add("math", "--server", "rack.s2")).trim(), "5");
        for (const [what, args, names] of commands) {
          // On a busy machine a node may answer too late to count as present.
          await until(`${what} names ${names.join(" and ")}`, async () => {
            const { stdout } = await cli.run([...args], { cwd });
            return names.every((each) => stdout.includes(each));
          });
        }
        const agentArgs = ["--as", "c1", "--key", project.path("c1.key")];
        await using agent = await Agent.start(program, [project.path("init.yaml"), ...agentArgs]);
        const { tools } = await agent.client.listTools();
        assert.deepEqual(tools.map((tool) => tool.name).sort(), ["math__add", "vision__add"]);
        // It has its scripts from the store, with their source maps.
        const failing = [
          "call",
          "math.add",
          "--server",
          "rack.s2",
          "--as",
          "c1",
          "--key",
          "c1.key",
        ];
        await cli.fail(10, [...failing, "--", "2", "-1"], { cwd });
        await s2.stderr.until(/RangeError: negative\n\s+at .*add \(add\.ts:2:\d+\)/);
      });

      await t.step(
        "a node that was off during init serves the new generation on its return",
        async () => {
          await project.write("add.ts", addScript(100));
          await until(
            "it is absent",
            async () => (await members()).absent.some(({ name }) => name === "rack.s2"),
          );
          assert.match(await init(), /state 2: 1 present; 1 absent.*rack\.s2/);
          await using s2 = await serve("rack.s2", "gpu,cam");
          await s2.stderr.until(/fleet\.reached.*state=2/);
          assert.equal((await add("vision")).trim(), "105");
          assert.match(await init(), nothingToDo);
        },
      );

      await t.step(
        "a fleet goes back to its last state, absent nodes too, and knows its history",
        async () => {
          await until(
            "it is absent again",
            async () => (await members()).absent.some(({ name }) => name === "rack.s2"),
          );
          assert.match(
            await init("--rollback"),
            mentions(lineWith("rolled", "s1"), "state 3: 1 present"),
          );
          assert.equal((await add("math")).trim(), "5");
          {
            await using s2 = await serve("rack.s2", "gpu,cam");
            await s2.stderr.until(/fleet\.reached.*state=3/);
            assert.equal((await add("vision")).trim(), "5");
          }
          const history = await cli.succeed(["init", "--history", "--key", "ann.key"], { cwd });
          assert.match(history, /state 3, .*\b1 +desired\n[^]*state 2\n[^]*state 1\n[^]* s1\b/);
          const missing = await cli.fail(22, ["init", "--rollback", "9", "--key", "ann.key"], {
            cwd,
          });
          assert.match(missing, failure("Deploy Rejected", /\b9\b/, "3, 2, 1"));
          const foreign = await cli.fail(22, ["init", "--rollback", "2", "--key", "bob.key"], {
            cwd,
          });
          assert.match(foreign, failure("Deploy Rejected", /\bkeys?\b/));
          await until(
            "it is absent once more",
            async () => (await members()).absent.some(({ name }) => name === "rack.s2"),
          );
          // Only one node changes, and no state does.
          assert.match(await init("--only", "s1"), lineWith(/^deployed\b/, "s1"));
          assert.equal((await add("math")).trim(), "105");
          assert.match(await init(), /state 4: 1 present/);
        },
      );

      await t.step("a node that cannot follow says why, and keeps serving", async () => {
        await using s3 = await serve("s3", "cpu", "bob.pub");
        await s3.stderr.until(/fleet\.behind/);
        await until("status says why", async () => {
          const node = (await members()).present.find(({ name }) => name === "s3");
          return node?.state === 0 && node.problem?.includes("deploy keys") === true;
        });
      });

      await t.step("NATS's own tools find the nodes", async () => {
        await using link = await NatsLink.open({ url });
        const documents = new Map<string, Record<string, unknown>>();
        for (const verb of ["PING", "INFO", "STATS"]) {
          const { data } = await link.connection.request(`$SRV.${verb}`, "", { timeout: 5000 });
          documents.set(verb, JSON.parse(new TextDecoder().decode(data)));
        }
        const types = [...documents.values()].map(({ type }) => type);
        assert.deepEqual(types, [
          "io.nats.micro.v1.ping_response",
          "io.nats.micro.v1.info_response",
          "io.nats.micro.v1.stats_response",
        ]);
        assert.ok([...documents.values()].every(({ name }) => name === "farcall"));
      });

      await t.step(
        "a node that has the state survives the server's loss, and follows after it",
        async () => {
          await using again = await server.restart();
          await s1.stderr.until(/nats\.renewed/);
          await project.write("add.ts", addScript(1000));
          await until("init deploys", async () => {
            const { code, stdout } = await cli.run(["init", "--yes", "--key", "ann.key"], { cwd });
            return code === 0 && /state 5/.test(stdout);
          });
          assert.equal((await add("math", "--server", "s1")).trim(), "1005");
          assert.equal(again.port, server.port);
        },
      );
    },
  });
}
