/** Greets like a node, and then handles each frame as a test decides, even as no real node would. */
import { Channel } from "../../../lib/channel/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { type Listener, listenTcp, type Transport } from "../../../lib/transport/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { FrameKind, type Hello, preface, protocolVersion } from "../../../lib/protocol/mod.ts";
import { newChallenge } from "../../../lib/identity/mod.ts";

/** A frame received from a caller. */
export interface SentFrame {
  readonly kind: number;
  readonly route: number;
  readonly call: number;
  /** A copy. */
  readonly body: Uint8Array;
}

/** A caller's frame, and its connection for the reply. */
export type OnFrame = (frame: SentFrame, connection: Channel) => void;

/** The node's side of one connection, until it ends. */
export async function playNode(transport: Transport, onFrame: OnFrame): Promise<void> {
  const channel = new Channel(transport);
  const hello: Hello = {
    version: protocolVersion,
    software: "a test",
    messageBytesMax: limits.messageBytesMax,
    challenge: newChallenge(),
  };
  channel.sendRaw(preface);
  channel.send(FrameKind.hello, 0, 0, encodeJson(hello));
  try {
    for (let bytes = 0; bytes < preface.length;) {
      const count = await transport.read(new Uint8Array(preface.length - bytes));
      if (count === null) return;
      bytes += count;
    }
    await channel.run((kind, route, call, body) => {
      onFrame({ kind, route, call, body: body.slice() }, channel);
    });
  } catch {
    // The caller broke the connection, as callers may.
  } finally {
    channel.close();
  }
}

/** Such a node on a port of its own. */
export class ScriptedNode implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #open: Transport[] = [];
  readonly #connections: Promise<void>[] = [];
  #endedCount = 0;
  readonly #accepting: Promise<void>;

  /** @param port 0 lets the kernel choose. */
  constructor(onFrame: OnFrame, port = 0) {
    const listener = this.#listener = listenTcp("127.0.0.1", port);
    this.#accepting = (async () => {
      for (;;) {
        const transport = await listener.accept();
        if (transport === null) return;
        this.#open.push(transport);
        this.#connections.push(playNode(transport, onFrame).finally(() => this.#endedCount += 1));
      }
    })();
  }

  /** `HOST:PORT`. */
  get address(): string {
    return `127.0.0.1:${this.#listener.port}`;
  }

  /** Its entry in init.yaml. */
  get server(): { ip: string; port: number } {
    return { ip: "127.0.0.1", port: this.#listener.port };
  }

  /** The number of connections made to it. */
  get connectionCount(): number {
    return this.#connections.length;
  }

  /** The number of open connections. */
  get openCount(): number {
    return this.#connections.length - this.#endedCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const transport of this.#open) transport.close();
    await Promise.all(this.#connections);
  }
}
