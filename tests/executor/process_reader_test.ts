import assert from "node:assert/strict";
import { pageBytesOf, ProcessReader } from "../../lib/executor/system/_process_reader.ts";

Deno.test("the page size is the system's: 4, 16 or 64 KiB", () => {
  for (const pageBytes of [4096, 16_384, 65_536]) {
    const kibibytes = 2600 * 4;
    assert.equal(pageBytesOf(kibibytes, kibibytes * 1024 / pageBytes), pageBytes);
    // Between the two readings the process may have allocated more.
    assert.equal(pageBytesOf(kibibytes + 300, kibibytes * 1024 / pageBytes), pageBytes);
  }
});

Deno.test({
  name: "memory and processor time of a process are what the system says",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const failures: string[] = [];
    const reader = new ProcessReader((reason) => failures.push(reason));
    try {
      const status = await Deno.readTextFile("/proc/self/status");
      const ownBytes = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
      const [bytes, before] = await Promise.all([
        reader.bytesOf([Deno.pid]),
        reader.processorMsOf(Deno.pid),
      ]);
      const ratio = bytes.get(Deno.pid)! / ownBytes;
      assert.ok(ratio > 0.6 && ratio < 1.6, `${bytes.get(Deno.pid)} and ${ownBytes} bytes`);
      for (const endMs = performance.now() + 200; performance.now() < endMs;);
      const after = await reader.processorMsOf(Deno.pid);
      assert.ok(after! > before!, `${before} and ${after} ms`);
      // An ended process is missing from the result, without an error.
      assert.equal(await reader.processorMsOf(2 ** 22 + 1), undefined);
      assert.equal((await reader.bytesOf([2 ** 22 + 1])).size, 0);
      assert.deepEqual(failures, []);
    } finally {
      await reader.close();
    }
  },
});
