/** What `farcall init` promises, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, closedPort, type MakeProgram } from "../../_support/commands/cli.ts";
import { filesBelow, Fleet } from "../../_support/nodes/fleet.ts";
import {
  deployed,
  failure,
  lineWith,
  mentions,
  nothingChanged,
  nothingToDo,
} from "../../_support/mentions.ts";

/** In the original format: lists everywhere, `service`, `provider`, a section `rpc`, an anchor. */
function originalSpelling({ s1, s2 }: Fleet): string {
  return `network:
  - servers:
      - s1:
          ip: &here 127.0.0.1
          port: ${s1.port}
      - s2:
          ip: *here
          port: ${s2.port}
  - clients:
      - c1:
          ip: *here
service:
  - math:
      provider: s2
      tenants:
        - c1
      rpcs:
        - add
        - square
rpc:
  - add:
      argument-types: [int, int]
      return-types: [int]
      path: services/math/add.ts
  - square:
      args: [int]
      returns: int
      src: services/square.js
`;
}

/** Registers the tests of one way to run farcall. */
export function initSuite(name: string, make: MakeProgram): void {
  Deno.test(`init makes every node run what the file says, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    const { project, s1, s2 } = fleet;

    const wrongExample = async () => {
      const text = await project.read("init.yaml");
      await project.write("wrong.yaml", text.replace("returns: [3, 2]", "returns: [3]"));
      return "wrong.yaml";
    };

    await t.step("--dry-run prints the plan and changes nothing", async () => {
      const lines = (await fleet.plan()).split("\n");
      assert.match(
        lines[0],
        lineWith(/^s1 127\.0\.0\.1:\d+ {2}\w/, /\bfirst\b/, "8 scripts", /\b2\.1 KiB$/),
      );
      assert.match(
        lines[1],
        /^ {2}\+ math\.add\(int, int\) -> int {2,}services\/math\/add\.ts +234 B$/,
      );
      assert.equal(lines.filter((line) => line.startsWith("  + ")).length, 18);
      assert.equal(lines.filter((line) => line === "  tenants of math: + c1, + c2").length, 2);
      assert.match(
        lines.at(-1)!,
        lineWith(/^dry\b/, /\bnothing\b/, "18 scripts", /\d ms\)$/),
      );
      const said = await fleet.fail(14, ["call", "math.add", "2", "3"]);
      assert.match(said, failure("Client Not Registered", "deployed"));
    });

    await t.step("--dry-run --json prints the plan as JSON", async () => {
      const outcome = JSON.parse(await fleet.plan(["--json"]));
      assert.equal(outcome.dryRun, true);
      assert.deepEqual(outcome.applied, []);
      assert.deepEqual(outcome.plan.nodes.map((node: { node: string }) => node.node), ["s1", "s2"]);
      assert.equal(outcome.plan.sendCount, 18);
    });

    await t.step("the first init sends every script, and one line says so", async () => {
      const { code, stdout, stderr } = await fleet.run(["init"]);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      assert.match(
        stdout,
        mentions(deployed({ s1: 1, s2: 1 }), /18 scripts, 4\.6 KiB \(\d+ ms\)\n$/),
      );
      assert.equal(await fleet.succeed(["call", "math.add", "2", "3"]), "5");
    });

    await t.step("repeating it sends nothing", async () => {
      const lines = (await fleet.succeed(["init"])).split("\n");
      assert.equal(lines[0], `s1 ${s1.address}  unchanged (generation 1)`);
      assert.equal(lines[1], `s2 ${s2.address}  unchanged (generation 1)`);
      assert.match(lines[2], mentions(nothingToDo, /\b2 nodes\b.* \(\d+ ms\)$/));
      assert.equal(lines.length, 3);
    });

    await t.step("only the script that changed travels", async () => {
      const source = await project.read("services/math/mean.ts");
      await project.write(
        "services/math/mean.ts",
        source.replace("sum + value", "sum + 2 * value"),
      );
      const lines = (await fleet.succeed(["init"])).split("\n");
      const change =
        /^ {2}~ math\.mean\(List\[float\]\) -> float {2}services\/math\/mean\.ts {2}\d+ B$/;
      assert.match(lines[0], /^s1 .* {2}generation 1 → 2, sends 1 script, \d+ B$/);
      assert.match(lines[1], change);
      assert.equal(lines[2], "  = 7 unchanged");
      assert.match(lines[3], /^s2 .* {2}generation 1 → 2, sends 1 script, \d+ B$/);
      assert.match(lines[4], change);
      assert.match(
        lines.at(-1)!,
        mentions(deployed({ s1: 2, s2: 2 }), "2 scripts"),
      );
      assert.equal(await fleet.succeed(["call", "math.mean", "[1.5, 2]"]), "3.5");
    });

    await t.step(
      "a file elsewhere has its scripts beside it, and the folder does not matter",
      async () => {
        await project.write("elsewhere/init.yaml", await project.read("init.yaml"));
        for (const script of await filesBelow(project.path("services"))) {
          await project.write(
            `elsewhere/services/${script}`,
            await project.read(`services/${script}`),
          );
        }
        const printed = await cli.succeed(["init", project.path("elsewhere/init.yaml")]);
        assert.match(printed, nothingToDo);
      },
    );

    await t.step("--json prints one object", async () => {
      const source = await project.read("services/math/mean.ts");
      await project.write(
        "services/math/mean.ts",
        source.replace("sum + 2 * value", "sum + value"),
      );
      const { plan, applied, warnings, durationMs } = JSON.parse(
        await fleet.succeed(["init", "--json"]),
      );
      assert.deepEqual(applied, [
        { name: "s1", generation: 3 },
        { name: "s2", generation: 3 },
      ]);
      assert.equal(plan.sendCount, 0, "the nodes still have the script");
      assert.deepEqual(warnings, []);
      assert.ok(durationMs > 0);
    });

    await t.step("--history lists deployers, changes and times", async () => {
      const lines = (await fleet.succeed(["init", "--history"])).split("\n");
      const line = (rest: string) =>
        new RegExp(
          `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ  [0-9a-f]{8}  .+@.+ 127\\.0\\.0\\.1  unsigned  \\w.* ${rest}$`,
        );
      assert.match(lines[0], line("s1 \\(3\\), s2 \\(3\\)"));
      assert.match(lines[2], line("s1 \\(1\\), s2 \\(1\\)"));
      assert.equal(lines.length, 3);
      const { deployments } = JSON.parse(await fleet.succeed(["init", "--history", "--json"]));
      assert.match(deployments[0].nodes[0].hash, /^[0-9a-f]{64}$/);
    });

    await t.step("--rollback undoes the last deployment, and sends nothing", async () => {
      assert.match(
        await fleet.plan(["--rollback"]),
        lineWith(/^s1 /, "generation 3 → 4", /\bno +script/),
      );
      const printed = await fleet.succeed(["init", "--rollback"]);
      assert.match(
        printed,
        lineWith("rolled", "s1 (generation 4), s2 (generation 4)", /\(\d+ ms\)$/),
      );
      assert.equal(await fleet.succeed(["call", "math.mean", "[1.5, 2]"]), "3.5");
      assert.match(
        await fleet.succeed(["init", "--history"]),
        / s1 \(4, as 2\), s2 \(4, as 2\)\n/,
      );
    });

    await t.step("--only limits a deployment, or a rollback, to some of the servers", async () => {
      const printed = await fleet.succeed(["init", "--only", "s2"]);
      assert.match(printed, mentions("s2", "generation 4", "script"));
      assert.equal(await fleet.succeed(["call", "math.mean", "[1.5, 2]", "--server", "s1"]), "3.5");
      assert.equal(
        await fleet.succeed(["call", "math.mean", "[1.5, 2]", "--server", "s2"]),
        "1.75",
      );
      const said = await fleet.fail(22, ["init", "--rollback", "5"]);
      assert.match(said, mentions("generation 5", lineWith(/^ {2}s1 /, "1, 2, 3, 4")));
      assert.match(said, nothingChanged);
      await fleet.succeed(["init", "--rollback", "3", "--only", "s1"]);
      assert.match(await fleet.succeed(["init"]), nothingToDo);
      const misspelt = await fleet.fail(2, ["init", "--only", "s1,s3"]);
      assert.match(
        misspelt,
        mentions('"s3"', "init.yaml", '"s1"'),
      );
      const wrong = await fleet.fail(2, ["init", "--rollback", "init.yaml"]);
      assert.match(
        wrong,
        mentions('"init.yaml"', "--rollback", "number"),
      );
    });

    await t.step("a probable mistake is a warning with its position", async () => {
      const text = (await project.read("init.yaml")).replace("services/math/add.ts", "eval.ts");
      await project.write("warn.yaml", text);
      await project.write(
        "eval.ts",
        'export function add(..._: number[]): number {\n  return eval("1");\n}\n',
      );
      const { code, stderr } = await fleet.run(["init", "warn.yaml", "--dry-run"]);
      assert.equal(code, 3);
      assert.match(
        stderr,
        /^eval\.ts:2:10: .*\beval\b.*\n.*\n2 \| {3}return +eval/,
      );
    });

    await t.step("a node that is down is named, and nothing changes anywhere", async () => {
      const text = await project.read("init.yaml");
      await project.write("down.yaml", text.replace(`port: ${s2.port}`, `port: ${closedPort}`));
      const log = s1.process.stderr.text.length;
      const { code, stdout, stderr } = await fleet.run(["init", "down.yaml"]);
      assert.deepEqual({ code, stdout }, { code: 20, stdout: "" });
      assert.match(
        stderr,
        failure("Node Unreachable", '"s2"', "127.0.0.1:1", lineWith("--only s1"), nothingChanged),
      );
      assert.doesNotMatch(s1.process.stderr.text.slice(log), /deploy\./);
      const both = text.replace(`port: ${s2.port}`, `port: ${closedPort}`)
        .replace(`port: ${s1.port}`, `port: ${closedPort + 1}`);
      await project.write("down.yaml", both);
      const all = await fleet.fail(20, ["init", "down.yaml"]);
      assert.match(
        all,
        failure("Node Unreachable", '"s1"', '"s2"'),
      );
      assert.match(await fleet.succeed(["init", "--dry-run"]), /s1 .*unchanged \(generation 5\)/);
    });

    await t.step("a deployment that one node refuses changes no node", async () => {
      const thrown = "not today";
      const text = (await project.read("init.yaml"))
        .replace("services/hash/digest.ts", "services/throws.ts")
        .replace("services/text/note.ts", "services/text/other.ts");
      await project.write("refused.yaml", text);
      await project.write(
        "services/throws.ts",
        `throw new Error("${thrown}");\nexport function digest() {}\n`,
      );
      await project.write("services/text/other.ts", "export function note(): void {}\n");
      const { code, stderr } = await fleet.run(["init", "refused.yaml"]);
      assert.equal(code, 22);
      assert.match(stderr, failure("Deploy Rejected", "s1", "digest", thrown));
      assert.match(stderr, nothingChanged);
      const printed = await fleet.succeed(["init", "--dry-run"]);
      assert.match(printed, /^s1 .*unchanged \(generation 5\)\ns2 .*unchanged \(generation 5\)\n/);
    });

    await t.step("an example that fails on one node stops the deployment on all", async () => {
      const text = (await project.read("init.yaml")).replace("not: 1 }] }", "not: 7 }] }")
        .replace("services/math/add.ts", "services/math/plus.ts");
      await project.write("example.yaml", text);
      await project.write(
        "services/math/plus.ts",
        "export const add = (a: number, b: number) => b + a;\n",
      );
      const example = "to be or not to be";
      const said = await fleet.run(["init", "example.yaml"]);
      assert.equal(said.code, 22);
      assert.match(
        said.stderr,
        failure(
          "Deploy Rejected",
          /\bs2 .*\bstage\b/,
          "example 1",
          "text.word_count(str)",
          `word_count("${example}")`,
          /\{.*"not":1.*\}.*\{.*"not":7\}/,
          nothingChanged,
        ),
      );
      assert.match(said.stdout, / {2}~ text\.word_count\(str\) -> Dict\[str, int\] {2,}examples\n/);
      const printed = await fleet.succeed(["init", "--dry-run"]);
      assert.match(printed, /^s1 .*unchanged \(generation 5\)\ns2 .*unchanged \(generation 5\)\n/);
      const place = await fleet.fail(2, ["init", await wrongExample()]);
      assert.match(
        place,
        mentions("wrong.yaml", /divide\(int, int\) -> /),
      );
    });

    await t.step("the original assignment's spellings deploy and run", async () => {
      await project.write("original.yaml", originalSpelling(fleet));
      await project.write("services/square.js", "export default (number) => number * number;\n");
      const printed = await fleet.succeed(["init", "original.yaml"]);
      assert.match(printed, lineWith(/^! text\.word_count\(str\) /, "c2"));
      assert.match(printed, deployed({ s1: 6, s2: 6 }));
      const config = ["--config", "original.yaml"];
      assert.equal(await fleet.succeed(["call", "math.square", "12", ...config]), "144");
      assert.match(await fleet.fail(12, ["call", "hash.digest", "", ...config]), /hash/);
      assert.match(await fleet.fail(12, ["call", "math.add", "1", "1", "--server", "s1"]), /math/);
    });
  });
}
