/** What a node puts into the folder of temporary files, and what it does where there is none. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../_support/cli.ts";
import { Project } from "../_support/fleet.ts";

/** Registers the tests of one way to run farcall. */
export function temporaryFilesSuite(name: string, make: MakeProgram): void {
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
        ["a path too long for a socket", project.path("long".repeat(30))],
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

/** One service on one node of this machine. */
function fileFor(port: number): string {
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  m: { providers: s1, tenants: c1, rpcs: { add: { args: [], returns: int, src: add.ts } } }
`;
}
