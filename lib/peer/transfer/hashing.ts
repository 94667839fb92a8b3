/** SHA-256 of files, block by block. */
import { createHash, type Hash } from "node:crypto";
import { limits } from "../../limits/mod.ts";

/** A hash of a file's first bytes; the file is positioned after them. */
export async function hashOfPrefix(
  file: Deno.FsFile,
  bytes: number,
  stillAlive: () => Promise<void>,
): Promise<Hash> {
  const hash = createHash("sha256");
  const block = new Uint8Array(limits.peer.fileBlockBytes);
  let toldMs = performance.now();
  for (let left = bytes; left > 0;) {
    const count = await file.read(block.subarray(0, Math.min(left, block.length)));
    if (count === null) throw new Error("the file became shorter while it was read");
    hash.update(block.subarray(0, count));
    left -= count;
    if (performance.now() - toldMs < limits.peer.transferSilenceMs / 6) continue;
    toldMs = performance.now();
    await stillAlive();
  }
  return hash;
}

/** The digest so far. */
export function digestOf(hash: Hash): string {
  return hash.copy().digest("hex");
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
