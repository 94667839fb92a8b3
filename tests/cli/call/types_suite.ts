/** What `farcall types` promises, for every way to run it. */
import assert from "node:assert/strict";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { lineWith, mentions } from "../../_support/mentions.ts";

/** What `farcall types` promises. */
export const types: FleetPart = {
  name: "types prints what may be called as TypeScript",
  async run(t, fleet) {
    const { project, s2 } = fleet;
    await fleet.succeed(["init"]);
    const printed = await fleet.succeed(["types"]);

    await t.step("of a file, whose scripts need not exist", async () => {
      assert.match(printed, /\n {4}add\(value1: string, value2: string\): Promise<string>;\n/);
      await project.write("elsewhere/other.yaml", await project.read("init.yaml"));
      assert.equal(await fleet.succeed(["types", "elsewhere/other.yaml"]), printed);
    });

    await t.step("of a node, what this caller may call", async () => {
      const ofNode = (as: string, server: string) =>
        fleet.succeed(["types", "--server", server, "--as", as]);
      assert.equal(await ofNode("c2", s2.address), await ofNode("c2", "s2"));
      assert.match(await ofNode("c2", "s2"), /\n {2}text: \{\n/);
      assert.doesNotMatch(await ofNode("c1", "s2"), /\n {2}text: \{\n/);
    });

    await t.step("into a file, once", async () => {
      const write = async () => (await fleet.run(["types", "--out", "services.d.ts"])).stderr;
      assert.match(await write(), lineWith("services.d.ts"));
      assert.equal(await project.read("services.d.ts"), `${printed}\n`);
      const { mtime } = await Deno.stat(project.path("services.d.ts"));
      assert.match(await write(), lineWith("services.d.ts"));
      assert.deepEqual((await Deno.stat(project.path("services.d.ts"))).mtime, mtime);
    });

    await t.step("--check tells a script whether the file is up to date", async () => {
      const check = (path: string) => fleet.run(["types", "--check", path]);
      assert.equal((await check("services.d.ts")).code, 0);
      await project.write("services.d.ts", printed.replace("bigint", "string"));
      const { code, stderr } = await check("services.d.ts");
      assert.equal(code, 3);
      assert.match(stderr, lineWith("farcall types --out services.d.ts"));
      assert.equal((await check("none.d.ts")).code, 3);
      const said = await fleet.fail(2, ["types", "--out", "nowhere/x.d.ts"]);
      assert.match(
        said,
        mentions('"nowhere/x.d.ts"', '"nowhere"', "folder"),
      );
    });

    await t.step("an unknown server is a usage error", async () => {
      const said = await fleet.fail(2, ["types", "--server", "s9"]);
      assert.match(
        said,
        mentions('"s9"', "HOST:PORT", "init.yaml", "s1", "s2"),
      );
    });
  },
};
