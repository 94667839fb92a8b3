/** The key that a command proves: `--key FILE`, or else `FARCALL_KEY`. */
import { readKey } from "../lib/client/mod.ts";
import type { SigningKey } from "../lib/identity/mod.ts";

/** The key file of a command; undefined if none is set. */
export function keyPath(option: string | undefined): string | undefined {
  return option ?? (Deno.env.get("FARCALL_KEY")?.trim() || undefined);
}

/** The key in that file. @throws {InvalidConfiguration} If it is not a key. */
export async function keyFor(option: string | undefined): Promise<SigningKey | undefined> {
  const path = keyPath(option);
  return path === undefined ? undefined : await readKey(path);
}
