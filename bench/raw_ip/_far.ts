/**
 * The far end of carriers.ts: for TCP, UDP and raw IP a node that answers what it is sent, and a port that takes bytes and
 * says in the end how many there were. Prints where they are, as JSON.
 */
import { type Carrier, carriers, listenOver } from "./_carriers.ts";
import type { Transport } from "../../lib/transport/mod.ts";
import { rpc, serve } from "../../mod.ts";

const [host, client] = Deno.args;
const ports: Record<string, { node: number; sink: number }> = {};
for (const carrier of carriers) {
  const node = await serve({
    hostname: host,
    port: 0,
    over: carrier,
    log: "silent",
    clients: { c1: { ip: client } },
    services: { bench: { echo: rpc(["bytes"], ["bytes"], (bytes) => bytes) } },
  });
  ports[carrier] = { node: node.port, sink: sink(carrier) };
}
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(ports)}\n`));

function sink(carrier: Carrier): number {
  const listener = listenOver(carrier, host, 0);
  const accept = async (): Promise<void> => {
    for (;;) {
      const transport = await listener.accept();
      if (transport === null) return;
      take(transport).catch(() => transport.close());
    }
  };
  accept();
  return listener.port;
}

async function take(transport: Transport): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  let bytes = 0;
  for (;;) {
    const count = await transport.read(buffer);
    if (count === null) break;
    bytes += count;
  }
  await transport.write(new TextEncoder().encode(`${bytes}\n`));
  await transport.closeWrite();
  transport.close();
}
