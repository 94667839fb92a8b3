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
    const lastMs = { arrival: 0 };
    while (this.#sockets.size > 0) {
      const count = await this.#libc.epoll_wait(
        this.#epoll,
        this.#events,
        eventsMax,
        limits.packetWaitMs,
      );
      const { awake, isMore } = this.#serve(count);
      if (awake.length === 0) continue;
      await this.#gather(awake);
      const nowMs = performance.now();
      const isQuick = nowMs - lastMs.arrival < limits.packetGapQuickMs;
      lastMs.arrival = nowMs;
      if (isMore || isQuick) {
        await this.#drainOn(awake, { lookMs: isQuick ? limits.packetLookMs : 0, lastMs });
      }
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
    return drainAll(told);
  }

  /** Reads what comes over long paths in batches, while it comes: a wait for each packet costs more than the packet. */
  async #gather(awake: readonly Pollable[]): Promise<void> {
    while (awake.length > 0 && this.#sockets.size <= eventsMax) {
      const coalesceMs = Math.min(...awake.map((socket) => socket.coalesceMs()));
      if (coalesceMs === 0) return;
      await new Promise((resolve) => setTimeout(resolve, coalesceMs));
      awake = drainAll([...this.#sockets.values()]).awake;
    }
  }

  /** Takes what is left, in turns of the event loop, and looks again for a moment. */
  async #drainOn(
    sockets: readonly Pollable[],
    { lookMs, lastMs }: { readonly lookMs: number; readonly lastMs: { arrival: number } },
  ): Promise<void> {
    let sinceMs = performance.now();
    let isMore = true;
    while (isMore || performance.now() - sinceMs < lookMs) {
      await this.turn();
      isMore = false;
      let count = 0;
      for (const socket of sockets) {
        const drained = socket.drain();
        count += drained.count;
        isMore ||= drained.isMore;
      }
      if (count > 0) lastMs.arrival = sinceMs = performance.now();
    }
  }
}

/** Takes what has arrived. @returns The sockets that had packets, and whether any may have more. */
function drainAll(sockets: readonly Pollable[]): { awake: readonly Pollable[]; isMore: boolean } {
  let isMore = false;
  const awake = sockets.filter((socket) => {
    const drained = socket.drain();
    isMore ||= drained.isMore;
    return drained.count > 0;
  });
  return { awake, isMore };
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
