/** Pings a node that says nothing, and ends the connection if it stays silent. */
import type { Channel } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { Timer } from "../../timers/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { type Signs, Silence } from "./_silence.ts";
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
  #silence: Silence | undefined;
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
    this.#silence = new Silence(this.#signs(), this.#bounds);
    this.#lookIn(waitMs);
  }

  #lookIn(waitMs: number): void {
    this.#timer?.stop();
    this.#timer = new Timer(() => this.#look(), waitMs, { keepsAlive: false });
  }

  #look(): void {
    const verdict = this.#silence!.look(performance.now(), this.#signs());
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
