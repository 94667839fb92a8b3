import assert from "node:assert/strict";
import { ProgressReader, ProgressWriter } from "../../lib/executor/progress.ts";

Deno.test("the node reads its executor's latest progress, however often it is written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const reader = new ProgressReader(`${folder}/socket`);
    const writer = new ProgressWriter(`${folder}/socket`);
    assert.deepEqual(reader.read(0), { begun: 0, now: "elsewhere" });
    // Each takes a millisecond, so that each is recorded; and they are more than the file holds.
    for (let call = 1; call <= 1200; call++) {
      assert.ok(writer.begins(call, 0, call));
      assert.deepEqual(reader.read(1200), { begun: call, now: "inside" });
    }
    assert.deepEqual(reader.read(7), { begun: 7, now: "among", isForged: true });
    reader.close(1200);
    assert.deepEqual(reader.read(1200), { begun: 1200, now: "inside" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
