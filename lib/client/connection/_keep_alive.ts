/** Whether a node still lives: pings one that says nothing, and ends the connection if it stays silent. */
import type { Channel } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { Timer } from "../../timers/mod.ts";
import { frameHeaderBytes, FrameKind } from "../../protocol/mod.ts";
import { TimedPings } from "./way.ts";

/** What a connection knows of itself. */
export interface WatchedConnection {
  look(): Pick<Signs, "hasSaidHello" | "isOwed">;
  /** Ends the connection. */
  end(): void;
}

/** One timer of one connection, which keeps no program alive: it looks often while an answer is owed. */
export class KeepAlive {
  /** Pings that somebody asked for. */
  readonly timed: TimedPings;
  readonly #channel: Channel;
  readonly #connection: WatchedConnection;
  readonly #bounds: Limits;
  #liveness: Liveness | undefined;
  /** Whether nothing was owed at the last look, so that the next one is far away. */
  #isResting = true;
  /** Whether more is asked for when this turn is over. */
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

  /** An answer is owed from now on. Does nothing while one was owed already. */
  begin(): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.#watch(this.#bounds.nodeSilentMs);
  }

  /**
   * Something has come. With TLS, where the runtime lets no node send at once, its system keeps a small answer back
   * until the one before is acknowledged, which ours puts off for 40 ms (Linux) unless there is something to say: so a
   * caller that is owed more says something.
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

/** What can be observed of a connection at a moment. */
export interface Signs {
  /** Whether the node has greeted; until then the time for that counts. */
  readonly hasSaidHello: boolean;
  /** Whether an answer is owed. */
  readonly isOwed: boolean;
  /** Bytes that have come from the node so far, in all. */
  readonly readBytes: number;
  /** Bytes that were written to it so far, in all. */
  readonly writtenBytes: number;
  /** Bytes that wait to be written. */
  readonly queuedBytes: number;
}

/** The verdict, and when to look again. */
export type Verdict =
  | { readonly kind: "wait" | "ping"; readonly againInMs: number }
  /** Nothing is owed and nothing is in doubt: until something is, looks may be rare. */
  | { readonly kind: "rest"; readonly againInMs: number }
  | { readonly kind: "end" };

/** A ping that was sent. */
interface Ping {
  /** How many bytes are written when it is. */
  readonly endsAtByte: number;
  /** The bytes written at the last look at which there were more than before, and when that was. */
  writtenBytes: number;
  movedAtMs: number;
  /** Looks since it was written. */
  looks: number;
}

/** How many looks after its ping a silent node is given. */
const looksPerPing = 2;

/**
 * Watches one connection. A node that lives says something all the time: answers while it owes some, and pings
 * of its own while it does not. A program that was busy looks late, and has perhaps not read yet what has come;
 * so it takes two looks, with time to read between them, to end a connection.
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
   * Judges a moment; on the verdict `ping`, the caller sends one.
   *
   * @param nowMs On any clock, which is always the same.
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
    // The node reads the ping after what is being sent to it; as long as it takes that, it lives.
    if (writtenBytes !== ping.writtenBytes) {
      ping.writtenBytes = writtenBytes;
      ping.movedAtMs = nowMs;
    }
    return nowMs - ping.movedAtMs < writeTimeoutMs ? waiting : { kind: "end" };
  }
}
