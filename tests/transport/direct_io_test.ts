import assert from "node:assert/strict";
import { readInto, writeFrom } from "../../lib/transport/_direct_io.ts";

Deno.test("connections are read and written by the runtime's own operations, not by way of Deno.Conn", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  using near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using far = await accepting;
  // Without those operations, everything works still, and each call costs more.
  for (const conn of [near, far]) {
    conn.read = conn.write = () => assert.fail("this runtime has other operations than expected");
  }
  assert.equal(await writeFrom(near, Uint8Array.of(1, 2, 3)), 3);
  const target = new Uint8Array(8);
  assert.equal(await readInto(far, target), 3);
  assert.deepEqual(target.subarray(0, 3), Uint8Array.of(1, 2, 3));
});
