/** The known fields of a manifest. */
import { DeployRejected } from "../errors/mod.ts";

/**
 * Refuses unknown fields: one might restrict callers, and a node that skipped it would let them in. Besides, the
 * signature covers all fields of a manifest.
 *
 * @throws {DeployRejected} For the first unknown field.
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
