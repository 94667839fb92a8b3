/** `farcall new`, from an empty folder to a call, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { deployed, mentions } from "../../_support/mentions.ts";

const files = ["init.yaml", "init.schema.json", "services/hello/greet.ts"]
  .concat(["services/hello/count_words.ts", "client.ts", "types.ts", "deno.json", ".gitignore"])
  .concat(["README.md"]);

/** Registers the tests of one way to run farcall. */
export function newSuite(name: string, make: MakeProgram): void {
  Deno.test(`farcall new makes a project that runs, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    const options = { cwd: project.folder };

    await t.step("without an init.yaml, init names the command that creates one", async () => {
      await Deno.mkdir(project.path("empty"));
      const said = await cli.fail(2, ["init"], { cwd: project.path("empty") });
      assert.match(said, mentions("init.yaml", "farcall new"));
    });

    await t.step("it writes the files and prints three commands", async () => {
      const printed = (await cli.succeed(["new", "demo"], options)).split("\n");
      assert.match(printed[0], mentions("9 files", "demo"));
      assert.equal(printed[2], "  cd demo");
      assert.match(printed[3], /^ {2}.* serve\b.* & sleep \d$/);
      assert.match(printed[4], /^ {2}.* init && .* call +hello\.greet +\w+$/);
      assert.equal(printed.length, 5);
      for (const file of files) await Deno.stat(project.path(`demo/${file}`));
      assert.deepEqual(await names(project.folder), ["demo", "empty"], "nothing is left behind");
    });

    await t.step(
      "it runs: node, deployment with its examples, calls, and the client program",
      async () => {
        const cwd = project.path("demo");
        await using node = await cli.serve(["--port", "0", "--root", "root"], { cwd });
        for (const file of ["demo/init.yaml", "demo/client.ts"]) {
          await project.write(file, (await project.read(file)).replace("8181", `${node.port}`));
        }
        assert.match(await cli.succeed(["init"], { cwd }), deployed({ here: 1 }));
        assert.equal(await cli.succeed(["call", "hello.greet", "world"], { cwd }), "Hello, world!");
        const words = await cli.succeed(["call", "hello.count_words", "to be or not to be"], {
          cwd,
        });
        assert.equal(words, '{"to":2,"be":2,"or":1,"not":1}');
        await cli.fail(10, ["call", "hello.greet", ""], { cwd });
        const run = async (command: string, args: readonly string[]): Promise<string> => {
          const env = { NO_COLOR: "1" };
          const { stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd, env })
            .output();
          return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        };
        const deno = ["run", "--quiet", "--no-check", "--allow-net", "client.ts"];
        assert.equal(await run(Deno.execPath(), deno), "Hello, client! 2\n");
        assert.equal(
          await cli.succeed(["types"], { cwd }),
          (await project.read("demo/types.ts")).trimEnd(),
        );
        const wrong = (await project.read("demo/client.ts")).replace('greet("client")', "greet(1)");
        await project.write("demo/wrong.ts", wrong);
        // Both in one run, which takes a second.
        const checked = await run(Deno.execPath(), ["check", "--quiet", "client.ts", "wrong.ts"]);
        assert.match(checked, /TS2345[^]*wrong\.ts:\d+:\d+/);
        assert.doesNotMatch(checked, /client\.ts|\bTS(?!2345)/, "the client program is right");
      },
    );

    await t.step("nothing is overwritten, and nothing half-written", async () => {
      await project.write("mine/README.md", "mine");
      const said = await cli.fail(2, ["new", "mine"], options);
      assert.match(said, mentions("README.md", '"mine"'));
      assert.deepEqual(await names(project.path("mine")), ["README.md"]);
      assert.equal(await project.read("mine/README.md"), "mine");
      assert.match(
        await cli.fail(2, ["new", "mine/README.md"], options),
        mentions('"mine/README.md"', "folder"),
      );
      await project.write("other/services", "a file where a folder is wanted");
      assert.match(
        await cli.fail(2, ["new", "other"], options),
        mentions("other", /\bnothing\b.*\bwritten\b/),
      );
      assert.deepEqual(await names(project.path("other")), ["services"]);
    });

    await t.step("without a folder, it writes into this one", async () => {
      const cwd = project.path("empty");
      assert.doesNotMatch(await cli.succeed(["new"], { cwd }), /^ {2}cd /m);
      assert.ok((await names(cwd)).includes("init.yaml"));
    });

    await t.step("the schema is the one that farcall schema prints", async () => {
      const printed = await cli.succeed(["schema"]);
      assert.equal(await project.read("empty/init.schema.json"), `${printed}\n`);
      assert.equal(JSON.parse(printed).$schema, "http://json-schema.org/draft-07/schema#");
    });
  });
}

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) found.push(name);
  return found.sort();
}
