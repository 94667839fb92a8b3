/** `init --watch`, and an interrupted `init`, for every way to run farcall. */
import assert from "node:assert/strict";
import type { MakeProgram } from "../../_support/commands/cli.ts";
import { type FleetPart, fleetTest } from "../../_support/nodes/fleet.ts";
import { deployed, lineWith, mentions } from "../../_support/mentions.ts";
import { NodeProxy } from "../../_support/nodes/node_proxy.ts";

/** Registers the tests of one way to run farcall. */
export function watchSuite(name: string, make: MakeProgram): void {
  fleetTest(`init that goes on, and is interrupted, ${name}`, make, [
    everySave,
    whatIsRead,
    interrupted,
  ]);
}

/** The last generation of {@linkcode everySave} on s1. */
const everySaveGeneration = 5;

const everySave: FleetPart = {
  name: "init --watch deploys on every save",
  async run(t, fleet) {
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
    const reaches = (generation: number) => watching.stdout.until(deployed({ s1: generation }));

    await t.step("first the existing records", async () => {
      await reaches(1);
      assert.equal(await who(), "one");
      await watching.stderr.until(mentions("watching", "3 files", "Ctrl-C"));
    });

    await t.step("then a file that a script imports", async () => {
      await project.write("src/names.ts", 'export const who = () => "two";\n');
      await reaches(2);
      assert.equal(await who(), "two");
    });

    await t.step("a mistake is shown with its position and survived", async () => {
      await project.write("src/names.ts", "export const who = () => ;\n");
      await watching.stderr.until(/\nsrc\/names\.ts:1:26: Unexpected ";"/);
      assert.equal(await who(), "two");
    });

    await t.step("a missing file that appears is a change", async () => {
      await project.write("src/names.ts", 'export { who } from "./later.ts";\n');
      await watching.stderr.until(/\nsrc\/names\.ts:1:21: .*later\.ts/);
      await project.write("src/later.ts", 'export const who = () => "three";\n');
      await reaches(3);
      assert.equal(await who(), "three");
    });

    await t.step("init.yaml itself, broken and repaired", async () => {
      await project.write("init.yaml", yaml.replace("tenants", "tennants"));
      await watching.stderr.until(/init\.yaml:\d+:\d+: .*"tennants"/);
      await project.write("init.yaml", yaml.replace("[c1]", "[c1, c2]"));
      await reaches(4);
    });

    await t.step("an editor that replaces the file", async () => {
      await project.write("src/later.ts.new", 'export const who = () => "four";\n');
      await Deno.rename(project.path("src/later.ts.new"), project.path("src/later.ts"));
      await reaches(everySaveGeneration);
      assert.equal(await who(), "four");
    });

    await t.step("it ends when it is interrupted", async () => {
      watching.kill("SIGINT");
      const { signal, code } = await watching.ended;
      assert.ok(signal === "SIGINT" || code === 130, `${signal} ${code}`);
    });

    await t.step("it cannot be combined with other actions", async () => {
      const said = await fleet.fail(2, ["init", "--watch", "--rollback"]);
      assert.match(said, mentions("--watch", "--only", "--verbose", "--json"));
    });
  },
};

const whatIsRead: FleetPart = {
  name: "init --watch follows what the next deployment would read",
  async run(t, fleet) {
    const { project } = fleet;
    const { folder } = project;
    const who = (answer: string) => `export const who = () => "${answer}";\n`;
    const yaml = (src: string) =>
      `${fleet.network}services:
  who: { providers: [s1], tenants: [c1], rpcs: { who: { args: [], returns: str, src: ${src} } } }
`;
    await project.write("init.yaml", yaml("later/who.ts"));
    await using watching = fleet.cli.start(["init", "--watch"], { cwd: folder });
    let generation = everySaveGeneration;
    /** Returns this text after the next deployment. */
    const becomes = async (answer: string): Promise<void> => {
      generation += 1;
      await watching.stdout.until(deployed({ s1: generation }));
      assert.equal(await fleet.succeed(["call", "who.who"]), answer);
    };

    await t.step("a folder that init.yaml names before it exists", async () => {
      await watching.stderr.until(/later\/who\.ts".*\n/);
      await watching.stderr.until(/watching \d+ files/);
      await Deno.mkdir(`${folder}/later`);
      await project.write("later/who.ts", who("made"));
      await becomes("made");
    });
    await t.step("a folder that an import names before it exists", async () => {
      await project.write("later/who.ts", 'export { who } from "./deep/er/names.ts";\n');
      await watching.stderr.until(/later\/who\.ts:1:21: /);
      await Deno.mkdir(`${folder}/later/deep/er`, { recursive: true });
      await project.write("later/deep/er/names.ts", who("imported"));
      await becomes("imported");
    });
    await t.step(
      "a branch without the folder is checked out, and the one with it again",
      async () => {
        await Deno.rename(`${folder}/later`, `${folder}/elsewhere`);
        await watching.stderr.until(/later\/who\.ts".*\n/);
        await Deno.mkdir(`${folder}/later`);
        await project.write("later/who.ts", who("back"));
        await becomes("back");
        await project.write("later/who.ts", who("saved there"));
        await becomes("saved there");
      },
    );
    await t.step("the target of a link to a script is saved", async () => {
      await project.write("real/target.ts", who("target"));
      await Deno.remove(`${folder}/later/who.ts`);
      await Deno.symlink("../real/target.ts", `${folder}/later/who.ts`);
      await becomes("target");
      await project.write("real/target.ts", who("target saved"));
      await becomes("target saved");
    });
    await t.step("a link to a folder is redirected, as with a ConfigMap", async () => {
      await project.write("data_1/who.ts", who("first"));
      await project.write("data_2/who.ts", who("second"));
      await Deno.symlink("data_1", `${folder}/data`);
      await project.write("init.yaml", yaml("data/who.ts"));
      await becomes("first");
      await Deno.symlink("data_2", `${folder}/new`);
      await Deno.rename(`${folder}/new`, `${folder}/data`);
      await becomes("second");
    });
    await t.step("init.yaml is a link whose target is saved, or replaced", async () => {
      await project.write("conf_1/init.yaml", yaml("../data_1/who.ts").replaceAll("../", ""));
      await Deno.rename(`${folder}/init.yaml`, `${folder}/conf_1/old.yaml`);
      await Deno.symlink("conf_1/init.yaml", `${folder}/init.yaml`);
      await becomes("first");
      await project.write("conf_1/init.yaml", yaml("data_2/who.ts"));
      await becomes("second");
    });
  },
};

const interrupted: FleetPart = {
  name: "init that is interrupted while nodes commit ends when all have",
  async run(_t, fleet) {
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
    await init.stderr.until(/^interrupted: .*\bcommitted\b/);
    released.resolve("pass");
    const { code, stdout } = await init.ended;
    assert.equal(code, 130);
    assert.match(stdout, lineWith("deployed", /s1 \(generation \d+\)/, /s2 \(generation \d+\)/));
  },
};
