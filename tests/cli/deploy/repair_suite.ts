/** Damage to nodes' disks is reported, and init repairs it; for every way to run farcall. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { failure, lineWith, mentions, nothingToDo } from "../../_support/mentions.ts";

/** Changes a byte without changing the size. */
async function damage(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await Deno.writeFile(path, bytes);
}

async function scriptsOf(root: string): Promise<string[]> {
  const paths = [];
  for await (const { name } of Deno.readDir(join(root, "services"))) {
    if (name.endsWith(".js")) paths.push(join(root, "services", name));
  }
  assert.ok(paths.length > 1);
  return paths;
}

async function generationOf(root: string): Promise<number> {
  return parseInt(await Deno.readTextFile(join(root, "current")));
}

function missing(file: string): RegExp {
  return lineWith(`${file}"`, "missing");
}

const losses: [what: string, lose: (root: string) => Promise<unknown>, says: RegExp][] = [
  ["its root", (root) => Deno.remove(root, { recursive: true }), missing("current")],
  [
    "all scripts",
    async (root) => {
      for (const path of await scriptsOf(root)) await Deno.remove(path);
    },
    lineWith(/generation \d+: ".*\.js"/, "missing"),
  ],
  [
    "the folder of the scripts",
    (root) => Deno.remove(join(root, "services"), { recursive: true }),
    missing("services"),
  ],
  [
    "a byte of a script",
    async (root) => await damage((await scriptsOf(root))[0]),
    mentions("SHA-256", "damaged"),
  ],
  [
    "the current generation's name",
    (root) => Deno.remove(join(root, "current")),
    lineWith('current"'),
  ],
  [
    "the name of another generation",
    (root) => damage(join(root, "current")),
    lineWith('current"'),
  ],
  [
    "all generations",
    (root) => Deno.remove(join(root, "generations"), { recursive: true }),
    missing("generations"),
  ],
  [
    "a byte of a generation",
    async (root) => await damage(join(root, "generations", `${await generationOf(root)}.json`)),
    /generation \d+: ".*json" \w/,
  ],
  ["the format", (root) => Deno.remove(join(root, "format")), missing("format")],
  [
    "the folder of what is written",
    (root) => Deno.remove(join(root, "incoming"), { recursive: true }),
    missing("incoming"),
  ],
];

/** The output of --verify about damage. */
async function broken(fleet: Fleet): Promise<string> {
  const { code, stdout } = await fleet.run(["status", "--verify"]);
  assert.equal(code, 23, stdout);
  return stdout;
}

/** Registers the tests of one way to run farcall. */
export function repairSuite(name: string, make: MakeProgram): void {
  Deno.test(`what a node has lost on its disk is told and made again, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    const { s1, project } = fleet;
    const call = ["call", "math.add", "2", "3", "--server", s1.address];
    await fleet.succeed(["init"]);
    await t.step("a missing generation cannot be restored, and is forgotten", async () => {
      const yaml = await project.read("init.yaml");
      await project.write(
        "init.yaml",
        yaml.replace(/ip: 127\.0\.0\.1 }\n(?! *s)/, "ip: 127.0.0.9 }\n"),
      );
      await fleet.succeed(["init"]);
      await Deno.remove(join(s1.root, "generations/1.json"));
      const told = await fleet.fail(22, ["init", "--rollback"]);
      assert.match(told, failure("Deploy Rejected", "generation 1", '1.json"', "missing"));
      assert.match(await broken(fleet), lineWith("generation 1: ", /".*1\.json"/, "missing"));
      await fleet.succeed(["init"]);
      assert.match(
        await fleet.succeed(["status", "--verify"]),
        lineWith(/^s1 .* OK: /, /\b2 to 3\b/),
      );
      await fleet.succeed(["init", "--rollback"]);
      await project.write("init.yaml", yaml);
      await fleet.succeed(["init"]);
    });
    await t.step("a root that was put back is used again", async () => {
      const aside = `${s1.root}-aside`;
      await Deno.rename(s1.root, aside);
      await Deno.rename(aside, s1.root);
      await fleet.succeed(["status", "--verify"]);
      assert.match(await fleet.succeed(["init"]), nothingToDo);
      // A copy, as from a backup: its files and its lock are different ones.
      await new Deno.Command("cp", { args: ["-rp", s1.root, aside] }).output();
      await Deno.remove(s1.root, { recursive: true });
      await Deno.rename(aside, s1.root);
      await fleet.succeed(["init"]);
      assert.match(await fleet.succeed(["status", "--verify"]), /^s1 .*OK/m);
    });
    for (const [what, lose, says] of losses) {
      await t.step(what, async () => {
        await lose(s1.root);
        const told = await broken(fleet);
        assert.match(told, /^s1 .*BROKEN/m);
        assert.match(told, says);
        assert.match(told, /^s2 .*OK/m);
        assert.match(await fleet.plan(), /^ {2}repairs: /m);
        await fleet.succeed(["init"]);
        assert.match(
          await fleet.succeed(["status", "--verify"]),
          lineWith(/^s1 .* OK: /, `generation ${await generationOf(s1.root)}`),
        );
        assert.equal(await fleet.succeed(call), "5");
      });
    }
    await t.step("then there is nothing to do", async () => {
      assert.match(await fleet.succeed(["init"]), nothingToDo);
    });
    const generation = await generationOf(s1.root);
    await s1.stop();
    await using again = await cli.serve(["--port", String(s1.port), "--root", s1.root]);
    await t.step("a restart finds everything", async () => {
      assert.match(again.readyLine, new RegExp(`generation ${generation}\\b`));
      assert.equal(await fleet.succeed(call), "5");
    });
    await t.step("a root that another node has taken meanwhile is left alone", async () => {
      await Deno.remove(s1.root, { recursive: true });
      await using other = await cli.serve(["--port", "0", "--root", s1.root]);
      const told = await fleet.fail(22, ["init"]);
      assert.match(told, failure("Deploy Rejected", `process ${other.process.pid} `));
      assert.equal(await fleet.succeed(call), "5", "what is loaded runs on");
    });
  });
}
