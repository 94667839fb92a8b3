/** An embedded node that echoes; with a certificate if given one, as PEM texts. */
import { rpc, serve } from "../../mod.ts";

const [cert, key] = Deno.args;
await using node = await serve({
  port: 0,
  services: { bench: { echo: rpc(["bytes"], ["bytes"], (bytes) => bytes) } },
  ...(cert !== undefined && { tls: { cert, key } }),
});
Deno.stdout.writeSync(new TextEncoder().encode(`:${node.port}\n`));
await node.finished;
