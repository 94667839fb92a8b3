/** Explains errors of scripts that expect a number but were given a bigint. */
import { dataOf, errorIn, errorMessage, withoutProxy } from "../inspect/mod.ts";
import { describeValue } from "../encoding/describe_value.ts";

/** Parts of the arguments that are searched. */
const partsMax = 10_000;

/**
 * A hint for an error about a bigint: which argument is one, and why. Undefined for other errors, and if no argument is
 * one.
 *
 * @param values The function's arguments, possibly modified by it.
 */
export function bigIntHint(thrown: unknown, values: readonly unknown[]): string | undefined {
  const error = errorIn(thrown);
  // V8's messages for operations that bigints do not support.
  if (error === undefined || !errorMessage(error).includes("BigInt")) return undefined;
  let left = partsMax;

  function find(value: unknown, place: string): string | undefined {
    left -= 1;
    if (typeof value === "bigint") return `${place} is the bigint ${describeValue(value)}`;
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return undefined;
    const holder = withoutProxy(value);
    if (holder === undefined) return undefined;
    for (const key of Object.keys(holder)) {
      if (left <= 0) return undefined;
      const step = Array.isArray(holder) ? `item ${Number(key) + 1}` : `key ${JSON.stringify(key)}`;
      const found = find(dataOf(holder, key), `${place}, ${step}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  for (const [index, value] of values.entries()) {
    const found = find(value, `argument ${index + 1}`);
    if (found !== undefined) {
      return `${found}: an int beyond 2^53 is one, since a number would not be exact. ` +
        "Compute with bigints, or declare the type int53, which takes and gives numbers alone";
    }
  }
  return undefined;
}
