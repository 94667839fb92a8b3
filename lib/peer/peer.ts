/**
 * A running peer: stores received messages and files in a folder, and resends what it sends until it is acknowledged.
 */
import { hostname } from "node:os";
import { Undeliverable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type Log, silentLog } from "../log/mod.ts";
import { Timer } from "../timers/mod.ts";
import { randomHex } from "./_chunked_sender.ts";
import { type FileDelivery, FileSender, type SendFileOptions } from "./_file_sender.ts";
import { type KnownPeer, KnownPeers } from "./_known_peers.ts";
import { StrangerLog } from "./_stranger_log.ts";
import { Receiver, type ReceiverOptions } from "./_receiver.ts";
import { searchedAddresses } from "./discovery.ts";
import { Engine, type EngineCounts, type PeerKind } from "./original/engine.ts";
import type { Introduction } from "./original/packet.ts";
import type { OpenPeerSocket, PeerSocket } from "./packet_socket.ts";
import type { ReceivedMessage } from "./received_message.ts";
import { isIpv4, recipientAddress } from "./recipient.ts";

/** Options for starting a peer. */
export interface PeerOptions extends ReceiverOptions {
  /** Its name. Default: the machine's name. */
  readonly name?: string;
  /** Whether it receives messages and files. A peer that does not needs no folder. Default: true. */
  readonly receives?: boolean;
  /** The private key that it proves to recipients of files. Default: none. */
  readonly key?: SendFileOptions["key"];
  /**
   * Its log. Default: none.
   *
   * @internal
   */
  readonly log?: Log;
}

/** Options for sending a message. */
export interface SendMessageOptions {
  /** The sender's name. Default: the peer's name. */
  readonly sender?: string;
  /** Default: `general`. */
  readonly channel?: string;
}

/** An acknowledged message. */
export interface SentMessage {
  /** The recipient's address. */
  readonly to: string;
  /** When it was sent: ISO 8601 with microseconds. */
  readonly timestamp: string;
  /** How many times it was sent. */
  readonly attempts: number;
}

/** A snapshot of a peer's state. */
export interface PeerStatus {
  /** Its name. */
  readonly name: string;
  /** The process id that it uses in packets. */
  readonly machineId: string;
  /** Its folder of received messages and files; undefined if it only sends. */
  readonly folder: string | undefined;
  /** When it started, in milliseconds since the UNIX epoch. */
  readonly startedMs: number;
  /** Machines it has heard. */
  readonly peers: number;
  /** Packets awaiting acknowledgement. */
  readonly unacknowledged: number;
  /** Packets waiting to be sent. */
  readonly waiting: number;
  /** Partially received files. */
  readonly unfinishedFiles: number;
  /** Packets since the start: `sent`, `resent`, `acknowledged`, `received`, `refused` and so on. */
  readonly counts: Readonly<EngineCounts>;
}

/** A running peer. Stop it. */
export class Peer implements AsyncDisposable {
  /** Its name. */
  readonly name: string;
  readonly #options: PeerOptions;
  readonly #log: StrangerLog;
  readonly #known = new KnownPeers();
  readonly #timestamps = new Timestamps();
  readonly #startedMs = Date.now();
  readonly #engine: Engine;
  #socket: PeerSocket | undefined;
  #receiver: Receiver | undefined;
  readonly #files: FileSender;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;
  #isStopped = false;
  readonly #onPeer = new Set<(peer: KnownPeer) => void>();

  private constructor(options: PeerOptions) {
    this.#options = options;
    this.name = options.name ?? hostname();
    this.#log = new StrangerLog(options.log ?? silentLog);
    this.#engine = new Engine({
      machineId: randomHex(4),
      log: this.#log,
      receives: options.receives ?? true,
      fileBytesMax: options.fileBytesMax,
      introduction: () => ({ name: this.name, files: this.#receiver?.entrances ?? [] }),
      world: {
        transmit: (packet) => this.#socket?.send(packet),
        keepMessage: (message, done) => this.#receiver!.keepMessage(message, done),
        keepChunk: (chunk, done) => this.#receiver!.keepChunk(chunk, done),
        introduced: (from, introduction) => this.#introduced(from, introduction),
        heard: (from, machineId) => this.#known.heard(from, machineId, Date.now()),
      },
    });
    this.#files = new FileSender({
      engine: this.#engine,
      log: this.#log,
      submitted: () => this.#arm(),
      address: options.address,
      ask: (to, askOptions) => this.#ask(to, askOptions),
      timestamp: () => this.#timestamps.next(Date.now()),
    });
  }

  /** Starts a peer; see `startPeer`. @param open Opens the socket for its packets. */
  static async start(options: PeerOptions, open: OpenPeerSocket): Promise<Peer> {
    const peer = new Peer(options);
    const { address, receives = true } = options;
    if (address !== undefined && !isIpv4(address)) {
      throw new TypeError(`the address "${address}" is not an IPv4 address such as 10.0.0.1`);
    }
    try {
      peer.#socket = open({ address, receives }, {
        onPacket: (packet) => {
          if (peer.#isStopped) return;
          peer.#engine.receive(packet, performance.now());
          peer.#arm();
        },
        onRefused: ({ to, reason }) => peer.#log.warn("peer.not-sent", { to, reason }),
      });
      if (receives) {
        peer.#receiver = await Receiver.start(options, {
          engine: peer.#engine,
          log: peer.#log,
          isIntroduced: (host) => peer.#known.hasIntroducedItself(host),
        });
      }
    } catch (error) {
      await peer.stop();
      throw error;
    }
    peer.#log.info("peer.started", {
      name: peer.name,
      machineId: peer.#engine.machineId,
      folder: peer.#receiver?.folder,
      address,
    });
    return peer;
  }

  /**
   * Sends a message. It is stored durably by the recipient when this resolves.
   *
   * @param to An IPv4 address, or the name of a known peer.
   * @throws {Undeliverable} If it was not acknowledged after five resends in 42 s.
   * @throws {TypeError} If `to` is neither.
   * @throws {MessageTooLarge} If it exceeds one packet.
   * @throws {Overloaded} If 1,024 messages to that machine are already waiting.
   */
  sendMessage(to: string, text: string, options: SendMessageOptions = {}): Promise<SentMessage> {
    return this.#settled((resolve, reject) => {
      const address = recipientAddress(to, this.#known);
      const { sender = this.name, channel = "general" } = options;
      const timestamp = this.#timestamps.next(Date.now());
      const message = { content: text, sender, channel, timestamp };
      this.#engine.sendMessage(address, message, {
        nowMs: performance.now(),
        settled: (delivery, attempts) => {
          if (delivery === "acknowledged") return resolve({ to: address, timestamp, attempts });
          reject(this.#undeliverable(address, attempts));
        },
      });
    });
  }

  /**
   * Sends a file to one or several machines. All have received it when this resolves. To a farcall it goes over a
   * connection and resumes an earlier attempt; to the original program it goes in chunks.
   *
   * @throws {FileUndelivered} If not all machines received it; `deliveries` lists those that did.
   * @throws {FileUnreadable} If it cannot be read.
   * @throws {TypeError} As {@linkcode sendMessage}.
   */
  async sendFile(
    recipients: string | readonly string[],
    path: string,
    options: Omit<SendFileOptions, "key"> = {},
  ): Promise<FileDelivery[]> {
    this.#checkRuns();
    const addresses = [...new Set([recipients].flat())]
      .map((to) => recipientAddress(to as string, this.#known));
    const { sender = this.name } = options;
    return await this.#files.send([...new Set(addresses)], path, {
      ...options,
      sender,
      key: this.#options.key,
    });
  }

  /**
   * Takes the messages that arrived since the last call, including those of an earlier process with the same folder;
   * they count as read.
   *
   * @param options.timeoutMs How long to wait for a first message. Default: 0, return at once.
   */
  async receivedMessages(
    { timeoutMs = 0 }: { timeoutMs?: number } = {},
  ): Promise<ReceivedMessage[]> {
    this.#checkRuns();
    return await this.#receiver?.take(timeoutMs) ?? [];
  }

  /** Messages as they arrive, until the peer is stopped. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedMessage, void> {
    while (!this.#isStopped) yield* await this.#receiver?.take(limits.peer.transferSilenceMs) ?? [];
  }

  /** The known machines. */
  peers(): KnownPeer[] {
    return this.#known.list();
  }

  /** Adds a listener for machines that introduce themselves or change their names. @returns Removes the listener. */
  onPeer(listener: (peer: KnownPeer) => void): () => void {
    this.#onPeer.add(listener);
    return () => this.#onPeer.delete(listener);
  }

  /**
   * Discovers peers: probes every address of this machine's networks. Finds machines with the original program, too,
   * because it acknowledges any packet.
   *
   * @param options.network The addresses to probe: `10.0.0.0/24`. Default: the /24 around each address of this machine.
   * @throws {TypeError} If it is not a network of at most 1,024 addresses.
   */
  async discover(options: { readonly network?: string } = {}): Promise<KnownPeer[]> {
    this.#checkRuns();
    const addresses = searchedAddresses(options.network, this.#options.address);
    const found: KnownPeer[] = [];
    const asked: Promise<void>[] = [];
    for (const [index, address] of addresses.entries()) {
      asked.push(
        this.#ask(address).then(({ kind }) => {
          const peer = this.#known.get(address);
          if (kind !== "silent" && peer !== undefined) found.push(peer);
        }),
      );
      if (index % limits.peer.discoveryBurst !== limits.peer.discoveryBurst - 1) continue;
      await new Promise((resolve) => setTimeout(resolve, limits.peer.discoveryPauseMs));
    }
    await Promise.all(asked);
    this.#log.info("peer.discovered", { asked: addresses.length, found: found.length });
    const listed = this.#known.list();
    return listed.filter(({ address }) => found.some((peer) => peer.address === address));
  }

  /** Returns a snapshot of this peer's state. */
  status(): PeerStatus {
    return {
      name: this.name,
      machineId: this.#engine.machineId,
      folder: this.#receiver?.folder,
      startedMs: this.#startedMs,
      peers: this.#known.list().length,
      ...this.#engine.outgoing.counts,
      unfinishedFiles: this.#engine.incoming.unfinished.length,
      counts: { ...this.#engine.counts },
    };
  }

  /** Stops the peer. Unacknowledged packets are given up; received messages and files are durable. Idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.stop();
    this.#files.stop();
    this.#engine.outgoing.withdraw(performance.now());
    await this.#receiver?.stop();
    this.#socket?.close();
    this.#log.flush();
    this.#log.info("peer.stopped", { ...this.#engine.counts });
  }

  /** Stops the peer. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Asks a machine to introduce itself. */
  #ask(
    to: string,
    { isFresh = false }: { readonly isFresh?: boolean } = {},
  ): Promise<{ kind: PeerKind; introduction: Introduction | undefined }> {
    const known = this.#known.recent(to, Date.now());
    if (!isFresh && known !== undefined) {
      const introduction = { name: this.#known.get(to)?.name ?? "", files: known.files };
      return Promise.resolve({ kind: known.kind, introduction });
    }
    return this.#settled((resolve) => {
      this.#engine.introduce(to, {
        nowMs: performance.now(),
        timestamp: this.#timestamps.next(Date.now()),
        settled: (kind, introduction) => {
          if (kind === "original") this.#known.isOriginal(to, Date.now());
          resolve({ kind, introduction });
        },
      });
    });
  }

  #introduced(from: string, introduction: Introduction): void {
    if (!this.#known.introduced(from, introduction, Date.now())) return;
    const { name } = introduction;
    this.#log.info("peer.introduced", { from, name });
    for (const listener of this.#onPeer) listener(this.#known.get(from)!);
  }

  /** Submits a packet whose outcome is reported later, and arms the timer for it. */
  #settled<T>(
    submit: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#checkRuns();
      submit(resolve, reject);
      this.#arm();
    });
  }

  #undeliverable(to: string, attempts: number): Undeliverable {
    if (this.#isStopped) return new Undeliverable(`the peer was stopped before ${to} had answered`);
    return new Undeliverable(
      `${to} has not acknowledged a message that was sent ${attempts} times; ` +
        "is a peer running there, and do firewalls let IP protocols 170 and 171 through?",
    );
  }

  /** One timer for everything due, rearmed only for an earlier deadline. */
  #arm(): void {
    const due = this.#engine.nextDueMs;
    if (due === undefined || this.#isStopped || this.#timerDueMs <= due) return;
    this.#timer?.stop();
    this.#timerDueMs = due;
    this.#timer = new Timer(() => {
      this.#timerDueMs = Infinity;
      this.#engine.advance(performance.now());
      this.#arm();
    }, Math.max(1, due - performance.now()));
  }

  #checkRuns(): void {
    if (this.#isStopped) throw new TypeError("this peer was stopped");
  }
}

/** Timestamps in the original's format: microsecond resolution, strictly increasing. */
class Timestamps {
  #lastMicroseconds = 0;

  /** The current time, or one microsecond after the last timestamp. */
  next(epochMs: number): string {
    const microseconds = Math.max(epochMs * 1000, this.#lastMicroseconds + 1);
    this.#lastMicroseconds = microseconds;
    const text = new Date(Math.floor(microseconds / 1000)).toISOString();
    return `${text.slice(0, -1)}${String(microseconds % 1000).padStart(3, "0")}Z`;
  }
}
