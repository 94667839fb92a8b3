/** A form for every rpc, built from its signature, with the result and the phases of the call. */
import { askLines } from "./api.js";
import { durationText, errorBox, h } from "./dom.js";

/** Rpcs listed at once; the filter finds the others. */
const listedMax = 200;

export class CallView {
  #picture;
  #nodes = [];
  #chosen;
  #calling;
  #filter = h("input", {
    type: "search",
    placeholder: "Filter rpcs",
    "aria-label": "Filter rpcs",
    class: "filter",
    input: () => this.#list(),
  });
  #rpcs = h("ul", { class: "rpc-list" });
  #form = h("section", { class: "card form" });
  #answer = h("section", { class: "card answer", "aria-live": "polite", "aria-label": "Answer" });

  constructor() {
    this.element = h(
      "div",
      { class: "call" },
      h("section", { class: "card rpc-side" }, this.#filter, this.#rpcs),
      h("div", { class: "stack" }, this.#form, this.#answer),
    );
  }

  show({ picture, nodes }) {
    this.#nodes = nodes;
    if (picture === undefined || picture === this.#picture) return;
    this.#picture = picture;
    const before = this.#chosen?.id;
    this.#chosen = undefined;
    this.#list();
    const all = this.#all();
    // Keep the form as long as its rpc exists.
    const same = all.find(({ id }) => id === before);
    if (same !== undefined) this.#chosen = same;
    else if (all.length > 0) this.#choose(all[0]);
    else this.#form.replaceChildren(h("p", { class: "empty" }, "The file declares no rpc."));
    this.#list();
  }

  #all() {
    return this.#picture.services.flatMap((service) =>
      service.rpcs.map((rpc) => ({
        service,
        rpc,
        id: `${service.name}.${rpc.name}(${rpc.args.join(", ")})`,
      }))
    );
  }

  #list() {
    const words = this.#filter.value.toLowerCase().split(" ").filter((word) => word !== "");
    const found = this.#all().filter(({ id, rpc }) =>
      words.every((word) => `${id} ${rpc.description ?? ""}`.toLowerCase().includes(word))
    );
    this.#rpcs.replaceChildren(
      ...found.slice(0, listedMax).map((each) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "rpc",
              "aria-current": each.id === this.#chosen?.id ? "true" : false,
              click: () => {
                this.#choose(each);
                this.#form.querySelector("input, textarea, select, button")?.focus();
              },
            },
            h("span", { class: "dim" }, `${each.service.name}.`),
            each.rpc.name,
            h("small", {}, `(${each.rpc.args.join(", ")})`),
          ),
        )
      ),
      ...(found.length > listedMax
        ? [h("li", { class: "dim" }, `${found.length - listedMax} more: filter to find them`)]
        : []),
      ...(found.length === 0 ? [h("li", { class: "empty" }, "No rpc matches.")] : []),
    );
  }

  #choose(each) {
    this.#chosen = each;
    this.#calling?.abort();
    for (const button of this.#rpcs.querySelectorAll("button")) {
      button.toggleAttribute("aria-current", false);
    }
    this.#list();
    const { service, rpc } = each;
    const fields = rpc.args.map((type, index) => this.#field(rpc, type, index));
    const client = h(
      "select",
      { id: "as" },
      h("option", { value: "" }, "found by address and key"),
      this.#picture.clients.map(({ name }) =>
        h(
          "option",
          { value: name },
          rpc.allowed.includes(name) ? name : `${name} (will be refused)`,
        )
      ),
    );
    const server = h(
      "select",
      { id: "server" },
      h("option", { value: "" }, "the best provider"),
      service.providers.map((name) => h("option", { value: name }, name)),
    );
    const seconds = h("input", {
      id: "seconds",
      type: "number",
      min: "1",
      max: "86400",
      value: "30",
    });
    const form = h(
      "form",
      {
        submit: (event) => {
          event.preventDefault();
          this.#call(each, {
            texts: this.#texts(rpc, fields),
            as: client.value,
            server: server.value,
            timeoutMs: Math.max(1, Math.round(Number(seconds.value) * 1000)) || 30_000,
          });
        },
        keydown: (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
        },
      },
      fields.map(({ element }) => element),
      rpc.args.length === 0 && h("p", { class: "dim" }, "It takes no arguments."),
      h(
        "div",
        { class: "row" },
        labelled("Call as", client),
        labelled("On", server),
        labelled("Deadline, s", seconds),
      ),
      h(
        "div",
        { class: "row actions" },
        h("button", { class: "primary", type: "submit" }, "Call"),
        h("span", { class: "dim hint" }, "Ctrl+Enter"),
      ),
    );
    this.#form.replaceChildren(
      h("h2", { class: "code" }, `${service.name}.${rpc.name}`),
      h(
        "p",
        { class: "code dim" },
        `(${rpc.args.join(", ")}) → ${rpc.returns.join(", ") || "nothing"}`,
      ),
      rpc.description ? h("p", {}, rpc.description) : "",
      form,
    );
    this.#answer.replaceChildren(h("p", { class: "empty" }, "The answer appears here."));
  }

  #field(rpc, type, index) {
    const name = rpc.names?.[index] ?? (rpc.args.length === 1 ? "value" : `value ${index + 1}`);
    const id = `argument-${index}`;
    const isOptional = index >= rpc.requiredCount;
    let input;
    if (type === "bool") {
      input = h("select", { id }, ["true", "false"].map((value) => h("option", { value }, value)));
    } else if (["int", "int53", "float"].includes(type)) {
      input = h("input", { id, inputmode: "decimal", autocomplete: "off", spellcheck: "false" });
    } else {
      const example = exampleOf(type);
      input = h("textarea", {
        id,
        rows: type === "str" ? "1" : "2",
        spellcheck: "false",
        placeholder: example,
      });
    }
    return {
      input,
      isOptional,
      element: h(
        "div",
        { class: "field" },
        h("label", { for: id }, name, h("small", { class: "code" }, ` ${type}`)),
        input,
      ),
    };
  }

  /** The arguments of `farcall call`: trailing optional ones may be left out. */
  #texts(_rpc, fields) {
    const given = [...fields];
    while (given.length > 0 && given.at(-1).isOptional && given.at(-1).input.value === "") {
      given.pop();
    }
    return given.map(({ input, isOptional }) =>
      input.value === "" && isOptional ? "null" : input.value
    );
  }

  async #call({ service, rpc }, order) {
    this.#calling?.abort();
    const calling = this.#calling = new AbortController();
    const items = h("ol", { class: "items" });
    const state = h(
      "div",
      {},
      h("p", { class: "dim" }, "Calling… "),
      h("button", {
        type: "button",
        click: () => {
          calling.abort();
          state.replaceChildren(h("p", { class: "dim" }, "Cancelled."));
        },
      }, "Cancel"),
    );
    this.#answer.replaceChildren(state, items);
    const body = { service: service.name, rpc: rpc.name, types: rpc.args, ...order };
    try {
      for await (const event of askLines("call", body, calling.signal)) {
        if (event.kind === "item") items.append(h("li", { class: "code" }, event.text));
        else if (event.kind === "value") {
          state.replaceChildren(...valueParts(event), traceTable(event.trace));
        } else state.replaceChildren(errorBox(event.error), traceTable(event.trace));
      }
    } catch (error) {
      if (!calling.signal.aborted) state.replaceChildren(errorBox(error));
    }
  }
}

function valueParts({ texts, returns, node, script, isCut }) {
  const isStream = returns[0]?.startsWith("Stream[") ?? false;
  return [
    ...texts.map((text, index) =>
      h("pre", { class: "value", "data-type": returns[index] }, pretty(text, returns[index]))
    ),
    texts.length === 0
      ? h("p", {}, isStream ? "The stream has ended." : "It returned nothing.")
      : "",
    isCut
      ? h("p", { class: "dim" }, "There was more than is shown here: farcall call shows all of it.")
      : "",
    h("p", { class: "dim code" }, `script ${script.slice(0, 12)} on ${node}`),
  ];
}

/** A text as it is; JSON as received, with every digit. */
function pretty(text, type) {
  if (type !== "str") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const meanings = new Map([
  ["resolve", "what to call, and where"],
  ["connect", "a connection to the node"],
  ["handshake", "the node's greeting"],
  ["queue", "for an executor, at the node"],
  ["execute", "the script, and the way to its process"],
  ["transfer", "there and back"],
]);

function traceTable(trace) {
  if (trace.length === 0) return "";
  const total = trace.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
  if (total === 0) return "";
  const rows = trace.map(({ phase, ms }) => {
    const bar = h("span", { class: "bar" });
    bar.style.inlineSize = `${100 * (ms ?? 0) / total}%`;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, phase),
      h("td", { class: "number" }, durationText(ms)),
      h("td", { class: "dim meaning" }, meanings.get(phase) ?? ""),
      h("td", { class: "bars" }, bar),
    );
  });
  return h(
    "table",
    { class: "trace" },
    h("caption", {}, `Where ${durationText(total)} went`),
    h("tbody", {}, rows),
  );
}

function labelled(text, input) {
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input);
}

function exampleOf(type) {
  if (type.startsWith("List[") || type.startsWith("Stream[") || type.startsWith("Tuple[")) {
    return "[…] as JSON";
  }
  if (type.startsWith("Dict[")) return '{"key": …} as JSON';
  return type === "bytes" ? "base64" : type.startsWith("Optional[") ? "null where left empty" : "";
}
