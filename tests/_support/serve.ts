/** A node in a process of its own, for tests that kill it: `deno run serve.ts ROOT PORT`. */
import { serveNode } from "../../lib/server/mod.ts";

const [root, port] = Deno.args;
const node = await serveNode({ root, port: Number(port) });
await Deno.stdout.write(new TextEncoder().encode(`${node.port}\n`));
