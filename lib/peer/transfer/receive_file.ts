/**
 * Receives a file from another farcall over one connection. It gets its final name only when it is complete and
 * verified.
 */
import { join } from "node:path";
import { FileRefused, messageOf } from "../../errors/mod.ts";
import { isSignedBy, newChallenge } from "../../identity/mod.ts";
import { giveName } from "../folder/give_name.ts";
import type { NewMessage } from "../folder/journal.ts";
import { safeFileName } from "../folder/names.ts";
import type { Space } from "../folder/space.ts";
import type { ReceivedFile } from "../received_message.ts";
import type { Accepted } from "./accepted.ts";
import { BlockWriter } from "./block_file.ts";
import { digestOf, hashOfPrefix, sha256Of } from "./hashing.ts";
import { count, type Offer, offerStatement, readOffer, type RecordLink, text } from "./record.ts";

/** The receiver's environment. */
export interface ReceiverWorld {
  readonly accepted: Accepted;
  readonly isIntroduced: (host: string) => boolean;
  /** The folder for partial files. */
  readonly incoming: string;
  /** The folder for complete files. */
  readonly received: string;
  readonly space: Space;
  /** Journals a message about a file. @throws If it cannot be made durable. */
  readonly deliver: (message: NewMessage & { readonly file: ReceivedFile }) => Promise<void>;
  /** Waits until no other connection receives the same file. @returns Releases it. */
  readonly claim: (path: string, link: RecordLink) => Promise<() => Promise<void>>;
  /** The name of a recently received file, in case its sender missed the confirmation. */
  readonly finished: Map<string, string>;
}

/**
 * Receives a file from one connection.
 *
 * @returns The file; undefined if it had been received before.
 * @throws {FileRefused} If it is refused; the sender is told.
 */
export async function receiveFile(
  link: RecordLink,
  world: ReceiverWorld,
): Promise<ReceivedFile | undefined> {
  const challenge = newChallenge();
  await link.write({ farcallFiles: 1, challenge });
  const offer = readOffer(await link.read());
  const host = link.transport.remoteHost;
  const why = await whyNot(offer, { challenge, link, world });
  if (why !== undefined) return await refuse(link, why);
  const finishedKey = `${host} ${offer.id} ${offer.timestamp}`;
  const known = world.finished.get(finishedKey);
  const path = join(world.incoming, `file-${sha256Of(`${host} ${offer.id}`).slice(0, 32)}`);
  const release = await world.claim(path, link);
  try {
    if (known !== undefined) return await confirm(link, join(world.received, known), known);
    using part = await openPart(path, link);
    const digest = await receiveInto(part, { link, offer, space: world.space });
    const name = await giveName(path, { folder: world.received, name: safeFileName(offer.name) });
    const file = {
      path: join(world.received, name),
      name,
      bytes: offer.bytes,
      id: offer.id,
      sha256: digest,
    };
    const { sender, channel, timestamp } = offer;
    await world.deliver({
      receivedMs: Date.now(),
      from: host,
      sender,
      channel,
      content: `Shared a file: ${name}`,
      timestamp,
      machineId: undefined,
      file,
    });
    await Deno.remove(path).catch(() => {});
    world.finished.set(finishedKey, name);
    await link.write({ name });
    return file;
  } finally {
    await release();
  }
}

async function openPart(path: string, link: RecordLink): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    return await refuse(link, `it cannot be written there: ${messageOf(error)}`);
  }
}

async function whyNot(
  offer: Offer,
  { challenge, link, world }: { challenge: string; link: RecordLink; world: ReceiverWorld },
): Promise<string | undefined> {
  const { remoteHost: host, localHost } = link.transport;
  const { key, signature } = offer;
  let proved = undefined;
  if (key !== undefined) {
    const statement = offerStatement(challenge, { to: localHost ?? "", offer, key });
    if (!await isSignedBy(key, signature ?? "", statement)) return "its key is not proved";
    proved = key;
  }
  const notAccepted = world.accepted.whyNot({
    host,
    key: proved,
    isIntroduced: world.isIntroduced(host),
  });
  if (notAccepted !== undefined) return notAccepted;
  const { fileBytesMax } = world.space;
  if (offer.bytes <= fileBytesMax) return undefined;
  return `the file has ${offer.bytes} bytes, and it takes ${fileBytesMax} at most`;
}

/** Receives the missing bytes. @returns The file's SHA-256. */
async function receiveInto(
  part: Deno.FsFile,
  { link, offer, space }: { link: RecordLink; offer: Offer; space: Space },
): Promise<string> {
  const wait = (): Promise<void> => link.write({ wait: true });
  const { size } = await part.stat();
  const have = Math.min(size, offer.bytes);
  let hash = await hashOfPrefix(part, have, wait);
  const missing = offer.bytes - size;
  const why = missing > 0 ? await space.take(missing) : undefined;
  if (why !== undefined) return await refuse(link, why);
  let bytes = have;
  try {
    await link.write({ have, sha256: digestOf(hash) });
    const from = count(await link.read(), "from");
    if (from !== 0 && from !== have) {
      throw new Error("the sender starts at an offset that was not requested");
    }
    if (from === 0) {
      await part.seek(0, Deno.SeekMode.Start);
      hash = await hashOfPrefix(part, 0, wait);
    }
    await part.truncate(from);
    bytes = from;
    const writer = new BlockWriter(part);
    try {
      for (let received = from; received < offer.bytes;) {
        const block = await link.readBytes(offer.bytes - received);
        await store(link, () => writer.write(block));
        hash.update(block);
        received += block.length;
      }
      await store(link, () => writer.flush());
    } finally {
      // An interrupted transfer resumes here.
      await writer.flush().catch(() => {});
      bytes = from + writer.written;
    }
  } finally {
    // Unwritten bytes take no space.
    space.giveBack(Math.max(0, offer.bytes - Math.max(size, bytes)));
  }
  const digest = digestOf(hash);
  const wanted = text(await link.read(), "sha256");
  if (wanted !== digest) {
    await part.truncate(0);
    space.giveBack(offer.bytes);
    return await fail(link, "its SHA-256 differs from its sender's: it was damaged on the way");
  }
  await store(link, () => part.sync());
  return digest;
}

/** Runs a disk operation, and tells the sender if it fails. */
async function store(link: RecordLink, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await fail(link, `it cannot be written there: ${messageOf(error)}`);
  }
}

/** The sender missed the confirmation: it is repeated if the file is the same. */
async function confirm(link: RecordLink, path: string, name: string): Promise<undefined> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const hash = await hashOfPrefix(file, size, () => link.write({ wait: true }));
  const sha256 = digestOf(hash);
  await link.write({ have: size, sha256 });
  const from = count(await link.read(), "from");
  if (from === size && text(await link.read(), "sha256") === sha256) await link.write({ name });
  else await fail(link, "it was received before, but is a different file now");
}

async function refuse(link: RecordLink, reason: string): Promise<never> {
  await link.write({ refused: reason });
  await link.drain();
  throw new FileRefused(reason);
}

async function fail(link: RecordLink, reason: string): Promise<never> {
  await link.write({ failed: reason }).catch(() => {});
  await link.drain();
  throw new FileRefused(reason);
}
