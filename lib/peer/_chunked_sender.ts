/** Sends a file to the original program, in as many concurrent chunks as it can handle. */
import { basename } from "node:path";
import { FileRefused, FileUnreadable, Undeliverable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Engine } from "./original/engine.ts";
import type { Delivery } from "./original/outgoing.ts";
import { type ChunkDetails, writeChunk } from "./original/packet.ts";

/** The file and options. */
export interface ChunkedFileToSend {
  readonly path: string;
  readonly sender: string;
  readonly channel: string;
  readonly nowMs: () => number;
  /** Called after each send, because an acknowledgement is then awaited. */
  readonly submitted: () => void;
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a file.
 *
 * @throws {Undeliverable} If a chunk was not acknowledged.
 * @throws {FileRefused} If the original cannot take such a file.
 * @throws {FileUnreadable} If it changes during sending, or cannot be read.
 */
export async function sendInChunks(
  engine: Engine,
  to: string,
  { path, sender, channel, nowMs, submitted, onProgress, signal }: ChunkedFileToSend,
): Promise<void> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  if (size === 0) {
    throw new FileRefused(
      `the file "${path}" is empty: the original program at ${to} does not accept empty files`,
    );
  }
  const details = {
    fileId: `transfer_${Math.floor(nowMs() / 1000)}_${randomHex(4)}`,
    fileName: basename(path),
    channel,
    sender,
  };
  const chunkBytes = chunkBytesOf({
    ...details,
    index: limits.peer.chunksMax,
    total: limits.peer.chunksMax,
  });
  const total = Math.ceil(size / chunkBytes);
  if (chunkBytes < limits.peer.chunkBytesLeast || total > limits.peer.chunksMax) {
    throw new FileRefused(
      `the file "${path}" of ${size} bytes would need ${total} packets for the original program at ${to}; ` +
        "send a smaller one, with shorter names",
    );
  }
  let failure: Delivery | undefined;
  let underWay = 0;
  let sentBytes = 0;
  let wake = (): void => {};
  const changed = (): Promise<void> => new Promise((resolve) => wake = resolve);
  const stop = (): void => wake();
  signal?.addEventListener("abort", stop);
  const block = new Uint8Array(Math.floor(limits.peer.fileBlockBytes / chunkBytes) * chunkBytes);
  let [blockStart, blockEnd] = [0, 0];
  try {
    for (let index = 0; index < total || underWay > 0;) {
      signal?.throwIfAborted();
      if (failure !== undefined) break;
      if (index === total || underWay >= limits.peer.unacknowledgedMax) {
        await changed();
        continue;
      }
      const start = index * chunkBytes;
      const length = Math.min(chunkBytes, size - start);
      if (start + length > blockEnd) {
        blockStart = start;
        blockEnd = start +
          await readFully(file, block.subarray(0, Math.min(block.length, size - start)));
        if (blockEnd < start + length) {
          throw new FileUnreadable(`the file "${path}" became shorter while it was sent`);
        }
      }
      const data = block.slice(start - blockStart, start - blockStart + length);
      const chunk: ChunkDetails = { ...details, index, total };
      underWay++;
      engine.sendChunk(to, {
        data,
        chunk,
        nowMs: nowMs(),
        settled: (delivery) => {
          underWay--;
          if (delivery === "acknowledged") {
            sentBytes += length;
            onProgress(sentBytes, size);
          } else failure ??= delivery;
          wake();
        },
      });
      submitted();
      index++;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    engine.withdrawFile(to, details.fileId, nowMs());
  }
  if (failure !== undefined) {
    throw new Undeliverable(
      `${to} stopped answering after ${sentBytes} of ${size} bytes of "${path}"; is it still running there?`,
    );
  }
}

/** Bytes of a chunk whose packet fits Ethernet's MTU. */
function chunkBytesOf(chunk: ChunkDetails): number {
  const head = { sequence: Number.MAX_SAFE_INTEGER, machineId: "00000000" };
  const envelope = writeChunk(head, new Uint8Array(0), chunk).length;
  const room = Math.floor((limits.peer.mtu - 20 - envelope) / 4) * 3;
  return Math.min(limits.peer.chunkBytes, Math.max(1, room));
}

async function readFully(file: Deno.FsFile, target: Uint8Array): Promise<number> {
  let bytes = 0;
  while (bytes < target.length) {
    const count = await file.read(target.subarray(bytes));
    if (count === null) break;
    bytes += count;
  }
  return bytes;
}

export function randomHex(bytes: number): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(bytes)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
