/** Runs in a network of its own: see raw_test.ts. Peers on raw sockets, each at a loopback address. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AddressInUse,
  AddressNotAvailable,
  FileUndelivered,
  MessageTooLarge,
  RootInUse,
} from "../../lib/errors/mod.ts";
import {
  type Peer,
  type PeerOptions,
  type ReceivedMessage,
  startPeer,
} from "../../lib/peer/mod.ts";
import { openRawSocket } from "../../lib/peer/raw_socket.ts";
import { RecordingLog } from "../_support/recording_log.ts";
import { OriginalProgram } from "./_original_program.ts";
import { RealNetwork } from "./_real_network.ts";
import { mentions } from "../_support/mentions.ts";

const patienceMs = 60_000;

/** A folder that is removed at the end. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();
  async write(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(this.path, name);
    await Deno.writeFile(path, bytes);
    return path;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function peerAt(address: string, folder: Folder, options: PeerOptions = {}): Promise<Peer> {
  const place = join(folder.path, address);
  return startPeer({ name: address, address, folder: place, ...options });
}

/** The next messages of a peer. */
async function received(peer: Peer, count: number): Promise<ReceivedMessage[]> {
  const found: ReceivedMessage[] = [];
  while (found.length < count) {
    const more = await peer.receivedMessages({ timeoutMs: patienceMs });
    assert.notEqual(more.length, 0, `${found.length} of ${count} messages came`);
    found.push(...more);
  }
  return found;
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!isTrue()) {
    assert.ok(performance.now() < deadlineMs);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function bytesOf(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

Deno.test("peers exchange messages: unicode, longer than a packet of Ethernet, with sender and channel", async () => {
  await using folder = new Folder();
  await using one = await peerAt("127.1.0.1", folder);
  await using two = await peerAt("127.1.0.2", folder);
  const texts = ["Hello World", "gr\u00fc\u00dfe \u2603 \ud83d\ude00", "x".repeat(60_000), ""];
  for (const text of texts) await one.sendMessage("127.1.0.2", text, { sender: "s", channel: "c" });
  const messages = await received(two, texts.length);
  assert.deepEqual(messages.map(({ content }) => content), texts);
  for (const { from, sender, channel } of messages) {
    assert.deepEqual({ from, sender, channel }, { from: "127.1.0.1", sender: "s", channel: "c" });
  }
  await two.sendMessage("127.1.0.1", "back");
  for await (const { content, sender } of one) {
    assert.deepEqual({ content, sender }, { content: "back", sender: "127.1.0.2" });
    break;
  }
  assert.deepEqual(await two.receivedMessages(), [], "they were taken");
  await assert.rejects(one.sendMessage("127.1.0.2", "x".repeat(70_000)), MessageTooLarge);
  await assert.rejects(one.sendMessage("bob", "x"), mentions('"bob"'));
  await assert.rejects(one.sendMessage("::1", "x"), /IPv4/);
  const { counts } = two.status();
  assert.equal(counts.received, texts.length);
});

Deno.test("files go to several farcalls at once, empty ones, too; an unresponsive machine is reported", async () => {
  await using folder = new Folder();
  await using one = await peerAt("127.1.1.1", folder);
  await using two = await peerAt("127.1.1.2", folder);
  await using three = await peerAt("127.1.1.3", folder);
  const bytes = bytesOf(60_000);
  const path = await folder.write("gr\u00fc\u00dfe.bin", bytes);
  const progress = new Map<string, number>();
  const deliveries = await one.sendFile(["127.1.1.2", "127.1.1.3"], path, {
    onProgress: ({ to, sentBytes }) => progress.set(to, sentBytes),
  });
  assert.deepEqual(deliveries.map(({ way }) => way), ["connection", "connection"]);
  assert.deepEqual([...progress.values()], [60_000, 60_000]);
  for (const peer of [two, three]) {
    const [{ file, content }] = await received(peer, 1);
    assert.equal(content, "Shared a file: gr\u00fc\u00dfe.bin");
    assert.deepEqual(await Deno.readFile(file!.path), bytes);
  }
  assert.deepEqual(one.peers().map(({ name }) => name).sort(), ["127.1.1.2", "127.1.1.3"]);
  await one.sendFile("127.1.1.2", await folder.write("empty", new Uint8Array()));
  assert.equal((await received(two, 1))[0].file?.bytes, 0);
  await assert.rejects(one.sendFile(["127.1.1.2", "127.1.1.9"], path), (error) => {
    assert.ok(error instanceof FileUndelivered);
    assert.deepEqual(error.arrivedAt, ["127.1.1.2"]);
    assert.match(error.details[0], mentions("127.1.1.9"));
    return true;
  });
});

Deno.test("a receiver restarted in the middle of a file gets the rest", async () => {
  await using folder = new Folder();
  await using one = await peerAt("127.1.2.1", folder);
  const bytes = bytesOf(65_536);
  const path = await folder.write("large.bin", bytes);
  await Deno.truncate(path, 24 * 1024 * 1024);
  const first = await peerAt("127.1.2.2", folder);
  const half = Promise.withResolvers<void>();
  const starts: number[] = [];
  let last = Infinity;
  const sending = one.sendFile("127.1.2.2", path, {
    onProgress: ({ sentBytes }) => {
      if (last === Infinity || sentBytes < last) starts.push(sentBytes);
      last = sentBytes;
      // Immediately: unsent messages stay unsent, however fast the rest would be.
      if (sentBytes > 8 * 1024 * 1024) half.resolve(first.stop());
    },
  });
  // Awaited below, unless something else fails first.
  sending.catch(() => {});
  await half.promise;
  assert.deepEqual(
    await Array.fromAsync(Deno.readDir(join(folder.path, "127.1.2.2/received"))),
    [],
  );
  await using second = await peerAt("127.1.2.2", folder);
  await sending;
  const [{ file }] = await received(second, 1);
  const whole = await Deno.readFile(file!.path);
  assert.equal(whole.length, 24 * 1024 * 1024);
  assert.deepEqual(whole.subarray(0, bytes.length), bytes);
  assert.ok(starts.length >= 2 && starts.at(-1)! > 0, `began at ${starts}`);
});

Deno.test("the original program and farcall: messages and files both ways, though its first acknowledgements are lost", async () => {
  await using folder = new Folder();
  await using farcall = await peerAt("127.1.3.1", folder);
  using network = new RealNetwork("127.1.3.2");
  const original = new OriginalProgram(network, { address: "127.1.3.2", machineId: "aaaaaaaa" });
  const isAcknowledgement = (payload: Uint8Array) =>
    new TextDecoder().decode(payload).includes('"acknowledgement"');
  let lost = 0;
  network.isDropped = ({ payload }) => isAcknowledgement(payload) && lost++ === 0;
  const { attempts } = await farcall.sendMessage("127.1.3.2", "hello \u2603");
  assert.equal(attempts, 2);
  assert.deepEqual(original.shown.map(({ content }) => content), ["hello \u2603"]);

  const bytes = bytesOf(10_000);
  const path = await folder.write("pic.bin", bytes);
  const [{ way }] = await farcall.sendFile("127.1.3.2", path);
  assert.equal(way, "chunks");
  assert.deepEqual(original.files.get("pic.bin"), bytes);
  assert.deepEqual(farcall.peers().map(({ kind }) => kind), ["original"]);
  await assert.rejects(
    farcall.sendFile("127.1.3.2", await folder.write("none", new Uint8Array())),
    /empty/,
  );

  original.sendMessage("127.1.3.1", "gr\u00fc\u00dfe", "2026-11-29T20:27:26.677440Z");
  original.sendFile("127.1.3.1", { id: "transfer_1", name: "../escaped.txt", bytes });
  const messages = await received(farcall, 2);
  assert.deepEqual(messages.map(({ content }) => content), [
    "gr\u00fc\u00dfe",
    "Shared a file: escaped.txt",
  ]);
  const { file } = messages[1];
  assert.equal(file!.path, join(folder.path, "127.1.3.1/received/escaped.txt"));
  assert.deepEqual(await Deno.readFile(file!.path), bytes);
  await until(() => original.watchedCount === 0);
  // As if our acknowledgement had been lost: the same packet with another number.
  original.sendMessage("127.1.3.1", "gr\u00fc\u00dfe", "2026-11-29T20:27:26.677440Z");
  original.sendFile("127.1.3.1", { id: "transfer_1", name: "../escaped.txt", bytes });
  await until(() => original.watchedCount === 0);
  assert.deepEqual(await farcall.receivedMessages(), []);
});

Deno.test("discovery finds farcalls by name, and the original by its acknowledgement", async () => {
  await using folder = new Folder();
  await using one = await peerAt("127.1.4.1", folder);
  await using _two = await peerAt("127.1.4.2", folder, { name: "press-4" });
  using network = new RealNetwork("127.1.4.3");
  const original = new OriginalProgram(network, { address: "127.1.4.3", machineId: "aaaaaaaa" });
  const found = await one.discover({ network: "127.1.4.0/29" });
  const kinds = found.map(({ address, name, kind }) => `${address} ${name} ${kind}`).sort();
  assert.deepEqual(kinds, ["127.1.4.2 press-4 farcall", "127.1.4.3 undefined original"].sort());
  await one.sendMessage("press-4", "by name");
  assert.deepEqual(original.shown, [], "nobody there sees a message");
  await assert.rejects(one.discover({ network: "127.0.0.0/8" }), /1024/);
  await assert.rejects(one.discover({ network: "here" }), /10\.0\.0\.0\/24/);
});

Deno.test("strangers' packets end nothing, and their file names stay in the folder", async () => {
  await using folder = new Folder();
  const log = new RecordingLog();
  await using _peer = await peerAt("127.1.5.1", folder, { log });
  const stranger = openRawSocket({ address: "127.1.5.2", receives: true }, {
    onPacket: () => {},
    onRefused: () => {},
  });
  try {
    const send = (text: string): void => {
      const bytes = new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
      for (const protocol of [170, 171] as const) {
        stranger.send({ protocol, to: "127.1.5.1", from: undefined, bytes });
      }
    };
    send("{");
    send(`{"a":${"[".repeat(60_000)}`);
    for (
      const [index, name] of ["../../evil", "/etc/evil", "..", ".", "a\0/b", "\u202etxt.exe"]
        .entries()
    ) {
      send(JSON.stringify({
        sequence_number: index,
        type: "file_chunk",
        data: "AAAA",
        machine_id: "x",
        details: { file_id: `../${index}`, file_name: name, chunk_index: 0, total_chunks: 1 },
      }));
    }
    await log.until("peer.file-received", {}, 6);
    const outside = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name);
    assert.deepEqual(outside, ["127.1.5.1"]);
    const names = (await Array.fromAsync(Deno.readDir(join(folder.path, "127.1.5.1/received"))))
      .map(({ name }) => name).sort();
    assert.deepEqual(
      names,
      ["_", "__1", "b", "evil", "evil_1", "txt.exe"],
    );
  } finally {
    stranger.close();
  }
});

Deno.test("received messages are not received again after a restart, and unread ones are not lost", async () => {
  await using folder = new Folder();
  using network = new RealNetwork("127.1.6.2");
  const original = new OriginalProgram(network, { address: "127.1.6.2", machineId: "aaaaaaaa" });
  const first = await peerAt("127.1.6.1", folder);
  await assert.rejects(peerAt("127.1.6.1", folder), RootInUse);
  const elsewhere = { address: "127.1.6.1", folder: join(folder.path, "elsewhere") };
  await assert.rejects(startPeer(elsewhere), AddressInUse);
  const time = "2026-11-29T20:27:26.677440Z";
  original.sendMessage("127.1.6.1", "once", time);
  original.sendFile("127.1.6.1", { id: "t", name: "x", bytes: bytesOf(5000) });
  await until(() => original.watchedCount === 0);
  await first.stop();
  await using second = await peerAt("127.1.6.1", folder);
  original.sendMessage("127.1.6.1", "once", time);
  original.sendFile("127.1.6.1", { id: "t", name: "x", bytes: bytesOf(5000) });
  original.sendMessage("127.1.6.1", "twice", "2026-11-29T20:27:27.677440Z");
  await until(() => original.watchedCount === 0);
  const contents = (await received(second, 3)).map(({ content }) => content).sort();
  assert.deepEqual(contents, ["Shared a file: x", "once", "twice"]);
});

Deno.test("an address that is not this machine's is reported", async () => {
  await assert.rejects(startPeer({ receives: false, address: "203.0.113.1" }), AddressNotAvailable);
  await assert.rejects(startPeer({ receives: false, address: "here" }), /IPv4/);
});
