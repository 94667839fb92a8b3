/** What `farcall keygen` promises, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram, Running, under } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { inOwnMounts, needing, ownMounts } from "../../_support/programs.ts";
import { mentions } from "../../_support/mentions.ts";

/** Registers the tests of one way to run farcall. */
export function keygenSuite(name: string, make: MakeProgram): void {
  Deno.test(`keygen makes a key that openssl reads, and never overwrites one, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "other.pub": "somebody's" });
    const cwd = project.folder;

    await t.step("NAME.key is secret, and NAME.pub has the printed public key", async () => {
      const { code, stdout, stderr } = await cli.run(["keygen", "c1"], { cwd });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^ed25519:[A-Za-z0-9_-]{43}\n$/);
      assert.match(stderr, /^.*\bc1\.key\b.*\bsecret\b.*\bc1\.pub\n$/);
      assert.equal(await project.read("c1.pub"), stdout);
      assert.match(
        await project.read("c1.key"),
        /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/]{64}\n-----END PRIVATE KEY-----\n$/,
      );
      if (Deno.build.os !== "windows") {
        assert.equal((await Deno.stat(project.path("c1.key"))).mode! & 0o777, 0o600);
      }
    });

    await t.step("the default NAME is farcall, and every key is new", async () => {
      assert.notEqual(`${await cli.succeed(["keygen"], { cwd })}\n`, await project.read("c1.pub"));
      await project.read("farcall.key");
    });

    await t.step({
      ...needing("openssl", "openssl reads it"),
      async fn() {
        const path = project.path("c1.key");
        await using running = new Running("openssl", ["pkey", "-in", path, "-pubout"]);
        const { code, stdout, stderr } = await running.ended;
        assert.equal(code, 0, stderr);
        const der = atob(stdout.replaceAll(/-----[^-]*-----|\s/g, ""));
        const raw = btoa(der.slice(-32)).replaceAll("+", "-").replaceAll("/", "_");
        assert.equal(`ed25519:${raw.replace("=", "")}\n`, await project.read("c1.pub"));
      },
    });

    await t.step("no existing file is overwritten", async () => {
      const before = [await project.read("c1.key"), await project.read("c1.pub")];
      assert.match(await cli.fail(2, ["keygen", "c1"], { cwd }), mentions('"c1.key"'));
      assert.deepEqual([await project.read("c1.key"), await project.read("c1.pub")], before);
      assert.match(await cli.fail(2, ["keygen", "other"], { cwd }), mentions('"other.pub"'));
      assert.equal(await project.read("other.pub"), "somebody's");
      await assert.rejects(project.read("other.key"), "half a pair is not left behind");
    });

    await t.step({
      ...needing(ownMounts, "a full disk leaves nothing that would block the next attempt"),
      fn: async () => {
        await project.write("disk/empty", "");
        for (
          const [args, files] of [["disk/c1", "c1.key c1.pub"], ["--tls n disk/n", "n.crt n.key"]]
        ) {
          const script = `mount -t tmpfs -o size=12k none disk && head -c 12288 /dev/zero >disk/fill
            "$0" "$@"; echo "code $?: $(echo $(ls disk))"; rm disk/fill
            "$0" "$@"; echo "code $?: $(echo $(ls disk))"`;
          const cli = new Cli(inOwnMounts(under(program, "/bin/sh", "-c", script)));
          const { stdout, stderr } = await cli.run(["keygen", ...args.split(" ")], { cwd });
          assert.match(stdout, /^code 2: fill\n\S+\ncode 0: .*\n$/, stderr);
          assert.ok(stdout.endsWith(`code 0: ${files}\n`), stdout);
          assert.match(stderr, /^farcall: .*"disk\/\S+": .*\bspace\b/m);
        }
      },
    });

    await t.step("failures are reported", async () => {
      const says = await cli.fail(2, ["keygen", "no/such/c1"], { cwd });
      assert.match(says, mentions('"no/such/c1.key"'));
      assert.match(await cli.fail(2, ["keygen", ""], { cwd }), mentions("NAME", "empty"));
      for (const name of ["keys/", "c1.key", "c1.pub"]) {
        assert.match(await cli.fail(2, ["keygen", name], { cwd }), mentions("NAME"));
      }
    });
  });
}
