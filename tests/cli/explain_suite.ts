/** What `farcall explain` promises, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../_support/cli.ts";
import { Fleet } from "../_support/fleet.ts";

/** Registers the tests of one way to run farcall. */
export function explainSuite(name: string, make: MakeProgram): void {
  Deno.test(`explain says what would become of a call, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    const { s1, s2 } = fleet;
    await fleet.succeed(["init"]);
    const explain = async (args: readonly string[], code = 0) => {
      const outcome = await fleet.run(["explain", ...args]);
      assert.equal(outcome.code, code, outcome.stdout + outcome.stderr);
      return outcome.stdout;
    };

    await t.step("a call that would be run, with every alternative", async () => {
      assert.match(
        await explain(["math.add", "2", "3"]),
        new RegExp(`^call      math\\.add
settings  config init\\.yaml: in this folder
identity  c1: it calls from 127\\.0\\.0\\.1 and is a tenant of math, the first such
          not c2: c1 comes first
overload  add\\(int, int\\) -> int
          not add\\(str, str\\) -> str: it fits too, and is less specific
provider  s1 \\(${s1.address}\\), generation 1: script [0-9a-f]{12}
          else s2 \\(${s2.address}\\), generation 1: script [0-9a-f]{12}
deadline  30s; the service allows 5m
retries   none: each provider is tried once
          only if it has certainly not run: add is not idempotent
$`),
      );
    });

    await t.step("an rpc that there is not, and the one that was meant", async () => {
      const { code, stdout, stderr } = await fleet.run(["explain", "math.ad", "2", "3"]);
      assert.equal(code, 13);
      assert.match(stdout, /^identity {2}service "math" has no rpc "ad"$/m);
      assert.equal(stderr, "  did you mean math.add?\n");
    });

    await t.step("nothing has run, and the script is the one that would", async () => {
      const { providers } = JSON.parse(await explain(["math.add", "2", "3", "--json"]));
      const status = JSON.parse(await fleet.succeed(["status", "--json"]));
      for (const { status: { services } } of status.nodes) {
        for (const { calls } of services) assert.equal(calls, 0);
      }
      const { stderr } = await fleet.run(["call", "math.add", "2", "3", "--verbose"]);
      assert.ok(stderr.startsWith(`script ${providers[0].script.slice(0, 12)} on `), stderr);
    });

    await t.step("what would be tried again, and what would not", async () => {
      const hasLines = async (args: readonly string[], ...lines: string[]) => {
        const said = await explain(args);
        const from = said.indexOf("\nretries");
        assert.equal(said.slice(from + 1), `retries   ${lines.join("\n".padEnd(11))}\n`);
      };
      const options = ["--retries", "3", "--hedge", "50ms"];
      await hasLines(
        ["math.primes", "10", ...options],
        "3: each provider is tried once, then all of them again, up to 3 times",
        "even if it may have run: primes is idempotent",
        "a second provider is asked after 50ms",
      );
      await hasLines(
        ["math.add", "2", "3", ...options],
        "3: each provider is tried once, then all of them again, up to 3 times",
        "only if it has certainly not run: add is not idempotent",
        "no second provider is asked after 50ms: add is not idempotent",
      );
      // The word of the node that is named counts, which was told by init.
      await hasLines(
        ["math.primes", "10", "--server", "s2", "--retries", "1", "--hedge", "1s"],
        "1: tried once, then again, up to 1 time",
        "even if it may have run: primes is idempotent",
        "no second provider is asked after 1s: there is no other",
      );
      const said = JSON.parse(await explain(["math.primes", "10", ...options, "--json"]));
      assert.deepEqual(said.attempts, { isIdempotent: true, retries: 3, hedgeMs: 50 });
      const refused = JSON.parse(await explain(["math.primes", "x", ...options, "--json"], 11));
      assert.equal(refused.attempts, null);
    });

    await t.step("arguments that fit nothing, and a deadline that is cut", async () => {
      const said = await explain(["math.add", "x", "--timeout", "10m"], 11);
      assert.match(said, /\noverload {2}none: no overload of "add" takes \("x"\)/);
      assert.match(said, /\n {10}not add\(str, str\) -> str: it takes 2 arguments, not 1\n/);
      assert.match(said, /\ndeadline {2}5m: the service allows no more, of 10m asked for\n/);
    });

    await t.step("explain tells refused callers only what their call would", async () => {
      const said = await explain(
        ["text.word_count", "x", "--as", "c1", "--server", s2.address],
        14,
      );
      const { stderr } = await fleet.run(
        ["call", "text.word_count", "x", "--as", "c1", "--server", s2.address],
      );
      const refusal = /Client Not Registered: (.*not one of its tenants)/.exec(stderr)![1];
      assert.ok(said.includes(`\nidentity  ${refusal}\n`), said);
      assert.match(said, /\noverload {2}none that this caller may call\n/);
      assert.doesNotMatch(said, /c2|Dict/);
    });

    await t.step("the plan shows an rpc's callers, and the rule", async () => {
      const file = await fleet.project.read("init.yaml");
      const mean = "src: services/math/mean.ts\n";
      assert.ok(file.includes(mean));
      await fleet.project.write("init.yaml", file.replace(mean, `${mean}        allow: [c2]\n`));
      const plan = await fleet.plan();
      assert.match(plan, /\n {2}~ math\.mean\(List\[float\]\) -> float {2}who may call it\n/);
      assert.match(plan, /\n {2}who may call math\.mean\(List\[float\]\): all tenants → c2\n/);
      assert.match(plan, /\n! math\.mean\(List\[float\]\) is closed to c1 \(on s1, s2\)\n/);
      await fleet.succeed(["init"]);
      const said = await explain(["math.mean", "[1.5, 2]"]);
      assert.match(said, /\nidentity {2}c2: .* a tenant of math, allowed to call mean, the first/);
      assert.match(said, /\n {10}not c1: the allow of math\.mean does not name it\n/);
      const refused = await explain(["math.mean", "[1.5, 2]", "--as", "c1"], 13);
      assert.match(refused, /\nidentity {2}service "math" has no rpc "mean"\n/);
      assert.match(
        refused,
        /\n {10}not mean\(List\[float\]\) -> float: its allow list has only c2\n/,
      );
      assert.doesNotMatch(
        await explain(["math.mean", "[1.5, 2]", "--as", "c1", "--server", s1.address], 13),
        /c2|float/,
      );
      const listed = await fleet.succeed(["call", "math", "--as", "c1", "--server", s1.address]);
      assert.doesNotMatch(listed, /mean/);
      assert.equal(await fleet.succeed(["call", "math.mean", "[1.5, 2]"]), "1.75");
      await fleet.project.write("init.yaml", file);
      await fleet.succeed(["init"]);
    });

    await t.step("a provider that is down is passed over", async () => {
      await s2.stop();
      assert.match(await explain(["math.add", "2", "3"]), /\n {10}not s2 .*nothing listens there/);
      assert.match(await explain(["text.note", "x"], 20), /\nprovider {2}not s2 /);
    });
  });
}
