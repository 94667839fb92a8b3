/** moleculer with its TCP transporter: one broker per process, one connection between two. Bytes as base64. */
import { createServer } from "node:net";
import { type Connection, fromBase64, packageNamed, toBase64 } from "../systems/contender.ts";

const { ServiceBroker } = await packageNamed("moleculer");

interface Context<Params> {
  readonly params: Params;
}

/** The server. The client's broker listens, too, on the port after the server's. */
export async function serve(): Promise<number> {
  const port = await freePair();
  const broker = brokerOf("server", port, port);
  broker.createService({
    name: "bench",
    actions: {
      add: {
        params: { a: "number|integer", b: "number|integer" },
        handler: ({ params }: Context<{ a: number; b: number }>) => params.a + params.b,
      },
      echo: {
        params: { text: "string" },
        handler: ({ params }: Context<{ text: string }>) => params.text,
      },
    },
  });
  await broker.start();
  return port;
}

let connecting: Promise<{ call<T>(action: string, params: unknown): Promise<T> }> | undefined;

/** Starts the broker of this process, once. */
export async function open(port: number): Promise<Connection> {
  connecting ??= connect(port);
  const broker = await connecting;
  const echo = (text: string) => broker.call<string>("bench.echo", { text });
  return {
    add: (a, b) => broker.call("bench.add", { a, b }),
    bytes: async (payload) => fromBase64(await echo(toBase64(payload))).length,
    text: async (payload) => (await echo(payload)).length,
    close: () => {},
  };
}

async function connect(port: number) {
  const broker = brokerOf("client", port + 1, port);
  await broker.start();
  await broker.waitForServices("bench", 20_000);
  return broker;
}

function brokerOf(nodeID: string, port: number, serverPort: number) {
  const urls = [`tcp://127.0.0.1:${serverPort}/server`, `tcp://127.0.0.1:${serverPort + 1}/client`];
  const options = { port, udpDiscovery: false, urls, maxPacketSize: 16 * 1024 * 1024 };
  const transporter = { type: "TCP", options };
  return new ServiceBroker({ nodeID, logger: false, requestTimeout: 10_000, transporter });
}

/** Two consecutive free ports below the ephemeral range, so that they stay free. */
async function freePair(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port) && await isFree(port + 1)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false)).listen(port, () => {
      server.close(() => resolve(true));
    });
  });
}
