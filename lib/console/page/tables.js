/** The tables of nodes and services, as in `farcall status`. */
import { durationText, h, shortNumber, uptimeText } from "./dom.js";

/** A table with a caption, which scrolls by itself if it is too wide. */
export function table(caption, titles, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, rows),
    ),
  );
}

/** A row per node, with what `init` would do there, once that is known. */
export function nodesTable({ nodes, drift }) {
  const titles = [
    "Node",
    "Address",
    "State",
    "Generation",
    "Up",
    "Connections",
    "In flight",
    "Memory",
    "Held",
  ]
    .concat(["Executors", "Files", "Init would"]);
  const driftOf = (name) => drift?.find(({ node }) => node === name);
  return table("Nodes", titles, nodes.map((node) => nodeRow(node, driftOf(node.name))));
}

function nodeRow({ name, address, condition, problem, status }, drift) {
  const isKnown = status !== undefined && ["up", "draining", "slow"].includes(condition);
  const cells = isKnown
    ? [
      status.isEmbedded ? "embedded" : status.generation === 0 ? "none" : status.generation,
      uptimeText(status.uptimeMs),
      status.connections,
      status.callsInFlight,
      mebibytes(status.memoryBytes),
      heldText(status),
      ofText(status.executors, status.executorsMax),
      ofText(status.descriptors, status.descriptorsMax),
    ].map((value) => h("td", { class: "number" }, String(value)))
      .concat(h("td", { class: drift?.isUnchanged === false ? "warn" : "" }, drift?.would || "–"))
    : [h("td", { colspan: 9, class: "dim" }, problem ?? "no answer yet")];
  return h(
    "tr",
    { "data-condition": condition },
    h("th", { scope: "row" }, name),
    h("td", { class: "code" }, address),
    h("td", {}, h("span", { class: "state" }, condition), isKnown && problem ? ` ${problem}` : ""),
    cells,
  );
}

/** A row per service and node. */
export function servicesTable(nodes) {
  const rows = nodes.flatMap(({ name, condition, status, services }) =>
    (condition === "up" || condition === "draining" ? status?.services ?? [] : []).map(
      (service) => {
        const traffic = services.find((each) => each.service === service.name);
        return h(
          "tr",
          {},
          h("th", { scope: "row" }, service.name),
          h("td", {}, name),
          [
            service.overloads,
            executorsText(service),
            service.waiting,
            service.calls,
            service.failures,
            shortNumber(traffic?.callsPerSecond ?? 0),
            durationText(service.p50Ms),
            durationText(service.p99Ms),
          ].map((value) => h("td", { class: "number" }, String(value))),
        );
      },
    )
  );
  if (rows.length === 0) {
    return h(
      "p",
      { class: "empty" },
      "No node serves anything yet. ",
      h("code", {}, "farcall init"),
      " deploys the file.",
    );
  }
  const titles = [
    "Service",
    "Node",
    "Rpcs",
    "Executors",
    "Waiting",
    "Calls",
    "Failed",
    "Calls/s",
    "p50",
    "p99",
  ];
  return table("Services", titles, rows);
}

function executorsText({ executors, refusal }) {
  if (refusal !== undefined) return `refused: ${refusal}`;
  const counts = new Map();
  for (const { state } of executors) {
    const shown = state === "down" ? "idle" : state;
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}

function heldText({ heldBytes, heldBytesMax }) {
  if (heldBytes === undefined || heldBytesMax === undefined) return "–";
  return `${Math.round(heldBytes / 1024 / 1024)} of ${mebibytes(heldBytesMax)}`;
}

function ofText(count, max) {
  if (count === undefined) return "–";
  return max === undefined ? String(count) : `${count} of ${max}`;
}

function mebibytes(bytes) {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
