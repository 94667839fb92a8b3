/** The fleet: its picture, permitted calls, and the tables. */
import { ask } from "./api.js";
import { h, Place } from "./dom.js";
import { PictureView } from "./picture.js";
import { nodesTable, servicesTable } from "./tables.js";

/** Rpcs listed at the side; further ones are counted. */
const rpcsShownMax = 12;

export class FleetView {
  #picture;
  #view;
  #nodes = [];
  #drift;
  #driftKey;
  #isShown = false;
  #side = h("aside", { class: "card side", "aria-live": "polite" });
  #canvas = h("div", { class: "card canvas" });
  #nodesTable = new Place(h("div", { class: "card" }));
  #servicesTable = new Place(h("div", { class: "card" }));

  constructor() {
    this.element = h(
      "div",
      { class: "fleet" },
      this.#canvas,
      this.#side,
      this.#nodesTable.element,
      this.#servicesTable.element,
    );
  }

  show({ picture, nodes }) {
    this.#nodes = nodes;
    if (picture !== this.#picture && picture !== undefined) {
      this.#picture = picture;
      this.#driftKey = undefined;
      this.#view = new PictureView(picture, (kind, item) => this.#explain(kind, item));
      this.#canvas.replaceChildren(this.#view.element);
      this.#explain();
    }
    this.#view?.update(nodes);
    this.#showNodes();
    this.#servicesTable.show(nodes, servicesTable);
  }

  enter() {
    this.#isShown = true;
    this.#driftKey = undefined;
    this.#showNodes();
  }

  leave() {
    this.#isShown = false;
  }

  #showNodes() {
    this.#nodesTable.show({ nodes: this.#nodes, drift: this.#drift }, nodesTable);
    const key = JSON.stringify(
      this.#nodes.map(({ condition, status }) => [condition, status?.generation]),
    );
    if (!this.#isShown || this.#nodes.length === 0 || key === this.#driftKey) return;
    this.#driftKey = key;
    this.#readDrift(key);
  }

  async #readDrift(key) {
    // The notice at the top shows mistakes in the file; without a plan, the column shows "–".
    const { nodes } = await ask("drift").catch(() => ({}));
    if (key !== this.#driftKey) return;
    this.#drift = nodes;
    this.#nodesTable.show({ nodes: this.#nodes, drift: nodes }, nodesTable);
  }

  #explain(kind, item) {
    this.#side.replaceChildren(...this.#explanation(kind, item).flat().filter(Boolean));
  }

  #explanation(kind, item) {
    const { services, file } = this.#picture;
    if (kind === "client") {
      const open = services.filter(({ tenants }) => tenants.includes(item.name));
      return [
        h("h2", {}, item.name),
        item.description && h("p", {}, item.description),
        h(
          "p",
          { class: "dim" },
          `known by ${item.knownBy}${item.mayReadLogs ? ", may read logs" : ""}`,
        ),
        open.length === 0 && h("p", {}, "May call nothing."),
        open.map((service) => rpcList(service, (rpc) => rpc.allowed.includes(item.name))),
      ];
    }
    if (kind === "service") {
      return [
        h("h2", {}, item.name),
        item.description && h("p", {}, item.description),
        h(
          "p",
          { class: "dim" },
          `${item.tenants.join(", ") || "nobody"} → ${item.providers.join(", ")}`,
        ),
        item.calls.length > 0 && h(
          "p",
          { class: "dim" },
          `Its scripts may call ${
            item.calls.flatMap(({ service, rpcs }) => rpcs.map((rpc) => `${service}.${rpc}`))
              .join(", ")
          }`,
        ),
        rpcList(item, () => true),
      ];
    }
    if (kind === "node") {
      const state = this.#nodes.find(({ name }) => name === item.name);
      const provided = services.filter(({ providers }) => providers.includes(item.name));
      return [
        h("h2", {}, item.name),
        item.description && h("p", {}, item.description),
        h("p", { class: "dim" }, `${item.address} · ${state?.condition ?? "asking"}`),
        state?.problem && h("p", {}, state.problem),
        state?.trafficProblem && h("p", { class: "dim" }, state.trafficProblem),
        h(
          "p",
          {},
          provided.length === 0
            ? "Provides nothing."
            : `Provides ${provided.map(({ name }) => name).join(", ")}`,
        ),
      ];
    }
    return [
      h("h2", {}, "Who may call what"),
      h(
        "p",
        {},
        "Point at a client, a service or a provider, or move there with Tab and the arrow keys.",
      ),
      h(
        "p",
        { class: "dim" },
        "An edge is thicker the more calls it has, and red where they fail.",
      ),
      h(
        "ul",
        { class: "legend" },
        [["idle", "no calls"], ["busy", "calls"], ["some-errors", "some fail"], [
          "errors",
          "many fail",
        ]]
          .map(([name, text]) => h("li", { class: name }, text)),
      ),
      h("p", { class: "dim code" }, file),
    ];
  }
}

function rpcList({ name, rpcs }, isShown) {
  const shown = rpcs.filter(isShown);
  return h(
    "ul",
    { class: "rpcs" },
    shown.slice(0, rpcsShownMax).map((rpc) =>
      h("li", { class: "code" }, `${name}.${rpc.name}(${rpc.args.join(", ")})`)
    ),
    shown.length > rpcsShownMax &&
      h("li", { class: "dim" }, `… and ${shown.length - rpcsShownMax} more`),
  );
}
