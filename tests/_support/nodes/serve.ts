/** A node in a process of its own, for tests that kill it: `deno run serve.ts ROOT PORT [CERTIFICATE KEY]`. */
import { serveNode } from "../../../lib/server/mod.ts";

const [root, port, certificate, key] = Deno.args;
const tls = certificate === undefined ? undefined : { cert: certificate, key };
const node = await serveNode({ root, port: Number(port), tls });
await Deno.stdout.write(new TextEncoder().encode(`${node.port}\n`));
