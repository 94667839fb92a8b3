/** tRPC over HTTP/1.1, without batches: the reply to one call does not wait for others. Bytes as base64. */
import { Agent, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type Connection, fromBase64, packageNamed, toBase64 } from "../systems/contender.ts";

/** The server. */
export async function serve(): Promise<number> {
  const { initTRPC } = await packageNamed("@trpc/server");
  const { createHTTPServer } = await packageNamed("@trpc/server/adapters/standalone");
  const { z } = await packageNamed("zod");
  const { router, procedure } = initTRPC.create();
  const echo = procedure.input(z.string()).output(z.string())
    .mutation(({ input }: { input: string }) => input);
  const operands = z.object({ a: z.number().int(), b: z.number().int() });
  const add = procedure.input(operands).output(z.number().int())
    .query(({ input }: { input: { a: number; b: number } }) => input.a + input.b);
  const server = createHTTPServer({
    router: router({ add, echo }),
    maxBodySize: 16 * 1024 * 1024,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Connects: one connection, kept open by an HTTP agent. */
export async function open(port: number): Promise<Connection> {
  const { createTRPCClient, httpLink } = await packageNamed("@trpc/client");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const client = createTRPCClient({
    links: [httpLink({ url: `http://127.0.0.1:${port}`, fetch: fetchBy(agent) })],
  });
  const echo = (text: string): Promise<string> => client.echo.mutate(text);
  return {
    add: (a, b) => client.add.query({ a, b }),
    bytes: async (payload) => fromBase64(await echo(toBase64(payload))).length,
    text: async (payload) => (await echo(payload)).length,
    close: () => agent.destroy(),
  };
}

/** The part of fetch that tRPC needs; the runtimes' own does not reveal its connection. */
function fetchBy(agent: Agent) {
  return async (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
  ) => {
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { agent, method, headers }, resolve).on("error", reject).end(body);
    });
    message.setEncoding("utf8");
    let text = "";
    for await (const part of message) text += part;
    return {
      ok: message.statusCode! < 300,
      status: message.statusCode,
      json: () => Promise.resolve(JSON.parse(text)),
    };
  };
}
