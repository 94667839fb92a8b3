/** Watches the file and all of its nodes while somebody looks, and tells what it sees. */
import { type Configuration, loadConfiguration } from "../config/mod.ts";
import { nodesOf } from "../deploy/mod.ts";
import { messageOf } from "../errors/mod.ts";
import { type WatchedConfiguration, watchNodes, withPresentNodes } from "../fleet/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { NodeState } from "./node_state.ts";
import { NodeWatch } from "./node_watch.ts";
import { type Picture, pictureOf } from "./picture.ts";

/** What is told to those who look. */
export type FleetEvent =
  | { readonly kind: "picture"; readonly picture: Picture; readonly fileProblem?: string }
  | { readonly kind: "nodes"; readonly nodes: readonly NodeState[] };

/** Is told of each event. */
export type FleetListener = (event: FleetEvent) => void;

/** Asks nothing of any node while nobody looks. */
export class FleetWatch implements AsyncDisposable {
  readonly #key: SigningKey | undefined;
  readonly #listeners = new Set<FleetListener>();
  #configuration: Configuration;
  /** The nodes of its fleet, while somebody looks. */
  #present: Promise<WatchedConfiguration | undefined> | undefined;
  /** With the nodes that are there in the place of selectors. */
  #resolved: Configuration;
  #fileProblem: string | undefined;
  #fileTime: number | undefined;
  #nodes: readonly NodeWatch[] = [];
  /** Those, by their addresses. */
  readonly #watched = new Map<string, NodeWatch>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isTold = true;
  #isReading = false;

  constructor(configuration: Configuration, key: SigningKey | undefined) {
    this.#configuration = configuration;
    this.#resolved = configuration;
    this.#key = key;
  }

  /** The file as it was last without mistakes. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** That, with the nodes of its fleet that are there. */
  async resolved(): Promise<Configuration> {
    return (await this.#present)?.current ?? await withPresentNodes(this.#configuration);
  }

  /** @returns Whether there is room for one more. */
  get hasRoom(): boolean {
    return this.#listeners.size < limits.consoleWatchersMax;
  }

  /** Begins to tell, with what is known. @returns What ends it. */
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

  /** Watches the nodes of the file, and of its fleet those that are there, as they come and go. */
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

  /** Nodes that are watched already go on being so. */
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

  /** What changes on several nodes at a moment is told once. */
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

  /** Reads the file again where it was saved. A file with mistakes leaves the picture as it was, and says so. */
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
