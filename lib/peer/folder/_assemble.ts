/** Assembles a file whose chunks have different lengths. */
import { join } from "node:path";
import { limits } from "../../limits/mod.ts";
import { ChunkedFile } from "../original/chunked_file.ts";
import { writeAll } from "../../files/durable.ts";

interface Stretch {
  readonly area: "main" | "extra";
  readonly offset: number;
  readonly length: number;
}

/**
 * Writes the whole file beside its chunks.
 *
 * @param records The received chunks, in order of arrival.
 * @returns Its path.
 */
export async function assemble(
  folder: string,
  file: ChunkedFile,
  records: Uint8Array,
): Promise<string> {
  const path = join(folder, "whole");
  using main = await Deno.open(join(folder, "main"));
  using extra = await Deno.open(join(folder, "extra"));
  using whole = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
  for (const { area, offset, length } of stretchesOf(file, records)) {
    const source = area === "main" ? main : extra;
    await source.seek(offset, Deno.SeekMode.Start);
    await copy(source, whole, length);
  }
  await whole.sync();
  return path;
}

/** The stored ranges of the file in order, merged. */
function stretchesOf(file: ChunkedFile, records: Uint8Array): Stretch[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const replayed = new ChunkedFile(file.host, file, 0);
  const extras = new Map<number, Stretch>();
  let stride = 0;
  let lastLength = 0;
  for (let record = 0; record < file.total; record++) {
    const index = view.getUint32(record * 8);
    const length = view.getUint32(record * 8 + 4);
    const place = replayed.add(index, length);
    if (place.area === "extra") extras.set(index, { ...place, length });
    else if (index === file.total - 1) lastLength = length;
    else stride = length;
  }
  const stretches: Stretch[] = [];
  let next = 0;
  const addMain = (end: number): void => {
    if (end <= next) return;
    const last = end === file.total ? lastLength : stride;
    stretches.push({
      area: "main",
      offset: next * stride,
      length: (end - next - 1) * stride + last,
    });
  };
  for (const [index, stretch] of [...extras].sort(([one], [other]) => one - other)) {
    addMain(index);
    stretches.push(stretch);
    next = index + 1;
  }
  addMain(file.total);
  return stretches;
}

async function copy(from: Deno.FsFile, to: Deno.FsFile, length: number): Promise<void> {
  const block = new Uint8Array(Math.min(length, limits.peer.fileBlockBytes));
  for (let left = length; left > 0;) {
    const count = await from.read(block.subarray(0, Math.min(left, block.length)));
    if (count === null) throw new Error("a received chunk is missing on the disk");
    await writeAll(to, block.subarray(0, count));
    left -= count;
  }
}
