/** The root's file with the node's private key, its identity; created at the first start. */
import { join } from "node:path";
import { messageOf, RootUnreadable } from "../errors/mod.ts";
import { generatePem, SigningKey } from "../identity/mod.ts";
import { readIfThere, replaceFileDurably } from "../files/durable.ts";
import { incomingPath } from "./_durable.ts";

/**
 * Reads the node's key, or creates it. The caller must hold the root's lock.
 *
 * @throws {RootUnreadable} If the file is damaged.
 */
export async function readNodeKey(root: string): Promise<SigningKey> {
  const path = join(root, "node.key");
  const kept = await readIfThere(path);
  const bytes = kept ?? new TextEncoder().encode(await generatePem());
  if (kept === undefined) {
    await replaceFileDurably(path, bytes, incomingPath(join(root, "incoming")));
  }
  try {
    return await SigningKey.fromPem(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new RootUnreadable(
      `the node's key "${path}" ${
        messageOf(cause)
      }; restore it from a backup, or remove it: the node then makes a new one, and callers whose init.yaml ` +
        "pins the old one refuse the node",
      { cause },
    );
  }
}
