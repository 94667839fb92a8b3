/** What `farcall status` promises, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { lineWith, mentions } from "../../_support/mentions.ts";

/** Registers the tests of one way to run farcall. */
export function statusSuite(name: string, make: MakeProgram): void {
  Deno.test(`status shows how the nodes are, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    const { project, s1, s2 } = fleet;
    const rows = async (args: readonly string[] = []) =>
      (await fleet.succeed(["status", ...args])).split("\n").map((line) => line.split(/ {2,}/));

    await t.step("before anything was deployed", async () => {
      const [titles, row, ...rest] = await rows();
      assert.deepEqual([titles[0], titles.at(-1)], ["NODE", "INIT WOULD"]);
      assert.deepEqual(row.slice(0, 4), ["s1", s1.address, "up", "none"]);
      assert.equal(row.at(-1), "+ 8");
      assert.equal(rest.length, 1);
    });

    await t.step("afterwards, and after a call", async () => {
      await fleet.succeed(["init"]);
      await fleet.succeed(["call", "math.add", "2", "3", "--server", "s2"]);
      const all = await rows();
      assert.equal(all[1].at(-1), "change nothing");
      const math = all.find(([service, node]) => service === "math" && node === "s2")!;
      assert.deepEqual(math.slice(2, 8), ["7", "1 running", "0", "0", "1", "0"]);
    });

    await t.step("an edited script is drift", async () => {
      const source = await project.read("services/math/add.ts");
      await project.write("services/math/add.ts", source.replace("a + b", "a + b + 1"));
      assert.deepEqual((await rows()).slice(1, 3).map((row) => row.at(-1)), [
        "~ 1, = 7",
        "~ 1, = 9",
      ]);
    });

    await t.step("one node alone, by name or by address, and as JSON", async () => {
      assert.equal((await rows(["--server", "s2"]))[1][0], "s2");
      const text = await fleet.cli.succeed(["status", "--server", s1.address, "--json"]);
      const { nodes } = JSON.parse(text);
      assert.equal(nodes.length, 1);
      assert.deepEqual([nodes[0].name, nodes[0].status.generation, nodes[0].problem], [
        "s1",
        1,
        null,
      ]);
      assert.equal(nodes[0].isInStep, null);
    });

    await t.step(
      "a server that the file does not have is told with those that it has",
      async () => {
        assert.match(
          await fleet.fail(2, ["status", "--server", "s9"]),
          mentions('"s9"', "HOST:PORT", "init.yaml", "s1", "s2"),
        );
      },
    );

    await t.step("without the scripts, everything but the drift", async () => {
      await project.write("elsewhere/init.yaml", await project.read("init.yaml"));
      const { code, stdout, stderr } = await fleet.run(["status", "elsewhere/init.yaml"]);
      assert.equal(code, 0);
      assert.match(stderr, lineWith(/\binit\b/, "farcall check"));
      assert.match(stdout, /^NODE .* MEMORY +HELD +EXECUTORS +FILES\ns1 /);
    });

    await t.step("a node that is down is a row, and exit code 20", async () => {
      await s2.stop();
      const { code, stdout } = await fleet.run(["status"]);
      assert.equal(code, 20);
      assert.match(
        stdout,
        mentions("s1", "s2", "farcall serve"),
      );
      const alone = await fleet.run(["status", "--server", s2.address]);
      assert.match(
        alone.stdout,
        mentions("127.0.0.1"),
      );
    });
  });
}
