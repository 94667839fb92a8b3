/** A program that imports the library, in a folder used with npm. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { repository } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { TestNode } from "../_support/nodes/node.ts";

Deno.test("the library works in a folder with a package.json, with exactly --allow-net and --allow-read", async (t) => {
  const source = "export const add = (a, b) => a + b;";
  const add = { args: ["int", "int"], returns: ["int"], source };
  await using node = await TestNode.start({
    deployment: { services: { math: { rpcs: { add } } } },
  });
  const [host, port] = node.address.split(":");
  const library = JSON.stringify(join(repository, "mod.ts"));
  await using project = await Project.create({
    "package.json": '{ "name": "app", "type": "module", "dependencies": {} }',
    "add.ts": "export const add = (a: number, b: number) => a + b;",
    "init.yaml": `network:
  servers: { s1: { ip: ${host}, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  math: { providers: s1, tenants: c1, rpcs: { add: { args: [int, int], returns: [int], src: add.ts } } }
`,
    "program.ts": `import { connect, rpc, serve } from ${library};
await using farcall = await connect("${node.address}");
console.log(await farcall.call("math", "add", [2, 3]));
const double = rpc(["int"], ["int"], (n) => 2 * n);
await using node = await serve({ port: 0, services: { own: { double } }, log: "silent" });
await using own = await connect(\`127.0.0.1:\${node.port}\`);
console.log(await own.service("own").double(4));
`,
    "file.ts": `import { connect, FarcallError } from ${library};
try {
  await using farcall = await connect("init.yaml", { server: "s1" });
  console.log(await farcall.call("math", "add", [2, 3]));
} catch (error) {
  if (error instanceof FarcallError) console.log(error.code, error.message);
  else throw error;
}
`,
  });
  const run = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--allow-net", "--allow-read", ...args],
      cwd: project.folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout);
  };
  await t.step("it calls and serves", async () => {
    assert.equal(await run("program.ts"), "5\n8\n");
  });
  await t.step("it explains how to read an init.yaml there", async () => {
    assert.match(await run("file.ts"), /^Invalid Configuration .*--node-modules-dir=none/);
    assert.equal(await run("--node-modules-dir=none", "file.ts"), "5\n");
  });
  await t.step("no module that it loads or type-checks names an npm package", async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", join(repository, "mod.ts")],
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    const named: string[] = modules.flatMap(({ dependencies = [] }) =>
      (dependencies as { specifier: string }[]).map(({ specifier }) => specifier)
    ).filter((specifier: string) => specifier.startsWith("npm:"));
    assert.deepEqual(named, []);
  });
});
