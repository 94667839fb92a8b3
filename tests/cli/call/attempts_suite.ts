/** Interrupted, retried and hedged calls, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram, type ServedNode } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { waitScript } from "../nodes/serve_suite.ts";
import { failure, mentions } from "../../_support/mentions.ts";

const services = `services:
  slow:
    providers: [s1, s2]
    tenants: [c1]
    rpcs:
      wait: { args: [int], returns: [int], src: wait.ts }
      spin: { args: [], returns: [], src: spin.ts }
      calm: { args: [int], returns: [int], src: wait.ts, idempotent: true }
`;

const spinScript = `export async function spin(): Promise<void> {
  console.log("spinning");
  await new Promise((resolve) => setTimeout(resolve, 1));
  for (;;);
}
`;

/** Registers the tests of one way to run farcall. */
export function attemptsSuite(name: string, make: MakeProgram): void {
  Deno.test(`calls that are interrupted or made again, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    const { project, s1, s2 } = fleet;
    await project.write("init.yaml", fleet.network + services);
    await project.write("wait.ts", waitScript.replace("export", "export default"));
    await project.write("spin.ts", spinScript);
    await fleet.succeed(["init"]);
    const start = (...args: string[]) =>
      cli.start(["call", ...args, "--config", project.path("init.yaml")]);

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await t.step(`${signal} cancels the call, says so, and exits with 130`, async () => {
        const from = s1.process.stderr.text.length;
        await using calling = start("slow.wait", "60000");
        await s1.process.stderr.until(/waiting 60000/, from);
        calling.kill(signal);
        const { code, stdout, stderr } = await calling.ended;
        assert.deepEqual({ code, stdout }, { code: 130, stdout: "" });
        const node = `s1 (${s1.address})`;
        assert.equal(stderr, `farcall: interrupted: the call was cancelled on ${node}\n`);
        await s1.process.stderr.until(/call\.cancelled .*rpc=wait/, from);
      });
    }

    await t.step("a script that does not yield is stopped, too", async () => {
      const from = s1.process.stderr.text.length;
      await using calling = start("slow.spin");
      await s1.process.stderr.until(/spinning/, from);
      calling.kill("SIGINT");
      assert.equal((await calling.ended).code, 130);
      await s1.process.stderr.until(/call\.cancelled .*rpc=spin/, from);
      await s1.process.stderr.until(/executor\.ended/, from);
      assert.equal(await fleet.succeed(["call", "slow.wait", "1", "--server", "s1"]), "1");
    });

    await t.step("a call that waits for a node is interrupted, too", async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const address = `127.0.0.1:${listener.addr.port}`;
      await using calling = cli.start(["call", "slow.wait", "1", "--server", address]);
      using _connection = await listener.accept();
      calling.kill("SIGINT");
      const { code, stderr } = await calling.ended;
      assert.equal(code, 130);
      assert.match(stderr, /^farcall: interrupted: .*cancelled .*before.*\n$/);
    });

    await t.step("so are many calls: the completed ones are summarised", async () => {
      const from = s1.process.stderr.text.length;
      await using calling = start("slow.wait", "20", "--repeat", "1000000", "--concurrency", "2");
      await s1.process.stderr.until(/(call\.executed [^]*){8}/, from);
      calling.kill("SIGINT");
      const { code, stdout, stderr } = await calling.ended;
      assert.equal(code, 130);
      assert.match(stdout, mentions(/^\d+ calls/, /\b2\b/, "0 failed", /^least /));
      assert.match(stderr, /^farcall: interrupted: .*flight .*cancelled.*\n$/);
    });

    await t.step("--hedge asks a second provider if the rpc is idempotent", async () => {
      s1.process.kill("SIGSTOP");
      try {
        const { code, stdout, stderr } = await fleet.run(
          ["call", "slow.calm", "1", "--hedge", "50ms", "--verbose"],
        );
        assert.deepEqual({ code, stdout }, { code: 0, stdout: "1\n" });
        assert.match(stderr, mentions("s2", "script"));
      } finally {
        s1.process.kill("SIGCONT");
      }
    });

    await t.step("--retries waits for a node that is started again", async () => {
      const server = ["--server", s2.address];
      assert.equal((await s2.stop()).code, 0);
      const said = await cli.fail(20, ["call", "slow.wait", "1", ...server, "--retries", "1"]);
      assert.match(said, failure("Node Unreachable"));
      const calling = cli.succeed(["call", "slow.wait", "1", ...server, "--retries", "100"]);
      await using _again: ServedNode = await cli.serve(
        [s2.host, String(s2.port), "--root", s2.root],
      );
      assert.equal(await calling, "1");
    });

    await t.step("malformed retries and hedges exit with 2", async () => {
      for (
        const [option, value, says] of [
          ["--retries", "x", mentions("--retries", "100", '"x"', "number")],
          ["--retries", "101", mentions("100")],
          ["--hedge", "soon", mentions("--hedge", '"soon"', "duration")],
        ] as const
      ) {
        assert.match(await fleet.fail(2, ["call", "slow.calm", "1", option, value]), says);
      }
    });
  });
}
