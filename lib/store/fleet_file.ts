/** The root's file that records the desired state of the fleet that the node has reached. */
import { join } from "node:path";
import { isCount, isObject } from "../encoding/mod.ts";
import { readIfThere, replaceFileDurably } from "../files/durable.ts";
import { incomingPath } from "./_durable.ts";

/** A reached state. */
export interface ReachedFleetState {
  readonly number: number;
  readonly hash: string;
}

/**
 * Reads the file, if it exists.
 *
 * @throws {TypeError} If it is damaged.
 */
export async function readFleetFile(root: string): Promise<ReachedFleetState | undefined> {
  const path = join(root, "fleet.json");
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isObject(value) && isCount(value.number) && typeof value.hash === "string") {
      return { number: value.number, hash: value.hash };
    }
  } catch {
    // Reported below.
  }
  throw new TypeError(`"${path}" is damaged; remove it, and the node takes the newest state`);
}

/** Writes the file durably. */
export async function writeFleetFile(root: string, state: ReachedFleetState): Promise<void> {
  const { number, hash } = state;
  const bytes = new TextEncoder().encode(`${JSON.stringify({ number, hash })}\n`);
  await replaceFileDurably(join(root, "fleet.json"), bytes, incomingPath(join(root, "incoming")));
}
