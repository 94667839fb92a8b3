/** What `farcall call` promises, for every way to run it. */
import assert from "node:assert/strict";
import type { StartOptions } from "../../_support/commands/cli.ts";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { failures, successes } from "./call_cases.ts";
import { waitScript } from "../nodes/serve_suite.ts";
import { failure, lineWith, mentions } from "../../_support/mentions.ts";

/** Besides the example's services: a slow one. */
const slowService = `
  slow:
    providers: [s1]
    tenants: [c1, c2]
    rpcs:
      wait:
        - { args: [int], returns: [int], src: services/slow/wait.ts }
      echo:
        - { args: ["List[int]", str], returns: [str], src: services/slow/echo.ts }
`;

const echoScript = `export function echo(numbers: number[], text: string): string {
  return numbers.join("+") + text;
}
`;

/** What `farcall call` promises; ends s1, and stops s2. */
export const calls: FleetPart = {
  name: "call",
  async run(t, fleet) {
    const { cli, project, s1, s2 } = fleet;
    const { program } = cli;
    await project.write("init.yaml", await project.read("init.yaml") + slowService);
    await project.write("services/slow/wait.ts", waitScript);
    await project.write("services/slow/echo.ts", echoScript);
    await fleet.succeed(["init"]);

    for (const [promise, { args, prints, stdin }] of Object.entries(successes)) {
      await t.step(promise, async () => {
        const { code, stdout, stderr } = await fleet.run(["call", ...args], { stdin });
        assert.deepEqual({ code, stdout, stderr }, {
          code: 0,
          stdout: prints === "" ? "" : `${prints}\n`,
          stderr: "",
        });
      });
    }

    for (const [promise, { code, args, says, stdin }] of Object.entries(failures)) {
      await t.step(promise, async () => {
        assert.match(await fleet.fail(code, ["call", ...args], { stdin }), says);
      });
    }

    await t.step("without an rpc, it lists what this caller may call", async () => {
      const lines = (await fleet.succeed(["call", "--as", "c1"])).split("\n");
      assert.equal(lines[0], "math  Numbers, on both servers, for everybody");
      assert.ok(lines.includes(
        "  add(int, int) -> int                                  The sum of two whole numbers, however large",
      ));
      assert.ok(lines.some((line) => line.startsWith("hash  ")), "of every node");
      assert.ok(!lines.some((line) => line.startsWith("text")), "but not what is closed");
      const text = await fleet.succeed(["call", "text", "--as", "c2"]);
      assert.match(
        text,
        /^text {2}\w.*\n {2}word_count\(str\) -> Dict\[str, int\] +\w/,
      );
      const { services } = JSON.parse(await fleet.succeed(["call", "math", "--json"]));
      assert.equal(services[0].overloads.length, 7);
      const said = await fleet.fail(12, ["call", "mat"]);
      assert.match(said, mentions('"mat"', '"math"'));
      const { stdout } = await cli.run(["call", "--server", s2.address]);
      assert.match(stdout, /^math /);
    });

    await t.step("an unknown rpc: the nearest is suggested", async () => {
      const said = await fleet.fail(13, ["call", "math.ad", "2", "3"]);
      assert.match(said, failure("RPC Not Found", '"ad"', lineWith(/^ +/, "math.add")));
    });

    await t.step("an rpc or a service that only init.yaml has: it must be deployed", async () => {
      const yaml = await project.read("init.yaml");
      const rpc = "add: { args: [int, int], returns: [int], src: services/math/add.ts }";
      const more = yaml.replace("      add:", `      ${rpc.replace("add:", "sum:")}\n      add:`) +
        `\n  extra:\n    providers: [s1]\n    tenants: [c1]\n    rpcs:\n      ${rpc}\n`;
      await project.write("more.yaml", more);
      const call = (code: number, target: string, ...where: string[]) =>
        fleet.fail(code, ["call", target, "2", "3", "--config", "more.yaml", ...where]);
      const says = lineWith(/^ +/, "more.yaml", "farcall init more.yaml");
      assert.match(await call(13, "math.sum"), says);
      assert.match(await call(13, "math.sum", "--server", "s1"), says);
      assert.match(await call(12, "extra.add"), says);
    });

    await t.step("an rpc that only the node has, not init.yaml", async () => {
      const less = (await project.read("init.yaml")).replaceAll(/^ {6}divide:/gm, "      parts:");
      await project.write("less.yaml", less);
      const said = await fleet.fail(13, [
        "call",
        "math.divide",
        "17",
        "5",
        "--config",
        "less.yaml",
      ]);
      assert.match(said, failure("RPC Not Found", "math.divide", "configuration", "address", "s1"));
    });

    await t.step("--trace shows where the time of a call went, behind its value", async () => {
      const { code, stdout, stderr } = await fleet.run(["call", "math.add", "2", "3", "--trace"]);
      assert.deepEqual([code, stdout], [0, "5\n"]);
      const lines = stderr.trimEnd().split("\n").map((line) => /^(\w+) +([\d.]+) ms/.exec(line)!);
      assert.deepEqual(
        lines.map(([, phase]) => phase),
        ["resolve", "connect", "handshake", "queue", "execute", "transfer", "total"],
      );
      const sum = lines.slice(0, -1).reduce((total, [, , ms]) => total + Number(ms), 0);
      assert.ok(Math.abs(sum - Number(lines.at(-1)![2])) < 0.1, stderr);
      assert.match(
        await fleet.fail(2, ["call", "math.add", "2", "3", "--trace", "--repeat", "2"]),
        mentions("--trace", "--repeat"),
      );
    });

    await t.step("--repeat sums up many calls, and fails as the first that failed", async () => {
      const many = ["--repeat", "50", "--concurrency", "8"];
      const lines = (await fleet.succeed(["call", "math.add", "2", "3", ...many])).split("\n");
      assert.match(lines[0], lineWith(/^50 calls/, /\b8\b/, /\d m?s\b/, /\b0 failed$/));
      assert.match(lines[1], /^least \S+ \S+, p50 .*, p99\.9 .*, most \S+ \S+$/);
      const summary = JSON.parse(
        await fleet.succeed(["call", "math.add", "2", "3", ...many, "--json"]),
      );
      assert.equal(summary.succeeded, 50);
      assert.ok(summary.leastMs <= summary.p50Ms && summary.p50Ms <= summary.mostMs);
      const failed = await fleet.run(["call", "math.divide", "2", "0", ...many]);
      assert.equal(failed.code, 10);
      assert.match(failed.stdout, /, 50 failed\n {2}50 × Execution Exception\n$/);
      assert.match(failed.stderr, failure("Execution Exception", "zero"));
      const search = ["call", "text.search", "@init.yaml", "tenants", "--as", "c2"];
      assert.match(
        await fleet.succeed([...search, "--repeat", "3"]),
        lineWith(/^3 calls/, /\b0 failed$/),
        "each call reads the file from its beginning",
      );
      const said = await fleet.fail(2, ["call", "math.add", "2", "3", "--repeat", "0"]);
      assert.match(said, mentions("--repeat", '"0"', "number"));
    });

    await t.step("--server HOST:PORT needs no file", async () => {
      const server = ["--server", s1.address];
      assert.equal(await cli.succeed(["call", "math.add", "2", "3", ...server]), "5");
      const closed = await cli.fail(14, [
        "call",
        "text.note",
        "a",
        "--as",
        "c1",
        "--server",
        s2.address,
      ]);
      assert.match(closed, mentions('"text"', '"c1"', "closed"));
      assert.match(await cli.fail(13, ["call", "math.ad", ...server]), /"ad"/);
      assert.match(await cli.fail(12, ["call", "mth.add", ...server]), /"mth"/);
      assert.match(
        await cli.fail(11, ["call", "math.add", "1", ...server]),
        failure("Invalid Arguments", "add(int, int) -> int", "add(str, str) -> str"),
      );
    });

    await t.step("without a file and without a node it says what to specify", async () => {
      const said = await cli.fail(2, ["call", "math.add", "2", "3"]);
      assert.match(said, mentions("init.yaml", "--server HOST:PORT", "--config"));
      assert.match(await cli.fail(20, ["call", "math.add", "--server", "s1"]), /s1:8181/);
    });

    await t.step("--config names the file, from any folder", async () => {
      const config = ["--config", project.path("init.yaml")];
      assert.equal(await cli.succeed(["call", "math.add", "2", "3", ...config]), "5");
    });

    await t.step("a caller needs only init.yaml, not the scripts", async () => {
      await project.write("caller/init.yaml", await project.read("init.yaml"));
      const options: StartOptions = { cwd: project.path("caller") };
      assert.equal(await cli.succeed(["call", "math.add", "2", "3"], options), "5");
    });

    await t.step("--verbose says which node and script answered, on standard error", async () => {
      const { code, stdout, stderr } = await fleet.run(["call", "math.add", "2", "3", "--verbose"]);
      assert.deepEqual({ code, stdout }, { code: 0, stdout: "5\n" });
      assert.match(stderr, /^script [0-9a-f]{12} on s1 \(127\.0\.0\.1:\d+\), [\d.]+ ms\n$/);
    });

    await t.step("--verbose says so of a script that fails, too", async () => {
      const said = await fleet.fail(10, ["call", "math.mean", "[]", "--verbose"]);
      assert.match(
        said,
        /^farcall: .*\n(?: {4}at .*\n)?script [0-9a-f]{12} on s1 \(127\.0\.0\.1:\d+\), [\d.]+ ms\n$/,
      );
    });

    await t.step("--pin takes what --verbose prints, and refuses any other script", async () => {
      const { stderr } = await fleet.run(["call", "math.mean", "[1.5, 2]", "--verbose"]);
      const pin = ["--pin", /^script (\w+) /.exec(stderr)![1]];
      assert.equal(await fleet.succeed(["call", "math.mean", "[1.5, 2]", ...pin]), "1.75");
      const before = await project.read("services/math/mean.ts");
      await project.write(
        "services/math/mean.ts",
        `${before}// Changed.\nexport const more = 1;\n`,
      );
      await fleet.succeed(["init"]);
      const said = await fleet.fail(13, ["call", "math.mean", "[1.5, 2]", ...pin]);
      assert.match(
        said,
        failure("RPC Not Found", "math.mean(List[float])", "script"),
      );
      assert.ok(said.includes(`pinned to ${pin[1]}`), said);
      assert.equal(
        said.trim().split("\n").length,
        1,
        `it is deployed, so init is no advice: ${said}`,
      );
      await project.write("services/math/mean.ts", before);
      await fleet.succeed(["init"]);
      assert.equal(await fleet.succeed(["call", "math.mean", "[1.5, 2]", ...pin]), "1.75");
      const other = await fleet.fail(14, ["call", "text.note", "a", "--as", "c1", ...pin]);
      assert.ok(!/script|pin/.test(other), "who is not a tenant learns nothing of scripts");
    });

    await t.step("arguments that exceed a message exit with 22 and the reason", async () => {
      const stdin = JSON.stringify(["x".repeat(17 * 1024 * 1024), ""]);
      const said = await fleet.fail(22, ["call", "math.add", "--args", "-"], { stdin });
      assert.match(said, failure("Message Too Large"));
      assert.ok(said.length < 1000, "the argument is not repeated");
    });

    await t.step("a reader that leaves early ends the call quietly", async () => {
      const { command, args, env, isEnvCleared } = program;
      const outcome = await new Deno.Command("/bin/sh", {
        args: [
          ...["-c", '{ "$@"; echo "code $?" >&2; } | dd bs=10 count=1 2>/dev/null', "sh"],
          ...[command, ...args, "call", "math.primes", "1000000"],
        ],
        cwd: project.folder,
        env: { ...env },
        clearEnv: isEnvCleared,
      }).output();
      assert.equal(new TextDecoder().decode(outcome.stdout), "[2,3,5,7,1");
      assert.equal(new TextDecoder().decode(outcome.stderr), "code 0\n");
    });

    await t.step("a silent node exits with 21 within the given time", async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const server = ["--server", `127.0.0.1:${listener.addr.port}`, "--timeout", "300ms"];
      assert.match(
        await cli.fail(21, ["call", "math.add", "2", "3", ...server]),
        failure("Deadline Exceeded", server[1]),
      );
    });

    await t.step("another program's port exits with 20 and a hint", async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const serving = listener.accept().then(async (connection) => {
        await connection.write(new TextEncoder().encode("220 mail.example ESMTP\r\n"));
        await new Response(connection.readable).arrayBuffer();
      });
      const server = ["--server", `127.0.0.1:${listener.addr.port}`];
      const said = await cli.fail(20, ["call", "math.add", "2", "3", ...server]);
      assert.match(said, failure("Node Unreachable", server[1], /\bnode\b/, "port"));
      await serving;
    });

    await t.step("a node killed during a call exits with 20", async () => {
      await using calling = cli.start(["call", "slow.wait", "30000"], { cwd: project.folder });
      await s1.process.stderr.until(/waiting 30000/);
      await s1.process[Symbol.asyncDispose]();
      const { code, stdout, stderr } = await calling.ended;
      assert.deepEqual({ code, stdout }, { code: 20, stdout: "" });
      assert.match(stderr, failure("Connection Lost", "unknown", "script"));
    });

    await t.step("a provider that is down is skipped", async () => {
      assert.equal(await fleet.succeed(["call", "math.add", "2", "3"]), "5");
      const said = await fleet.fail(20, ["call", "hash.digest", ""]);
      assert.match(said, failure("Node Unreachable", '"s1"'));
      const listing = await fleet.fail(20, ["call", "--server", "127.0.0.1:1"]);
      assert.match(listing, failure("Node Unreachable"));
    });

    await t.step("if no node is up, each is named once", async () => {
      await s2.stop();
      const said = await fleet.fail(20, ["call"]);
      for (const { address } of [s1, s2]) {
        assert.equal(said.split(`connect to ${address}`).length, 2, said);
      }
      assert.match(
        said,
        mentions("s2", "Node Unreachable", '"s1"'),
      );
    });
  },
};
