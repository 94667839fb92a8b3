/** The tools of a fleet, kept as its nodes describe them. */
import type { Describers, Farcall, NodeDescription } from "../client/mod.ts";
import { type FarcallError, messageOf, NodeUnreachable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type Tool, toolsOf } from "./tool.ts";
import type { ToolRules } from "./tool_rules.ts";

/** The known tools, and their listeners. */
export interface FleetToolsOptions {
  readonly rules: ToolRules;
  /** Receives notes for the user: nodes that leave and return, patterns without a match. */
  readonly report: (text: string) => void;
}

/**
 * Polls the nodes. An unresponsive node keeps its tools, because an error from a call says more than a tool that has
 * disappeared.
 */
export class FleetTools implements Disposable {
  readonly #options: FleetToolsOptions;
  /** Functions that ask each node, by name. */
  readonly #nodes: Describers;
  /** Pending requests, one per node. */
  readonly #asking = new Map<string, Promise<void>>();
  readonly #known = new Map<string, NodeDescription>();
  /** Why nodes do not answer, by name. */
  readonly #failures = new Map<string, FarcallError>();
  readonly #listeners = new Set<() => void>();
  #tools: readonly Tool[] = [];
  /** The descriptions from which the tools were made. */
  #described: string | undefined;
  #updating: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(
    nodes: Describers,
    options: FleetToolsOptions,
  ) {
    this.#nodes = nodes;
    this.#options = options;
    this.#look();
    this.#timer = setInterval(() => this.#look(), limits.agents.refreshMs);
  }

  /** Starts polling the nodes of a caller. */
  static async of(farcall: Farcall, options: FleetToolsOptions): Promise<FleetTools> {
    const { describeTimeoutMs: timeoutMs } = limits.agents;
    return new FleetTools(await farcall.describers({ timeoutMs }), options);
  }

  /** The last known tools, ascending by name. */
  get known(): readonly Tool[] {
    return this.#tools;
  }

  /**
   * The current tools of the nodes. Waits for slow nodes only until others have answered, and not for nodes that did
   * not answer before.
   *
   * @throws {NodeUnreachable} If no node has ever answered.
   */
  async list(): Promise<readonly Tool[]> {
    const isNew = this.#known.size === 0;
    const asked = [...this.#nodes.keys()].filter((node) => isNew || !this.#failures.has(node));
    const answered = Promise.all(asked.map((node) => this.#ask(node)));
    await Promise.race([answered, pause(limits.agents.refreshWaitMs)]);
    if (this.#known.size === 0) await answered;
    if (this.#known.size === 0) throw this.#noneAnswered();
    await this.#updating;
    return this.#tools;
  }

  /** Finds a tool by name; for an unknown name, asks the nodes again. @throws As {@linkcode list}. */
  async find(name: string | undefined): Promise<Tool | undefined> {
    const isNamed = (tool: Tool): boolean => tool.name === name;
    return this.#tools.find(isNamed) ?? (await this.list()).find(isNamed);
  }

  /** Calls back when the tools change. @returns Unsubscribes. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const node of this.#nodes.keys()) this.#ask(node);
  }

  /** Never rejects. */
  #ask(node: string): Promise<void> {
    const describe = this.#nodes.get(node);
    // It has left the fleet.
    if (describe === undefined) return Promise.resolve();
    const asking = this.#asking.get(node) ?? describe().then(
      (answer) => this.#take(answer),
      // A defect of farcall, or this program is exiting.
      (error) => this.#options.report(`${node} was not asked: ${messageOf(error)}`),
    ).finally(() => this.#asking.delete(node));
    this.#asking.set(node, asking);
    return asking;
  }

  async #take(answer: NodeDescription): Promise<void> {
    if (this.#timer === undefined) return;
    const { node, error } = answer;
    const before = this.#failures.get(node);
    if (error === undefined) {
      this.#known.set(node, answer);
      this.#failures.delete(node);
      if (before !== undefined) this.#options.report(`${node} answers again`);
      this.#updating = this.#updating.then(() => this.#update());
      return await this.#updating;
    }
    this.#failures.set(node, error);
    if (before?.message === error.message) return;
    const kept = this.#known.has(node) ? "its tools stay listed" : "its tools are not listed";
    this.#options.report(
      `${node} did not say what may be called there, and ${kept}: ${error.message}`,
    );
  }

  async #update(): Promise<void> {
    const known = [...this.#nodes.keys()].flatMap((node) => this.#known.get(node) ?? []);
    const described = JSON.stringify(known);
    if (described === this.#described) return;
    const isChange = this.#described !== undefined;
    this.#described = described;
    const { rules, report } = this.#options;
    this.#tools = await toolsOf(known, rules, (text) => report(`no tool: ${text}`));
    if (this.#failures.size + known.length === this.#nodes.size) this.#reportUnmatched(known);
    if (!isChange) return;
    for (const listener of this.#listeners) listener();
  }

  /** Reports patterns without a match, which are usually misspelt. */
  #reportUnmatched(known: readonly NodeDescription[]): void {
    const rpcs = known.flatMap(({ services = [] }) =>
      services.flatMap(({ name, overloads }) =>
        overloads.map(({ rpc }) => ({ service: name, rpc }))
      )
    );
    for (const pattern of this.#options.rules.unmatched(rpcs)) {
      this.#options.report(`nothing that you may call fits the pattern "${pattern}"`);
    }
  }

  #noneAnswered(): NodeUnreachable {
    const why = [...this.#nodes.keys()].map((node) =>
      `${node}: ${this.#failures.get(node)?.message ?? "it was not asked"}`
    );
    return new NodeUnreachable(`no node said what may be called; ${why.join("; ")}`);
  }
}

/** Does not keep the program alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}
