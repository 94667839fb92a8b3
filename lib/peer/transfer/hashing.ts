/** SHA-256 of files, a block at a time. */
import { createHash, type Hash } from "node:crypto";
import { limits } from "../../limits/mod.ts";

/** A hash that has taken the first bytes of a file. The file is then read on from there. */
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

/** The digest of what a hash has taken by now. */
export function digestOf(hash: Hash): string {
  return hash.copy().digest("hex");
}

/** The SHA-256 of a text, in hexadecimal digits. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
