import assert from "node:assert/strict";
import { repository, Running } from "../../_support/commands/cli.ts";
import { lineWith } from "../../_support/mentions.ts";
import { ownNetwork } from "../../_support/network.ts";
import { type Need, needing } from "../../_support/programs.ts";

const tun: Need = {
  name: "right to open /dev/net/tun",
  isMet: () => {
    try {
      Deno.openSync("/dev/net/tun", { read: true, write: true }).close();
      return true;
    } catch {
      return false;
    }
  },
};

Deno.test({
  ...needing(
    ["unshare", "nsenter", "ip", ownNetwork, tun],
    "the demo of peers calls over both carriers, sends a message and a file, and leaves nothing behind",
  ),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using demo = new Running(Deno.execPath(), ["task", "--quiet", "demo:peers"], {
        cwd: repository,
        env: { TMPDIR: folder },
      });
      const { code, stdout, stderr } = await demo.ended;
      assert.equal(code, 0, stdout + stderr);
      for (
        const expected of [
          /raw IP( +\d+ ms){3}/,
          /TCP( +\d+ ms){3}/,
          /^10\.77\.0\.1 +press$/m,
          lineWith(/^delivered/, /10\.77\.0\.1$/),
          /office {2}\[general\] {2}\w.*\.$/m,
          /Shared a file: plan\.pdf \(1048576 bytes/,
        ]
      ) assert.match(stdout, expected);
      assert.deepEqual(Array.from(Deno.readDirSync(folder)), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
