/** Scripts as people write them: packages, types that do not fit, errors; for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { diagnostic, lineWith, mentions, nothingToDo } from "../../_support/mentions.ts";

function configuration(
  port: number,
  { args, key }: { readonly args: string; readonly key: string },
): string {
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 }, c2: { key: "${key}" } }
services:
  t:
    providers: [s1]
    tenants: [c1, c2]
    rpcs:
      check: { args: [str], returns: str, src: scripts/check.ts }
      wrong3: { args: [${args}], returns: int, src: scripts/wrong3.ts }
`;
}

const files = {
  "scripts/check.ts":
    'import { shout } from "loud";\nimport note from "./note.txt" with { type: "text" };\n' +
    "export function check(text: string): string {\n  return shout(text) + note;\n}\n",
  "scripts/note.txt": "!",
  "scripts/wrong3.ts":
    'import { fail } from "../lib/fail.ts";\n\n/** Fails. */\ninterface Options {\n  text: string;\n}\n' +
    "export function wrong3(text: string): number {\n  const options: Options = { text };\n" +
    "  return fail(options.text);\n}\n",
  "lib/fail.ts": "// Fails.\ntype Text = string;\n\nexport function fail(text: Text): never {\n" +
    "  throw new RangeError(`no ${text}`);\n}\n",
  "package.json": '{ "dependencies": { "loud": "1", "quiet": "2" } }',
  "node_modules/loud/package.json":
    '{ "name": "loud", "version": "1.2.3", "exports": { "node": "./n.js", "default": "./l.js" } }',
  "node_modules/loud/l.js": "export const shout = (text) => text.toUpperCase();\n",
  "node_modules/quiet/package.json": '{ "name": "quiet", "version": "2.0.0" }',
  "node_modules/quiet/index.js": 'import "node:fs";\nexport const whisper = 1;\n',
};

/** Registers the tests of one way to run farcall. */
export function scriptsSuite(name: string, make: MakeProgram): void {
  Deno.test(`scripts have packages, checked types and stacks with their own places, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(files);
    const cwd = project.folder;
    const key = (await cli.succeed(["keygen", "key"], { cwd })).match(/ed25519:[\w-]+/)![0];
    const serve = ["--port", "0", "--root", "root", "--deploy-key", key];
    await using node = await cli.serve(serve, { cwd });
    const write = (args: string) =>
      project.write("init.yaml", configuration(node.port, { args, key }));

    await t.step("a type that does not fit is a mistake with both positions", async () => {
      await write("int");
      const { code, stderr } = await cli.run(["init", "--key", "key.key"], { cwd });
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        diagnostic("scripts/wrong3.ts:7:24", '"text"', "init.yaml:10:15"),
      );
      assert.match(stderr, lineWith(/^ {2}hint: /, "text: number", "args"));
    });

    await t.step(
      "check reports it without a node, and finds what the source text does not reveal",
      async () => {
        const away = { cwd: project.path("scripts") };
        const early = await cli.run(["check"], away);
        assert.equal(early.code, 2);
        assert.match(early.stderr, mentions("scripts/wrong3.ts:7:24", '"text"'));
        await write("str");
        // The executable's folder has no compiler.
        const isSeen = program.name === "deno run";
        if (isSeen) await project.addCompiler();
        const { code, stdout, stderr } = await cli.run(["check"], away);
        assert.equal(code, 0, stderr);
        assert.match(stdout, isSeen ? /\bdeno 9\.8\.7\b/ : mentions("deno", "tsc"));
        if (isSeen) await Deno.remove(project.path("node_modules/.bin"), { recursive: true });
        const text = await project.read("scripts/wrong3.ts");
        const other = text.replace("(text: string): number {", "(text: Options): number {")
          .replace("options: Options = { text }", "options = text");
        await project.write("scripts/wrong3.ts", other);
        const late = await cli.run(["check", "--json"], away);
        await project.write("scripts/wrong3.ts", text);
        if (!isSeen) return assert.equal(JSON.parse(late.stdout).compiler, null);
        assert.equal(late.code, 2);
        assert.match(
          late.stderr,
          mentions("scripts/wrong3.ts:7:8", "t.wrong3(str)", "init.yaml:10:15"),
        );
        assert.doesNotMatch(late.stderr, /check\.ts/, "the other script is right");
      },
    );

    await t.step("types --scripts writes each function's type, and asserts it", async () => {
      const args = ["types", "--scripts", "--out", "made/scripts.ts"];
      await Deno.mkdir(project.path("made"));
      await cli.run(args, { cwd });
      const text = await project.read("made/scripts.ts");
      assert.match(text, /^import \* as script2 .*"\.\.\/scripts\/wrong3\.ts";$/m);
      assert.match(text, /"t\.wrong3\(str\)": \(value: string\) => Returned<number \| bigint>;/);
      assert.match(text, /^script2\.wrong3 satisfies Scripts\["t\.wrong3\(str\)"\];$/m);
      const checked = await cli.run([...args.slice(0, 2), "--check", "made/scripts.ts"], { cwd });
      assert.equal(checked.code, 0, checked.stderr);
    });

    await t.step("a package is bundled, and the plan names it", async () => {
      await write("str");
      const { code, stdout, stderr } = await cli.run(["init", "--key", "key.key"], { cwd });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^ {2}packages: \+ loud 1\.2\.3$/m);
      const called = await cli.run(["call", "t.check", "hey"], { cwd });
      assert.deepEqual([called.code, called.stdout], [0, "HEY!\n"], called.stderr);
      const again = await cli.run(["init", "--key", "key.key"], { cwd });
      assert.match(again.stdout, nothingToDo);
    });

    const frames = "    at fail (lib/fail.ts:5:9)\n    at ";
    await t.step(
      "a stack in the log has the places of the sources, and no frames of farcall",
      async () => {
        const { code, stderr } = await cli.run(["call", "t.wrong3", "way"], { cwd });
        assert.equal(code, 10);
        assert.doesNotMatch(stderr, /fail\.ts/, "a caller is told the message alone");
        await node.process.stderr.until(/wrong3\.ts:9:10/);
        const log = node.process.stderr.text;
        assert.match(
          log,
          /RangeError: no way\n\s+at fail \(lib\/fail\.ts:5:9\)\n\s+at .*wrong3 \(scripts\/wrong3\.ts:9:10\)/,
        );
        assert.doesNotMatch(log, /at .*_scripts\.ts/);
      },
    );

    await t.step("call --verbose shows it to deployers", async () => {
      const out = ["call", "t.wrong3", "out", "--verbose"];
      const { code, stderr } = await cli.run([...out, "--as", "c2", "--key", "key.key"], { cwd });
      assert.equal(code, 10);
      assert.ok(stderr.includes(`no out (said by s1 (127.0.0.1:${node.port}))\n${frames}`), stderr);
      const other = await cli.run([...out, "--as", "c1"], { cwd });
      assert.doesNotMatch(other.stderr, /fail\.ts/);
      assert.match(other.stderr, mentions(/\blog\b/, /\bs1\b/));
    });

    await t.step("an example that throws is reported with its position", async () => {
      const text = configuration(node.port, { args: "str", key });
      const example = "src: scripts/wrong3.ts, examples: [{ args: [x], returns: 1 }]";
      await project.write("example.yaml", text.replace("src: scripts/wrong3.ts", example));
      const { stderr } = await cli.run(["init", "example.yaml", "--key", "key.key"], { cwd });
      assert.match(stderr, mentions('"RangeError: no x"', "lib/fail.ts:5:9"));
    });

    await t.step("what a package cannot do in a script is reported at the import", async () => {
      const text =
        'import { whisper } from "quiet";\nexport const check = (a: string) => a + whisper;\n';
      await project.write("scripts/check.ts", text);
      const { code, stderr } = await cli.run(["init", "--key", "key.key"], { cwd });
      assert.equal(code, 2);
      assert.match(
        stderr,
        diagnostic(
          "scripts/check.ts:1:25",
          '"quiet"',
          "quiet@2.0.0/index.js:1:8",
          '"node:fs"',
          "scripts/check.ts",
          "import",
        ),
      );
    });
  });
}
