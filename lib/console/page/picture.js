/** The picture: clients, services and providers in three columns, and the permitted calls between them. */
import { h, shortNumber } from "./dom.js";

const box = { width: 190, height: 46, gap: 16 };
const columns = [{ x: 8, kind: "client", title: "Clients" }, {
  x: 342,
  kind: "service",
  title: "Services",
}, { x: 676, kind: "node", title: "Providers" }];
const top = 34;

/** Draws a fleet, and keeps live values up to date. `onChoose` is called with the item under the pointer or focus. */
export class PictureView {
  #boxes = new Map();
  #edges = [];
  #onChoose;

  constructor(picture, onChoose) {
    this.#onChoose = onChoose;
    const { clients, services, nodes } = picture;
    const columnsOf = [clients, services, nodes];
    const rowsMax = Math.max(...columnsOf.map((list) => list.length), 1);
    const height = top + rowsMax * (box.height + box.gap) + 4;
    const placed = columnsOf.map((list, column) => {
      const step = (height - top) / Math.max(list.length, 1);
      return list.map((item, index) => ({
        item,
        kind: columns[column].kind,
        x: columns[column].x,
        y: top + step * (index + 0.5) - box.height / 2,
      }));
    });
    for (const place of placed.flat()) this.#boxes.set(keyOf(place.kind, place.item.name), place);
    for (const service of services) {
      for (const client of service.tenants) {
        this.#addEdge("client", client, "service", service.name);
      }
      for (const node of service.providers) this.#addEdge("service", service.name, "node", node);
      for (const called of service.calls) {
        this.#addEdge("service", service.name, "service", called.service);
      }
    }
    this.element = h(
      "svg",
      {
        class: "picture",
        viewBox: `0 0 874 ${height}`,
        role: "group",
        "aria-label": "Clients, services and providers. Arrow keys move between them.",
        keydown: (event) => this.#move(event),
      },
      columns.map(({ x, title }) => h("text", { class: "column", x: x + 2, y: 16 }, title)),
      h("g", {}, this.#edges.map(({ path }) => path)),
      h("g", {}, placed.flat().map((place) => this.#draw(place))),
    );
  }

  /** Items connected to one, directly or through a service. */
  relatedTo(kind, name) {
    const key = keyOf(kind, name);
    const near = this.#edges.filter(({ from, to }) => from === key || to === key);
    const services = new Set(
      near.flatMap(({ from, to }) => [from, to]).filter((each) => each[0] === "s"),
    );
    if (kind === "service") return new Set(near);
    // A client's calls end at providers of its services; a provider's come from their clients.
    return new Set(
      this.#edges.filter((edge) =>
        near.includes(edge) || (kind === "client" ? services.has(edge.from) : services.has(edge.to))
      ),
    );
  }

  /** Shows the nodes' states and traffic. */
  update(nodes) {
    const rates = ratesOf(nodes);
    for (const edge of this.#edges) {
      const { calls, failures } = rates.get(edge.key) ?? { calls: 0, failures: 0 };
      const color = colorOf(calls, failures);
      for (const each of colors) edge.path.classList.toggle(each, each === color);
      edge.path.style.strokeWidth = String(1.4 + Math.min(8, 2.2 * Math.log10(1 + calls * 3)));
      edge.title.textContent = `${edge.label}: ${shortNumber(calls)} calls/s` +
        (failures > 0 ? `, ${shortNumber(failures)} failed/s` : "");
    }
    for (const node of nodes) {
      const place = this.#boxes.get(keyOf("node", node.name));
      if (place === undefined) continue;
      place.group.dataset.condition = node.condition;
      place.group.setAttribute(
        "aria-label",
        `node ${node.name}, ${node.address}, ${node.condition}`,
      );
      place.second.textContent = node.condition === "up"
        ? node.address
        : `${node.condition} · ${node.address}`;
    }
  }

  #addEdge(fromKind, fromName, toKind, toName) {
    const [from, to] = [keyOf(fromKind, fromName), keyOf(toKind, toName)];
    const [a, b] = [this.#boxes.get(from), this.#boxes.get(to)];
    if (a === undefined || b === undefined) return;
    const [x1, y1, x2, y2] = [a.x + box.width, a.y + box.height / 2, b.x, b.y + box.height / 2];
    const middle = (x1 + x2) / 2;
    const label = fromKind === toKind
      ? `scripts of ${fromName} → ${toName}`
      : `${fromName} → ${toName}`;
    const title = h("title", {}, label);
    const path = h("path", {
      class: "edge idle",
      d: fromKind === toKind
        ? arcOf(a, b)
        : `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`,
      "data-from": fromName,
      "data-to": toName,
    }, title);
    this.#edges.push({ key: `${from}>${to}`, from, to, label, path, title });
  }

  #draw(place) {
    const { item, kind, x, y } = place;
    place.second = h("text", { class: "second", x: x + 14, y: y + 36 }, secondLine(kind, item));
    place.group = h(
      "g",
      {
        class: `box ${kind}`,
        tabindex: 0,
        role: "img",
        "data-kind": kind,
        "data-name": item.name,
        "aria-label": `${kind} ${item.name}`,
        pointerenter: () => this.#choose(kind, item),
        pointerleave: () => this.#choose(),
        focus: () => this.#choose(kind, item),
        blur: () => this.#choose(),
      },
      h("rect", { x, y, width: box.width, height: box.height, rx: 10 }),
      kind === "node" && h("circle", { class: "lamp", cx: x + box.width - 18, cy: y + 16, r: 4.5 }),
      h("text", { class: "name", x: x + 14, y: y + 19 }, shortened(item.name, 22)),
      place.second,
    );
    return place.group;
  }

  #choose(kind, item) {
    const related = kind === undefined ? undefined : this.relatedTo(kind, item.name);
    this.element.classList.toggle("choosing", related !== undefined);
    const lit = new Set([...related ?? []].flatMap(({ from, to }) => [from, to]));
    if (kind !== undefined) lit.add(keyOf(kind, item.name));
    for (const edge of this.#edges) edge.path.classList.toggle("lit", related?.has(edge) ?? false);
    for (const [key, { group }] of this.#boxes) group.classList.toggle("lit", lit.has(key));
    this.#onChoose(kind, item);
  }

  #move(event) {
    const place = [...this.#boxes.values()].find(({ group }) => group === document.activeElement);
    const [dx, dy] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ??
        [0, 0];
    if (place === undefined || (dx === 0 && dy === 0)) return;
    event.preventDefault();
    const candidates = [...this.#boxes.values()].filter((each) =>
      dx === 0
        ? each.x === place.x && Math.sign(each.y - place.y) === dy
        : Math.sign(each.x - place.x) === dx
    );
    const far = (each) => Math.abs(each.x - place.x) * 10 + Math.abs(each.y - place.y);
    candidates.sort((a, b) => far(a) - far(b))[0]?.group.focus();
  }
}

/** Calls and failures per second, by edge. */
function ratesOf(nodes) {
  const rates = new Map();
  const add = (key, { callsPerSecond, failuresPerSecond }) => {
    const rate = rates.get(key) ?? { calls: 0, failures: 0 };
    rates.set(key, {
      calls: rate.calls + callsPerSecond,
      failures: rate.failures + failuresPerSecond,
    });
  };
  for (const node of nodes) {
    for (const each of node.services) {
      add(`${keyOf("service", each.service)}>${keyOf("node", node.name)}`, each);
    }
    for (const each of node.clients ?? []) {
      // Scripts call as their service; no client can have such a name.
      const from = each.client.startsWith(scripts)
        ? keyOf("service", each.client.slice(scripts.length))
        : keyOf("client", each.client);
      add(`${from}>${keyOf("service", each.service)}`, each);
    }
  }
  return rates;
}

/** From one box to another in its column, along their left side; to itself, a loop. */
function arcOf(a, b) {
  const [y1, y2] = [a.y + box.height * 0.75, b.y + box.height * 0.25];
  const bend = a.x - 34 - Math.min(40, Math.abs(y2 - y1) / 8);
  return `M${a.x} ${y1}C${bend} ${y1} ${bend} ${y2} ${b.x} ${y2}`;
}

const scripts = "service:";
const colors = ["idle", "busy", "some-errors", "errors"];

function colorOf(calls, failures) {
  if (calls === 0) return "idle";
  return failures === 0 ? "busy" : failures / calls < 0.1 ? "some-errors" : "errors";
}

function keyOf(kind, name) {
  return `${kind[0]} ${name}`;
}

function secondLine(kind, item) {
  if (kind === "client") return shortened(item.knownBy, 28);
  if (kind === "node") return item.address;
  const count = new Set(item.rpcs.map(({ name }) => name)).size;
  return `${count} rpc${count === 1 ? "" : "s"}`;
}

function shortened(text, lengthMax) {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}
