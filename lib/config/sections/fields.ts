/**
 * Shapes: reads nodes as maps, lists and texts before their content is checked. Also accepts the spellings of the
 * original assignment: lists of single-key maps for maps, one name for a list.
 */
import type { ConfigurationBounds } from "../bounds.ts";
import type { Diagnostics } from "../diagnostics.ts";
import { format, type SectionName } from "../format.ts";
import { keyLevelHint } from "../format_keys.ts";
import {
  brokenAt,
  describe,
  type Entry,
  isNothing,
  quote,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import { nearest } from "../suggest.ts";

/** The context of every check. */
export interface Check {
  readonly findings: Diagnostics;
  readonly bounds: ConfigurationBounds;
  /** The absolute folder that relative script paths start from. */
  readonly folder: string;
}

/** A map of known keys. */
export interface FieldSpec {
  /** The map's name in messages: `server "s1"`. */
  readonly what: string;
  readonly section: SectionName;
  /** A correct example. */
  readonly sample: string;
}

/** The fields of a map by canonical key; undefined if it is not a map (noted, unless it is broken). */
export type Fields = ReadonlyMap<string, Entry>;

/** Reads a map of known keys. A list of maps is taken as one map. */
export function readFields(check: Check, node: YamlNode, spec: FieldSpec): Fields | undefined {
  const entries = flatten(check, node, spec);
  if (entries === undefined) return undefined;
  const canonical = canonicalKeys(spec.section);
  const fields = new Map<string, Entry>();
  const meant = new Map<string, Entry>();
  for (const entry of entries) {
    const key = canonical.get(entry.key.text);
    if (key === undefined) {
      const guess = noteUnknownKey(check, entry.key, { spec, canonical });
      // In `ip:1.2.3.4` without a space, the value is part of the key.
      if (guess?.glued) {
        meant.set(guess.meant, { key: entry.key, value: brokenAt(entry.key.offset) });
      } else if (guess !== undefined) meant.set(guess.meant, entry);
      continue;
    }
    const first = fields.get(key);
    if (first === undefined) fields.set(key, entry);
    else {
      const spelled = first.key.text === entry.key.text ? "" : ` as ${quote(first.key.text)}`;
      const where = check.findings.whereIs(first.key);
      const message = `${quote(entry.key.text)} of ${spec.what} is given twice, ` +
        `first${spelled} in ${where}`;
      check.findings.add({ at: entry.key, message, hint: "keep one of the two" });
    }
  }
  // A misspelt key is one mistake: the intended key does not count as missing, and its value is checked.
  for (const [key, entry] of meant) if (!fields.has(key)) fields.set(key, entry);
  return fields;
}

const known = new Map<SectionName, ReadonlyMap<string, string>>();

/** Every spelling → its canonical key; made once for each section. */
function canonicalKeys(section: SectionName): ReadonlyMap<string, string> {
  const made = known.get(section);
  if (made !== undefined) return made;
  const canonical = new Map<string, string>();
  for (const [key, { spellings = [] }] of Object.entries(format[section].keys)) {
    for (const spelling of [key, ...spellings]) canonical.set(spelling, key);
  }
  known.set(section, canonical);
  return canonical;
}

/** Notes an unknown key; returns the canonical key that was probably intended. */
function noteUnknownKey(
  check: Check,
  key: ScalarNode,
  { spec, canonical }: { spec: FieldSpec; canonical: ReadonlyMap<string, string> },
): { meant: string; glued: boolean } | undefined {
  const section = format[spec.section].keys;
  const keys = Object.keys(section);
  const message = `unknown key ${quote(key.text)}, expected one of ${keys.join(", ")}`;
  const [beforeColon = ""] = key.text.split(":", 1);
  if (beforeColon !== key.text && canonical.has(beforeColon)) {
    check.findings.add({ at: key, message, hint: "put a space after the colon" });
    return { meant: canonical.get(beforeColon)!, glued: true };
  }
  const folded = key.text.toLowerCase().replaceAll("_", "-");
  const word = keys.find((candidate) => section[candidate]?.words?.includes(folded));
  const levelHint = word === undefined && !canonical.has(folded) ? keyLevelHint(folded) : undefined;
  if (levelHint !== undefined) {
    check.findings.add({ at: key, message, hint: levelHint });
    return undefined;
  }
  const meant = word ?? nearest(key.text, canonical.keys());
  const hint = meant === undefined ? undefined : `did you mean "${meant}"?`;
  check.findings.add({ at: key, message, hint });
  return meant === undefined ? undefined : { meant: canonical.get(meant)!, glued: false };
}

function flatten(check: Check, node: YamlNode, spec: FieldSpec): readonly Entry[] | undefined {
  if (node.kind === "broken") return undefined;
  if (node.kind === "map") return node.entries;
  const maps = node.kind === "list" && node.items.length > 0 &&
    node.items.every((item) => item.kind === "map");
  if (maps) return node.items.flatMap((item) => item.kind === "map" ? item.entries : []);
  const message = `expected ${spec.what} as a map, got ${describe(node)}`;
  const glued = node.kind === "scalar" && /^[\w-]+:[^\s:]/.test(node.text);
  const hint = glued ? "put a space after each colon" : `write ${spec.sample}`;
  check.findings.add({ at: node, message, hint });
  return undefined;
}

/** The texts of a list. */
export interface Texts {
  readonly items: readonly ScalarNode[];
  /** Whether every item is a text. */
  readonly whole: boolean;
}

/** Reads a list of texts; a single text is a list of one. Undefined if the shape is wrong. */
export function readTexts(
  check: Check,
  entry: Entry,
  options: { list: string; item: string; sample: string; kind: "names" | "types" },
): Texts | undefined {
  const { value } = entry;
  if (value.kind === "broken") return undefined;
  if (value.kind === "map") {
    const message = `expected ${options.list} as ${quote(entry.key.text)}, got a map`;
    check.findings.add({ at: value, message, hint: `write ${options.sample}` });
    return undefined;
  }
  if (isNothing(value)) return { items: [], whole: true };
  const items = value.kind === "list" ? value.items : [value];
  const texts: ScalarNode[] = [];
  let whole = true;
  for (const item of items) {
    if (item.kind === "scalar" && item.type === "string" && item.text.trim() !== "") {
      texts.push(item);
      continue;
    }
    whole = false;
    if (item.kind === "broken") continue;
    const quotable = options.kind === "names" && item.kind === "scalar" &&
      (item.type === "number" || item.type === "boolean");
    check.findings.add({
      at: item,
      message: `expected ${options.item}, got ${describe(item)}`,
      hint: quotable
        ? `if a name is meant, put it in quotes: "${item.text}"`
        : `write ${options.sample}`,
    });
  }
  return { items: texts, whole };
}

/** Reads a `description`: any text, number or boolean, as it is written. */
export function readDescription(check: Check, fields: Fields): string | undefined {
  const value = fields.get("description")?.value;
  if (value === undefined || value.kind === "broken" || isNothing(value)) return undefined;
  if (value.kind === "scalar") return value.text;
  const message = `expected a text as description, got ${describe(value)}`;
  check.findings.add({ at: value, message, hint: "put the description in quotes" });
  return undefined;
}

/** Reads a boolean field; undefined if it is missing or invalid. */
export function readBoolean(check: Check, fields: Fields, key: string): boolean | undefined {
  const field = fields.get(key);
  if (field === undefined || field.value.kind === "broken") return undefined;
  const { value } = field;
  if (value.kind === "scalar" && value.type === "boolean") return /^t/i.test(value.text);
  check.findings.add({
    at: isNothing(value) ? field.key : value,
    message: `expected true or false as ${quote(field.key.text)}, got ${describe(value)}`,
    hint: `write ${field.key.text}: true, or leave it out`,
  });
  return undefined;
}

/** `a, b and 3 more`. */
export function listSome(names: Iterable<string>, shownMax = 8): string {
  const all = [...names];
  if (all.length <= shownMax) return all.join(", ");
  return `${all.slice(0, shownMax).join(", ")} and ${all.length - shownMax} more`;
}
