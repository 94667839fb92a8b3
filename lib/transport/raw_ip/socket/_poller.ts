/** Polls all sockets of a program: one system call at a time, on a thread of the runtime. */
import { limits } from "../../../limits/mod.ts";
import { c, checked, type Libc, openLibc } from "./_libc.ts";

/** A socket that the poller serves. */
export interface Pollable {
  /**
   * Reads what has arrived, without blocking.
   *
   * @returns The number of packets, and whether there may be more.
   */
  drain(): { readonly count: number; readonly isMore: boolean };
  /** Reads errors, such as ICMP reports about a packet. */
  drainErrors(): void;
  /** The socket is writable again. */
  onWritable(): void;
  /** How many ms packets may wait for further ones. */
  coalesceMs(): number;
}

/** Sockets reported by one wait; the next wait reports the rest. */
const eventsMax = 64;

const eventBytes = Deno.build.arch === "x86_64" ? 12 : 16;
const eventDataOffset = Deno.build.arch === "x86_64" ? 4 : 8;

class Poller {
  readonly #libc: Libc;
  readonly #sockets = new Map<number, Pollable>();
  /**
   * Accessed only by this thread and the one that waits; referenced here because the runtime does not keep it alive.
   */
  readonly #events = new Uint8Array(eventsMax * eventBytes);
  readonly #view = new DataView(this.#events.buffer);
  #epoll = -1;
  /** An eventfd, written to end a wait. */
  #alarm = -1;
  /**
   * Yields to the event loop by a message to itself, in 3 µs; a timer would take 1 ms, and so would setImmediate in
   * Deno 2.4.
   */
  #turns: MessageChannel | undefined;
  readonly #nextTurn: (() => void)[] = [];
  #arrivedMs = 0;
  /** Whether a packet was sent since the last arrival, and between that and the one before. */
  #hasSent = false;
  #hadSent = false;
  /** Consecutive polls without a packet, and the number of polls to skip because of them. */
  #vainLooks = 0;
  #looksToSkip = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  add(fd: number, socket: Pollable): void {
    const isIdle = this.#epoll < 0;
    if (isIdle) this.#open();
    this.#control(c.EPOLL_CTL_ADD, fd, c.EPOLLIN);
    this.#sockets.set(fd, socket);
    if (isIdle) this.#run();
  }

  get #isAnswering(): boolean {
    return this.#hasSent || this.#hadSent;
  }

  /** Records that a packet is being sent. */
  noteSent(): void {
    this.#hasSent = true;
  }

  /** Sets whether a socket is told when it is writable. */
  watchWritable(fd: number, isWatched: boolean): void {
    this.#control(c.EPOLL_CTL_MOD, fd, isWatched ? c.EPOLLIN | c.EPOLLOUT : c.EPOLLIN);
  }

  /** Call before the socket is closed. */
  remove(fd: number): void {
    if (!this.#sockets.delete(fd)) return;
    this.#control(c.EPOLL_CTL_DEL, fd, 0);
    if (this.#sockets.size === 0) this.#libc.write(this.#alarm, BigUint64Array.of(1n), 8n);
  }

  #open(): void {
    const closeOnExec = c.SOCK_CLOEXEC;
    this.#turns = new MessageChannel();
    this.#turns.port1.onmessage = () => {
      for (const resolve of this.#nextTurn.splice(0)) resolve();
    };
    this.#epoll = checked(this.#libc.epoll_create1(closeOnExec), "epoll_create1");
    this.#alarm = checked(this.#libc.eventfd(0, closeOnExec | c.SOCK_NONBLOCK), "eventfd");
    this.#control(c.EPOLL_CTL_ADD, this.#alarm, c.EPOLLIN);
  }

  /** Yields one turn of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#nextTurn.push(resolve);
      if (this.#nextTurn.length === 1) this.#turns!.port2.postMessage(undefined);
    });
  }

  #control(operation: number, fd: number, events: number): void {
    const event = new Uint8Array(eventBytes);
    const view = new DataView(event.buffer);
    view.setUint32(0, events, true);
    view.setInt32(eventDataOffset, fd, true);
    checked(this.#libc.epoll_ctl(this.#epoll, operation, fd, event), "epoll_ctl");
  }

  async #run(): Promise<void> {
    while (this.#sockets.size > 0) {
      const { packetWaitMs, packetGapQuickMs, packetLookMs } = limits;
      const count = await this.#libc.epoll_wait(this.#epoll, this.#events, eventsMax, packetWaitMs);
      const beforeMs = this.#arrivedMs;
      const { awake, isMore } = this.#serve(count);
      if (awake.length === 0) continue;
      await this.#gather(awake);
      const isQuick = this.#arrivedMs - beforeMs < packetGapQuickMs;
      const looks = isQuick && this.#looksToSkip-- <= 0;
      if (isMore || looks) await this.#drainOn(awake, looks ? packetLookMs : 0);
    }
    // Pending waits for a turn end here.
    for (const resolve of this.#nextTurn.splice(0)) resolve();
    this.#turns?.port1.close();
    this.#turns?.port2.close();
    this.#libc.close(this.#alarm);
    this.#libc.close(this.#epoll);
    this.#epoll = -1;
  }

  /** Serves the sockets that a wait reported. @returns Those that had packets. */
  #serve(count: number): { awake: readonly Pollable[]; isMore: boolean } {
    const told: Pollable[] = [];
    // A reported socket may have been removed since.
    for (let index = 0; index < count; index++) {
      const offset = index * eventBytes;
      const events = this.#view.getUint32(offset, true);
      const fd = this.#view.getInt32(offset + eventDataOffset, true);
      if (fd === this.#alarm) this.#libc.read(this.#alarm, new BigUint64Array(1), 8n);
      if (events & c.EPOLLERR) this.#sockets.get(fd)?.drainErrors();
      if (events & c.EPOLLOUT) this.#sockets.get(fd)?.onWritable();
      const socket = this.#sockets.get(fd);
      if ((events & c.EPOLLIN) !== 0 && socket !== undefined) told.push(socket);
    }
    return this.#drain(told);
  }

  /** Reads what has arrived. @returns The sockets that had packets, and whether any may have more. */
  #drain(sockets: readonly Pollable[]): { awake: readonly Pollable[]; isMore: boolean } {
    const hadSent = this.#hasSent;
    this.#hasSent = false;
    let isMore = false;
    const awake = sockets.filter((socket) => {
      const drained = socket.drain();
      isMore ||= drained.isMore;
      return drained.count > 0;
    });
    if (awake.length === 0) this.#hasSent ||= hadSent;
    else {
      this.#hadSent = hadSent;
      this.#arrivedMs = performance.now();
    }
    return { awake, isMore };
  }

  /** Reads packets from long paths in batches while they arrive: a wait per packet costs more than the packet. */
  async #gather(awake: readonly Pollable[]): Promise<void> {
    while (awake.length > 0 && this.#sockets.size <= eventsMax) {
      const coalesceMs = Math.min(...awake.map((socket) => socket.coalesceMs()));
      if (coalesceMs === 0) return;
      await new Promise((resolve) => setTimeout(resolve, coalesceMs));
      awake = this.#drain([...this.#sockets.values()]).awake;
    }
  }

  /**
   * Reads the rest, yielding between reads. Polls a little longer if packets alternate in both directions; a pure
   * receiver is in no hurry.
   */
  async #drainOn(sockets: readonly Pollable[], lookMs: number): Promise<void> {
    let isMore = true;
    let hasFound = false;
    while (isMore || this.#isAnswering && performance.now() - this.#arrivedMs < lookMs) {
      await this.turn();
      isMore = this.#drain(sockets).awake.length > 0;
      hasFound ||= isMore;
    }
    if (lookMs === 0) return;
    this.#vainLooks = hasFound ? 0 : this.#vainLooks + 1;
    this.#looksToSkip = Math.min(this.#vainLooks, limits.packetLooksSkippedMax);
  }
}

let poller: Poller | undefined;

/** Yields one turn of the event loop, while there is a socket. */
export function nextTurn(): Promise<void> {
  return thePoller().turn();
}

/** The poller of this thread. */
export function thePoller(): Poller {
  return poller ??= new Poller(openLibc());
}
