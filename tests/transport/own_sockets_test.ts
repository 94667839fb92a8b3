/** Scanning sockets through the C library in a process without free descriptors. */
import assert from "node:assert/strict";

const module = new URL("../../lib/transport/_own_sockets.ts", import.meta.url).href;

Deno.test({
  name: "where no descriptor is left, all of them are still looked at",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const script = `import { OwnSockets } from "${module}";
      const sockets = OwnSockets.open();
      const held = [];
      try { for (;;) held.push(Deno.openSync("/dev/null")); } catch { /* All are open. */ }
      Deno.stdout.writeSync(new TextEncoder().encode(String(sockets.slots())));`;
    const { stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", 'ulimit -n 80; exec "$0" "$@"', Deno.execPath(), "eval", "--no-check", script],
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "80");
  },
});
