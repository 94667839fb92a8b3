/** The logs of all nodes, live, with filters. */
import { askLines } from "./api.js";
import { errorBox, h } from "./dom.js";

/** Lines kept; older ones are removed. */
const linesMax = 2000;

export class LogsView {
  #reading;
  #picture;
  #lines = h("ol", { class: "log", tabindex: 0, "aria-label": "Records, oldest first" });
  #empty = h("p", { class: "empty" });
  #node = h("select", { id: "log-node" });
  #service = h("select", { id: "log-service" });
  #rpc = h("input", { id: "log-rpc", autocomplete: "off", spellcheck: "false" });
  #callId = h("input", { id: "log-call", autocomplete: "off", inputmode: "numeric" });
  #level = options("log-level", [["", "all"], ["info", "info"], ["warn", "warn"], [
    "error",
    "error",
  ]]);
  #since = options("log-since", [["600000", "10 min"], ["3600000", "1 h"], ["86400000", "1 day"], [
    "0",
    "now",
  ]]);

  constructor() {
    this.#since.value = "3600000";
    const fields = [
      ["Node", this.#node],
      ["Service", this.#service],
      ["Rpc", this.#rpc],
      ["Call", this.#callId],
      ["Level", this.#level],
      ["Since", this.#since],
    ];
    const form = h(
      "form",
      {
        class: "card row filters",
        submit: (event) => event.preventDefault(),
        change: () => this.#read(),
      },
      fields.map(([text, input]) =>
        h("div", { class: "field" }, h("label", { for: input.id }, text), input)
      ),
    );
    this.element = h(
      "div",
      { class: "stack" },
      form,
      h("section", { class: "card" }, this.#empty, this.#lines),
    );
  }

  show({ picture }) {
    if (picture === undefined || picture === this.#picture) return;
    this.#picture = picture;
    fill(this.#node, picture.nodes.map(({ name }) => name));
    fill(this.#service, picture.services.map(({ name }) => name));
  }

  enter() {
    this.#read();
  }

  leave() {
    this.#reading?.abort();
  }

  async #read() {
    this.#reading?.abort();
    const reading = this.#reading = new AbortController();
    this.#lines.replaceChildren();
    this.#empty.textContent = "Waiting for records that match…";
    this.#empty.hidden = false;
    const asked = new URLSearchParams({
      node: this.#node.value,
      service: this.#service.value,
      rpc: this.#rpc.value.trim(),
      call: this.#callId.value.trim(),
      level: this.#level.value,
      sinceMs: this.#since.value,
    });
    // Many records arrive together: they are rendered once per frame.
    let waiting = [];
    const flush = () => {
      if (reading.signal.aborted || waiting.length === 0) return;
      const list = this.#lines;
      const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      list.append(...waiting.slice(-linesMax).map(lineOf));
      waiting = [];
      while (list.childElementCount > linesMax) list.firstElementChild.remove();
      if (isAtEnd) list.scrollTop = list.scrollHeight;
    };
    try {
      for await (const line of askLines(`logs?${asked}`, undefined, reading.signal)) {
        if (line.kind === "error") throw line.error;
        this.#empty.hidden = true;
        if (waiting.push(line) === 1) setTimeout(flush, 50);
      }
      flush();
      if (!reading.signal.aborted) {
        this.#empty.hidden = false;
        this.#empty.textContent = "No node has more records.";
      }
    } catch (error) {
      if (reading.signal.aborted) return;
      this.#empty.hidden = true;
      this.#lines.append(h("li", {}, errorBox(error)));
    }
  }
}

function lineOf({ node, record, error }) {
  if (record === undefined) {
    return h(
      "li",
      { class: "error" },
      h("span", { class: "node" }, node),
      ` ${error.code}: ${error.message}`,
    );
  }
  const { epochMs, level, event, fields } = record;
  const time = new Date(epochMs).toISOString();
  return h(
    "li",
    { class: level },
    h("time", { datetime: time }, time.slice(11, 23)),
    h("span", { class: "level" }, level),
    h("span", { class: "node" }, node),
    h("span", { class: "event" }, event),
    Object.entries(fields).map(([name, value]) =>
      h("span", { class: "pair" }, h("span", { class: "dim" }, `${name}=`), String(value))
    ),
  );
}

function options(id, pairs) {
  return h("select", { id }, pairs.map(([value, text]) => h("option", { value }, text)));
}

function fill(select, names) {
  const { value } = select;
  select.replaceChildren(
    h("option", { value: "" }, "all"),
    ...names.map((name) => h("option", { value: name }, name)),
  );
  if (names.includes(value)) select.value = value;
}
