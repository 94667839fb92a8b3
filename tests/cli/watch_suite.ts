/** `init --watch`, and an `init` that is interrupted, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../_support/cli.ts";
import { Fleet } from "../_support/fleet.ts";
import { NodeProxy } from "../_support/node_proxy.ts";

/** Registers the tests of one way to run farcall. */
export function watchSuite(name: string, make: MakeProgram): void {
  Deno.test(`init --watch deploys on every save, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    const { project } = fleet;
    await project.write("src/who.ts", 'export { who } from "./names.ts";\n');
    await project.write("src/names.ts", 'export const who = () => "one";\n');
    const yaml = `${fleet.network}services:
  who:
    providers: [s1]
    tenants: [c1]
    rpcs:
      who: { args: [], returns: str, src: src/who.ts }
`;
    await project.write("init.yaml", yaml);
    await using watching = fleet.cli.start(["init", "--watch"], { cwd: project.folder });
    const who = () => fleet.succeed(["call", "who.who"]);
    const deployed = (generation: number) =>
      watching.stdout.until(new RegExp(`deployed to s1 \\(generation ${generation}\\)`));

    await t.step("first what is there", async () => {
      await deployed(1);
      assert.equal(await who(), "one");
      await watching.stderr.until(/^watching 3 files; Ctrl-C ends it\n/);
    });

    await t.step("then a file that a script imports", async () => {
      await project.write("src/names.ts", 'export const who = () => "two";\n');
      await deployed(2);
      assert.equal(await who(), "two");
    });

    await t.step("a mistake is shown with its place and survived", async () => {
      await project.write("src/names.ts", "export const who = () => ;\n");
      await watching.stderr.until(/\nsrc\/names\.ts:1:26: Unexpected ";"/);
      assert.equal(await who(), "two");
    });

    await t.step("a file that was missing and comes is a change", async () => {
      await project.write("src/names.ts", 'export { who } from "./later.ts";\n');
      await watching.stderr.until(/\nsrc\/names\.ts:1:21: .*later\.ts/);
      await project.write("src/later.ts", 'export const who = () => "three";\n');
      await deployed(3);
      assert.equal(await who(), "three");
    });

    await t.step("init.yaml itself, broken and mended", async () => {
      await project.write("init.yaml", yaml.replace("tenants", "tennants"));
      await watching.stderr.until(/init\.yaml:\d+:\d+: .*"tennants"/);
      await project.write("init.yaml", yaml.replace("[c1]", "[c1, c2]"));
      await deployed(4);
    });

    await t.step("an editor that puts a new file in the place of the old", async () => {
      await project.write("src/later.ts.new", 'export const who = () => "four";\n');
      await Deno.rename(project.path("src/later.ts.new"), project.path("src/later.ts"));
      await deployed(5);
      assert.equal(await who(), "four");
    });

    await t.step("it ends when it is interrupted", async () => {
      watching.kill("SIGINT");
      const { signal, code } = await watching.ended;
      assert.ok(signal === "SIGINT" || code === 130, `${signal} ${code}`);
    });

    await t.step("it goes with no other errand", async () => {
      const said = await fleet.fail(2, ["init", "--watch", "--rollback"]);
      assert.match(said, /^farcall: --watch deploys; /);
    });
  });

  Deno.test(`init that is interrupted while nodes commit ends when all have, ${name}`, async () => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    const { project, s2 } = fleet;
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<"pass">();
    await using proxy = new NodeProxy(s2.port, (step) => {
      if (step !== "commit") return;
      reached.resolve();
      return released.promise;
    });
    const text = await project.read("init.yaml");
    await project.write("init.yaml", text.replace(`port: ${s2.port}`, `port: ${proxy.port}`));
    await using init = fleet.cli.start(["init"], { cwd: project.folder });
    await reached.promise;
    init.kill("SIGINT");
    await init.stderr.until(/^interrupted: ends when every node has committed\n/);
    released.resolve("pass");
    const { code, stdout } = await init.ended;
    assert.equal(code, 130);
    assert.match(stdout, /\ndeployed to s1 \(generation 1\), s2 \(generation 1\)/);
  });
}
