/**
 * Request and reply over NATS: caller, nats-server and responder are three processes. Numbers as JSON, bytes unchanged.
 */
import { spawn } from "node:child_process";
import { type AddressInfo, connect as connectSocket, createServer } from "node:net";
import process from "node:process";
import { type Connection, packageNamed } from "../systems/contender.ts";

const { connect } = await packageNamed("@nats-io/transport-node");
const decoder = new TextDecoder();

interface Message {
  readonly data: Uint8Array;
  json(): [number, number];
  string(): string;
  respond(reply: unknown): void;
}

/** The responder; starts and stops a nats-server. */
export async function serve(): Promise<number> {
  const port = await freePort();
  const server = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  process.on("SIGTERM", () => {
    server.once("exit", () => process.exit(0));
    server.kill();
  });
  await listening(port);
  const nats = await connect({ servers: `127.0.0.1:${port}` });
  nats.subscribe("add", {
    callback: (_: unknown, message: Message) => {
      const [a, b] = message.json();
      message.respond(JSON.stringify(a + b));
    },
  });
  const echo = (_: unknown, message: Message) => message.respond(message.data);
  nats.subscribe("echo", { callback: echo });
  await nats.flush();
  return port;
}

/** Connects. */
export async function open(port: number): Promise<Connection> {
  const nats = await connect({ servers: `127.0.0.1:${port}` });
  const ask = (subject: string, body: unknown): Promise<Message> =>
    nats.request(subject, body, { timeout: 10_000 });
  return {
    add: async (a, b) => Number((await ask("add", JSON.stringify([a, b]))).string()),
    bytes: async (payload) => (await ask("echo", payload)).data.length,
    text: async (payload) => decoder.decode((await ask("echo", payload)).data).length,
    close: () => nats.close(),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Retries for five seconds. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connectSocket(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).once("error", () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nats-server does not listen");
}
