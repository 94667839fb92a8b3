/** Deploy keys on the command line, for every way to run farcall. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet, Project } from "../../_support/nodes/fleet.ts";
import { failure, lineWith, mentions, nothingToDo } from "../../_support/mentions.ts";

/** Registers the tests of one way to run farcall. */
export function deployKeysSuite(name: string, make: MakeProgram): void {
  Deno.test(`holders of a deploy key deploy, and running scripts can be traced to it, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using keys = await Project.create();
    const cwd = keys.folder;
    const ann = await cli.succeed(["keygen", "ann"], { cwd });
    const bob = await cli.succeed(["keygen", "bob"], { cwd });
    await keys.write("deployers", `# who deploys\n\n${ann}  # ann\n${bob}\n`);
    await using fleet = await Fleet.start(cli, ["--deploy-key", keys.path("deployers")]);
    const asAnn = ["--key", keys.path("ann.key")];
    const asBob = ["--key", keys.path("bob.key")];
    const short = (key: string) => `${key.slice(0, 16)}…`;

    await t.step("the ready line says whose deployments are accepted", () => {
      const says = `; takes deployments signed by ${short(ann)} or ${short(bob)}; `;
      assert.ok(fleet.s1.readyLine.includes(says), fleet.s1.readyLine);
    });
    await t.step(
      "without a key, or with another, a deployment is refused from here too",
      async () => {
        assert.match(
          await fleet.fail(22, ["init"]),
          failure("Deploy Rejected", "--key FILE"),
        );
        await cli.succeed(["keygen", "eve"], { cwd });
        const said = await fleet.fail(22, ["init", "--key", keys.path("eve.key")]);
        assert.match(
          said,
          mentions("ed25519:", "--deploy-key"),
        );
        const { stdout } = await fleet.run(["status"]);
        assert.match(
          stdout,
          lineWith(/^s1 /, "state", /deploy.keys/),
        );
      },
    );
    await t.step(
      "with a key it is taken, rolled back, and taken from the other deployer",
      async () => {
        await fleet.succeed(["init", ...asAnn]);
        const source = await fleet.project.read("services/math/add.ts");
        await fleet.project.write("services/math/add.ts", source.replace("a + b", "a + b + 1"));
        await fleet.succeed(["init", ...asBob]);
        assert.match(
          await fleet.fail(22, ["init", "--rollback", ...asBob]),
          mentions("generation 1", "ed25519:", "--trust", "signed"),
        );
        const env = { FARCALL_KEY: keys.path("ann.key") };
        assert.match(await fleet.plan(["--rollback", "--trust", ann, ...asBob]), /math/);
        await fleet.succeed(["init", "--rollback"], { env });
        assert.equal(await fleet.succeed(["call", "math.add", "2", "3"]), "5");
      },
    );
    await t.step("--history names the signers", async () => {
      const history = await fleet.succeed(["init", "--history", ...asBob]);
      assert.deepEqual(
        history.split("\n").map((line) => line.split(/ {2,}/).slice(3)),
        [
          [short(ann), "runs on s1 (3, as 1), s2 (3, as 1)"],
          [short(bob), "was s1 (2), s2 (2)"],
          [short(ann), "was s1 (1), s2 (1)"],
        ],
      );
      const json = await fleet.succeed(["init", "--history", "--json", ...asBob]);
      assert.equal(JSON.parse(json).deployments[0].nodes[0].signedBy, ann);
    });
    await t.step("status --verify checks every generation of every node", async () => {
      const whole = (node: string, address: string) =>
        `${node}  ${address}  OK: runs generation 3, signed by ${short(ann)}; 1 to 3 are whole`;
      const { s1, s2 } = fleet;
      const all = `${whole("s1", s1.address)}\n${whole("s2", s2.address)}`;
      assert.equal(await fleet.succeed(["status", "--verify", ...asBob]), all);
      const trusting = ["status", "--verify", "--trust", keys.path("deployers"), ...asBob];
      assert.equal(await fleet.succeed(trusting), all);
      const json = await fleet.succeed(["status", "--verify", "--json", ...asBob]);
      const [node] = JSON.parse(json).nodes;
      assert.deepEqual([node.isWhole, node.generations.length], [true, 3]);
      assert.equal(node.generations[1].signedBy, bob);
    });
    await t.step("and names untrusted signers of the live generation", async () => {
      const { code, stdout } = await fleet.run(["status", "--verify", "--trust", bob, ...asBob]);
      assert.equal(code, 23);
      assert.match(
        stdout,
        mentions(
          lineWith(/^s1 /, " BROKEN: "),
          ...[1, 3].map((each) => lineWith(`generation ${each}: `, short(ann), "trusted")),
        ),
      );
    });
    await t.step("and missing or changed files", async () => {
      const path = join(fleet.s2.root, "generations/2.json");
      await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace('"c1"', '"cx"'));
      const { code, stdout } = await fleet.run(["status", "--verify", ...asBob]);
      assert.equal(code, 23);
      assert.match(
        stdout,
        /^s1 .* OK: .*\ns2 .* BROKEN: .*\n +generation 2: .*2\.json".*\n$/,
      );
    });
    await t.step(
      "after a restart without a key, it serves on, and that key is refused",
      async () => {
        await fleet.s1.stop();
        const { host, port, root } = fleet.s1;
        await using node = await cli.serve([host, `${port}`, "--root", root, "--deploy-key", bob]);
        await node.process.stderr.until(/deploy\.untrusted .*generation=3/);
        assert.equal(await fleet.succeed(["call", "math.add", "2", "3", "--server", "s1"]), "5");
        const asked = ["status", "--verify", "--server", "s1"];
        assert.match(
          await fleet.succeed([...asked, ...asBob]),
          mentions(
            lineWith(/^s1 /, " OK: "),
            ...[1, 3].map((each) => lineWith(`generation ${each}: `, short(ann), "trusts")),
          ),
        );
        await fleet.fail(22, ["init", "--only", "s1", ...asAnn]);
        await fleet.succeed(["init", "--only", "s1", ...asBob]);
      },
    );
    await t.step("a node's files contain no private key", async () => {
      const secret = (await keys.read("ann.key")).split("\n")[1].slice(-40);
      assert.ok(!fleet.s1.process.stderr.text.includes(secret));
      const written = await Deno.readTextFile(join(fleet.s1.root, "generations/3.json"));
      assert.ok(written.includes(ann) && !written.includes(secret));
    });
  });

  Deno.test(`malformed public keys are refused before anything listens, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      empty: "# nobody\n",
      wrong: "ed25519:AAAA\n",
      "init.yaml": "network: { servers: {}, clients: {} }\nservices: {}\n",
    });
    const cwd = project.folder;
    await cli.succeed(["keygen", "ann"], { cwd });
    const cases: Record<string, [given: string, says: RegExp]> = {
      "a key with letters missing": [
        "ed25519:AAAA",
        mentions("--deploy-key", '"ed25519:"', "43", /public.key/),
      ],
      "a file that is not there": [
        "no-such-file",
        mentions("--deploy-key", '"no-such-file"'),
      ],
      "nothing": ["", mentions("--deploy-key", "empty")],
      "a file without a key": [
        "empty",
        mentions("--deploy-key", '"empty"'),
      ],
      "a file with something else": [
        "wrong",
        mentions("--deploy-key", "line 1", '"wrong"'),
      ],
      "a private key, of which nothing is shown": [
        "ann.key",
        mentions("--deploy-key", "line 1", '"ann.key"', /public.key/),
      ],
    };
    for (const [what, [given, says]] of Object.entries(cases)) {
      await t.step(what, async () => {
        assert.match(
          await cli.fail(2, ["serve", "--port", "0", "--deploy-key", given], { cwd }),
          says,
        );
      });
    }
    await t.step({
      name: "a file of keys that others can write is warned of",
      ignore: Deno.build.os === "windows",
      async fn() {
        await Deno.chmod(project.path("ann.pub"), 0o646);
        const trust = ["status", "--verify", "--trust", "ann.pub"];
        assert.match(
          (await cli.run(trust, { cwd })).stderr,
          mentions("--trust", '"ann.pub"', "0646"),
        );
        await Deno.chmod(project.path("ann.pub"), 0o644);
        assert.doesNotMatch((await cli.run(trust, { cwd })).stderr, /warning/);
      },
    });
    await t.step("--trust goes with --verify, and --verify not with --watch", async () => {
      assert.match(await cli.fail(2, ["status", "--trust", "ann.pub"], { cwd }), /--verify/);
      assert.match(await cli.fail(2, ["status", "--verify", "--watch"], { cwd }), /--watch/);
    });
    await t.step("init's --trust requires --rollback and a signing key", async () => {
      const trust = ["init", "--trust", "ann.pub"];
      assert.match(await cli.fail(2, [...trust, "--key", "ann.key"], { cwd }), /--rollback/);
      assert.match(
        await cli.fail(2, [...trust, "--rollback"], { cwd }),
        mentions("--key FILE", "FARCALL_KEY"),
      );
    });
  });

  Deno.test(`a key signs what runs unsigned, or signed by another, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using keys = await Project.create();
    const ann = await cli.succeed(["keygen", "ann"], { cwd: keys.folder });
    const bob = await cli.succeed(["keygen", "bob"], { cwd: keys.folder });
    const asAnn = ["--key", keys.path("ann.key")];
    const asBob = ["--key", keys.path("bob.key")];
    await using fleet = await Fleet.start(cli);
    await fleet.succeed(["init"]);
    const trusts = (key: string) => ["status", "--verify", "--trust", key];
    const isBroken = async (key: string) => (await fleet.run(trusts(key))).code === 23;
    assert.ok(await isBroken(ann));
    const signing = await fleet.plan(asAnn);
    assert.match(signing, lineWith("generation 1 → 2", "signs"));
    await fleet.succeed(["init", ...asAnn]);
    assert.ok(!await isBroken(ann));
    for (const key of [asAnn, asBob, [...asAnn, "--sign"]]) {
      assert.match(await fleet.succeed(["init", ...key]), nothingToDo);
    }
    assert.ok(await isBroken(bob));
    await fleet.succeed(["init", ...asBob, "--sign"]);
    assert.ok(!await isBroken(bob));
    assert.equal(await fleet.succeed(["call", "math.add", "2", "3"]), "5");
    assert.match(await fleet.fail(2, ["init", "--sign"]), mentions("--sign", "key"));
  });
}
