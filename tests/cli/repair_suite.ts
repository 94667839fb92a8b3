/** What nodes have lost on their disks is told, and init makes it again; for every way to run farcall. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type MakeProgram } from "../_support/cli.ts";
import { Fleet } from "../_support/fleet.ts";
import { mentions } from "../_support/mentions.ts";

/** Changes a byte, and keeps the size. */
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

const losses: [what: string, lose: (root: string) => Promise<unknown>, says: RegExp][] = [
  ["its root", (root) => Deno.remove(root, { recursive: true }), /current" is missing/],
  [
    "all scripts",
    async (root) => {
      for (const path of await scriptsOf(root)) await Deno.remove(path);
    },
    /generation \d+: ".*\.js" is missing/,
  ],
  [
    "the folder of the scripts",
    (root) => Deno.remove(join(root, "services"), { recursive: true }),
    /services" is missing/,
  ],
  [
    "a byte of a script",
    async (root) => await damage((await scriptsOf(root))[0]),
    mentions("SHA-256", "damaged"),
  ],
  ["the current generation's name", (root) => Deno.remove(join(root, "current")), /current" is/],
  [
    "the name of another generation",
    (root) => damage(join(root, "current")),
    /current" (names|is not)/,
  ],
  [
    "all generations",
    (root) => Deno.remove(join(root, "generations"), { recursive: true }),
    /generations" is missing/,
  ],
  [
    "a byte of a generation",
    async (root) => await damage(join(root, "generations", `${await generationOf(root)}.json`)),
    /generation \d+: ".*json" is not what was written/,
  ],
  ["the format", (root) => Deno.remove(join(root, "format")), /format" is missing/],
  [
    "the folder of what is written",
    (root) => Deno.remove(join(root, "incoming"), { recursive: true }),
    /incoming" is missing/,
  ],
];

/** What --verify says where something is wrong. */
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
    await t.step("a generation that is gone cannot be gone back to, and is forgotten", async () => {
      const yaml = await project.read("init.yaml");
      await project.write(
        "init.yaml",
        yaml.replace(/ip: 127\.0\.0\.1 }\n(?! *s)/, "ip: 127.0.0.9 }\n"),
      );
      await fleet.succeed(["init"]);
      await Deno.remove(join(s1.root, "generations/1.json"));
      const told = await fleet.fail(22, ["init", "--rollback"]);
      assert.match(told, /generation 1 is lost on this node: ".*1\.json" is missing/);
      assert.match(await broken(fleet), /generation 1: ".*" is missing/);
      await fleet.succeed(["init"]);
      assert.match(await fleet.succeed(["status", "--verify"]), /^s1 .*OK: .*; 2 to 3 are whole/m);
      await fleet.succeed(["init", "--rollback"]);
      await project.write("init.yaml", yaml);
      await fleet.succeed(["init"]);
    });
    await t.step("a root that was put back is taken again", async () => {
      const aside = `${s1.root}-aside`;
      await Deno.rename(s1.root, aside);
      await Deno.rename(aside, s1.root);
      await fleet.succeed(["status", "--verify"]);
      assert.match(await fleet.succeed(["init"]), /nothing to do/);
      // A copy, as from a backup: its files are others, and its lock is.
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
        assert.match(await fleet.succeed(["status", "--verify"]), /^s1 .*OK: runs/m);
        assert.equal(await fleet.succeed(call), "5");
      });
    }
    await t.step("then there is nothing to do", async () => {
      assert.match(await fleet.succeed(["init"]), /nothing to do/);
    });
    const generation = await generationOf(s1.root);
    await s1.stop();
    await using again = await cli.serve(["--port", String(s1.port), "--root", s1.root]);
    await t.step("a restart finds all of it", async () => {
      assert.match(again.readyLine, new RegExp(`generation ${generation}\\b`));
      assert.equal(await fleet.succeed(call), "5");
    });
    await t.step("a root that another node has taken meanwhile is left to it", async () => {
      await Deno.remove(s1.root, { recursive: true });
      await using other = await cli.serve(["--port", "0", "--root", s1.root]);
      const told = await fleet.fail(22, ["init"]);
      assert.match(told, new RegExp(`in use by process ${other.process.pid} `));
      assert.equal(await fleet.succeed(call), "5", "what is loaded runs on");
    });
  });
}
