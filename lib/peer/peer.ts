/** One machine's part among peers: what is received goes into a folder, what is sent is sent until it is acknowledged. */
import { hostname } from "node:os";
import { Undeliverable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type Log, silentLog } from "../log/mod.ts";
import { Timer } from "../timers/mod.ts";
import { randomHex } from "./_chunked_sender.ts";
import { type FileDelivery, FileSender, type SendFileOptions } from "./_file_sender.ts";
import { type KnownPeer, KnownPeers } from "./_known_peers.ts";
import { Receiver, type ReceiverOptions } from "./_receiver.ts";
import { searchedAddresses } from "./discovery.ts";
import { Engine, type EngineCounts, type PeerKind } from "./original/engine.ts";
import type { Introduction } from "./original/packet.ts";
import type { OpenPeerSocket, PeerSocket } from "./packet_socket.ts";
import type { ReceivedMessage } from "./received_message.ts";
import { isIpv4, recipientAddress } from "./recipient.ts";

/** How a peer is started. */
export interface PeerOptions extends ReceiverOptions {
  /** What it calls itself. Default: the machine's name. */
  readonly name?: string;
  /** Whether it takes what is sent to this machine. One that does not needs no folder. Default: yes. */
  readonly receives?: boolean;
  /** The private key that it proves to recipients of files. Default: none. */
  readonly key?: SendFileOptions["key"];
  /**
   * Who takes its records. Default: nobody.
   *
   * @internal
   */
  readonly log?: Log;
}

/** How a message is sent. */
export interface SendMessageOptions {
  /** Who sends it. Default: the peer's name. */
  readonly sender?: string;
  /** Default: `general`. */
  readonly channel?: string;
}

/** A message that was acknowledged. */
export interface SentMessage {
  /** The address that it went to. */
  readonly to: string;
  /** When it was sent: ISO 8601, to the microsecond. */
  readonly timestamp: string;
  /** How often it was sent. */
  readonly attempts: number;
}

/** How a peer is. */
export interface PeerStatus {
  /** What it calls itself. */
  readonly name: string;
  /** What its process is called in packets. */
  readonly machineId: string;
  /** Where it keeps what it receives; undefined for one that only sends. */
  readonly folder: string | undefined;
  /** When it was started, in milliseconds since the UNIX epoch. */
  readonly startedMs: number;
  /** Machines that it has heard of. */
  readonly peers: number;
  /** Packets that wait for their acknowledgement. */
  readonly unacknowledged: number;
  /** Packets that wait to be sent. */
  readonly waiting: number;
  /** Files that are received in part. */
  readonly unfinishedFiles: number;
  /** Packets since its start: `sent`, `resent`, `acknowledged`, `received`, `refused` and so on. */
  readonly counts: Readonly<EngineCounts>;
}

/** A peer that runs. Stop it. */
export class Peer implements AsyncDisposable {
  /** What it calls itself. */
  readonly name: string;
  readonly #options: PeerOptions;
  readonly #log: Log;
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
    this.#log = options.log ?? silentLog;
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
   * Sends a message; it has arrived, and is safe there, when this resolves.
   *
   * @param to An IPv4 address, or the name of a peer that was heard of.
   * @throws {Undeliverable} If it was not acknowledged, after five resends in 42 s.
   * @throws {TypeError} If `to` is neither.
   * @throws {MessageTooLarge} If it does not fit into one packet.
   * @throws {Overloaded} If 1,024 messages to that machine wait already.
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
   * Sends a file to one machine or several; it has arrived at all of them when this resolves. To a farcall it goes over a
   * connection, and goes on where an earlier attempt has ended; to the original program in chunks.
   *
   * @throws {FileUndelivered} If it has not arrived everywhere; `deliveries` says where it has.
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
   * The messages that have come since the last call, also those of an earlier process with the same folder; they are
   * taken with that.
   *
   * @param options.timeoutMs How long to wait where there are none. Default: not at all.
   */
  async receivedMessages(
    { timeoutMs = 0 }: { timeoutMs?: number } = {},
  ): Promise<ReceivedMessage[]> {
    this.#checkRuns();
    return await this.#receiver?.take(timeoutMs) ?? [];
  }

  /** Messages as they come, until the peer is stopped. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedMessage, void> {
    while (!this.#isStopped) yield* await this.#receiver?.take(limits.peer.transferSilenceMs) ?? [];
  }

  /** The machines that were heard of. */
  peers(): KnownPeer[] {
    return this.#known.list();
  }

  /** Told of machines that introduce themselves, or change their names. @returns Ends that. */
  onPeer(listener: (peer: KnownPeer) => void): () => void {
    this.#onPeer.add(listener);
    return () => this.#onPeer.delete(listener);
  }

  /**
   * Looks for peers: asks every address of the networks that this machine is in. A machine that runs the original program
   * is found too, as it acknowledges whatever it gets.
   *
   * @param options.network The addresses to ask: `10.0.0.0/24`. Default: the /24 around each address of this machine.
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

  /** How it is. */
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

  /** Stops: what was not acknowledged by now is given up, what was received is safe. May be called again. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.stop();
    this.#files.stop();
    this.#engine.outgoing.withdraw(performance.now());
    await this.#receiver?.stop();
    this.#socket?.close();
    this.#log.info("peer.stopped", { ...this.#engine.counts });
  }

  /** Stops it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Who a machine is. */
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

  /** Submits something whose end is told later, and looks after the time until then. */
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

  /** One timer for all that is due, armed again only where that is earlier. */
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

/** Times as the original writes them: to the microsecond, and no two the same. */
class Timestamps {
  #lastMicroseconds = 0;

  /** The time, or the first microsecond after the last one that was given. */
  next(epochMs: number): string {
    const microseconds = Math.max(epochMs * 1000, this.#lastMicroseconds + 1);
    this.#lastMicroseconds = microseconds;
    const text = new Date(Math.floor(microseconds / 1000)).toISOString();
    return `${text.slice(0, -1)}${String(microseconds % 1000).padStart(3, "0")}Z`;
  }
}
