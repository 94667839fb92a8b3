/** Receives files from other farcalls. */
import { FileRefused, MalformedMessage, messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import type { Listener, Transport } from "../../transport/mod.ts";
import type { FileEntrance } from "../original/packet.ts";
import { receiveFile, type ReceiverWorld } from "./receive_file.ts";
import { Parts } from "./parts.ts";
import { RecordLink } from "./record.ts";

/** A listener: its announcement to others, and how to open it. */
export interface OpenEntrance {
  readonly over: FileEntrance["over"];
  readonly open: () => Promise<Listener> | Listener;
}

/** Listens on all transports. Stop it. */
export class FileServer {
  readonly entrances: readonly FileEntrance[];
  readonly #listeners: readonly Listener[];
  readonly #log: Log;
  readonly #world: ReceiverWorld;
  readonly #links = new Map<RecordLink, Promise<void>>();
  readonly #claims = new Map<string, { link: RecordLink; ended: Promise<void> }>();
  readonly #perHost = new Map<string, number>();
  readonly #parts: Parts;

  private constructor(
    opened: readonly { entrance: FileEntrance; listener: Listener }[],
    { log, parts, ...world }: Omit<ReceiverWorld, "claim" | "finished"> & {
      readonly log: Log;
      readonly parts: Parts;
    },
  ) {
    this.entrances = opened.map(({ entrance }) => entrance);
    this.#listeners = opened.map(({ listener }) => listener);
    this.#log = log;
    this.#parts = parts;
    this.#world = {
      ...world,
      finished: new Map(),
      claim: (path, link) => this.#claim(path, link),
    };
  }

  static async start(
    entrances: readonly OpenEntrance[],
    world: Omit<ReceiverWorld, "claim" | "finished"> & { readonly log: Log },
  ): Promise<FileServer> {
    const parts = await Parts.open(world.incoming, world.space);
    const opened: { entrance: FileEntrance; listener: Listener }[] = [];
    try {
      for (const { over, open } of entrances) {
        const listener = await open();
        opened.push({ entrance: { over, port: listener.port }, listener });
      }
    } catch (error) {
      for (const { listener } of opened) listener.close();
      throw error;
    }
    const server = new FileServer(opened, { ...world, parts });
    for (const listener of server.#listeners) server.#accept(listener);
    return server;
  }

  /** Removes partial files whose senders have not returned. */
  async sweep(): Promise<void> {
    await this.#parts.sweep();
  }

  /** Stops listening. Partial files stay for another attempt. */
  async stop(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    for (const link of this.#links.keys()) link.reset();
    await Promise.all(this.#links.values());
  }

  async #accept(listener: Listener): Promise<void> {
    for (;;) {
      let transport: Transport | null;
      try {
        transport = await listener.accept();
      } catch (error) {
        this.#log.error("peer.entrance-lost", { port: listener.port, reason: messageOf(error) });
        return;
      }
      if (transport === null) return;
      const host = transport.remoteHost;
      const ofHost = this.#perHost.get(host) ?? 0;
      if (
        this.#links.size >= limits.peer.transfersMax || ofHost >= limits.peer.transfersPerMachineMax
      ) {
        this.#log.warn("peer.refused", { from: host, reason: "too many files are being received" });
        transport.close();
        continue;
      }
      this.#perHost.set(host, ofHost + 1);
      const link = new RecordLink(transport);
      this.#links.set(link, this.#serve(link));
    }
  }

  async #serve(link: RecordLink): Promise<void> {
    const host = link.transport.remoteHost;
    try {
      await receiveFile(link, this.#world);
    } catch (error) {
      if (error instanceof MalformedMessage) {
        await link.write({ refused: error.message }).catch(() => {});
        await link.drain();
      }
      const event = error instanceof FileRefused ? "peer.refused" : "peer.interrupted";
      this.#log.warn(event, { from: host, reason: messageOf(error) });
    } finally {
      link.close();
      this.#links.delete(link);
      const left = this.#perHost.get(host)! - 1;
      if (left === 0) this.#perHost.delete(host);
      else this.#perHost.set(host, left);
      this.#forgetOld();
    }
  }

  /** A second connection for the same file means that the first one is dead, although no error was reported. */
  async #claim(path: string, link: RecordLink): Promise<() => Promise<void>> {
    for (let other = this.#claims.get(path); other !== undefined; other = this.#claims.get(path)) {
      other.link.close();
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#claims.set(path, { link, ended });
    this.#parts.begin(path);
    return async () => {
      await this.#parts.end(path);
      this.#claims.delete(path);
      resolve();
    };
  }

  #forgetOld(): void {
    const { finished } = this.#world;
    for (const key of finished.keys()) {
      if (finished.size <= limits.peer.recentPerMachineMax) return;
      finished.delete(key);
    }
  }
}
