/** Clients with keys on the command line, for every way to run farcall. */
import assert from "node:assert/strict";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { failure, lineWith, mentions } from "../../_support/mentions.ts";

/** Clients with keys. */
export const keys: FleetPart = {
  name: "a client with a key calls with --key or FARCALL_KEY, and not without",
  async run(t, fleet) {
    const { project } = fleet;
    const key = await fleet.succeed(["keygen", "c1"]);
    await fleet.succeed(["keygen", "c2"]);
    const file = await project.read("init.yaml");
    await project.write("init.yaml", file.replace("c1: { ip: 127.0.0.1 }", `c1: { key: ${key} }`));
    assert.match(
      await fleet.plan(),
      new RegExp(`clients: \\+ c1 \\(${key.slice(0, 16)}…\\), \\+ c2 \\(127`),
    );
    await fleet.succeed(["init"]);
    const server = fleet.s1.address;
    const asC1 = ["--as", "c1", "--key", "c1.key"];

    await t.step("every command that asks a node proves it", async () => {
      assert.equal(await fleet.succeed(["call", "math.add", "2", "3", ...asC1]), "5");
      assert.match(await fleet.succeed(["call", ...asC1]), /math[^]*hash/);
      assert.match(
        await fleet.succeed(["explain", "math.add", "2", "3", ...asC1]),
        lineWith(/^identity +c1: /, "key", "tenant", "math"),
      );
      assert.match(await fleet.succeed(["types", "--server", server, ...asC1]), /^ {2}hash: \{$/m);
      const line = `farcall call --server ${server} --as c1 --key c1.key math.d`;
      assert.match(await fleet.succeed(["complete", line]), /^math\.divide\t/);
      await fleet.succeed(["status", "--key", "c1.key"]);
      await fleet.succeed(["init", "--history", "--key", "c1.key"]);
    });
    await t.step("FARCALL_KEY names the file unless --key does", async () => {
      const call = ["call", "math.add", "2", "3", "--as", "c1"];
      const env = { FARCALL_KEY: "c1.key" };
      assert.equal(await fleet.succeed(call, { env }), "5");
      await fleet.fail(22, [...call, "--key", "c2.key"], { env });
      await fleet.fail(22, call, { env: { FARCALL_KEY: "" } });
    });
    await t.step(
      "without the key, or with another, a call is refused, and says what to do",
      async () => {
        const call = ["call", "math.add", "2", "3", "--as", "c1"];
        assert.match(
          await fleet.fail(22, call),
          failure("Unauthenticated", '"c1"', "127.0.0.1", "--key FILE"),
        );
        assert.match(
          await fleet.fail(22, [...call, "--key", "c2.key"]),
          failure("Unauthenticated", '"c1"', "ed25519:", /\bnot\b/),
        );
      },
    );
    await t.step(
      "a file without a key is reported as what it is, without its content",
      async () => {
        const call = ["call", "math.add", "2", "3", "--key"];
        assert.match(
          await fleet.fail(2, [...call, "c1.pub"]),
          failure("Invalid Configuration", '"c1.pub"', /public.key/),
        );
        assert.match(
          await fleet.fail(2, [...call, "no.key"]),
          mentions('"no.key"'),
        );
        assert.match(
          await fleet.fail(2, [...call, "init.yaml"]),
          mentions('"init.yaml"', /private.key/),
        );
      },
    );
    await t.step({
      name: "a key that others can read is not used, and the message makes it right",
      ignore: Deno.build.os === "windows",
      async fn() {
        const path = project.path("c1.key");
        const call = ["call", "math.add", "2", "3", "--as", "c1"];
        for (const mode of [0o644, 0o602, 0o601, 0o666]) {
          await Deno.chmod(path, mode);
          for (
            const said of [
              await fleet.fail(2, [...call, "--key", "c1.key"]),
              await fleet.fail(2, call, { env: { FARCALL_KEY: "c1.key" } }),
              await fleet.fail(2, ["init", "--key", "c1.key"]),
            ]
          ) {
            assert.match(said, mentions(mode.toString(8).padStart(4, "0"), "chmod 600", "c1.key"));
          }
        }
        // The content of the message.
        await Deno.chmod(path, 0o600);
        assert.equal(await fleet.succeed([...call, "--key", "c1.key"]), "5");
        await Deno.chmod(path, 0o400);
        assert.equal(await fleet.succeed([...call, "--key", "c1.key"]), "5");
      },
    });
    await t.step("no output contains a private key", async () => {
      const secret = (await project.read("c1.key")).split("\n")[1].slice(-40);
      for (const { process } of [fleet.s1, fleet.s2]) {
        await process.stderr.until(new RegExp(`connection\\.proved .*key="?${key}`));
        assert.ok(!process.stderr.text.includes(secret));
      }
    });
  },
};
