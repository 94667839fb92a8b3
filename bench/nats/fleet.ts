// deno-lint-ignore-file no-console -- its results are its output
/**
 * The cost of a fleet of many nodes for its NATS server, and its time to converge: embedded nodes with a connection
 * each, in one process, which serve calls, announce themselves and follow the desired state; and real nodes, processes
 * that run scripts in executors.
 *
 *   deno task bench nats-fleet [EMBEDDED] [REAL]
 */
import { join } from "node:path";
import { connect } from "../../lib/client/mod.ts";
import { FleetMember, type MemberNode, readRoster, StatePublisher } from "../../lib/fleet/mod.ts";
import { generatePem, type ScriptId, scriptIdOf, SigningKey } from "../../lib/identity/mod.ts";
import type { ManifestService } from "../../lib/manifest/mod.ts";
import { FleetSubjects, NatsLink } from "../../lib/transport/nats/mod.ts";
import { embedThroughNats } from "../systems/embedded_nats_node.ts";
import { BenchNatsServer } from "../systems/nats_server.ts";
import { benchRealFleet } from "../systems/real_fleet.ts";

const count = Number(Deno.args[0] ?? 1000);
const fleet = "bench";
const { root } = new FleetSubjects(fleet);
const realCount = Number(Deno.args[1] ?? 50);
const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
const server = await BenchNatsServer.start(folder);
const links: NatsLink[] = [];
let onReached: (() => void) | undefined;
let exitCode = 0;
try {
  const { url } = server;
  const clientPem = await generatePem();
  const clientKey = (await SigningKey.fromPem(clientPem)).publicKey;
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
          const name = `n${start + index}`;
          const node = memberNode(name, key, () => --left === 0 && resolve());
          await embedThroughNats(own, { fleet, name, key, clientKey });
          new FleetMember(own, { fleet, root, node });
          return own;
        })),
      );
    }
    await promise;
  });
  console.log(`${count} nodes joined and reached the desired state in ${joined} ms`);
  const asked = await timed(async () => {
    const size = await presentCount(link);
    if (size !== count) throw new Error(`${size} nodes have answered`);
  });
  console.log(`all have answered the roster request in ${asked} ms`);
  const called = await timed(() => callEach(url, { clientPem, clientKey }));
  console.log(`connected to each, and called it, in ${called} ms`);
  const arrived = nextRound();
  const changed = await timed(async () => {
    await deploy(link, key, "export const value = () => 1;");
    await arrived;
  });
  console.log(`one script changed: stored, signed, and fetched by all in ${changed} ms`);
  const { rss } = Deno.memoryUsage();
  console.log(
    `memory: nats-server ${await server.memoryMiB()} MiB, all nodes ${
      Math.round(rss / 1024 ** 2)
    } MiB`,
  );
  const returned = await timed(async () => {
    await server.restart();
    while (await presentCount(link) < count);
  });
  console.log(`nats-server was killed and started: all were there again after ${returned} ms`);
  for (const each of links) await each.close();
  if (realCount > 0) await benchRealFleet(url, { folder, count: realCount });
} catch (error) {
  console.error(error);
  exitCode = 1;
} finally {
  await server[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
  Deno.exit(exitCode);
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

async function presentCount(link: NatsLink): Promise<number> {
  const isEnough = (answers: number): boolean => answers === count;
  return (await readRoster(link, { fleet, root, isEnough })).present.size;
}

/** Calls every node once, like a newly started program. */
async function callEach(
  url: string,
  { clientPem, clientKey }: { readonly clientPem: string; readonly clientKey: string },
): Promise<void> {
  await Deno.writeTextFile(join(folder, "c1.key"), clientPem, { mode: 0o600 });
  await Deno.writeTextFile(
    join(folder, "init.yaml"),
    `network:
  nats: { url: "${url}", fleet: ${fleet} }
  clients: { c1: { key: "${clientKey}" } }
services:
  a: { providers: all, tenants: [c1], rpcs: { value: { args: [], returns: [int], src: value.ts } } }
`,
  );
  await using farcall = await connect(join(folder, "init.yaml"), {
    as: "c1",
    key: join(folder, "c1.key"),
  });
  let answers = 0;
  for await (const { node, error } of farcall.callAll("a", "value", [], { timeoutMs: 60_000 })) {
    if (error !== undefined) throw new Error(`${node}: ${error.message}`);
    answers += 1;
  }
  if (answers !== count) throw new Error(`${answers} nodes were called`);
}
