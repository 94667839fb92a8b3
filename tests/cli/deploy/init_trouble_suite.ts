/** init's output when nodes fail and other deployments interfere, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import {
  deployed,
  failure,
  lineWith,
  mentions,
  nothingChanged,
  nothingToDo,
} from "../../_support/mentions.ts";

/** A script that loads slowly: longer than another `init` takes on a busy machine. */
const slowScript = `await new Promise((resolve) => setTimeout(resolve, 5000));
export const who = () => "slow";
`;

const quickScript = 'export const who = () => "quick";\n';

function yaml(fleet: Fleet, src: string): string {
  return `${fleet.network}services:
  who:
    providers: [s1, s2]
    tenants: [c1]
    rpcs:
      who: { args: [], returns: str, src: ${src} }
`;
}

/** Registers the tests of one way to run farcall. */
export function initTroubleSuite(name: string, make: MakeProgram): void {
  Deno.test(`init and what gets in its way, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    const { project, s1, s2 } = fleet;
    await project.write("slow.yaml", yaml(fleet, "slow.ts"));
    await project.write("slow.ts", slowScript);
    await project.write("quick.yaml", yaml(fleet, "quick.ts"));
    await project.write("quick.ts", quickScript);

    await t.step("a node that dies while it stages is named, and no other changes", async () => {
      await using init = cli.start(["init", "slow.yaml"], { cwd: project.folder });
      await s2.executors(1);
      s2.process.kill("SIGKILL");
      const { code, stdout, stderr } = await init.ended;
      assert.equal(code, 20);
      assert.match(stdout, lineWith(/^s1 .* {2}/, /\bfirst\b/, "1 script", /\d+ B$/));
      assert.doesNotMatch(stdout, /deployed/);
      assert.match(
        stderr,
        failure("Connection Lost", `s2 (${s2.address})`, "stage", nothingChanged),
      );
      const said = await fleet.fail(14, ["call", "who.who", "--server", s1.address]);
      assert.match(said, failure("Client Not Registered", "deployed"));
    });

    await using back = await cli.serve([s2.host, String(s2.port), "--root", s2.root]);
    assert.match(back.readyLine, /\bnothing\b.*\bdeployed\b/, "it is as it was");

    await t.step(
      "of two concurrent init, the second learns who is deploying since when",
      async () => {
        await using first = cli.start(["init", "slow.yaml"], { cwd: project.folder });
        await back.executors(1);
        // It must not end before the second has asked.
        first.kill("SIGSTOP");
        const { code, stdout, stderr } = await fleet.run(["init", "quick.yaml"]);
        first.kill("SIGCONT");
        assert.equal(code, 22, stderr);
        assert.doesNotMatch(stdout, /deployed/);
        assert.match(
          stderr,
          failure(
            "Deploy Rejected",
            `s1 (${s1.address})`,
            /\S@\S+ .*127\.0\.0\.1:\d+\b/,
            /20\d\d-\d\d-\d\dT[\d:.]+Z/,
            "init --take-over",
            nothingChanged,
          ),
        );
        assert.equal((await first.ended).code, 0);
        for (const { address } of [s1, back]) {
          assert.equal(await fleet.succeed(["call", "who.who", "--server", address]), "slow");
        }
        assert.match(
          await fleet.succeed(["init", "quick.yaml"]),
          deployed({ s1: 2, s2: 2 }),
        );
      },
    );

    await t.step("one that takes over ends the other, whose deployer learns who did", async () => {
      const before = await back.executors(1);
      await using first = cli.start(["init", "slow.yaml"], { cwd: project.folder });
      await back.executors(1, before);
      first.kill("SIGSTOP");
      const said = await fleet.succeed(["init", "quick.yaml", "--take-over"]);
      first.kill("SIGCONT");
      assert.match(said, nothingToDo);
      const { code, stderr } = await first.ended;
      assert.equal(code, 22, stderr);
      assert.match(stderr, mentions(/\S+@\S+ .*127\.0\.0\.1:\d+/, "init --take-over"));
      for (const { address } of [s1, back]) {
        assert.equal(await fleet.succeed(["call", "who.who", "--server", address]), "quick");
      }
    });
  });
}
