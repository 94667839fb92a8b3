// deno-lint-ignore-file no-console -- its results are its output
/**
 * What a fleet of many nodes costs its NATS server: members with a connection each, in one process, that say that they
 * are there and follow the desired state. They run nothing: what a node does with a manifest is measured by `scale`.
 */
import { join } from "node:path";
import { FleetMember, type MemberNode, readRoster, StatePublisher } from "../lib/fleet/mod.ts";
import { generatePem, type ScriptId, scriptIdOf, SigningKey } from "../lib/identity/mod.ts";
import type { ManifestService } from "../lib/manifest/mod.ts";
import { FleetSubjects, NatsLink } from "../lib/transport/nats/mod.ts";

const count = Number(Deno.args[0] ?? 1000);
const fleet = "bench";
const { root } = new FleetSubjects(fleet);
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
const server = new Deno.Command("nats-server", {
  args: ["-js", "-sd", join(folder, "store"), "-a", "127.0.0.1", "-p", "-1"]
    .concat("--ports_file_dir", folder),
  stdout: "null",
  stderr: "null",
}).spawn();
const links: NatsLink[] = [];
let onReached: (() => void) | undefined;
try {
  const url = await urlOf(join(folder, `nats-server_${server.pid}.ports`));
  const key = await SigningKey.fromPem(await generatePem());
  const link = await NatsLink.open({ url });
  links.push(link);
  await deploy(link, key, "export const value = () => 0;");

  const joined = await timed(async () => {
    let left = count;
    const { promise, resolve } = Promise.withResolvers<void>();
    for (let start = 0; start < count; start += 50) {
      const size = Math.min(50, count - start);
      links.push(
        ...await Promise.all(Array.from({ length: size }, async (_, index) => {
          const own = await NatsLink.open({ url });
          const node = memberNode(`n${start + index}`, key, () => --left === 0 && resolve());
          new FleetMember(own, { fleet, root, node });
          return own;
        })),
      );
    }
    await promise;
  });
  console.log(`${count} nodes joined and reached the desired state in ${joined} ms`);
  const asked = await timed(async () => {
    const { present } = await readRoster(link, {
      fleet,
      root,
      isEnough: (answers) => answers === count,
    });
    if (present.size !== count) throw new Error(`${present.size} nodes have answered`);
  });
  console.log(`all have answered who is there in ${asked} ms`);
  const arrived = nextRound();
  const changed = await timed(async () => {
    await deploy(link, key, "export const value = () => 1;");
    await arrived;
  });
  console.log(`one script changed: stored, signed, and fetched by all in ${changed} ms`);
  const status = await Deno.readTextFile(`/proc/${server.pid}/status`);
  console.log(`nats-server: ${Math.round(Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024)} MiB`);
} finally {
  server.kill("SIGKILL");
  await server.status;
  await Deno.remove(folder, { recursive: true });
  Deno.exit();
}

/** Resolves when all nodes have reached another state. */
function nextRound(): Promise<void> {
  let left = count;
  const { promise, resolve } = Promise.withResolvers<void>();
  onReached = () => --left === 0 && resolve();
  return promise;
}

function memberNode(name: string, key: SigningKey, onFirst: () => void): MemberNode {
  let isFirst = true;
  return {
    name,
    key,
    labels: ["gpu"],
    addresses: [],
    generation: 1,
    counts: { inFlight: 0, calls: 0, failures: 0 },
    version: "0.0.0",
    isDeployKey: (other) => other === key.publicKey,
    readReached: () => Promise.resolve(undefined),
    writeReached: () => {
      if (isFirst) onFirst();
      else onReached?.();
      isFirst = false;
      return Promise.resolve();
    },
    run: async (manifest, _state, fetch) => {
      for (const { overloads } of manifest.services) await fetch(overloads[0]!.script);
    },
  };
}

async function deploy(link: NatsLink, key: SigningKey, source: string): Promise<void> {
  const bytes = new TextEncoder().encode(source) as Uint8Array<ArrayBuffer>;
  const script: ScriptId = await scriptIdOf(bytes);
  const service: ManifestService = {
    name: "a",
    tenants: [],
    overloads: [{ rpc: "value", args: [], returns: ["int"], script }],
  };
  const state = await StatePublisher.open(link, { fleet, root });
  const content = { clients: [], services: [{ selector: { kind: "all" }, service }] } as const;
  await state.prepare(content, { key, readScript: () => Promise.resolve({ bytes }) });
  const deployment = { id: crypto.randomUUID(), deployer: "bench" };
  await state.write(content, { deployment, key });
  await state.announce();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return Math.round(performance.now() - startMs);
}

async function urlOf(ports: string): Promise<string> {
  for (;;) {
    const url = /"(nats:\/\/[^"]*)"/.exec(await Deno.readTextFile(ports).catch(() => ""))?.[1];
    if (url !== undefined) return url;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
