/** `allow` of an rpc or overload: which tenants of the service may call it. */
import { type Check, type Fields, listSome, readTexts } from "./fields.ts";
import { isNothing, quote, type ScalarNode } from "../yaml/nodes.ts";
import { nearest } from "../suggest.ts";

/** Allowed clients, before they are checked against the service's tenants. */
export interface Allowed {
  /** Each once, sorted, because their order has no meaning; an empty list allows nobody. */
  readonly names: readonly string[];
  /** Their nodes in the file. */
  readonly nodes: readonly ScalarNode[];
}

const sample = "allow: [c1, c2]";

/** Reads `allow`, and notes mistakes. Undefined if it is missing or unreadable. */
export function readAllowed(check: Check, fields: Fields): Allowed | undefined {
  const entry = fields.get("allow");
  if (entry === undefined) return undefined;
  const texts = readTexts(check, entry, {
    list: "a list of clients",
    item: "the name of a client",
    sample,
    kind: "names",
  });
  if (isNothing(entry.value)) {
    check.findings.add({
      at: entry.key,
      message: `${quote(entry.key.text)} is empty`,
      hint: "list the tenants that may call it, or write allow: [] to exclude everyone",
    });
  }
  if (texts === undefined || !texts.whole) return undefined;
  const first = new Map<string, ScalarNode>();
  for (const node of texts.items) {
    const earlier = first.get(node.text);
    if (earlier === undefined) first.set(node.text, node);
    else {
      const where = check.findings.whereIs(earlier);
      const message = `client ${quote(node.text)} is named twice, first in ${where}`;
      check.findings.add({ at: node, message, hint: "remove one of the two" });
    }
  }
  return { names: [...first.keys()].sort(), nodes: [...first.values()] };
}

/** Notes allowed clients that are not tenants of the service. */
export function checkAllowed(
  check: Check,
  allowed: readonly ScalarNode[],
  { service, rpc, tenants }: { service: string; rpc: string; tenants: readonly string[] },
): void {
  for (const node of allowed) {
    if (tenants.includes(node.text)) continue;
    const list = tenants.length === 0
      ? "which has no tenants"
      : `expected one of ${listSome(tenants)}`;
    const meant = nearest(node.text, tenants);
    check.findings.add({
      at: node,
      message:
        `${quote(node.text)}, allowed to call rpc ${quote(rpc)}, is not a tenant of service ` +
        `${quote(service)}, ${list}`,
      hint: meant === undefined
        ? "add it to the tenants, or remove it here"
        : `did you mean "${meant}"?`,
    });
  }
}
