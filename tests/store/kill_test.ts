import assert from "node:assert/strict";
import { join } from "node:path";
import { FileStore } from "../../lib/store/mod.ts";
import { withFolder } from "./_fixtures.ts";

const rounds = Number(Deno.env.get("FARCALL_KILL_ROUNDS") ?? 8);

Deno.test("FileStore: a node killed at any moment loses no acknowledged commit", async () => {
  const seed = Number(Deno.env.get("FARCALL_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  // deno-lint-ignore no-console
  console.info(`FARCALL_SEED=${seed}`);
  let state = seed;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 2 ** 31;
  await withFolder(async (folder) => {
    const root = join(folder, "root");
    let last = 0;
    for (let round = 0; round < rounds; round++) {
      const acknowledged = await runAndKill(root, 5 + random() * 100);
      const store = await FileStore.open(root);
      const number = store.current()?.number ?? 0;
      const expected = Math.max(last, acknowledged);
      assert.ok(number === expected || number === expected + 1, `${number} after ${expected}`);
      assert.deepEqual(store.warnings, []);
      last = number;
      await store.close();
    }
    assert.ok(last > 0);
  });
});

/** Runs the committer, kills it some time after its first output, and returns the last number printed. */
async function runAndKill(root: string, afterMs: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("./_committer.ts", import.meta.url).href, root],
    stdout: "piped",
  }).spawn();
  let said = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
    said += chunk;
  }
  await child.status;
  // An incomplete last line does not count.
  return Number(said.split("\n").at(-2) ?? 0);
}
