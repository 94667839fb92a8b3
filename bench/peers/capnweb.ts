/** capnweb over a WebSocket. */
import { type Connection, packageNamed } from "../systems/contender.ts";

const { newWebSocketRpcSession, RpcTarget } = await packageNamed("capnweb");
const { WebSocket, WebSocketServer } = await packageNamed("ws");
// It reads the socket's states from there; Node 20 lacks them.
(globalThis as { WebSocket?: unknown }).WebSocket ??= WebSocket;

class Bench extends RpcTarget {
  add(a: number, b: number): number {
    return a + b;
  }

  bytes(payload: Uint8Array): Uint8Array {
    return payload;
  }

  text(payload: string): string {
    return payload;
  }
}

/** The server. */
export function serve(): Promise<number> {
  return new Promise((resolve) => {
    const options = { port: 0, host: "127.0.0.1", perMessageDeflate: false };
    const server = new WebSocketServer(options, () => resolve(server.address().port));
    server.on("connection", (socket: unknown) => newWebSocketRpcSession(socket, new Bench()));
  });
}

/** Connects. */
export async function open(port: number): Promise<Connection> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", ({ message }: { message: string }) => {
      reject(new Error(message));
    });
  });
  const bench = newWebSocketRpcSession(socket);
  return {
    add: async (a, b) => await bench.add(a, b),
    bytes: async (payload) => (await bench.bytes(payload)).length,
    text: async (payload) => (await bench.text(payload)).length,
    close: () =>
      new Promise((resolve) => {
        socket.addEventListener("close", () => resolve());
        socket.close();
      }),
  };
}
