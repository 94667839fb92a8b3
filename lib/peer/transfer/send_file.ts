/** Sends a file to another farcall over one connection. */
import { basename } from "node:path";
import { FileRefused, FileUnreadable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { SigningKey } from "../../identity/mod.ts";
import { BlockReader } from "./block_file.ts";
import { digestOf, hashOfPrefix, sha256Of } from "./hashing.ts";
import {
  type Offer,
  offerStatement,
  readAnswer,
  readHello,
  readResult,
  RecordLink,
} from "./record.ts";

/** The file and its recipient. */
export interface FileToSend {
  readonly path: string;
  readonly sender: string;
  readonly channel: string;
  readonly timestamp: string;
  readonly key: SigningKey | undefined;
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a file, resuming an earlier attempt.
 *
 * @returns Its name at the recipient.
 * @throws {FileRefused} If the recipient refuses it, or cannot store it.
 * @throws {FileUnreadable} If it cannot be read, or changes meanwhile.
 * @throws The connection's error, or MalformedMessage; the transfer may then be retried.
 */
export async function sendFileOver(transport: Transport, file: FileToSend): Promise<string> {
  const link = new RecordLink(transport);
  const abort = (): void => link.close();
  file.signal?.addEventListener("abort", abort);
  try {
    return await sendFile(link, file);
  } catch (error) {
    file.signal?.throwIfAborted();
    if (!link.isSilent) throw error;
    throw new Error(`nothing came from it for ${limits.peer.transferSilenceMs / 1000} s`, {
      cause: error,
    });
  } finally {
    file.signal?.removeEventListener("abort", abort);
    link.close();
  }
}

async function sendFile(link: RecordLink, toSend: FileToSend): Promise<string> {
  const { path, onProgress } = toSend;
  using file = await Deno.open(path);
  const { size, mtime } = await file.stat();
  const { challenge } = readHello(await link.read());
  const offer = await offerOf(toSend, { size, mtimeMs: mtime?.getTime() ?? 0, challenge, link });
  await link.write({ ...offer });
  const answer = readAnswer(await link.read());
  if ("refused" in answer) {
    throw new FileRefused(
      `${link.transport.remoteHost} does not take "${path}": ${answer.refused}`,
    );
  }
  const wait = (): Promise<void> => link.write({ wait: true });
  const isPossible = answer.have <= size;
  let hash = await hashOfPrefix(file, isPossible ? answer.have : 0, wait);
  let from = answer.have;
  if (!isPossible || digestOf(hash) !== answer.sha256) {
    // Its partial file belongs to another file.
    from = 0;
    await file.seek(0, Deno.SeekMode.Start);
    hash = await hashOfPrefix(file, 0, wait);
  }
  await link.write({ from });
  onProgress(from, size);
  // It may give up before everything has been sent.
  let early: Error | undefined;
  const result = link.read().then((record) => {
    const read = readResult(record);
    if ("failed" in read) early = refusal(link, path, read.failed);
    return read;
  });
  result.catch(() => {});
  await using blocks = new BlockReader(file, size - from);
  for (let sent = from; sent < size;) {
    if (early !== undefined) throw early;
    const block = await blocks.read();
    if (block === null) {
      throw new FileUnreadable(`the file "${path}" became shorter while it was sent`);
    }
    const written = link.writeBytes(block);
    hash.update(block);
    await written;
    sent += block.length;
    onProgress(sent, size);
  }
  const after = await file.stat();
  if (after.size !== size || after.mtime?.getTime() !== mtime?.getTime()) {
    throw new FileUnreadable(`the file "${path}" changed while it was sent`);
  }
  await link.write({ sha256: digestOf(hash) });
  const read = await result;
  if ("name" in read) return read.name;
  throw refusal(link, path, read.failed);
}

function refusal(link: RecordLink, path: string, reason: string): FileRefused {
  return new FileRefused(`${link.transport.remoteHost} could not keep "${path}": ${reason}`);
}

async function offerOf(
  { path, sender, channel, timestamp, key }: FileToSend,
  { size, mtimeMs, challenge, link }: {
    size: number;
    mtimeMs: number;
    challenge: string;
    link: RecordLink;
  },
): Promise<Offer> {
  const name = basename(path);
  const offer: Offer = {
    id: sha256Of(JSON.stringify([sender, name, size, mtimeMs])),
    name,
    bytes: size,
    sender,
    channel,
    timestamp,
    key: key?.publicKey,
    signature: undefined,
  };
  if (key === undefined) return offer;
  const to = link.transport.remoteHost;
  const statement = offerStatement(challenge, { to, offer, key: key.publicKey });
  return { ...offer, signature: await key.sign(statement) };
}
