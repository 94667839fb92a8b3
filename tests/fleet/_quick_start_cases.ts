/** The quick start of docs/fleet.md, verbatim except for addresses and names, in a network of its own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { checkout } from "../_support/checkout.ts";
import { Cli } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { OtherMachine } from "../_support/network.ts";
import { until } from "../_support/nodes/node.ts";

/** The first block of this language under the heading. */
function blockOf(text: string, language: string): string {
  const below = text.slice(text.indexOf("## Quick start"));
  const start = below.indexOf(`\`\`\`${language}\n`) + language.length + 4;
  return below.slice(start, below.indexOf("\n\`\`\`", start));
}

Deno.test("the quick start of the fleet page works as written", async () => {
  await using other = await OtherMachine.connect();
  await using project = await Project.create({
    "name.ts": "export const name = (): number => 7;\n",
  });
  const cwd = project.folder;
  const cli = new Cli(await checkout());
  for (const owner of ["ann", "c1"]) await cli.succeed(["keygen", owner], { cwd });
  const page = await Deno.readTextFile(new URL("../../docs/fleet.md", import.meta.url));
  const here = (text: string): string => text.replaceAll("10.0.0.1", other.here);
  const key = (await project.read("c1.pub")).trim();
  await project.write("init.yaml", here(blockOf(page, "yaml")).replace("ed25519:…", key));
  const commands = here(blockOf(page, "sh")).split("\n");
  assert.equal(commands.length, 3, commands.join("\n"));
  const [startServer, startNode, deployAndCall] = commands as [string, string, string];
  const farcall = fileURLToPath(new URL("../../mod.ts", import.meta.url));
  const shell = (command: string): string[] => [
    ...["sh", "-c", `farcall() { "$0" run --quiet --allow-all ${farcall} "$@"; }; ${command}`],
    Deno.execPath(),
  ];
  /** A command that keeps running replaces the shell, so that it is ended with it. */
  const lasting = (command: string): string[] =>
    shell(command.replace(/^farcall/, `exec "$0" run --quiet --allow-all ${farcall}`))
      .map((each) => each.replace("nats-server", "exec nats-server"));
  const running: Deno.ChildProcess[] = [];
  const start = (command: readonly string[]): void => {
    const [program, ...args] = command;
    running.push(
      new Deno.Command(program!, { args, cwd, stdout: "null", stderr: "null" }).spawn(),
    );
  };
  try {
    start(lasting(startServer));
    for (const name of ["s1", "s2"]) {
      start(lasting(startNode.replace("--name s1", `--name ${name}`)));
    }
    start(other.commandThere(...lasting(startNode.replace("--name s1", "--name s3"))));
    await until("three nodes are there", async () => {
      const { stdout } = await cli.run(["status", "--json", "--key", "ann.key"], { cwd });
      return stdout.startsWith("{") && JSON.parse(stdout).fleet?.present.length === 3;
    });
    await assert.rejects(Deno.connect({ hostname: other.there, port: 8181 }));
    const [program, ...args] = shell(deployAndCall.replace("init --key", "init --yes --key"));
    const { success, stdout, stderr } = await new Deno.Command(program!, { args, cwd }).output();
    const said = new TextDecoder().decode(stdout);
    assert.ok(success, said + new TextDecoder().decode(stderr));
    for (const name of ["s1", "s2", "s3"]) assert.match(said, new RegExp(`^${name}  7$`, "m"));
  } finally {
    for (const process of running) {
      process.kill("SIGKILL");
      await process.status;
    }
  }
});
