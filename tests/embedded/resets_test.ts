/** Connections that are reset before an embedded node accepts them. */
import { pathToFileURL } from "node:url";
import { generateCertificate } from "../../lib/identity/certificate.ts";
import { repository, Running } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { checkBystanders } from "../_support/resets.ts";

const source = `
import { rpc, serve } from "${pathToFileURL(repository)}mod.ts";

const [hostname, cert, key] = Deno.args;
const node = await serve({
  hostname,
  port: 0,
  clients: { c1: { ip: hostname } },
  services: { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } },
  tls: cert === undefined ? undefined : { cert, key },
});
console.log("at " + node.port);
await node.finished;
`;

Deno.test("reset connections cost no other caller of an embedded node a call", async (t) => {
  const nowMs = Date.now();
  const claims = { hosts: ["farcall.invalid"], fromMs: nowMs - 1000, toMs: nowMs + 3_600_000 };
  const { certificate, key, fingerprint } = await generateCertificate(claims);
  await using project = await Project.create({ "program.ts": source });
  const ways: Record<string, readonly [host: string, ...pem: string[]]> = {
    "at 127.0.0.1": ["127.0.0.1"],
    "at ::1": ["::1"],
    "over TLS": ["127.0.0.1", certificate, key],
  };
  for (const [name, args] of Object.entries(ways)) {
    await t.step(name, async () => {
      const flags = ["run", "--quiet", "--no-prompt", "--allow-net", project.path("program.ts")];
      await using running = new Running(Deno.execPath(), [...flags, ...args]);
      const [, port] = await running.stdout.until(/^at (\d+)\n/);
      const tls = args.length === 1
        ? undefined
        : { options: { fingerprint }, trust: { fingerprint } };
      const target = { host: args[0], port: Number(port), pid: running.pid, tls };
      await checkBystanders(target, { resets: 2, perSecond: 1 });
      await checkBystanders(target, { resets: 100, perSecond: 100 });
    });
  }
});
