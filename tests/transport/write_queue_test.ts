/** The order of writes, however they end. */
import assert from "node:assert/strict";
import { WriteQueue } from "../../lib/transport/write_queue.ts";

Deno.test("writes happen one after another, whole, and a failed one does not block the next", async () => {
  const said: string[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  const queue = new WriteQueue(async ([number]) => {
    said.push(`begin ${number}`);
    const gate = Promise.withResolvers<void>();
    open.push(gate);
    await gate.promise.finally(() => said.push(`end ${number}`));
  });
  const writes = [1, 2, 3].map((number) => queue.write(Uint8Array.of(number)));
  assert.deepEqual(said, ["begin 1"], "the first one begins at once");
  open[0].resolve();
  await writes[0];
  await Promise.resolve();
  const settled = queue.settled();
  open[1].reject(new Error("broken!"));
  await assert.rejects(writes[1], /broken!/);
  while (open.length < 3) await Promise.resolve();
  open[2].resolve();
  await settled;
  await writes[2];
  assert.deepEqual(said, ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
  await queue.settled();
});
