/**
 * Many nodes in one process, each with its own root: `deno run --allow-all bench/systems/nodes.ts FOLDER COUNT
 * [DEPLOY-KEY]`. Prints their ports in one line.
 */
import { serveNode } from "../../lib/server/mod.ts";

const [folder, count, ...deployKeys] = Deno.args;
const ports: number[] = [];
for (let index = 0; index < Number(count); index++) {
  ports.push((await serveNode({ root: `${folder}/${index}`, port: 0, deployKeys })).port);
}
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
Deno.stdout.writeSync(new TextEncoder().encode(`:${ports.join(",")}\n`));
