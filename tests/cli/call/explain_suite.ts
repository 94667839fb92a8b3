/** What `farcall explain` promises, for every way to run it. */
import assert from "node:assert/strict";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { type Fact, lineWith, mentions } from "../../_support/mentions.ts";

/** The part of `farcall status --json` about a node. */
interface NodeStatus {
  readonly generation: number;
  readonly services: readonly { readonly calls: number }[];
}

/** What `farcall explain` promises; stops s2 at the end. */
export const explanations: FleetPart = {
  name: "explain says what would become of a call",
  async run(t, fleet) {
    const { s1, s2 } = fleet;
    await fleet.succeed(["init"]);
    const explain = async (args: readonly string[], code = 0) => {
      const outcome = await fleet.run(["explain", ...args]);
      assert.equal(outcome.code, code, outcome.stdout + outcome.stderr);
      return outcome.stdout;
    };

    const statuses = async (): Promise<NodeStatus[]> =>
      JSON.parse(await fleet.succeed(["status", "--json"])).nodes
        .map(({ status }: { status: NodeStatus }) => status);
    const callsOf = (status: NodeStatus) => status.services.map(({ calls }) => calls);
    const before = await statuses();
    const [g1, g2] = before.map(({ generation }) => `generation ${generation}`);

    await t.step("a call that would be run, with every alternative", async () => {
      const lines: readonly (readonly Fact[])[] = [
        [/^call {6}math\.add$/],
        [/^settings {2}/, "config init.yaml"],
        [/^identity {2}c1: /, "127.0.0.1", "tenant", "math", "first"],
        [/^ {10}not c2: /, "c1"],
        [/^overload {2}add\(int, int\) -> int$/],
        [/^ {10}not +add\(str, str\) -> str: /, "specific"],
        [/^provider {2}s1 /, s1.address, g1, /script [0-9a-f]{12}$/],
        [/^ {10}else s2 /, s2.address, g2, /script [0-9a-f]{12}$/],
        [/^deadline {2}30s\b/, "5m"],
        [/^retries {3}none\b/, "once"],
        [/^ {10}\w/, /\bnot\b.*\badd\b.*\bidempotent\b/],
      ];
      const said = (await explain(["math.add", "2", "3"])).trimEnd().split("\n");
      assert.equal(said.length, lines.length);
      for (const [index, facts] of lines.entries()) assert.match(said[index], lineWith(...facts));
    });

    await t.step("an unknown rpc, and the intended one", async () => {
      const { code, stdout, stderr } = await fleet.run(["explain", "math.ad", "2", "3"]);
      assert.equal(code, 13);
      assert.match(stdout, lineWith(/^identity {2}/, '"math"', '"ad"'));
      assert.match(stderr, /^ {2}.*\bmath\.add\b.*\n$/);
    });

    await t.step("nothing has run, and the script is the one that would have", async () => {
      const { providers } = JSON.parse(await explain(["math.add", "2", "3", "--json"]));
      assert.deepEqual((await statuses()).map(callsOf), before.map(callsOf));
      const { stderr } = await fleet.run(["call", "math.add", "2", "3", "--verbose"]);
      assert.ok(stderr.startsWith(`script ${providers[0].script.slice(0, 12)} on `), stderr);
    });

    await t.step("which calls would be retried, and which would not", async () => {
      const hasLines = async (args: readonly string[], ...lines: RegExp[]) => {
        const [, said] = (await explain(args)).split(/^retries {3}/m);
        const found = said.trimEnd().split(/\n {10}/);
        assert.equal(found.length, lines.length, said);
        for (const [index, line] of lines.entries()) assert.match(found[index], line);
      };
      const idempotent = /\bprimes\b.*(?<!\bnot) idempotent\b/;
      const notIdempotent = /\badd\b.*(?<=\bnot) idempotent\b/;
      const options = ["--retries", "3", "--hedge", "50ms"];
      await hasLines(
        ["math.primes", "10", ...options],
        mentions(/^3\b/, "provider", "3 times"),
        idempotent,
        mentions(/(?<!\bno )second/, "50ms"),
      );
      await hasLines(
        ["math.add", "2", "3", ...options],
        mentions(/^3\b/, "provider", "3 times"),
        notIdempotent,
        mentions(/(?<=\bno) second/, "50ms", notIdempotent),
      );
      // The named node's own information counts, which came from init.
      await hasLines(
        ["math.primes", "10", "--server", "s2", "--retries", "1", "--hedge", "1s"],
        mentions(/^1\b/, /\b1 time$/),
        idempotent,
        mentions(/(?<=\bno) second/, "1s", "other"),
      );
      const said = JSON.parse(await explain(["math.primes", "10", ...options, "--json"]));
      assert.deepEqual(said.attempts, { isIdempotent: true, retries: 3, hedgeMs: 50 });
      const refused = JSON.parse(await explain(["math.primes", "x", ...options, "--json"], 11));
      assert.equal(refused.attempts, null);
    });

    await t.step("arguments that fit no overload, and a shortened deadline", async () => {
      const said = await explain(["math.add", "x", "--timeout", "10m"], 11);
      assert.match(said, lineWith(/^overload {2}none\b/, '"add"', '("x")'));
      assert.match(said, lineWith(/^ {10}not +add\(str, str\) -> str: /, /\b2\b/, /\b1$/));
      assert.match(said, lineWith(/^deadline {2}5m\b/, "service", "10m"));
    });

    await t.step("explain tells refused callers only what their call would", async () => {
      const said = await explain(
        ["text.word_count", "x", "--as", "c1", "--server", s2.address],
        14,
      );
      const { stderr } = await fleet.run(
        ["call", "text.word_count", "x", "--as", "c1", "--server", s2.address],
      );
      const refusal = /Client Not Registered: (.*tenants)/.exec(stderr)![1];
      assert.ok(said.includes(`\nidentity  ${refusal}\n`), said);
      assert.match(said, lineWith(/^overload {2}none\b/, "caller"));
      assert.doesNotMatch(said, /c2|Dict/);
    });

    await t.step("the plan shows an rpc's callers, and the rule", async () => {
      const file = await fleet.project.read("init.yaml");
      const mean = "src: services/math/mean.ts\n";
      assert.ok(file.includes(mean));
      await fleet.project.write("init.yaml", file.replace(mean, `${mean}        allow: [c2]\n`));
      const plan = await fleet.plan();
      assert.match(plan, lineWith(/^ {2}~ math\.mean\(List\[float\]\) -> float {2,}\w/));
      assert.match(plan, lineWith(/^ {2}\w/, /math\.mean\(List\[float\]\): .*\btenants → c2$/));
      assert.match(plan, lineWith(/^! math\.mean\(List\[float\]\) .*\bclosed\b/, "c1 (on s1, s2)"));
      await fleet.succeed(["init"]);
      const said = await explain(["math.mean", "[1.5, 2]"]);
      assert.match(said, lineWith(/^identity {2}c2: /, "tenant", "math", "mean", "first"));
      assert.match(said, lineWith(/^ {10}not c1: /, "allow", "math.mean"));
      const refused = await explain(["math.mean", "[1.5, 2]", "--as", "c1"], 13);
      assert.match(refused, lineWith(/^identity {2}/, '"math"', '"mean"'));
      assert.match(
        refused,
        lineWith(/^ {10}not +mean\(List\[float\]\) -> float: /, "allow", /\bc2$/),
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

    await t.step("a provider that is down is skipped", async () => {
      await s2.stop();
      assert.match(await explain(["math.add", "2", "3"]), lineWith(/^ {10}not s2 /, s2.address));
      assert.match(await explain(["text.note", "x"], 20), /\nprovider {2}not s2 /);
    });
  },
};
