/** Detects dead nodes: pings a silent one, and ends the connection if it stays silent. */
import type { Channel } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { Timer } from "../../timers/mod.ts";
import { frameHeaderBytes, FrameKind } from "../../protocol/mod.ts";
import { TimedPings } from "./way.ts";

/** What keep-alive needs from its connection. */
export interface WatchedConnection {
  look(): Pick<Signs, "hasSaidHello" | "isOwed">;
  /** Ends the connection. */
  end(): void;
}

/** The timer of one connection. It does not keep the program alive, and fires often while an answer is owed. */
export class KeepAlive {
  /** Pings on request. */
  readonly timed: TimedPings;
  readonly #channel: Channel;
  readonly #connection: WatchedConnection;
  readonly #bounds: Limits;
  #liveness: Liveness | undefined;
  /** Whether nothing was owed at the last check, so that the next one is far away. */
  #isResting = true;
  /** Whether a ping is scheduled for the end of this turn. */
  #isPrompting = false;
  #timer: Timer | undefined;

  constructor(channel: Channel, connection: WatchedConnection, bounds: Limits) {
    this.timed = new TimedPings(channel);
    this.#bounds = bounds;
    this.#channel = channel;
    this.#connection = connection;
  }

  /** The node has greeted. */
  start(): void {
    if (this.#isResting) this.#watch(this.#bounds.nodeIdleMs);
  }

  /** The node owes an answer from now on. Does nothing if it already did. */
  begin(): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.#watch(this.#bounds.nodeSilentMs);
  }

  /**
   * Something has arrived. Over TLS the runtime cannot disable Nagle's algorithm at the node: its system holds a small
   * answer back until the last one is acknowledged, and ours delays the acknowledgement by 40 ms (Linux) unless it has
   * something to send. So a caller that is owed more answers sends a ping.
   */
  heard(): void {
    if (this.#isPrompting || !this.#channel.transport.isSecure) return;
    this.#isPrompting = true;
    queueMicrotask(() => {
      this.#isPrompting = false;
      const { isOwed } = this.#connection.look();
      if (isOwed && !this.#channel.isClosed) this.#channel.send(FrameKind.pong, 0, 0);
    });
  }

  /** The connection has ended. */
  stop(): void {
    this.#timer?.stop();
  }

  #watch(waitMs: number): void {
    this.#liveness = new Liveness(this.#signs(), this.#bounds);
    this.#lookIn(waitMs);
  }

  #lookIn(waitMs: number): void {
    this.#timer?.stop();
    this.#timer = new Timer(() => this.#look(), waitMs, { keepsAlive: false });
  }

  #look(): void {
    const verdict = this.#liveness!.look(performance.now(), this.#signs());
    this.#isResting = verdict.kind === "rest";
    if (verdict.kind === "end") return this.#connection.end();
    if (verdict.kind === "ping") this.#channel.send(FrameKind.ping, 0, 0);
    this.#lookIn(verdict.againInMs);
  }

  #signs(): Signs {
    const { readBytes, writtenBytes, queuedBytes } = this.#channel;
    return { ...this.#connection.look(), readBytes, writtenBytes, queuedBytes };
  }
}

/** A connection's state at one moment. */
export interface Signs {
  /** Whether the node has greeted; until then the greeting's time limit applies. */
  readonly hasSaidHello: boolean;
  /** Whether an answer is owed. */
  readonly isOwed: boolean;
  /** Total bytes received from the node. */
  readonly readBytes: number;
  /** Total bytes written to it. */
  readonly writtenBytes: number;
  /** Bytes that wait to be written. */
  readonly queuedBytes: number;
}

/** The verdict, and when to check again. */
export type Verdict =
  | { readonly kind: "wait" | "ping"; readonly againInMs: number }
  /** No answer is owed and no ping is out: checks may be rare until one is. */
  | { readonly kind: "rest"; readonly againInMs: number }
  | { readonly kind: "end" };

/** A ping that was sent. */
interface Ping {
  /** Total bytes written once the ping is. */
  readonly endsAtByte: number;
  /** Bytes written, and when they last grew. */
  writtenBytes: number;
  movedAtMs: number;
  /** Checks since it was written. */
  looks: number;
}

/** Checks that a silent node is given after its ping. */
const looksPerPing = 2;

/**
 * Watches one connection. A live node always sends something: answers while it owes some, its own pings otherwise. A
 * busy program checks late, and may not have read what has arrived; so ending a connection takes two checks, with time
 * to read between them.
 */
export class Liveness {
  readonly #bounds: Limits;
  #readBytes: number;
  #ping: Ping | undefined;

  constructor(signs: Signs, bounds: Limits) {
    this.#bounds = bounds;
    this.#readBytes = signs.readBytes;
  }

  /**
   * Judges the connection's state; on the verdict `ping`, the caller sends one.
   *
   * @param nowMs On any clock, as long as it is always the same one.
   */
  look(nowMs: number, signs: Signs): Verdict {
    const { pongTimeoutMs, nodeSilentMs, nodeIdleMs, writeTimeoutMs } = this.#bounds;
    const waiting = { kind: "wait", againInMs: pongTimeoutMs / looksPerPing } as const;
    if (!signs.hasSaidHello || signs.readBytes !== this.#readBytes) {
      this.#readBytes = signs.readBytes;
      this.#ping = undefined;
      return signs.isOwed
        ? { kind: "wait", againInMs: nodeSilentMs }
        : { kind: "rest", againInMs: nodeIdleMs };
    }
    const { writtenBytes, queuedBytes } = signs;
    if (this.#ping === undefined) {
      const endsAtByte = writtenBytes + queuedBytes + frameHeaderBytes;
      this.#ping = { endsAtByte, writtenBytes, movedAtMs: nowMs, looks: 0 };
      return { ...waiting, kind: "ping" };
    }
    const ping = this.#ping;
    if (writtenBytes >= ping.endsAtByte) {
      ping.looks += 1;
      return ping.looks < looksPerPing ? waiting : { kind: "end" };
    }
    // The node reads the ping after what was sent before it; while it takes that, it is alive.
    if (writtenBytes !== ping.writtenBytes) {
      ping.writtenBytes = writtenBytes;
      ping.movedAtMs = nowMs;
    }
    return nowMs - ping.movedAtMs < writeTimeoutMs ? waiting : { kind: "end" };
  }
}
