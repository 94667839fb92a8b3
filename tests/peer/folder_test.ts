/** A peer's files on disk: nothing acknowledged is lost, and no partial file is visible. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { RootInUse } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { silentLog } from "../../lib/log/mod.ts";
import { ChunkStore } from "../../lib/peer/folder/chunk_store.ts";
import { Journal, JournalReader, lastMessages } from "../../lib/peer/folder/journal.ts";
import { PeerFolder } from "../../lib/peer/folder/peer_folder.ts";
import { Space } from "../../lib/peer/folder/space.ts";
import { ChunkedFile } from "../../lib/peer/original/chunked_file.ts";
import { randomOf } from "./_virtual_network.ts";
import { withFolder } from "./_folder.ts";

function append(journal: Journal, content: string): Promise<boolean> {
  return new Promise((resolve) =>
    journal.append({
      receivedMs: 0,
      from: "10.0.0.2",
      sender: "a",
      channel: "general",
      content,
      timestamp: "t",
      machineId: "m",
      file: undefined,
    }, resolve)
  );
}

async function contentsOf(reader: JournalReader): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const messages = await reader.next();
    if (messages.length === 0) return found;
    found.push(...messages.map(({ number, content }) => `${number} ${content}`));
  }
}

Deno.test("the journal keeps its numbers and its read position across restarts and a torn line", () =>
  withFolder(async (folder) => {
    const first = await Journal.open(folder, silentLog);
    assert.ok(
      (await Promise.all(["one", "two\nlines", "\u2603"].map((text) => append(first, text)))).every(
        Boolean,
      ),
    );
    const reader = new JournalReader(folder);
    assert.deepEqual(await contentsOf(reader), ["1 one", "2 two\nlines", "3 \u2603"]);
    await reader.markRead(2);
    await first.close();
    const [{ name }] = (await Array.fromAsync(Deno.readDir(folder))).filter((entry) =>
      entry.name.startsWith("messages-")
    );
    await Deno.writeTextFile(join(folder, name), '{"number":4,"content":"ha', { append: true });
    const second = await Journal.open(folder, silentLog);
    assert.ok(await append(second, "four"));
    assert.deepEqual(await contentsOf(new JournalReader(folder)), ["3 \u2603", "4 four"]);
    assert.deepEqual((await contentsOf(new JournalReader(folder, 0))).length, 4);
    assert.deepEqual((await lastMessages(folder, 2)).map(({ number }) => number), [3, 4]);
    await second.close();
  }));

Deno.test("a journal full of unread messages accepts no more, and continues once they are read", () =>
  withFolder(async (folder) => {
    const journal = await Journal.open(folder, silentLog);
    const large = "x".repeat(1024 * 1024);
    let taken = 0;
    while (await append(journal, large)) {
      assert.ok(++taken <= 2 * limits.peer.journalBytesMax / large.length, "it has a bound");
    }
    assert.ok(taken >= limits.peer.journalBytesMax / large.length - 16);
    await new JournalReader(folder).markRead(taken);
    assert.ok(await append(journal, "again"));
    await journal.close();
    let bytes = 0;
    for await (const { name } of Deno.readDir(folder)) {
      bytes += (await Deno.stat(join(folder, name))).size;
    }
    assert.ok(bytes <= limits.peer.journalBytesMax);
  }));

Deno.test("two processes cannot have one folder", () =>
  withFolder(async (folder) => {
    const held = await PeerFolder.open(folder, { log: silentLog });
    await assert.rejects(PeerFolder.open(folder, { log: silentLog }), RootInUse);
    await held.close();
    await (await PeerFolder.open(folder, { log: silentLog })).close();
  }));

/** A store whose files are read back when they are complete. */
async function storeIn(
  folder: string,
  options: { folderBytesMax?: number; canFinish?: () => boolean } = {},
): Promise<{ store: ChunkStore; whole: Map<string, Uint8Array> }> {
  const whole = new Map<string, Uint8Array>();
  const store = new ChunkStore(folder, {
    log: silentLog,
    space: await Space.of(folder, options),
    finish: async (file, path) => {
      if (options.canFinish?.() === false) throw new Error("no");
      whole.set(file.fileId, await Deno.readFile(path));
    },
  });
  return { store, whole };
}

function fileOf(total: number, fileId = "f"): ChunkedFile {
  const names = { fileName: "x", channel: "general", sender: "a" };
  return new ChunkedFile("10.0.0.2", { fileId, total, ...names }, 0);
}

function keep(
  store: ChunkStore,
  file: ChunkedFile,
  index: number,
  data: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve) => store.keep({ file, index, data }, resolve));
}

Deno.test("chunks become the file, in any order, of any length, and across a restart", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomOf(seed);
    for (let round = 0; round < 40; round++) {
      const total = 1 + Math.floor(random() * 12);
      const isEven = random() < 0.5;
      const chunks = Array.from({ length: total }, (_, index) => {
        const length = index === total - 1 || !isEven ? 1 + Math.floor(random() * 20) : 20;
        return Uint8Array.from({ length }, () => Math.floor(random() * 256));
      });
      const order = chunks.map((_, index) => index).sort(() => random() - 0.5);
      const cut = Math.floor(random() * total);
      const first = await storeIn(folder);
      let file = fileOf(total, `f${round}`);
      const kept = order.slice(0, cut).map((index) =>
        keep(first.store, file, index, chunks[index])
      );
      assert.ok((await Promise.all(kept)).every(Boolean), `seed ${seed}`);
      await first.store.close();
      const second = await storeIn(folder);
      const unfinished = await second.store.unfinished(Date.now());
      assert.equal(unfinished.length, cut === 0 ? 0 : 1);
      file = unfinished[0] ?? file;
      assert.deepEqual(
        chunks.map((_, index) => file.has(index)),
        chunks.map((_, index) => order.indexOf(index) < cut),
      );
      for (const index of order.slice(cut)) {
        assert.ok(await keep(second.store, file, index, chunks[index]));
      }
      await second.store.close();
      const expected = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
      assert.deepEqual(second.whole.get(`f${round}`), expected, `seed ${seed}, round ${round}`);
      assert.deepEqual(
        await Array.fromAsync(Deno.readDir(folder)),
        [],
        "nothing is left of its parts",
      );
    }
  }));

Deno.test("a chunk without space is not acknowledged, and is accepted once there is space", () =>
  withFolder(async (folder) => {
    const { store, whole } = await storeIn(folder, { folderBytesMax: 2000 });
    const file = fileOf(3);
    const chunk = new Uint8Array(500);
    assert.ok(await keep(store, file, 0, chunk));
    const other = fileOf(2, "other");
    assert.ok(await keep(store, other, 0, new Uint8Array(1400)));
    assert.equal(await keep(store, file, 1, chunk), false);
    assert.deepEqual([file.has(1), file.count, file.bytes], [false, 1, 500]);
    await store.forget(other);
    assert.ok(await keep(store, file, 2, chunk));
    assert.ok(await keep(store, file, 1, chunk));
    assert.equal(whole.get("f")?.length, 1500);
    await store.close();
  }));

Deno.test("a complete file that cannot be named stays complete, and is named later", () =>
  withFolder(async (folder) => {
    let canFinish = false;
    const { store, whole } = await storeIn(folder, { canFinish: () => canFinish });
    const file = fileOf(1);
    assert.equal(await keep(store, file, 0, new Uint8Array(10)), false);
    canFinish = true;
    assert.ok(await keep(store, file, 0, new Uint8Array(10)));
    assert.equal(whole.get("f")?.length, 10);
    await store.close();
  }));
