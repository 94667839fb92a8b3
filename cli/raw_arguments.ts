/** The command line's words as bytes, as the system has them. */
import { NotUtf8, readUtf8 } from "../lib/encoding/mod.ts";
import { printError, UsageError } from "./output.ts";

/**
 * Reports the first word that is not UTF-8: the runtime replaces invalid bytes, so the call would get another text.
 *
 * @returns Whether it found one.
 */
export async function refuseNotUtf8(args: readonly string[]): Promise<boolean> {
  let words: Uint8Array[];
  try {
    // The runtime permits this read only to a program with all permissions.
    const cat = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/cmdline`], stderr: "null" });
    words = split((await cat.output()).stdout, 0);
  } catch {
    return false; // Only Linux provides it.
  }
  // The runtime's own arguments come first.
  for (const [index, word] of words.slice(-args.length).entries()) {
    try {
      readUtf8(word);
    } catch (error) {
      if (!(error instanceof NotUtf8)) throw error;
      await printError(
        new UsageError(`argument ${index + 1} ${error.message}; convert it, or pass it as @FILE`),
      );
      return true;
    }
  }
  return false;
}

/** The parts that end with this byte. */
function split(bytes: Uint8Array, end: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const at = bytes.indexOf(end, start);
    const stop = at === -1 ? bytes.length : at;
    parts.push(bytes.subarray(start, stop));
    start = stop + 1;
  }
  return parts;
}
