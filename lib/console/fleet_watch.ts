/** Watches the file and all of its nodes while a page is open, and emits events. */
import { type Configuration, loadConfiguration } from "../config/mod.ts";
import { nodesOf } from "../deploy/mod.ts";
import { messageOf } from "../errors/mod.ts";
import { type WatchedConfiguration, watchNodes, withPresentNodes } from "../fleet/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { NodeState } from "./node_state.ts";
import { NodeWatch } from "./node_watch.ts";
import { type Picture, pictureOf } from "./picture.ts";

/** An event for open pages. */
export type FleetEvent =
  | { readonly kind: "picture"; readonly picture: Picture; readonly fileProblem?: string }
  | { readonly kind: "nodes"; readonly nodes: readonly NodeState[] };

/** Receives each event. */
export type FleetListener = (event: FleetEvent) => void;

/** Does not poll nodes while no page is open. */
export class FleetWatch implements AsyncDisposable {
  readonly #key: SigningKey | undefined;
  readonly #listeners = new Set<FleetListener>();
  #configuration: Configuration;
  /** The nodes of its fleet, while a page is open. */
  #present: Promise<WatchedConfiguration | undefined> | undefined;
  /** The configuration with present nodes in place of selectors. */
  #resolved: Configuration;
  #fileProblem: string | undefined;
  #fileTime: number | undefined;
  #nodes: readonly NodeWatch[] = [];
  /** Watched nodes, by address. */
  readonly #watched = new Map<string, NodeWatch>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isTold = true;
  #isReading = false;

  constructor(configuration: Configuration, key: SigningKey | undefined) {
    this.#configuration = configuration;
    this.#resolved = configuration;
    this.#key = key;
  }

  /** The last version of the file without mistakes. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** That version, with the present nodes of its fleet. */
  async resolved(): Promise<Configuration> {
    return (await this.#present)?.current ?? await withPresentNodes(this.#configuration);
  }

  /** @returns Whether another page may subscribe. */
  get hasRoom(): boolean {
    return this.#listeners.size < limits.consoleWatchersMax;
  }

  /** Subscribes, beginning with the current state. @returns Ends the subscription. */
  listen(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    listener(this.#pictureEvent());
    listener(this.#nodesEvent());
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stop();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    const nodes = this.#nodes;
    const present = this.#present;
    this.#stop();
    await (await present)?.[Symbol.asyncDispose]();
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  }

  #start(): void {
    this.#watchFleet();
    this.#timer = setInterval(() => {
      this.#tell(this.#nodesEvent());
      this.#readFile();
    }, limits.consoleRefreshMs);
    this.#readFile();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#forgetFleet();
    for (const node of this.#nodes) node[Symbol.asyncDispose]();
    this.#nodes = [];
    this.#watched.clear();
  }

  /** Watches the nodes of the file and the present nodes of its fleet. */
  #watchFleet(): void {
    this.#forgetFleet();
    this.#watchNodes(this.#configuration);
    const watching = this.#present = watchNodes(this.#configuration).catch((error) => {
      this.#fileProblem = messageOf(error);
      this.#tell(this.#pictureEvent());
      return undefined;
    });
    watching.then((present) => {
      if (present === undefined || this.#present !== watching) return;
      present.onChange((configuration) => this.#show(configuration));
      this.#show(present.current);
    });
  }

  #forgetFleet(): void {
    this.#present?.then((present) => present?.[Symbol.asyncDispose]());
    this.#present = undefined;
  }

  /** Keeps watching nodes that are watched already. */
  #watchNodes(configuration: Configuration): void {
    this.#resolved = configuration;
    const before = new Map(this.#watched);
    const options = { key: this.#key, onChange: () => this.#soon() };
    this.#watched.clear();
    this.#nodes = nodesOf(configuration).map(({ address }) => {
      const id = JSON.stringify(address);
      const node = before.get(id) ?? new NodeWatch(address, options);
      before.delete(id);
      this.#watched.set(id, node);
      return node;
    });
    for (const node of before.values()) node[Symbol.asyncDispose]();
  }

  #show(configuration: Configuration): void {
    this.#watchNodes(configuration);
    this.#tell(this.#pictureEvent());
    this.#soon();
  }

  /** Combines simultaneous changes of several nodes into one event. */
  #soon(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    queueMicrotask(() => {
      this.#isTold = true;
      this.#tell(this.#nodesEvent());
    });
  }

  #tell(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #pictureEvent(): FleetEvent {
    const picture = pictureOf(this.#resolved);
    return { kind: "picture", picture, fileProblem: this.#fileProblem };
  }

  #nodesEvent(): FleetEvent {
    return { kind: "nodes", nodes: this.#nodes.map((node) => node.state) };
  }

  /** Reloads the file when it was saved. A file with mistakes is reported and leaves the picture as it was. */
  async #readFile(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      const { file } = this.#configuration;
      const { mtime } = await Deno.stat(file);
      const time = mtime?.getTime();
      if (time === this.#fileTime) return;
      const isFirst = this.#fileTime === undefined;
      this.#fileTime = time;
      if (isFirst) return;
      this.#configuration = await loadConfiguration(file, { scripts: "ignore" });
      this.#fileProblem = undefined;
      this.#resolved = this.#configuration;
      if (this.#listeners.size > 0) this.#watchFleet();
    } catch (error) {
      const problem = messageOf(error);
      if (problem === this.#fileProblem) return;
      this.#fileProblem = problem;
    } finally {
      this.#isReading = false;
    }
    this.#tell(this.#pictureEvent());
  }
}
