/** The page: its views, live updates, and the keyboard. */
import { askLines } from "./api.js";
import { CallView } from "./call_view.js";
import { ChangesView, HistoryView } from "./changes_view.js";
import { h } from "./dom.js";
import { FleetView } from "./fleet_view.js";
import { LogsView } from "./logs_view.js";

const views = [
  { id: "fleet", title: "Fleet", view: new FleetView() },
  { id: "call", title: "Call", view: new CallView() },
  { id: "logs", title: "Logs", view: new LogsView() },
  { id: "changes", title: "Changes", view: new ChangesView() },
  { id: "history", title: "History", view: new HistoryView() },
];
const [main, nav, health, notice, theme] = ["main", "nav", ".health", ".notice", ".theme"]
  .map((selector) => document.querySelector(selector));
const state = { picture: undefined, nodes: [] };
let current;

const links = views.map(({ id, title }, index) =>
  h("a", { href: `#${id}`, title: `${title} (${index + 1})` }, title)
);
nav.append(...links);

function show() {
  for (const { view } of views) view.show(state);
  const down = state.nodes.filter(({ condition }) => condition !== "up" && condition !== "asking");
  const isAsking = state.nodes.some(({ condition }) => condition === "asking");
  const text = state.nodes.length === 0 || isAsking
    ? "asking…"
    : down.length === 0
    ? `all ${state.nodes.length} up`
    : down.length <= 3
    ? down.map(({ name, condition }) => `${name} ${condition}`).join(", ")
    : `${down.length} of ${state.nodes.length} not up`;
  if (health.textContent !== text) health.textContent = text;
  health.dataset.state = isAsking ? "asking" : down.length === 0 ? "good" : "bad";
}

function navigate() {
  const next = views.find(({ id }) => `#${id}` === location.hash) ?? views[0];
  if (next === current) return;
  current?.view.leave?.();
  current = next;
  links.forEach((link, index) => {
    if (views[index] === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  document.title = `${current.title} – farcall console`;
  main.replaceChildren(current.view.element);
  current.view.enter?.();
}

/** Subscribes to live updates, and reconnects after the console was restarted at the same address. */
async function follow() {
  while (true) {
    try {
      for await (const event of askLines("events")) {
        if (event.kind === "picture") {
          state.picture = event.picture;
          tell(
            event.fileProblem &&
              `The file has mistakes; the page still shows its last valid version. ${event.fileProblem}`,
          );
        } else state.nodes = event.nodes;
        show();
      }
      tell("The console has ended: run farcall console again.");
    } catch ({ message }) {
      tell(message);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function tell(text) {
  notice.hidden = !text;
  notice.textContent = text || "";
}

const themes = ["auto", "light", "dark"];
let chosenTheme = 0;

function showTheme() {
  const name = themes[chosenTheme];
  document.documentElement.dataset.theme = name;
  theme.textContent = { auto: "◐", light: "☀", dark: "☾" }[name];
  theme.title = `Colours: ${name}`;
  theme.setAttribute("aria-label", `Colours: ${name}`);
}

theme.addEventListener("click", () => {
  chosenTheme = (chosenTheme + 1) % themes.length;
  showTheme();
});
addEventListener("hashchange", navigate);
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, dialog") !== null;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const view = views[Number(event.key) - 1];
  if (view !== undefined) location.hash = view.id;
  else if (event.key === "/") {
    const filter = main.querySelector(".filter, .filters select");
    if (filter === null) return;
    event.preventDefault();
    filter.focus();
  }
});

showTheme();
navigate();
show();
follow();
