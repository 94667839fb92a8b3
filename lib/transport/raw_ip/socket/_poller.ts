/** Waiting for packets of all sockets of a program: one call of the system at a time, on a thread of the runtime. */
import { limits } from "../../../limits/mod.ts";
import { c, checked, type Libc, openLibc } from "./_libc.ts";

/** Who waits for packets. */
export interface Pollable {
  /**
   * Takes what has arrived, without waiting.
   *
   * @returns How many packets there were, and whether there may be more.
   */
  drain(): { readonly count: number; readonly isMore: boolean };
  /** Takes what went wrong, e.g. what another machine said of a packet. */
  drainErrors(): void;
  /** There is room to send again. */
  onWritable(): void;
  /** How many ms packets may wait for others that will come. */
  coalesceMs(): number;
}

/** Sockets that one wait tells of; others are told of by the next one. */
const eventsMax = 64;

const eventBytes = Deno.build.arch === "x86_64" ? 12 : 16;
const eventDataOffset = Deno.build.arch === "x86_64" ? 4 : 8;

class Poller {
  readonly #libc: Libc;
  readonly #sockets = new Map<number, Pollable>();
  /** Touched by this thread and the one that waits alone, and kept here: the runtime does not keep it for that. */
  readonly #events = new Uint8Array(eventsMax * eventBytes);
  readonly #view = new DataView(this.#events.buffer);
  #epoll = -1;
  /** Written to where a wait has to end. */
  #alarm = -1;
  /** A turn of the event loop: a message to oneself, in 3 µs; a timer would take 1 ms, and with Deno 2.4 setImmediate too. */
  #turns: MessageChannel | undefined;
  readonly #nextTurn: (() => void)[] = [];
  #arrivedMs = 0;
  /** Whether a packet was sent since the last ones came, and between these and those before. */
  #hasSent = false;
  #hadSent = false;
  /** Looks in a row that have found nothing, and how many are left out for that. */
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

  /** A packet is sent. */
  noteSent(): void {
    this.#hasSent = true;
  }

  /** Whether a socket is told when there is room to send. */
  watchWritable(fd: number, isWatched: boolean): void {
    this.#control(c.EPOLL_CTL_MOD, fd, isWatched ? c.EPOLLIN | c.EPOLLOUT : c.EPOLLIN);
  }

  /** Before the socket is closed. */
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

  /** Lets everything else have a turn of the event loop. */
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
    // Whoever waits for a turn has it now.
    for (const resolve of this.#nextTurn.splice(0)) resolve();
    this.#turns?.port1.close();
    this.#turns?.port2.close();
    this.#libc.close(this.#alarm);
    this.#libc.close(this.#epoll);
    this.#epoll = -1;
  }

  /** Serves what a wait told of. @returns The sockets that had packets. */
  #serve(count: number): { awake: readonly Pollable[]; isMore: boolean } {
    const told: Pollable[] = [];
    // What it tells of may be gone since.
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

  /** Takes what has arrived. @returns The sockets that had packets, and whether any may have more. */
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

  /** Reads what comes over long paths in batches, while it comes: a wait for each packet costs more than the packet. */
  async #gather(awake: readonly Pollable[]): Promise<void> {
    while (awake.length > 0 && this.#sockets.size <= eventsMax) {
      const coalesceMs = Math.min(...awake.map((socket) => socket.coalesceMs()));
      if (coalesceMs === 0) return;
      await new Promise((resolve) => setTimeout(resolve, coalesceMs));
      awake = this.#drain([...this.#sockets.values()]).awake;
    }
  }

  /**
   * Takes what is left, in turns of the event loop; and looks again for a moment where packets answer one another, on
   * both ends: whoever only takes what another one sends has time.
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

/** A turn of the event loop, while there is a socket. */
export function nextTurn(): Promise<void> {
  return thePoller().turn();
}

/** The poller of this thread. */
export function thePoller(): Poller {
  return poller ??= new Poller(openLibc());
}
