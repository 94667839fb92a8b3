/** `farcall logs`: the nodes' logs, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, closedPort, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet, Project } from "../../_support/nodes/fleet.ts";
import { failure } from "../../_support/mentions.ts";

interface Shown {
  readonly node: string;
  readonly event: string;
  readonly epochMs: number;
  readonly [field: string]: unknown;
}

function parsed(stdout: string): Shown[] {
  return stdout.trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Registers the tests of one way to run farcall. */
export function logsSuite(name: string, make: MakeProgram): void {
  Deno.test(`logs shows what all nodes have logged, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    await fleet.succeed(["init"]);
    await fleet.succeed(["call", "text.note", "several\nlines", "--as", "c2"]);
    await fleet.succeed(["call", "--all", "math.add", "2", "3"]);
    await fleet.fail(10, ["call", "math.mean", "[]", "--server", "s1"]);
    const shown = async (...args: string[]) =>
      parsed(await fleet.succeed(["logs", "--json", ...args]));

    await t.step("of all nodes, in the order of time", async () => {
      const all = await shown();
      assert.deepEqual(new Set(all.map(({ node }) => node)), new Set(["s1", "s2"]));
      const times = all.map(({ epochMs }) => epochMs);
      assert.deepEqual(times, times.toSorted((a, b) => a - b));
      const printed = all.find(({ event }) => event === "script.console")!;
      assert.deepEqual([printed.service, printed.rpc, printed.text], [
        "text",
        "note",
        "several\nlines",
      ]);
      assert.equal(all.filter(({ event }) => event === "node.started").length, 2);
    });
    await t.step("of one node, service, rpc, call, level, time", async () => {
      assert.ok((await shown("s2")).every(({ node }) => node === "s2"));
      const adds = await shown("--service", "math", "--rpc", "add");
      assert.deepEqual(adds.map(({ event }) => event), ["call.executed", "call.executed"]);
      const [failed, ...others] = await shown("--level", "warn");
      assert.deepEqual([failed.event, failed.node, others.length], ["call.failed", "s1", 0]);
      assert.match(String(failed.stack), /mean/);
      const ofCall = await shown("s1", "--call", String(failed.call), "--service", "math");
      assert.ok(ofCall.some(({ event }) => event === "call.failed"));
      assert.deepEqual(await shown("--since", "2999-01-01"), []);
      assert.ok((await shown("--since", "1h")).length > 10);
      assert.deepEqual(await shown("--service", "constructor"), []);
    });
    await t.step("for people, with their nodes, and multi-line fields below", async () => {
      const text = await fleet.succeed(["logs", "--level", "warn"]);
      assert.match(text, /^\S+Z warn {2}s1 call\.failed .*\n {4}stack: Error: .*\bmean\b/);
    });
    await t.step(
      "followed: what comes, as it comes",
      async () => {
        await using following = fleet.cli.start(["logs", "-f", "--service", "math", "--json"], {
          cwd: fleet.project.folder,
        });
        await following.stdout.until(/call\.failed/);
        await fleet.succeed(["call", "math.add", "40", "2", "--server", "s2", "--as", "c2"]);
        await following.stdout.until(/"s2".*call\.executed.*"client":"c2"/);
        following.kill("SIGINT");
        await following.ended;
      },
    );
    await t.step(
      "callers without the right are refused; a client with allow-logs is not",
      async () => {
        const refused = await fleet.run(["logs", "--as", "c1"]);
        assert.equal(refused.code, 22);
        assert.match(
          refused.stderr,
          failure("Unauthenticated", "--deploy-key", "allow-logs: true"),
        );
        const file = await fleet.project.read("init.yaml");
        await fleet.project.write(
          "init.yaml",
          file.replace("c1: { ip: 127.0.0.1 }", "c1: { ip: 127.0.0.1, allow-logs: true }"),
        );
        assert.match(await fleet.plan(), /~ c1 \(127\.0\.0\.1 → 127\.0\.0\.1, .*\blogs\)/);
        await fleet.succeed(["init"]);
        assert.ok((await shown("--as", "c1")).length > 10);
      },
    );
    await t.step("a node that is down is reported, and does not affect the others", async () => {
      const down = `127.0.0.1:${closedPort}`;
      const { code, stdout, stderr } = await fleet.run(["logs", "s1", down, "--json"]);
      assert.equal(code, 20);
      assert.ok(parsed(stdout).length > 5);
      assert.match(stderr, failure("Node Unreachable", down));
    });
    await t.step("malformed levels and times, and unknown servers, are refused", async () => {
      for (const args of [["--level", "loud"], ["--since", "yesterday"], ["nobody"]]) {
        await fleet.fail(2, ["logs", ...args]);
      }
    });
  });

  Deno.test(`logs reads a node's files, and goes on in the next where they are rotated, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      "services/say.ts":
        "export function say(n: number): void { for (let i = 0; i < n; i++) console.log('line', i); }",
    });
    const options = { cwd: project.folder };
    const serve = ["--port", "0", "--root", "root", "--log", "node.log", "--log-max", "4KiB"];
    await using node = await cli.serve([...serve, "--log-keep", "20"], options);
    await project.write(
      "init.yaml",
      `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${node.port} } }\n` +
        "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n" +
        "  talk: { providers: s1, tenants: c1, rpcs: " +
        "{ say: { args: [int], returns: [], src: services/say.ts } } }\n",
    );
    await cli.succeed(["init"], options);
    const asked = ["logs", node.address, "--json", "--rpc", "say"];
    // From before it began: on a busy machine the call is over by then.
    await using following = cli.start([...asked, "-f", "--since", "1h"], options);
    await cli.succeed(["call", "talk.say", "200"], options);
    await following.stdout.until(/line 199/);
    following.kill("SIGINT");
    const lines = (stdout: string) =>
      parsed(stdout).filter(({ event }) => event === "script.console").map(({ text }) => text);
    const expected = Array.from({ length: 200 }, (_, n) => `line ${n}`);
    assert.deepEqual(lines((await following.ended).stdout), expected);
    assert.deepEqual(lines(await cli.succeed(asked, options)), expected);
    assert.ok((await Deno.stat(project.path("node.log.2"))).isFile, "it was rotated");
  });
}
