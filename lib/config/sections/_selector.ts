/** `providers: all` and `providers: { labels: [gpu] }`: nodes of the fleet in place of servers by name. */
import { isLabel, labelForm, type Selector } from "../../manifest/mod.ts";
import { describe, type Entry, isNothing, quote, type YamlNode } from "../yaml/nodes.ts";
import type { Check } from "./fields.ts";
import type { Network } from "./network.ts";

const sample = "providers: { labels: [gpu] }";

/** Reads a selector; undefined if servers are named instead. An invalid one (noted) selects no node. */
export function readSelector(
  check: Check,
  entry: Entry | undefined,
  network: Network,
): Selector | undefined {
  if (entry === undefined) return undefined;
  const { value, key } = entry;
  if (value.kind === "scalar" && value.text === "all" && !network.serverNames?.has("all")) {
    if (network.nats === undefined) {
      check.findings.add({
        at: value,
        message: "all means the nodes of a fleet, but network names no fleet",
        hint: 'write nats: { url: "nats://10.0.0.1:4222", fleet: lab } in network, or name servers',
      });
    }
    return { kind: "all" };
  }
  if (value.kind !== "map" || !value.entries.some(({ key }) => key.text === "labels")) {
    return undefined;
  }
  const none: Selector = { kind: "nodes", nodes: [] };
  const [labels, other] = value.entries;
  if (labels?.key.text !== "labels" || other !== undefined) {
    check.findings.add({
      at: other?.key ?? labels?.key ?? key,
      message: `expected servers, all, or labels as ${quote(key.text)}`,
      hint: `write ${sample}`,
    });
    return none;
  }
  if (network.nats === undefined) {
    check.findings.add({
      at: labels.key,
      message: "labels select nodes of a fleet, but network names no fleet",
      hint: 'write nats: { url: "nats://10.0.0.1:4222", fleet: lab } in network, or name servers',
    });
  }
  const texts = readLabels(check, labels);
  return texts === undefined ? none : { kind: "labels", labels: texts };
}

function readLabels(check: Check, { key, value }: Entry): readonly string[] | undefined {
  if (value.kind === "broken") return undefined;
  const items: readonly YamlNode[] = value.kind === "list" ? value.items : [value];
  if (items.length === 0 || isNothing(value)) {
    check.findings.add({ at: key, message: '"labels" is empty', hint: `write ${sample}` });
    return undefined;
  }
  const texts: string[] = [];
  for (const item of items) {
    if (item.kind === "broken") return undefined;
    if (item.kind === "scalar" && isLabel(item.text)) {
      texts.push(item.text);
      continue;
    }
    check.findings.add({
      at: item,
      message: `expected a label (${labelForm}), got ${describe(item)}`,
      hint: `write ${sample}`,
    });
    return undefined;
  }
  return [...new Set(texts)];
}
