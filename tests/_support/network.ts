/** Networks of a test's own: what needs a privilege, or another machine, runs in namespaces that end with it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Need, needing } from "./programs.ts";

/** A network namespace of one's own, in which raw sockets can be opened: `unshare -rn` needs no root. */
export const ownNetwork: Need = {
  name: "unshare with a network of one's own",
  isMet: () => {
    if (Deno.build.os !== "linux") return false;
    try {
      const { success } = new Deno.Command("unshare", {
        args: ["-rn", "ip", "link", "set", "lo", "up"],
        stdout: "null",
        stderr: "null",
      }).outputSync();
      return success;
    } catch {
      return false;
    }
  },
};

/**
 * Registers a test that runs a module of tests in a network of its own, as root of that: with `lo`, and what the shell's
 * `script` makes.
 */
export function testInOwnNetwork(name: string, module: URL, script = "true"): void {
  Deno.test({
    ...needing(["unshare", "ip", ownNetwork], name),
    fn: async () => {
      const prepared = `ip link set lo up && ${script} && exec "$0" "$@"`;
      const test = ["test", "--quiet", "--no-check", "--allow-all", fileURLToPath(module)];
      const { success, stdout, stderr } = await new Deno.Command("unshare", {
        args: ["-rn", "sh", "-c", prepared, Deno.execPath(), ...test],
        env: { NO_COLOR: "1" },
      }).output();
      const decoder = new TextDecoder();
      assert.ok(success, decoder.decode(stdout) + decoder.decode(stderr));
    },
  });
}
