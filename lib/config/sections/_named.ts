/** Reads maps from names to entries, in every spelling, and checks the names. */
import { namePatterns } from "../../manifest/mod.ts";
import type { Check } from "./fields.ts";
import { keyLevelHint } from "../format_keys.ts";
import {
  brokenAt,
  describe,
  type Entry,
  isEmpty,
  isNothing,
  quote,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";

/** The expected form of such a map. */
export interface NamedSpec {
  /** The word for one entry: `server`. */
  readonly kind: "server" | "client" | "service" | "rpc";
  /** The keys of an entry, to recognise lines that are not indented enough. */
  readonly childKeys: readonly string[];
  /** A correct example. */
  readonly sample: string;
  /** Whether a repeated name in a list is a mistake, or another part of the same entry. */
  readonly again: "mistake" | "more";
}

/** A name and its entry. */
export interface Named {
  readonly name: string;
  readonly key: ScalarNode;
  readonly value: YamlNode;
}

/**
 * Reads a map from names to things, or a list of single-key maps, or a list of bare names. An illegal name is noted and
 * returned all the same, so that references to it are not reported as well.
 */
export function readNamed(
  check: Check,
  node: YamlNode,
  spec: NamedSpec,
): readonly Named[] | undefined {
  const entries = namedEntries(check, node, spec);
  if (entries === undefined) return undefined;
  const named = new Map<string, Named[]>();
  for (const { key, value } of entries) {
    if (noteMisplacedKey(check, { key, value }, spec)) continue;
    checkName(check, key, spec.kind);
    const earlier = named.get(key.text);
    if (earlier === undefined) named.set(key.text, [{ name: key.text, key, value }]);
    else if (spec.again === "more" && !isNothing(value) && !isNothing(earlier[0]!.value)) {
      earlier.push({ name: key.text, key, value });
    } else {
      const where = check.findings.whereIs(earlier[0]!.key);
      const message = `the ${spec.kind} ${quote(key.text)} is named twice, first in ${where}`;
      check.findings.add({
        at: key,
        message,
        hint: "give one of the two another name, or remove it",
      });
    }
  }
  return [...named.values()].flat();
}

function namedEntries(check: Check, node: YamlNode, spec: NamedSpec): readonly Entry[] | undefined {
  switch (node.kind) {
    case "broken":
      return undefined;
    case "map":
      return withoutSlips(check, node.entries, spec);
    case "list": {
      const entries = node.items.flatMap((item) => entriesOfItem(check, item, spec));
      return withoutSlips(check, entries, spec);
    }
    case "scalar": {
      if (spec.kind === "rpc" && node.type !== "null") return entriesOfItem(check, node, spec);
      const message = `expected a map of ${spec.kind}s, got ${describe(node)}`;
      check.findings.add({ at: node, message, hint: `write ${spec.sample}` });
      return undefined;
    }
  }
}

function entriesOfItem(check: Check, item: YamlNode, spec: NamedSpec): readonly Entry[] {
  if (item.kind === "broken") return [];
  if (item.kind === "scalar" && item.type !== "null") {
    return [{ key: item, value: { ...item, type: "null", text: "" } }];
  }
  if (item.kind === "map" && item.entries.length === 1) return item.entries;
  if (item.kind === "map" && item.entries.length > 1) {
    const [first, second] = item.entries;
    const isEmptyBeforeChild = first !== undefined && second !== undefined &&
      isNothing(first.value) && spec.childKeys.includes(second.key.text);
    if (isEmptyBeforeChild) return item.entries;
    const keys = item.entries.slice(0, 4).map((entry) => quote(entry.key.text)).join(", ");
    check.findings.add({
      at: item,
      message: `expected one ${spec.kind} after the dash, got a map with the keys ${keys}`,
      hint: `write - NAME: and below it, indented further, what belongs to the ${spec.kind}`,
    });
    return [];
  }
  const message = `expected the name of ${withArticle(spec.kind)} and what belongs to it, got ${
    describe(item)
  }`;
  check.findings.add({ at: item, message, hint: `write ${spec.sample}` });
  return [];
}

/** Detects `s1:` followed by `ip:` in the same column: the second was meant to be inside the first. */
function withoutSlips(check: Check, entries: readonly Entry[], spec: NamedSpec): readonly Entry[] {
  const result: Entry[] = [];
  let owner: ScalarNode | undefined;
  let slipped = false;
  for (const entry of entries) {
    const inside = spec.childKeys.includes(entry.key.text) && !isNothing(entry.value);
    if (owner !== undefined && inside) {
      if (!slipped) {
        check.findings.add({
          at: entry.key,
          message: `${quote(entry.key.text)} stands beside ${
            quote(owner.text)
          }, expected inside it`,
          hint: `indent what belongs to ${quote(owner.text)} further than ${
            quote(owner.text)
          } itself`,
        });
        result[result.length - 1] = { key: owner, value: brokenAt(owner.offset) };
        slipped = true;
      }
      continue;
    }
    owner = isNothing(entry.value) ? entry.key : undefined;
    slipped = false;
    result.push(entry);
  }
  return result;
}

/**
 * Detects a known key in place of a name: `timeout: 5s`, or `limits: { timeout: 5s }`.
 *
 * @returns Whether it was noted.
 */
function noteMisplacedKey(check: Check, { key, value }: Entry, spec: NamedSpec): boolean {
  const hint = mayBelongTo(value, spec) ? undefined : keyLevelHint(key.text);
  if (hint === undefined) return false;
  const message = `expected ${withArticle(spec.kind)}, got the key ${
    quote(key.text)
  } of something else`;
  check.findings.add({ at: key, message, hint });
  return true;
}

/** Whether a value looks like an entry, valid or not. */
function mayBelongTo(value: YamlNode, { childKeys }: NamedSpec): boolean {
  if (isNothing(value) || isEmpty(value) || value.kind === "broken") return true;
  if (value.kind === "list") return value.items.every(({ kind }) => kind !== "scalar");
  return value.kind === "map" && value.entries.some(({ key }) => childKeys.includes(key.text));
}

/** Notes an invalid name. */
function checkName(check: Check, key: ScalarNode, kind: NamedSpec["kind"]): void {
  const { findings, bounds } = check;
  const [pattern, expected] = namePatterns[kind];
  if (key.type !== "string") {
    const message = `expected the name of ${withArticle(kind)}, got ${describe(key)}`;
    findings.add({ at: key, message, hint: quotingHint(key, pattern.test(key.text)) });
  } else if (key.text.length > bounds.nameLengthMax) {
    const message = `the name of this ${kind} has ${key.text.length} characters, ` +
      `at most ${bounds.nameLengthMax} are allowed`;
    findings.add({ at: key, message, hint: "choose a shorter name" });
  } else if (!pattern.test(key.text)) {
    const message = `${quote(key.text)} is not a name for ${
      withArticle(kind)
    }, expected ${expected}`;
    const suggestion = key.text.trim().replaceAll(/[^A-Za-z0-9_]+/g, "_").replace(/^_(?=.)/, "");
    findings.add({
      at: key,
      message,
      hint: pattern.test(suggestion) ? `try "${suggestion}"` : undefined,
    });
  }
}

function withArticle(kind: NamedSpec["kind"]): string {
  return kind === "rpc" ? "an rpc" : `a ${kind}`;
}

function quotingHint(node: ScalarNode, legal: boolean): string {
  if (legal) return `put it in quotes: "${node.text}"`;
  return "choose a name that begins with a letter";
}
