/**
 * A server that only accepts, reads, and answers its own client: the wait of a bystander during a load if nothing is
 * checked, counted or evicted. Prints its address.
 */
import { limits } from "../../lib/limits/mod.ts";

/** Its client's request, and the reply. */
export const question = new Uint8Array(16).fill(0xfc);

if (import.meta.main) {
  // The types do not have backlog yet.
  const options = { hostname: "127.0.0.1", port: 0, tcpBacklog: limits.listenBacklog };
  const listener = Deno.listen(options);
  const line = `listening on 127.0.0.1:${listener.addr.port}\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
  for await (const conn of listener) {
    conn.setNoDelay(true);
    void serve(conn).catch(() => {}).finally(() => conn.close());
  }
}

async function serve(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4 * 1024);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    if (buffer[0] === question[0]) await conn.write(buffer.subarray(0, count));
  }
}
