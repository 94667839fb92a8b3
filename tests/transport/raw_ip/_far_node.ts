/** A node on another machine: `deno run _far_node.ts HOST OVER CLIENT`. */
import { rpc, serve } from "../../../mod.ts";

const [hostname, over, ip] = Deno.args;
const node = await serve({
  hostname,
  port: 0,
  over,
  clients: { c1: { ip } },
  services: {
    m: {
      echo: rpc(["bytes"], ["bytes"], (bytes) => bytes),
    },
  },
});
await Deno.stdout.write(new TextEncoder().encode(`${node.address}\n`));
await node.finished;
