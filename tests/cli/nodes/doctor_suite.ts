/** Findings of `farcall doctor`, and a word of the command line that is not text, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { needing } from "../../_support/programs.ts";
import { mentions } from "../../_support/mentions.ts";

/** Registers the tests of one way to run farcall. */
export function doctorSuite(name: string, make: MakeProgram): void {
  Deno.test(`farcall doctor finds trouble, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    const { project, s1, s2 } = fleet;
    const find = async () => {
      const { code, stdout } = await fleet.run(["doctor", "--json"]);
      const { findings } = JSON.parse(stdout);
      const of = (about: string) =>
        findings.find((each: { about: string }) => each.about.startsWith(about));
      return { code, of };
    };

    await t.step("nodes that reply with this version are healthy", async () => {
      const { of } = await find();
      for (const name of [`s1 (${s1.address})`, `s2 (${s2.address})`]) {
        assert.equal(of(`node ${name}`).state, "ok", name);
        assert.match(of(`node ${name}`).text, /^farcall\/\d/);
      }
      for (const about of ["clock", "descriptors", "setpriv", "memory", "disk"]) {
        assert.ok(of(about), about);
      }
    });

    await t.step(
      "a key open to others, a certificate that is none, a node that is gone",
      async () => {
        await cli.succeed(["keygen", "good"], { cwd: project.folder });
        await cli.succeed(["keygen", "open"], { cwd: project.folder });
        await Deno.chmod(project.path("open.key"), 0o644);
        await cli.succeed(["keygen", "--tls", "127.0.0.1", "node"], { cwd: project.folder });
        await project.write("bad.crt", "not a certificate");
        await s2.stop();
        const { code, of } = await find();
        assert.equal(code, 3);
        const states = ["open.key", "good.key", "node.key"].map((name) =>
          of(`key ${project.path(name)}`).state
        );
        assert.deepEqual(states, ["trouble", "ok", "ok"]);
        assert.match(of(`key ${project.path("open.key")}`).text, /chmod 600/);
        assert.match(of(`certificate ${project.path("node.crt")}`).text, / \d+ days$/);
        assert.equal(of(`certificate ${project.path("bad.crt")}`).state, "trouble");
        assert.match(of("node s2").text, mentions("port", "free"));
      },
    );

    await t.step({
      ...needing("cat", "a word that is not UTF-8 is refused, not replaced"),
      fn: async () => {
        const { command, args, env } = program;
        const words = [command, ...args, "call", "math.add"].map((word) => `'${word}'`).join(" ");
        const { code, stderr } = await new Deno.Command("/bin/sh", {
          args: ["-c", `exec ${words} "$(printf 'caf\\351')" 3`],
          cwd: project.folder,
          env: { ...env, PATH: Deno.env.get("PATH")! },
        }).output();
        // A compiled runtime exits by itself if an argument is not text.
        if (command !== Deno.execPath()) return assert.equal(code, 101);
        assert.equal(code, 2);
        assert.match(new TextDecoder().decode(stderr), mentions("argument 3", "UTF-8", "byte 4"));
      },
    });
  });
}
