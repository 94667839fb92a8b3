/** jayson: JSON-RPC over TCP, one connection per call. Bytes as base64. */
import type { AddressInfo } from "node:net";
import { type Connection, fromBase64, packageNamed, toBase64 } from "../systems/contender.ts";

const { Client, Server } = (await packageNamed("jayson")).default;

type Done = (error: null, value: unknown) => void;

/** The server. */
export async function serve(): Promise<number> {
  const tcp = new Server({
    add: ([a, b]: [number, number], done: Done) => done(null, a + b),
    echo: ([text]: [string], done: Done) => done(null, text),
  }).tcp();
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  return (tcp.address() as AddressInfo).port;
}

/** It connects at each call. */
export function open(port: number): Promise<Connection> {
  const client = Client.tcp({ port, host: "127.0.0.1" });
  const call = <T>(method: string, params: unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      client.request(
        method,
        params,
        (failure: Error | null, { error, result }: { error?: Error; result: T }) => {
          if (failure ?? error) reject(failure ?? error);
          else resolve(result);
        },
      );
    });
  return Promise.resolve({
    add: (a: number, b: number) => call<number>("add", [a, b]),
    bytes: async (payload: Uint8Array) =>
      fromBase64(await call("echo", [toBase64(payload)])).length,
    text: async (payload: string) => (await call<string>("echo", [payload])).length,
    close: () => {},
  });
}
