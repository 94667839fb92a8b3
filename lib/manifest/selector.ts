/** Selectors: the nodes of a fleet that provide a service, chosen by name or labels. */
import { limits } from "../limits/mod.ts";

/** Nodes by name, all nodes of a fleet, or those that have all of some labels. */
export type Selector =
  | { readonly kind: "nodes"; readonly nodes: readonly string[] }
  | { readonly kind: "all" }
  | { readonly kind: "labels"; readonly labels: readonly string[] };

/** The form of a label, and its description. */
export const labelPattern = /^[A-Za-z0-9_][A-Za-z0-9_.=-]*$/;
export const labelForm = "letters, digits, _, ., = and -, not beginning with . or -";

/** Whether a text can be a label. */
export function isLabel(value: unknown): value is string {
  return typeof value === "string" && value.length <= limits.nameLengthMax &&
    labelPattern.test(value);
}

/** Whether a selector selects a node. */
export function selects(
  selector: Selector,
  node: { readonly name: string; readonly labels: readonly string[] },
): boolean {
  switch (selector.kind) {
    case "all":
      return true;
    case "nodes":
      return selector.nodes.includes(node.name);
    case "labels":
      return selector.labels.every((label) => node.labels.includes(label));
  }
}
