/** Requirements of every transport. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Transport } from "../../lib/transport/mod.ts";
import { Random } from "../wire/_values.ts";

/** Creates the two ends of one connection. The suite closes both. */
export type Connect = () => Promise<readonly [Transport, Transport]>;

const KiB = 1024;
const MiB = 1024 * KiB;

/** Registers the suite for one kind of transport. */
export function transportSuite(
  kind: string,
  connect: Connect,
  options: { ignore?: boolean } = {},
): void {
  const test = (
    name: string,
    body: (near: Transport, far: Transport) => Promise<void>,
  ): void => {
    Deno.test({
      name: `${kind}: ${name}`,
      ignore: options.ignore,
      async fn() {
        const [near, far] = await connect();
        try {
          await body(near, far);
        } finally {
          near.close();
          far.close();
        }
      },
    });
  };

  test("written bytes arrive whole and in order, however they are split", async (near, far) => {
    const random = new Random(1);
    const sent = randomBytes(random, 300 * KiB);
    const writing = writeInParts(near, sent, random);
    const received = await readAll(far, () => 1 + random.below(10_000));
    await writing;
    assert.ok(equalBytes(received, sent));
  });

  test("an end that has said everything still hears the answer", async (near, far) => {
    await near.write(Uint8Array.of(1, 2));
    await near.closeWrite();
    assert.deepEqual(await readAll(far), Uint8Array.of(1, 2));
    assert.equal(await far.read(new Uint8Array(1)), null, "the end of a stream stays");
    await far.write(Uint8Array.of(3, 4, 5));
    await far.closeWrite();
    assert.deepEqual(await readAll(near), Uint8Array.of(3, 4, 5));
    await assert.rejects(near.write(Uint8Array.of(6)));
  });

  test("a read into no room is not the end of the stream", async (near, far) => {
    await near.write(Uint8Array.of(1));
    assert.equal(await far.read(new Uint8Array(0)), 0);
    assert.equal(await far.read(new Uint8Array(1)), 1);
  });

  test("closing wakes pending reads, on both ends", async (near, far) => {
    const here = near.read(new Uint8Array(1));
    const there = far.read(new Uint8Array(1));
    const thereEnded = there.catch(() => null);
    near.close();
    await assert.rejects(here);
    assert.equal(await thereEnded, null);
  });

  test("closing wakes pending writes", async (near) => {
    const writing = near.write(new Uint8Array(64 * MiB));
    near.close();
    await assert.rejects(writing);
  });

  test("a closed end does nothing more, and closes twice", async (near, far) => {
    await far.write(Uint8Array.of(1));
    near.close();
    near.close();
    await assert.rejects(async () => await near.read(new Uint8Array(1)));
    await assert.rejects(async () => await near.write(Uint8Array.of(1)));
    await assert.rejects(async () => await near.closeWrite());
  });

  test("writing to an end that is gone fails", async (near, far) => {
    far.close();
    await assert.rejects(async () => {
      for (let round = 0; round < 1000; round++) await near.write(new Uint8Array(64 * KiB));
    });
  });

  test(
    "a writer waits for a reader that does not keep up, and nothing is lost",
    async (near, far) => {
      const sent = countingBytes(32 * MiB);
      let isWritten = false;
      const writing = near.write(sent).then(() => isWritten = true);
      const first = new Uint8Array(1);
      assert.equal(await far.read(first), 1);
      assert.equal(isWritten, false, "32 MiB were taken although nobody reads");
      const ending = writing.then(() => near.closeWrite());
      const rest = await readAll(far, () => 256 * KiB);
      await ending;
      assert.equal(first[0], sent[0]);
      assert.ok(equalBytes(rest, sent.subarray(1)));
    },
  );

  test("several writers do not mix their bytes", async (near, far) => {
    const parts = [1, 2, 3, 4].map((byte) => new Uint8Array(3 * MiB + byte).fill(byte));
    const writing = Promise.all(parts.map((part) => near.write(part)))
      .then(() => near.closeWrite());
    const received = await readAll(far, () => 256 * KiB);
    await writing;
    let offset = 0;
    for (const part of parts) {
      assert.ok(equalBytes(received.subarray(offset, offset + part.length), part));
      offset += part.length;
    }
    assert.equal(offset, received.length);
  });

  test("an empty write does not end the stream", async (near, far) => {
    await near.write(new Uint8Array(0));
    await near.write(Uint8Array.of(7));
    const target = new Uint8Array(8);
    assert.equal(await far.read(target), 1);
    assert.equal(target[0], 7);
  });

  test("both ends know where the other is", (near, far) => {
    for (const end of [near, far]) {
      const { remoteHost, remotePort, carrier } = end;
      const expected = carrier === "nats" ? `nats:${remoteHost}` : `${remoteHost}:${remotePort}`;
      assert.equal(end.remote, remoteHost === "" ? "unix" : expected);
    }
    return Promise.resolve();
  });
}

/** Reads to the end of the stream. */
export async function readAll(transport: Transport, size = () => 64 * KiB): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const target = new Uint8Array(size());
    const count = await transport.read(target);
    if (count === null) break;
    assert.ok(count > 0 && count <= target.length);
    chunks.push(target.subarray(0, count));
  }
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

async function writeInParts(
  transport: Transport,
  bytes: Uint8Array,
  random: Random,
): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const end = Math.min(bytes.length, offset + 1 + random.below(5000));
    await transport.write(bytes.subarray(offset, end));
    offset = end;
  }
  await transport.closeWrite();
}

function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(length / 4));
  for (let index = 0; index < words.length; index++) words[index] = random.below(2 ** 32);
  return bytes;
}

/** Each word is unique. */
function countingBytes(length: number): Uint8Array {
  const words = new Uint32Array(length / 4);
  for (let index = 0; index < words.length; index++) words[index] = index;
  return new Uint8Array(words.buffer);
}

/** Faster than `assert.deepEqual` on megabytes. */
function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
