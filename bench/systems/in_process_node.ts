/**
 * The baseline for the cost of isolation: the same sessions, access rules, checks and frames, with the function in the
 * server's own process, as in an embedded node.
 */
import { rpc, serve } from "../../mod.ts";

const node = await serve({
  port: 0,
  clients: { c1: { ip: "127.0.0.1" } },
  services: { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } },
  log: "silent",
});
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
Deno.stdout.writeSync(new TextEncoder().encode(`listening on ${node.address}\n`));
await node.finished;
