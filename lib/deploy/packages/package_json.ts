/** The parts of a package.json that decide the targets of imports. Pure. */

/** A target of `exports` or `imports`: a path, a choice by conditions, or a list whose first valid item counts. */
export type Target = string | null | readonly Target[] | { readonly [condition: string]: Target };

/** The relevant fields; malformed ones count as missing. */
export interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly exports?: Target;
  readonly imports?: Readonly<Record<string, Target>>;
  /** For programs outside of Node: another main file, or replacements of files. */
  readonly browser?: string | Readonly<Record<string, string | false>>;
  readonly module?: string;
  readonly main?: string;
  /** Files with side effects: all, none, or those that match a pattern. */
  readonly sideEffects?: boolean | readonly string[];
}

/** Reads a package.json. @returns undefined if it is not a JSON object. */
export function parsePackageJson(text: string): PackageJson | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { name, version, exports, imports, browser, module, main, sideEffects } = value;
  return {
    ...(typeof name === "string" && { name }),
    ...(typeof version === "string" && { version }),
    ...(exports !== undefined && exports !== null && { exports: exports as Target }),
    ...(isRecord(imports) && { imports: imports as Record<string, Target> }),
    ...(typeof browser === "string" && { browser }),
    ...(isRecord(browser) && { browser: browserMapOf(browser) }),
    ...(typeof module === "string" && { module }),
    ...(typeof main === "string" && { main }),
    ...(typeof sideEffects === "boolean" && { sideEffects }),
    ...(Array.isArray(sideEffects) &&
      { sideEffects: sideEffects.filter((each) => typeof each === "string") }),
  };
}

/**
 * The target of a key in `exports` or `imports`, by Node's algorithm.
 *
 * @param key `.`, `./sub/path`, or `#name`.
 * @returns undefined if the key is missing or null.
 */
export function targetOf(
  table: Target,
  key: string,
  conditions: ReadonlySet<string>,
): string | undefined {
  const isTable = isRecord(table) && Object.keys(table).some((each) => /^[.#]/.test(each));
  if (!isTable) return key === "." ? choose(table, "", conditions) : undefined;
  const entries = table as Readonly<Record<string, Target>>;
  if (Object.hasOwn(entries, key) && !key.includes("*")) {
    return choose(entries[key]!, "", conditions);
  }
  let best: { pattern: string; rest: string } | undefined;
  for (const pattern of Object.keys(entries)) {
    const rest = restOf(pattern, key);
    if (rest === undefined) continue;
    // As in Node, the most specific pattern wins: the longest before its star, then the longest.
    if (best !== undefined && weightOf(pattern) <= weightOf(best.pattern)) continue;
    best = { pattern, rest };
  }
  return best && choose(entries[best.pattern]!, best.rest, conditions);
}

/** A package's `browser` replacement of a key: another specifier, or `false` for an empty module. */
export function replacementOf(
  { browser }: PackageJson,
  keys: readonly string[],
): string | false | undefined {
  if (typeof browser !== "object") return undefined;
  const key = keys.find((each) => Object.hasOwn(browser, each));
  return key === undefined ? undefined : browser[key];
}

/** Whether loading a file of the package may have side effects. */
export function hasSideEffects({ sideEffects }: PackageJson, path: string): boolean {
  if (typeof sideEffects !== "object") return sideEffects ?? true;
  return sideEffects.some((pattern) => {
    const plain = pattern.replace(/^\.?\//, "");
    return fits(plain.includes("/") ? plain : `**/${plain}`, path);
  });
}

function choose(
  target: Target,
  rest: string,
  conditions: ReadonlySet<string>,
): string | undefined {
  if (typeof target === "string") return target.replaceAll("*", () => rest);
  if (Array.isArray(target)) {
    for (const each of target) {
      const found = choose(each, rest, conditions);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isRecord(target)) return undefined;
  for (const [condition, each] of Object.entries(target)) {
    if (!conditions.has(condition)) continue;
    if (each === null) return undefined;
    const found = choose(each as Target, rest, conditions);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The text that matches a pattern's star, or follows a pattern that ends in a slash. */
function restOf(pattern: string, key: string): string | undefined {
  const star = pattern.indexOf("*");
  if (star < 0) {
    if (!pattern.endsWith("/") || !key.startsWith(pattern)) return undefined;
    return key.slice(pattern.length);
  }
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (key.length < pattern.length || !key.startsWith(before) || !key.endsWith(after)) {
    return undefined;
  }
  return key.slice(before.length, key.length - after.length);
}

function weightOf(pattern: string): number {
  const star = pattern.indexOf("*");
  return (star < 0 ? pattern.length : star) * 4096 + pattern.length;
}

/** Whether a path matches a pattern with `*` (within a folder) and `**` (across folders). */
function fits(pattern: string, path: string): boolean {
  const parts = path.split("/");
  // Whether each prefix of the path matches the pattern so far; this keeps the time bounded for any pattern.
  let reached = parts.map(() => false);
  reached = [true, ...reached];
  for (const part of pattern.split("/")) {
    const next = reached.map(() => false);
    let isOpen = false;
    for (let at = 0; at <= parts.length; at++) {
      if (part === "**") {
        isOpen ||= reached[at]!;
        next[at] = isOpen;
      } else if (at > 0) next[at] = reached[at - 1]! && fitsName(part, parts[at - 1]!);
    }
    reached = next;
  }
  return reached[parts.length]!;
}

function fitsName(pattern: string, name: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (others.length === 0) return name === first;
  const last = others.pop()!;
  if (name.length < first.length + last.length) return false;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

function browserMapOf(map: Record<string, unknown>): Record<string, string | false> {
  const kept = Object.entries(map).filter((entry): entry is [string, string | false] =>
    typeof entry[1] === "string" || entry[1] === false
  );
  return Object.fromEntries(kept);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
