/**
 * Deploys to one node endlessly: a service whose script changes each time, and one that stays. Prints the number of
 * deployments when it is told to stop.
 *
 *   deno run --allow-all bench/measure/deploy_loop.ts PORT PAUSE_MS
 */
import { planAndApply } from "../../lib/deploy/deploy.ts";
import { Fleet } from "../../lib/deploy/fleet.ts";
import type { Manifest } from "../../lib/manifest/mod.ts";
import { type ScriptId, scriptIdOf } from "../../lib/identity/mod.ts";

const [port, pauseMs] = Deno.args.map(Number);
const stays = "export default (a, b) => a + b;\n";
let isOver = false;
let deployments = 0;
Deno.addSignalListener("SIGTERM", () => isOver = true);
await using fleet = new Fleet();
// A version's name is never reused, not even by another run.
for (const run = crypto.randomUUID(); !isOver; deployments++) {
  await deployOnce(`export const run = "${run} ${deployments}";\n${stays}`);
  if (deployments === 0) say("deploying");
  if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
say(String(deployments));
Deno.exit(0);

async function deployOnce(changing: string): Promise<void> {
  const scripts = new Map<ScriptId, Uint8Array<ArrayBuffer>>();
  const services = [];
  for (const [name, source] of [["changes", changing], ["stays", stays]]) {
    const bytes = new TextEncoder().encode(source) as Uint8Array<ArrayBuffer>;
    const script = await scriptIdOf(bytes);
    scripts.set(script, bytes);
    const overload = { rpc: "add", args: ["int", "int"], returns: ["int"], script };
    services.push({ name, tenants: ["c1"], overloads: [overload] });
  }
  const clients = [{ name: "c1", ip: "127.0.0.1" }];
  const manifest: Manifest = { format: 1, node: "s1", clients, services };
  const facts = [...scripts].map(([id, { length }]) =>
    [id, { bytes: length, source: "" }] as const
  );
  const wanted = { manifests: new Map([["s1", manifest]]), scripts: new Map(facts) };
  const nodes = [{ address: { name: "s1", host: "127.0.0.1", port } }];
  await planAndApply(fleet, nodes, wanted, { deployer: "bench", scripts });
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
