/** Files between two farcalls: over any transport, with any faults. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FileRefused, messageOf } from "../../lib/errors/mod.ts";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { silentLog } from "../../lib/log/mod.ts";
import type { NewMessage } from "../../lib/peer/folder/journal.ts";
import { Space } from "../../lib/peer/folder/space.ts";
import { parseAccepted } from "../../lib/peer/transfer/accepted.ts";
import { FileServer } from "../../lib/peer/transfer/file_server.ts";
import { type FileToSend, sendFileOver } from "../../lib/peer/transfer/send_file.ts";
import { MemoryListener, type Transport } from "../../lib/transport/mod.ts";
import { mentions } from "../_support/mentions.ts";

const sender = "10.0.0.2";

/** A receiver in a folder of its own, and what it receives. */
class Receiver implements AsyncDisposable {
  readonly folder: string;
  delivered: NewMessage[] = [];
  readonly #listener: MemoryListener;
  readonly #server: FileServer;

  private constructor(folder: string, listener: MemoryListener, server: FileServer) {
    this.folder = folder;
    this.#listener = listener;
    this.#server = server;
  }

  static async start(
    options: {
      accept?: string[];
      isIntroduced?: boolean;
      fileBytesMax?: number;
      folderBytesMax?: number;
    } = {},
  ): Promise<Receiver> {
    const folder = await Deno.makeTempDir();
    for (const name of ["incoming", "received"]) await Deno.mkdir(join(folder, name));
    const listener = new MemoryListener();
    const delivered: NewMessage[] = [];
    const server = await FileServer.start([{ over: "tcp", open: () => listener }], {
      log: silentLog,
      accepted: parseAccepted(options.accept),
      isIntroduced: () => options.isIntroduced ?? true,
      incoming: join(folder, "incoming"),
      received: join(folder, "received"),
      space: await Space.of(folder, options),
      deliver: (message) => {
        delivered.push(message);
        return Promise.resolve();
      },
    });
    const receiver = new Receiver(folder, listener, server);
    receiver.delivered = delivered;
    return receiver;
  }

  connect(): Transport {
    return this.#listener.connect(sender, 1);
  }

  async names(folder: "incoming" | "received"): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(join(this.folder, folder)));
    return entries.map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A file to send, in a folder that is removed at the end. */
async function withFile(
  bytes: Uint8Array,
  test: (file: FileToSend, path: string) => Promise<void>,
  name = "photo.jpg",
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, name);
    await Deno.writeFile(path, bytes);
    await test({
      path,
      sender: "alice",
      channel: "ops",
      timestamp: "2026-11-30T00:00:00.000000Z",
      key: undefined,
      onProgress: () => {},
      signal: undefined,
    }, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function bytesOf(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let offset = 0; offset < count; offset += 65536) {
    crypto.getRandomValues(bytes.subarray(offset, Math.min(count, offset + 65536)));
  }
  return bytes;
}

/** A transport that alters what is written through it. */
function through(
  transport: Transport,
  change: (bytes: Uint8Array, before: number) => Uint8Array | undefined,
): Transport & { readonly written: number } {
  let written = 0;
  return Object.assign(Object.create(transport) as Transport, {
    remote: transport.remote,
    remoteHost: transport.remoteHost,
    localHost: transport.localHost,
    get written() {
      return written;
    },
    read: (target: Uint8Array) => transport.read(target),
    close: () => transport.close(),
    write: async (bytes: Uint8Array) => {
      const changed = change(bytes, written);
      written += bytes.length;
      if (changed === undefined) {
        transport.close();
        throw new Error("cut");
      }
      await transport.write(changed);
    },
  });
}

for (const size of [0, 1, 700_001]) {
  Deno.test(`a file of ${size} bytes arrives whole, under its name, checked`, async () => {
    await using receiver = await Receiver.start();
    const bytes = bytesOf(size);
    await withFile(bytes, async (file) => {
      const progress: number[] = [];
      const name = await sendFileOver(receiver.connect(), {
        ...file,
        onProgress: (sent) => progress.push(sent),
      });
      assert.equal(name, "gr\u00fc\u00dfe \u2603.txt");
      assert.equal(progress.at(-1), size);
      const path = join(receiver.folder, "received", name);
      assert.deepEqual(await Deno.readFile(path), bytes);
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
      assert.deepEqual(await receiver.names("incoming"), []);
      const [{ file: received, ...message }] = receiver.delivered;
      assert.deepEqual({ ...message, receivedMs: 0 }, {
        receivedMs: 0,
        from: sender,
        sender: "alice",
        channel: "ops",
        content: `Shared a file: ${name}`,
        timestamp: file.timestamp,
        machineId: undefined,
      });
      const digest = new Uint8Array(
        await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>),
      );
      assert.equal(
        received?.sha256,
        Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      );
    }, "gr\u00fc\u00dfe \u2603.txt");
  });
}

Deno.test("a taken name gets a number", async () => {
  await using receiver = await Receiver.start();
  await withFile(bytesOf(10), async (file) => {
    const names: string[] = [];
    for (const second of [1, 2, 3]) {
      names.push(await sendFileOver(receiver.connect(), { ...file, timestamp: `t${second}` }));
    }
    assert.deepEqual(names, ["photo.jpg", "photo_1.jpg", "photo_2.jpg"]);
  });
});

Deno.test("an interrupted transfer resumes where it ended, and no partial file has a name meanwhile", async () => {
  await using receiver = await Receiver.start();
  const bytes = bytesOf(3_000_000);
  await withFile(bytes, async (file) => {
    let left = bytes.length;
    for (const cutAt of [900_000, 1_100_000]) {
      const link = through(
        receiver.connect(),
        (block, before) => before > cutAt ? undefined : block,
      );
      await assert.rejects(sendFileOver(link, file));
      assert.deepEqual(await receiver.names("received"), []);
      left -= cutAt;
    }
    const link = through(receiver.connect(), (block) => block);
    await sendFileOver(link, file);
    assert.ok(link.written < left + 600_000, `${link.written} bytes for the last part`);
    assert.deepEqual(await Deno.readFile(join(receiver.folder, "received", "photo.jpg")), bytes);
    assert.equal(receiver.delivered.length, 1);
  });
});

Deno.test("leftovers of another file are not resumed", async () => {
  await using receiver = await Receiver.start();
  await withFile(bytesOf(2_000_000), async (file, path) => {
    const link = through(
      receiver.connect(),
      (block, before) => before > 900_000 ? undefined : block,
    );
    await assert.rejects(sendFileOver(link, file));
    const { mtime } = await Deno.stat(path);
    const other = bytesOf(2_000_000);
    await Deno.writeFile(path, other);
    await Deno.utime(path, mtime!, mtime!);
    await sendFileOver(receiver.connect(), file);
    assert.deepEqual(await Deno.readFile(join(receiver.folder, "received", "photo.jpg")), other);
  });
});

Deno.test("a file corrupted in transit is refused, and has no name", async () => {
  await using receiver = await Receiver.start();
  await withFile(bytesOf(1_000_000), async (file) => {
    const link = through(receiver.connect(), (block) => {
      if (block.length < 100_000) return block;
      const damaged = block.slice();
      damaged[50_000] ^= 1;
      return damaged;
    });
    await assert.rejects(sendFileOver(link, file), /SHA-256/);
    assert.deepEqual(await receiver.names("received"), []);
    await sendFileOver(receiver.connect(), file);
    assert.deepEqual(await receiver.names("received"), ["photo.jpg"]);
  });
});

Deno.test("a sender that missed the confirmation gets it again, and the file exists once", async () => {
  await using receiver = await Receiver.start();
  await withFile(bytesOf(300_000), async (file) => {
    const transport = receiver.connect();
    // Everything is written, but the receiver's final result is not read.
    let reads = 0;
    const link = Object.assign(through(transport, (block) => block), {
      read: async (target: Uint8Array) => {
        if (++reads <= 2) return await transport.read(target);
        while (receiver.delivered.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        transport.close();
        throw new Error("cut");
      },
    });
    await assert.rejects(sendFileOver(link, file));
    assert.equal(await sendFileOver(receiver.connect(), file), "photo.jpg");
    assert.deepEqual(await receiver.names("received"), ["photo.jpg"]);
    assert.equal(receiver.delivered.length, 1);
  });
});

Deno.test("files are accepted from introduced peers, or else from listed addresses and keys", async () => {
  const key = await SigningKey.fromPem(await generatePem());
  const other = await SigningKey.fromPem(await generatePem());
  const cases: [
    what: string,
    options: Parameters<typeof Receiver.start>[0],
    key: SigningKey | undefined,
    why: RegExp | undefined,
  ][] = [
    ["introduced", {}, undefined, undefined],
    ["a stranger", { isIntroduced: false }, undefined, /introduced/],
    ["its address", { accept: [sender], isIntroduced: false }, undefined, undefined],
    ["its network", { accept: ["10.0.0.0/8"] }, undefined, undefined],
    [
      "another address",
      { accept: ["10.0.0.9"] },
      undefined,
      mentions("10.0.0.2"),
    ],
    ["any", { accept: ["any"], isIntroduced: false }, undefined, undefined],
    ["its key", { accept: [key.publicKey] }, key, undefined],
    ["no key", { accept: [key.publicKey] }, undefined, /--key/],
    ["another key", { accept: [key.publicKey] }, other, mentions(other.publicKey)],
    ["too large", { fileBytesMax: 9 }, undefined, /\b9\b/],
    ["no room", { folderBytesMax: 9 }, undefined, mentions("9 bytes")],
  ];
  for (const [what, options, signing, why] of cases) {
    await using receiver = await Receiver.start(options);
    await withFile(bytesOf(10), async (file) => {
      const sent = sendFileOver(receiver.connect(), { ...file, key: signing });
      if (why === undefined) await sent;
      else {
        await assert.rejects(sent, (error) => {
          assert.ok(error instanceof FileRefused, what);
          assert.match(messageOf(error), why, what);
          return true;
        });
        assert.deepEqual(await receiver.names("received"), []);
        assert.deepEqual(receiver.delivered, []);
      }
    });
  }
});

Deno.test("a proof of a key is worthless for another file, or under another key", async () => {
  const key = await SigningKey.fromPem(await generatePem());
  await using receiver = await Receiver.start({ accept: [key.publicKey] });
  await withFile(bytesOf(10), async (file) => {
    const link = through(receiver.connect(), (block) => {
      const text = new TextDecoder().decode(block);
      return new TextEncoder().encode(text.replace('"bytes":10', '"bytes":11'));
    });
    await assert.rejects(sendFileOver(link, { ...file, key }), /\bproved\b/);
  });
});

Deno.test("bytes that are not the protocol end only the stranger's connection", async () => {
  await using receiver = await Receiver.start();
  const hostile = [
    new Uint8Array(100).fill(0xff),
    Uint8Array.of(0, 0, 0, 2, 0x7b, 0x7d),
    Uint8Array.of(0, 0, 0, 4, 0x6e, 0x75, 0x6c, 0x6c),
    Uint8Array.of(0, 0, 0, 1, 0x5b),
    new Uint8Array(),
  ];
  for (const bytes of hostile) {
    const transport = receiver.connect();
    await transport.write(bytes);
    await transport.closeWrite();
    const block = new Uint8Array(4096);
    for (;;) {
      const count = await transport.read(block).catch(() => null);
      if (count === null) break;
    }
    transport.close();
  }
  await withFile(bytesOf(10), async (file) => {
    await sendFileOver(receiver.connect(), file);
  });
  assert.deepEqual(await receiver.names("received"), ["photo.jpg"]);
});

Deno.test("a receiver that cannot begin a file says why", async () => {
  await using receiver = await Receiver.start();
  await Deno.remove(join(receiver.folder, "incoming"));
  await withFile(bytesOf(10), async (file) => {
    await assert.rejects(sendFileOver(receiver.connect(), file), {
      code: "File Refused",
      message: mentions("incoming"),
    });
  });
});

Deno.test("a stranger that says `wait` without pause leaves the program its turns", async () => {
  await using receiver = await Receiver.start();
  const transport = receiver.connect();
  const json = new TextEncoder().encode('{"wait":true}');
  const record = new Uint8Array([0, 0, 0, json.length, ...json]);
  const most = 100;
  const records = new Uint8Array(most * record.length);
  for (let count = 0; count < most; count++) records.set(record, count * record.length);
  await transport.write(records);
  await transport.closeWrite();
  let turns = 0;
  const counting = setInterval(() => turns += 1, 0);
  // The receiver closes the connection once it has read all of them.
  const block = new Uint8Array(4096);
  while (await transport.read(block).catch(() => null) !== null);
  clearInterval(counting);
  transport.close();
  assert.ok(turns >= most / 4, `${turns} turns`);
});
