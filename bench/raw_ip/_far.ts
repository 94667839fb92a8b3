/**
 * The far end of carriers.ts. For TCP, UDP and raw IP: a node that echoes, a port that counts the bytes it receives,
 * and a peer's port for files. Prints their addresses as JSON.
 */
import { join } from "node:path";
import { type Carrier, carriers, listenOver } from "./_carriers.ts";
import { silentLog } from "../../lib/log/mod.ts";
import { Space } from "../../lib/peer/folder/space.ts";
import { parseAccepted } from "../../lib/peer/transfer/accepted.ts";
import { FileServer } from "../../lib/peer/transfer/file_server.ts";
import type { Transport } from "../../lib/transport/mod.ts";
import { rpc, serve } from "../../mod.ts";

const [host, client, folder] = Deno.args;
const ports: Record<string, { node: number; sink: number; files: number }> = {};
for (const carrier of carriers) {
  const node = await serve({
    hostname: host,
    port: 0,
    over: carrier,
    log: "silent",
    clients: { c1: { ip: client } },
    services: { bench: { echo: rpc(["bytes"], ["bytes"], (bytes) => bytes) } },
  });
  ports[carrier] = { node: node.port, sink: sink(carrier), files: await files(carrier) };
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

/** Receives files like a peer. */
async function files(carrier: Carrier): Promise<number> {
  const [incoming, received] = ["incoming", "received"].map((name) => join(folder, name));
  for (const path of [incoming, received]) await Deno.mkdir(path, { recursive: true });
  // The announcement for peers, unused here.
  const over = carrier === "udp" ? "ip" : carrier;
  const server = await FileServer.start([{
    over,
    open: () => listenOver(carrier, host, 0),
  }], {
    log: silentLog,
    accepted: parseAccepted(undefined),
    isIntroduced: () => true,
    incoming,
    received,
    space: await Space.of(folder, {}),
    // Its work is done.
    deliver: ({ file }) => Deno.remove(file.path),
  });
  return server.entrances[0].port;
}
