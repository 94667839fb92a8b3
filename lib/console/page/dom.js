/** Elements. Strings become text nodes and are never parsed as markup. */

const svgNames = new Set(["svg", "g", "path", "rect", "circle", "text", "title"]);

/**
 * An element: `h("p", { class: "empty" }, "nothing here")`. Function properties become event listeners; false and
 * undefined are left out; true is an attribute without a value.
 */
export function h(name, properties = {}, ...children) {
  const element = svgNames.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat(3).filter((child) => child !== undefined && child !== false));
  return element;
}

/** A region whose content is rendered again only if its data differ, so that focus and scrolling stay. */
export class Place {
  #shown;

  constructor(element) {
    this.element = element;
  }

  show(data, make) {
    const key = JSON.stringify(data);
    if (key === this.#shown) return;
    this.#shown = key;
    const focused = this.element.contains(document.activeElement)
      ? document.activeElement.dataset?.key
      : undefined;
    this.element.replaceChildren(...[make(data)].flat());
    if (focused === undefined) return;
    for (const each of this.element.querySelectorAll("[data-key]")) {
      if (each.dataset.key === focused) each.focus();
    }
  }
}

/** An error line: what went wrong, and what to do. */
export function errorBox({ code, message, details = [], node }) {
  return h(
    "div",
    { class: "error", role: "alert" },
    h("strong", {}, code),
    node === undefined ? "" : h("span", { class: "dim" }, ` from ${node}`),
    h("p", {}, message),
    details.length > 0 && h("ul", {}, details.map((detail) => h("li", {}, detail))),
  );
}

/** A rate in few characters: `3.2`, `140`, `12k`. */
export function shortNumber(value) {
  if (value >= 10_000) return `${Math.round(value / 1000)}k`;
  if (value >= 10) return String(Math.round(value));
  return value === 0 ? "0" : value.toFixed(1);
}

/** `4 ms`, `12.1 s`. */
export function durationText(ms) {
  if (ms === undefined || ms === null) return "–";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The two largest units: `3d 4h`. */
export function uptimeText(ms) {
  const seconds = Math.floor(ms / 1000);
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return "0s";
  return units.slice(first, first + 2).map(([count, unit]) => `${count}${unit}`).join(" ");
}
