/** A node scripted by a test: it receives calls of rpcs that take one int, and handles each as the test decides. */
import type { Channel } from "../../lib/channel/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import type { TestDeployment } from "./nodes/node.ts";
import { type OnFrame, ScriptedNode } from "./nodes/scripted_node.ts";

/** The deployment that callers see: `get` is idempotent, `put` is not. */
export const fakeDeployment: TestDeployment = {
  services: {
    fake: {
      rpcs: {
        get: { args: ["int"], returns: ["int"], isIdempotent: true, source: "" },
        put: { args: ["int"], returns: ["int"], source: "" },
      },
    },
  },
};

/** A received call. */
export interface HeardCall {
  readonly rpc: string;
  readonly argument: number;
  /** Returns the argument. */
  answer(): void;
  refuse(type: string): void;
  /** Ends the connection, with a connection-wide exception if a type is given. */
  hangUp(type?: string): void;
}

/** A node that serves {@linkcode fakeDeployment}. */
export class FakeNode implements AsyncDisposable {
  /** Every received call, as `rpc argument`. */
  readonly heard: string[] = [];
  /** Cancelled calls, in the same form. */
  readonly cancelled: string[] = [];
  readonly #node: ScriptedNode;

  /** @param onCall Handles a call; it may ignore it. */
  constructor(onCall: (call: HeardCall) => void) {
    this.#node = new ScriptedNode(this.#hear(onCall));
  }

  /** Its entry in init.yaml. */
  get server(): { ip: string; port: number } {
    return this.#node.server;
  }

  get address(): string {
    return this.#node.address;
  }

  get connectionCount(): number {
    return this.#node.connectionCount;
  }

  get openCount(): number {
    return this.#node.openCount;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#node[Symbol.asyncDispose]();
  }

  #hear(onCall: (call: HeardCall) => void): OnFrame {
    const routes = new WeakMap<Channel, Map<number, string>>();
    const open = new WeakMap<Channel, Map<number, string>>();
    return ({ kind, route, call, body }, channel) => {
      if (kind === FrameKind.route) {
        const { rpc } = JSON.parse(new TextDecoder().decode(body));
        if (!routes.has(channel)) routes.set(channel, new Map());
        routes.get(channel)!.set(route, rpc);
      }
      if (kind === FrameKind.cancel) {
        const name = open.get(channel)?.get(call);
        if (name !== undefined) this.cancelled.push(name);
      }
      if (kind !== FrameKind.call) return;
      const rpc = routes.get(channel)!.get(route)!;
      const [argument] = JSON.parse(new TextDecoder().decode(body.subarray(8)));
      this.heard.push(`${rpc} ${argument}`);
      if (!open.has(channel)) open.set(channel, new Map());
      open.get(channel)!.set(call, `${rpc} ${argument}`);
      onCall({ rpc, argument, ...answersTo(call, argument, channel) });
    };
  }
}

function answersTo(
  call: number,
  argument: number,
  channel: Channel,
): Pick<HeardCall, "answer" | "refuse" | "hangUp"> {
  const send = (number: number, type: string) =>
    channel.send(
      FrameKind.exception,
      0,
      number,
      encodeJson({ "exception-type": type, "exception-message": "as the test has it" }),
    );
  return {
    answer() {
      const json = new TextEncoder().encode(`[${argument}]`);
      const payload = Uint8Array.of(0, 0, 0, json.length, ...json);
      channel.send(FrameKind.result, 0, call, new Uint8Array(32), payload);
    },
    refuse: (type) => send(call, type),
    hangUp(type) {
      if (type !== undefined) send(0, type);
      channel.flushed().then(() => channel.close());
    },
  };
}
