/** The import map of a deno.json. Pure. */

/** The targets of bare names. */
export type ImportMap = Readonly<Record<string, string>>;

/**
 * The `imports` of a deno.json or deno.jsonc.
 *
 * @returns undefined if the file is not JSON.
 */
export function parseImportMap(text: string): ImportMap | undefined {
  let value: unknown;
  try {
    value = JSON.parse(withoutComments(text));
  } catch {
    return undefined;
  }
  const imports = (value as { imports?: unknown } | null)?.imports;
  if (typeof imports !== "object" || imports === null) return {};
  const kept = Object.entries(imports).filter((entry) => typeof entry[1] === "string");
  return Object.fromEntries(kept) as ImportMap;
}

/** The map's target of a name; undefined if the map does not have it. */
export function mapped(map: ImportMap, specifier: string): string | undefined {
  if (Object.hasOwn(map, specifier)) return map[specifier];
  let best = "";
  for (const key of Object.keys(map)) {
    const isPackage = /^(npm|jsr):/.test(map[key]!);
    // As in Deno, a package's entry also maps its subpaths.
    const prefix = key.endsWith("/") ? key : isPackage ? `${key}/` : undefined;
    if (prefix === undefined || !specifier.startsWith(prefix)) continue;
    if (key.length > best.length) best = key;
  }
  if (best === "") return undefined;
  const rest = specifier.slice(best.endsWith("/") ? best.length : best.length + 1);
  const target = map[best]!;
  return target.endsWith("/") ? target + rest : `${target}/${rest}`;
}

/** Removes comments and trailing commas from JSON. */
function withoutComments(text: string): string {
  let result = "";
  let at = 0;
  while (at < text.length) {
    if (text[at] === '"') {
      const end = endOfString(text, at);
      result += text.slice(at, end);
      at = end;
    } else if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      at = end < 0 ? text.length : end + 2;
    } else if (text[at] === "}" || text[at] === "]") {
      const before = result.trimEnd();
      result = (before.endsWith(",") ? before.slice(0, -1) : result) + text[at++];
    } else result += text[at++];
  }
  return result;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
