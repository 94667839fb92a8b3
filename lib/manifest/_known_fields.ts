/** Which fields a manifest has. */
import { DeployRejected } from "../errors/mod.ts";

/**
 * An unknown field might restrict callers: a node that skipped it would let them in. And what is
 * signed is a manifest with all of its fields.
 *
 * @throws {DeployRejected} That names the first field that is not known.
 */
export function checkFields(
  value: Record<string, unknown>,
  what: string,
  known: readonly string[],
): void {
  const field = Object.keys(value).find((key) => !known.includes(key));
  if (field === undefined) return;
  throw new DeployRejected(
    `${what} has a field "${field}", which this node does not know; ` +
      "use the same version of farcall on both sides",
  );
}
