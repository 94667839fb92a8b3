/** The tree that checks work on: YAML with offsets, independent of the library. */

interface NodeBase {
  /** Its offset in the text; for the target of an alias, the alias's. */
  readonly offset: number;
  /** Its number of nodes, with aliases expanded. */
  readonly weight: number;
}

/** A text, number, boolean or null. */
export interface ScalarNode extends NodeBase {
  readonly kind: "scalar";
  readonly type: "string" | "number" | "boolean" | "null";
  /** A string's value; of other scalars, their source. */
  readonly text: string;
  /** A number's value. */
  readonly number?: number;
  /** The offset of `text` in the file, if it appears there verbatim. */
  readonly textOffset?: number;
}

/** A map with scalar keys, each once; merge keys are resolved. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly entries: readonly Entry[];
}

/** A key and its value. */
export interface Entry {
  readonly key: ScalarNode;
  readonly value: YamlNode;
}

/** A list. */
export interface ListNode extends NodeBase {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
}

/** Something whose mistake is already noted; checks skip it. */
export interface BrokenNode extends NodeBase {
  readonly kind: "broken";
}

/** A node that is not broken. */
export function brokenAt(offset: number): BrokenNode {
  return { kind: "broken", offset, weight: 1 };
}

/** Anything in a YAML file. */
export type YamlNode = ScalarNode | MapNode | ListNode | BrokenNode;

/** Describes a node for a message: `a list`, `the number 3`, `the text "abc"`, `nothing`. */
export function describe(node: YamlNode): string {
  switch (node.kind) {
    case "map":
      return "a map";
    case "list":
      return node.items.length === 0 ? "an empty list" : "a list";
    case "broken":
      return "something unreadable";
    case "scalar":
      switch (node.type) {
        case "null":
          return "nothing";
        case "string":
          return node.text === "" ? "an empty text" : `the text ${quote(node.text)}`;
        case "number":
          return `the number ${shorten(node.text)}`;
        case "boolean":
          return `the boolean ${node.text}`;
      }
  }
}

/** Whether a node is empty: `key:` or `key: null`. */
export function isNothing(node: YamlNode): boolean {
  return node.kind === "scalar" && node.type === "null";
}

/** Whether a node is an empty map or list. */
export function isEmpty(node: YamlNode): boolean {
  return node.kind === "map" && node.entries.length === 0 ||
    node.kind === "list" && node.items.length === 0;
}

/** A text of the file in double quotes, shortened for a message. */
export function quote(text: string): string {
  return `"${shorten(text)}"`;
}

const lengthShownMax = 60;
/** Characters considered; white space around line breaks is not shown. */
const lengthReadMax = 1024;

/** A text of the file, shortened for a message. */
export function shorten(text: string): string {
  const lines = text.slice(0, lengthReadMax).split("\n");
  const oneLine = lines.length === 1
    ? lines[0]!
    : lines.map((line) => line.trim()).filter((line) => line !== "").join(" ");
  const characters = [...oneLine.slice(0, 2 * lengthShownMax + 2)];
  if (characters.length <= lengthShownMax) return oneLine;
  return `${characters.slice(0, lengthShownMax).join("")}…`;
}
