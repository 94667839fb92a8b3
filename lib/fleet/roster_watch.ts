/** Watches the nodes of a fleet, for long-running callers. */
import type { Configuration, FleetAddress } from "../config/mod.ts";
import { limits } from "../limits/mod.ts";
import { Timer } from "../timers/mod.ts";
import { FleetSubjects, type NatsLink } from "../transport/nats/mod.ts";
import { openFleetLink } from "./open_link.ts";
import { fleetSubjects, type Presence, readPresence } from "./presence.ts";
import { hasSelectors, resolveNodes } from "./resolve.ts";
import { readRoster, rosterOf } from "./roster.ts";

/** A node, and its last announcement. */
interface Heard {
  readonly presence: Presence;
  readonly heardMs: number;
  /** A counter of messages: checks may finish out of order. */
  readonly order: number;
}

/** Watches until closed. */
export class RosterWatch implements AsyncDisposable {
  /** Called when nodes join, leave or change. */
  onChange: () => void = () => {};
  readonly #link: NatsLink;
  readonly #address: FleetAddress;
  readonly #root: string;
  /** By name and key, because several programs may claim a name. */
  readonly #heard = new Map<string, Heard>();
  readonly #endings: (() => void)[] = [];
  #present: ReadonlyMap<string, Presence> = new Map();
  /** The last reported nodes. */
  #told = "";
  #order = 0;
  #timer: Timer | undefined;
  /** Whether the server denies this program the announcements: then it polls. */
  #isDeaf = false;
  #isClosed = false;

  private constructor(link: NatsLink, address: FleetAddress) {
    this.#link = link;
    this.#address = address;
    this.#root = new FleetSubjects(address.fleet).root;
  }

  /** Connects, and asks which nodes are present. @throws {NodeUnreachable} If the NATS server cannot be reached. */
  static async open(address: FleetAddress): Promise<RosterWatch> {
    const watch = new RosterWatch(await openFleetLink(address), address);
    await watch.#begin();
    return watch;
  }

  /** The present nodes, those with the fewest calls first; ties in random order. */
  get present(): ReadonlyMap<string, Presence> {
    return this.#present;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.stop();
    for (const end of this.#endings) end();
    await this.#link.close();
  }

  async #begin(): Promise<void> {
    const { connection } = this.#link;
    const subscription = connection.subscribe(fleetSubjects(this.#root).here("*"), {
      callback: (error, { subject, data }) => {
        if (error === null) this.#take(subject, data.slice());
        else this.#isDeaf = true;
      },
    });
    this.#endings.push(
      () => subscription.unsubscribe(),
      this.#link.onRenewal(() => this.#ask()),
    );
    await this.#ask();
    this.#lookLater();
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    const { fleet, keys } = this.#address;
    const order = ++this.#order;
    try {
      const { present } = await readRoster(this.#link, { fleet, keys, root: this.#root });
      for (const presence of present.values()) this.#keep(presence, order);
      this.#update();
    } catch {
      // The connection was closed meanwhile.
    }
  }

  async #take(subject: string, data: Uint8Array): Promise<void> {
    const order = ++this.#order;
    const presence = await readPresence(data, { fleet: this.#address.fleet, subject });
    if (presence === undefined || subject !== fleetSubjects(this.#root).here(presence.name)) return;
    this.#keep(presence, order);
    this.#update();
  }

  #keep(presence: Presence, order: number): void {
    const id = `${presence.name} ${presence.key}`;
    const before = this.#heard.get(id);
    if (before !== undefined && before.order > order) return;
    if (before !== undefined && before.presence.saidMs > presence.saidMs) return;
    if (before === undefined && this.#heard.size >= limits.fleet.nodesMax) return;
    this.#heard.set(id, { presence, order, heardMs: performance.now() });
  }

  /** Removes silent nodes, unless the connection was down. */
  #look(): void {
    this.#lookLater();
    if (!this.#link.isUp) return;
    if (this.#isDeaf) this.#ask();
    const { goneAfterMs } = limits.fleet;
    const nowMs = performance.now();
    for (const [id, { heardMs, presence }] of this.#heard) {
      if (nowMs - heardMs > goneAfterMs || presence.isLeaving) this.#heard.delete(id);
    }
    this.#update();
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#timer = new Timer(() => this.#look(), limits.fleet.hereEveryMs, { keepsAlive: false });
  }

  #update(): void {
    if (this.#isClosed) return;
    const { present } = rosterOf(
      [...this.#heard.values()].map(({ presence }) => presence),
      this.#address.keys ?? {},
    );
    const told = JSON.stringify(
      [...present.values()].map(({ name, key, labels, addresses }) => {
        return [name, key, labels, addresses];
      }),
    );
    if (told === this.#told) return;
    this.#told = told;
    // Random, so that callers that start together do not all choose the same idle node.
    const drawn = [...present.values()].map((presence) => ({ presence, draw: Math.random() }))
      .sort((a, b) => a.presence.load - b.presence.load || a.draw - b.draw);
    this.#present = new Map(drawn.map(({ presence }) => [presence.name, presence]));
    this.onChange();
  }
}

/** A watched configuration, whose selectors choose among the present nodes. */
export interface WatchedConfiguration extends AsyncDisposable {
  /** The current configuration. */
  readonly current: Configuration;
  /** Calls back when it changes. */
  onChange(callback: (configuration: Configuration) => void): void;
}

/**
 * Watches the fleet of a configuration; undefined without a fleet or selectors.
 *
 * @throws {NodeUnreachable} If the NATS server cannot be reached.
 */
export async function watchNodes(
  written: Configuration,
): Promise<WatchedConfiguration | undefined> {
  const { nats } = written;
  if (nats === undefined || !hasSelectors(written)) return undefined;
  const watch = await RosterWatch.open(nats);
  return {
    get current() {
      return resolveNodes(written, watch.present);
    },
    onChange(callback) {
      watch.onChange = () => callback(resolveNodes(written, watch.present));
    },
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}
