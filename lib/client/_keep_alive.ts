/** Pings a node that owes an answer and says nothing, and ends the connection if it stays silent. */
import type { Channel } from "../channel/mod.ts";
import { limits } from "../limits/mod.ts";
import { FrameKind } from "../wire/mod.ts";
import { type Signs, Silence } from "./_silence.ts";

/** What a connection knows of itself. */
export interface Watched {
  look(): Pick<Signs, "hasSaidHello" | "isOwed">;
  /** Ends the connection. */
  end(): void;
}

/** One timer of one connection: it runs while an answer is owed, and keeps no program alive. */
export class KeepAlive {
  readonly #channel: Channel;
  readonly #connection: Watched;
  #silence: Silence | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(channel: Channel, connection: Watched) {
    this.#channel = channel;
    this.#connection = connection;
  }

  /** An answer is owed from now on. Does nothing while one was owed already. */
  begin(): void {
    if (this.#silence !== undefined) return;
    this.#silence = new Silence(this.#signs());
    this.#lookIn(limits.nodeSilentMs);
  }

  /** The connection has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #lookIn(waitMs: number): void {
    const timer = setTimeout(() => this.#look(), waitMs);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  #look(): void {
    const verdict = this.#silence!.look(performance.now(), this.#signs());
    switch (verdict.kind) {
      case "rest":
        this.#silence = undefined;
        return;
      case "end":
        this.#connection.end();
        return;
      case "ping":
        this.#channel.send(FrameKind.ping, 0, 0);
    }
    this.#lookIn(verdict.againInMs);
  }

  #signs(): Signs {
    const { readBytes, writtenBytes, queuedBytes } = this.#channel;
    return { ...this.#connection.look(), readBytes, writtenBytes, queuedBytes };
  }
}
