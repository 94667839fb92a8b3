/** A node's use of the folder of temporary files, and its behaviour without one. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { mounted, needing, ownMounts, withoutTemporaryFolders } from "../../_support/programs.ts";
import { failure, mentions } from "../../_support/mentions.ts";

/** Too long for a socket's path. */
const long = "long".repeat(30);

/** Registers the tests of one way to run farcall. */
export function temporaryFilesSuite(name: string, make: MakeProgram): void {
  temporaryFolderTests(name, make);
  Deno.test(`a node leaves no socket and no folder behind, wherever its root is, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "add.ts": "export default () => 5;\n" });
    const cwd = project.folder;
    const temporary = project.path("tmp");
    await Deno.mkdir(temporary);
    for (
      const [where, root] of [
        ["a short path", project.path("short")],
        ["a path too long for a socket", project.path(long)],
        ["a path with a space and an umlaut", project.path("a b ü")],
      ]
    ) {
      await t.step(where, async () => {
        {
          const args = ["--port", "0", "--root", root];
          await using node = await cli.serve(args, { cwd, env: { TMPDIR: temporary } });
          await project.write("init.yaml", fileFor(node.port));
          await cli.succeed(["init"], { cwd });
          assert.equal(await cli.succeed(["call", "m.add"], { cwd }), "5");
          assert.equal((await node.stop()).code, 0);
        }
        for await (const { name } of Deno.readDir(temporary)) assert.fail(`${name} is left`);
        const names = await Array.fromAsync(Deno.readDir(root), ({ name }) => name);
        if (!names.includes("run")) return;
        for await (const { name } of Deno.readDir(`${root}/run`)) {
          assert.equal(name, "empty", "sockets leave the file system");
        }
      });
    }
  });
}

/** Registers the tests of one way to run farcall: possible values of TMPDIR. */
function temporaryFolderTests(name: string, make: MakeProgram): void {
  Deno.test(`a TMPDIR that cannot be used is told, and worked around, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "add.ts": "export default () => 5;\n" });
    const cwd = project.folder;
    const args = ["--port", "0", "--root", project.path(long)];
    await Deno.mkdir(project.path(`tmp/${long}`), { recursive: true });
    await Deno.symlink("/dev/shm", project.path("shm"));
    for (
      const [what, path, why] of [
        ["missing", "none", /\bno .*\bfolder\b/],
        ["a file", "add.ts", /\bnot a folder\b/],
        ["too long for a socket", `tmp/${long}`, /\b100 bytes\b/],
        ["closed to executors", "shm", /\bexecutors\b|\bruntime\b/],
      ] as const
    ) {
      await t.step(what, async () => {
        const env = { TMPDIR: project.path(path), XDG_RUNTIME_DIR: "" };
        await using node = await cli.serve(args, { cwd, env });
        const { stderr } = node.process;
        const [said, folder] = await stderr.until(
          /warn +executors\.temporary-folder .*path=(\S+) .*\n/,
        );
        assert.match(said, why);
        assert.ok(said.includes(project.path(path).slice(0, 60)), said);
        await project.write("init.yaml", fileFor(node.port));
        await cli.succeed(["init"], { cwd });
        assert.equal(await cli.succeed(["call", "m.add"], { cwd }), "5");
        assert.equal((await node.stop()).code, 0);
        await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
      });
    }
    await t.step({
      ...needing(ownMounts, "without any usable folder, serve says what to do"),
      fn: async () => {
        const script = `${withoutTemporaryFolders} && mount -t tmpfs -o mode=700 none '${
          project.path(long)
        }'`;
        const left = new Cli(mounted(program, script));
        const { code, stderr } = await left.run(["serve", ...args], { cwd });
        assert.equal(code, 2, stderr);
        assert.match(stderr, failure("Root Unreadable", '"/dev/shm"'));
        assert.match(stderr, mentions("--root", "TMPDIR", "folder"));
      },
    });
  });
}

/** One service on one node of this machine. */
function fileFor(port: number): string {
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  m: { providers: s1, tenants: c1, rpcs: { add: { args: [], returns: int, src: add.ts } } }
`;
}
