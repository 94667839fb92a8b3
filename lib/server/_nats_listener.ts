/** Accepts callers through NATS: the node dials out, needs no address, and keeps reconnecting. */
import { AddressInUse, InvalidConfiguration, messageOf, whyUnreadable } from "../errors/mod.ts";
import { holderOf, nodeInbox } from "../fleet/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import type { Listener, Transport } from "../transport/mod.ts";
import {
  FleetSubjects,
  isWorthWaiting,
  listenNats,
  NatsLink,
  readNatsCredentials,
} from "../transport/nats/mod.ts";

/** How a node is reached through NATS. */
export interface NatsOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; several of a cluster, separated by commas. */
  readonly url: string;
  /** The fleet's name. */
  readonly fleet: string;
  /** A PEM file of certificates to trust for the server's TLS, besides the runtime's. */
  readonly ca?: string;
  /** The labels by which services select the node. Default: none. */
  readonly labels?: readonly string[];
  /** A file with the node's credentials: NATS credentials, the seed of an NKey, or `USER:PASSWORD`. */
  readonly credentials?: string;
}

/** Accepts connections to the node's name while the server can be reached. */
export class NatsListener implements Listener {
  readonly host: string;
  readonly port = 0;
  readonly carrier = "nats";
  readonly #options: NatsOptions;
  readonly #node: string;
  readonly #log: Log;
  readonly #opened = Promise.withResolvers<Listener | undefined>();
  #link: NatsLink | undefined;
  #listener: Listener | undefined;
  #onOpen: ((link: NatsLink) => void) | undefined;
  /** Why it is not open yet. */
  #obstacle = "it was not tried yet";
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: NatsOptions, { node, log }: { readonly node: string; readonly log: Log }) {
    this.#options = options;
    this.#node = node;
    this.#log = log;
    this.host = `${options.fleet}/${node}`;
  }

  /** Why callers cannot reach the node through NATS now; undefined if they can. */
  get problem(): string | undefined {
    if (this.#listener === undefined) return this.#obstacle;
    if (this.#link?.isUp) return undefined;
    return `the connection to NATS at ${this.#options.url} is lost; it is tried again`;
  }

  /**
   * Tries to connect once. If the server cannot be reached, keeps trying in the background.
   *
   * @param key The node's.
   * @throws {NodeUnreachable} If NATS refuses this program, so that its configuration must be corrected.
   * @throws {AddressInUse} If another program has the node's name.
   * @throws {AddressNotAvailable} If NATS does not permit this program to be that node.
   * @throws {InvalidConfiguration} If a file cannot be read.
   */
  async open(key: SigningKey): Promise<void> {
    try {
      await this.#try(key);
    } catch (error) {
      if (!isWorthWaiting(error)) throw error;
      this.#tryLater(key, error);
    }
  }

  /** Calls back once with the connection to NATS when it is established. */
  onOpen(callback: (link: NatsLink) => void): void {
    if (this.#link !== undefined && this.#listener !== undefined) callback(this.#link);
    else this.#onOpen = callback;
  }

  async accept(): Promise<Transport | null> {
    const listener = await this.#opened.promise;
    return listener === undefined ? null : await listener.accept();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#listener?.close();
    this.#opened.resolve(undefined);
  }

  async #try(key: SigningKey): Promise<void> {
    const { url, fleet, ca, credentials } = this.#options;
    const node = this.#node;
    const link = await NatsLink.open({
      url,
      name: `farcall node ${node}`,
      inboxPrefix: nodeInbox(node),
      ...(ca !== undefined && { authorities: [await readCertificates(ca)] }),
      ...(credentials !== undefined && { credentials: await readNatsCredentials(credentials) }),
    });
    let listener: Listener;
    try {
      await this.#checkName(link);
      listener = await listenNats(link, { fleet, node, key, onDone: () => link.close() });
    } catch (error) {
      await link.close();
      throw error;
    }
    if (this.#isClosed) return listener.close();
    this.#link = link;
    this.#listener = listener;
    this.#watch(link);
    this.#opened.resolve(listener);
    this.#onOpen?.(link);
  }

  /**
   * Ensures that the name is unique: two programs would each get some of its calls. @throws {AddressInUse} If another
   * holds it.
   */
  async #checkName(link: NatsLink): Promise<void> {
    const { fleet } = this.#options;
    const name = this.#node;
    const { root } = new FleetSubjects(fleet);
    const holder = await holderOf(link, { fleet, root, name });
    if (holder === undefined) return;
    throw new AddressInUse(
      `another program is the node "${name}" of the fleet "${fleet}", with the key ${holder.key}: stop it, or choose ` +
        "another --name",
    );
  }

  #tryLater(key: SigningKey, error: unknown): void {
    if (this.#isClosed) return;
    const message = messageOf(error);
    if (message !== this.#obstacle) {
      this.#obstacle = message;
      this.#log.warn("nats.unreached", {
        url: this.#options.url,
        message: `${message}; tried again`,
      });
    }
    const { retryFirstMs, retryMaxMs } = limits.nats;
    const waitMs = Math.min(retryFirstMs * 2 ** this.#failures++, retryMaxMs);
    // Random, so that nodes that lost the same server do not return together.
    this.#timer = setTimeout(() => {
      this.#try(key).catch((error) => this.#tryLater(key, error));
    }, waitMs * (0.75 + Math.random() / 2));
  }

  #watch(link: NatsLink): void {
    const { url } = this.#options;
    const log = this.#log;
    if (this.#failures > 0) log.info("nats.reached", { url });
    link.onBreak(() => {
      if (link.connection.isClosed()) return;
      log.warn("nats.lost", {
        url,
        message: "the connection to NATS was lost; the node keeps reconnecting",
      });
    });
    link.onRenewal(() => log.info("nats.renewed", { url, server: link.connection.getServer() }));
  }
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new InvalidConfiguration(`cannot read the certificates "${file}": ${why}`, [], { cause });
  }
}
