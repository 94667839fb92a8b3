/** The plan of `farcall init`, the history of deployments, and rollbacks. */
import { ask } from "./api.js";
import { errorBox, h } from "./dom.js";

/** A view that reloads when it is opened and, while visible, whenever the nodes' generations change. */
class GenerationsView {
  #generations;
  #isShown = false;

  enter() {
    this.#isShown = true;
    this.read();
  }

  leave() {
    this.#isShown = false;
  }

  /** @param generations A key that changes whenever the view must reload. */
  refresh(generations) {
    const isNew = generations !== this.#generations;
    this.#generations = generations;
    if (isNew && this.#isShown) this.read();
  }
}

export class ChangesView extends GenerationsView {
  #plan = h("div", {}, h("p", { class: "empty" }, "Asking all nodes…"));

  constructor() {
    super();
    this.element = h(
      "section",
      { class: "card" },
      h(
        "div",
        { class: "row head" },
        h("h2", {}, "What init would change"),
        h("button", { type: "button", click: () => this.read() }, "Refresh"),
      ),
      this.#plan,
    );
  }

  show({ nodes, picture }) {
    this.refresh(JSON.stringify([picture?.file, nodes.map(({ status }) => status?.generation)]));
  }

  async read() {
    try {
      this.#plan.replaceChildren(...planParts(await ask("plan")));
    } catch (error) {
      this.#plan.replaceChildren(errorBox(error));
    }
  }
}

/** A plan as `init --dry-run` prints it, its lines coloured by their first character. */
function planParts({ text, isUnchanged, missing }) {
  return [
    h(
      "p",
      { class: isUnchanged ? "good" : "warn" },
      isUnchanged
        ? "Nothing: the nodes run what the file declares."
        : "The nodes do not run what the file declares; farcall init would deploy this:",
    ),
    ...missing.map(({ node, problem }) =>
      h("p", { class: "bad" }, `${node} cannot be asked: ${problem}`)
    ),
    h(
      "pre",
      { class: "plan", tabindex: 0 },
      text.trimEnd().split("\n").map((line) =>
        h("span", { class: kinds.get(line.trimStart()[0]) ?? "plain" }, `${line}\n`)
      ),
    ),
  ];
}

const kinds = new Map([["+", "added"], ["~", "changed"], ["-", "removed"], ["!", "warning"], [
  "=",
  "dim",
]]);

export class HistoryView extends GenerationsView {
  #list = h("div", {}, h("p", { class: "empty" }, "Asking all nodes…"));
  #dialog = h("dialog", { "aria-labelledby": "question" });

  constructor() {
    super();
    this.element = h(
      "section",
      { class: "card" },
      h("h2", {}, "Deployments"),
      this.#list,
      this.#dialog,
    );
  }

  show({ nodes }) {
    this.refresh(JSON.stringify(nodes.map(({ status }) => status?.generation)));
  }

  leave() {
    super.leave();
    this.#dialog.close();
  }

  async read() {
    try {
      const { deployments, problem } = await ask("history");
      this.#list.replaceChildren(
        problem === undefined ? "" : errorBox(problem),
        deployments.length === 0
          ? h("p", { class: "empty" }, "Nothing was deployed to these nodes yet.")
          : h("ol", { class: "history" }, deployments.map((each) => this.#row(each))),
      );
    } catch (error) {
      this.#list.replaceChildren(errorBox(error));
    }
  }

  #row({ id, deployer, from, committedAtMs, nodes }) {
    const time = new Date(committedAtMs).toISOString().replace("T", " ").slice(0, 19);
    const isCurrent = nodes.every((node) => node.isCurrent);
    const what = nodes.map(({ node, generation, rollbackTo }) =>
      `${node}: ${generation}${rollbackTo === undefined ? "" : `, as ${rollbackTo}`}`
    );
    const signers = new Set(nodes.map(({ signedBy }) => signedBy ?? "unsigned"));
    return h(
      "li",
      {},
      h("time", {}, `${time}Z`),
      h("span", {}, id === "" ? "unknown" : `${deployer} from ${from.join(", ")}`),
      h(
        "span",
        { class: "code dim" },
        `${id.slice(0, 8)} ${[...signers].map((each) => each.slice(0, 16)).join(", ")}`,
      ),
      h("span", {}, what.join(" · ")),
      isCurrent ? h("span", { class: "good" }, "runs now") : h("button", {
        type: "button",
        click: () => this.#question(nodes, time),
      }, "Roll back to this…"),
    );
  }

  async #question(nodes, time) {
    const generations = nodes.map(({ node, generation }) => [node, generation]);
    const close = () => this.#dialog.close();
    const head = h("h2", { id: "question" }, `Roll back to the deployment of ${time}Z?`);
    const cancel = h("button", { type: "button", click: close }, "Cancel");
    this.#dialog.replaceChildren(
      head,
      h("p", { class: "empty" }, "Asking the nodes…"),
      h("div", { class: "row actions" }, cancel),
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    try {
      const { plan } = await ask("rollback", { generations });
      const confirm = h("button", {
        type: "button",
        class: "danger",
        click: async () => {
          confirm.disabled = true;
          try {
            const { applied } = await ask("rollback", { generations, expected: plan.generations });
            const done = applied.map(({ name, generation }) =>
              `${name} (generation ${generation})`
            );
            this.#dialog.replaceChildren(
              h(
                "p",
                { class: "good" },
                done.length === 0 ? "There was nothing to do." : `Rolled back ${done.join(", ")}.`,
              ),
              h(
                "div",
                { class: "row actions" },
                h("button", { type: "button", click: close }, "Close"),
              ),
            );
            this.read();
          } catch (error) {
            this.#dialog.replaceChildren(
              head,
              errorBox(error),
              h("div", { class: "row actions" }, cancel),
            );
          }
        },
      }, "Roll back");
      const [, ...parts] = planParts(plan);
      this.#dialog.replaceChildren(
        head,
        plan.isUnchanged ? h("p", {}, "These nodes run exactly that already.") : "",
        ...parts,
        h("div", { class: "row actions" }, cancel, plan.isUnchanged ? "" : confirm),
      );
      cancel.focus();
    } catch (error) {
      this.#dialog.replaceChildren(
        head,
        errorBox(error),
        h("div", { class: "row actions" }, cancel),
      );
    }
  }
}
