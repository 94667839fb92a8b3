/** Reads the fields of a page's request; throws a TypeError if one is missing or has the wrong type. Pure. */

/** A text; `missing` if it is left out. */
export function textField(
  body: Record<string, unknown>,
  name: string,
  missing?: string,
): string {
  const value = ownField(body, name) ?? missing;
  if (typeof value === "string") return value;
  throw new TypeError(`"${name}" must be a text`);
}

/** A list of texts; empty if it is left out. */
export function textsField(body: Record<string, unknown>, name: string): string[] {
  const value = ownField(body, name) ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new TypeError(`"${name}" must be a list of texts`);
}

/** A whole number from 1. */
export function countField(
  body: Record<string, unknown>,
  name: string,
  { missing, max }: { readonly missing: number; readonly max: number },
): number {
  const value = ownField(body, name) ?? missing;
  if (Number.isInteger(value) && value as number >= 1 && value as number <= max) {
    return value as number;
  }
  throw new TypeError(`"${name}" must be a number from 1 to ${max}`);
}

/** Pairs of a node's name and a generation's number; undefined if left out. */
export function generationsField(
  body: Record<string, unknown>,
  name: string,
): Map<string, number> | undefined {
  const value = ownField(body, name);
  if (value === undefined) return undefined;
  const isPair = (pair: unknown): pair is [string, number] =>
    Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" &&
    Number.isSafeInteger(pair[1]) && pair[1] >= 0;
  if (Array.isArray(value) && value.every(isPair)) return new Map(value);
  throw new TypeError(`"${name}" must be a list of nodes' names and generations`);
}

/** Inherited properties are not fields. */
function ownField(body: Record<string, unknown>, name: string): unknown {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return value === null ? undefined : value;
}
