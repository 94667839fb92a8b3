/** Continuous deployments during continuous calls: no call is interrupted. */
import assert from "node:assert/strict";
import { connect, NodeConnection } from "../../lib/client/mod.ts";
import type { Configuration } from "../../lib/config/mod.ts";
import { planAndApply } from "../../lib/deploy/deploy.ts";
import { Fleet } from "../../lib/deploy/fleet.ts";
import { compileSignature } from "../../lib/types/mod.ts";
import { formatTextRequest } from "../../lib/protocol/json/mod.ts";
import type { Manifest } from "../../lib/manifest/mod.ts";
import type { ScriptId } from "../../lib/identity/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { bytesOf, manifestOf, temporaryFolder } from "../_support/nodes/node.ts";
import { NodeProcess } from "../_support/nodes/node_process.ts";

const deployments = Number(Deno.env.get("FARCALL_LOAD_ROUNDS") ?? 3);
const clients = 5;

/** Three services: one whose script changes, one whose settings change, one that stays; each call takes some time. */
function servicesOf(version: number) {
  const rpcs = (says: string) => ({
    who: {
      returns: ["str"],
      source: `export const who = async () => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        return ${JSON.stringify(says)};
      };`,
    },
  });
  return {
    services: {
      changes: { rpcs: rpcs(`version ${version}`) },
      settled: { rpcs: rpcs("other settings") },
      stays: { rpcs: rpcs("always") },
    },
  };
}

/** A manifest of a version, with other limits each time for one of the services. */
async function versionOf(node: string, version: number): Promise<{
  manifest: Manifest;
  scripts: Map<ScriptId, Uint8Array<ArrayBuffer>>;
}> {
  const { manifest, scripts } = await manifestOf({ node, ...servicesOf(version) });
  const services = manifest.services.map((service) =>
    service.name === "settled" ? { ...service, limits: { callsMax: 100 + version } } : service
  );
  return { manifest: { ...manifest, services }, scripts };
}

/** The period during which a service may have run a script on a node. */
interface Reign {
  /** When its commit was requested. */
  fromMs: number;
  /** When the next commit was known to be complete. */
  untilMs: number;
}

Deno.test(`${deployments} deployments under load from ${clients} clients lose no call, and mix no generations`, async () => {
  await using rootOne = await temporaryFolder();
  await using rootTwo = await temporaryFolder();
  await using one = await NodeProcess.start(rootOne.path);
  await using two = await NodeProcess.start(rootTwo.path);
  const ports = { s1: one.port, s2: two.port };
  const servers = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, { ip: "127.0.0.1", port }]),
  );
  const nodes = Object.entries(ports).map(([name, port]) => ({
    address: { name, host: "127.0.0.1", port },
  }));
  const configuration: Configuration = configurationOf(servers, servicesOf(0));

  /** Of the changing service: by the ids of its scripts, and by their results. */
  const reigns = new Map<string, Reign>();
  let last: Reign | undefined;
  await using fleet = new Fleet();
  const deployVersion = async (version: number): Promise<void> => {
    const manifests = new Map<string, Manifest>();
    const scripts = new Map<ScriptId, Uint8Array<ArrayBuffer>>();
    for (const { address: { name } } of nodes) {
      const made = await versionOf(name, version);
      manifests.set(name, made.manifest);
      for (const [id, bytes] of made.scripts) scripts.set(id, bytes);
    }
    const facts = new Map(
      [...scripts].map(([id, { length }]) => [id, { bytes: length, source: "" }] as const),
    );
    const script = manifests.get("s1")!.services[0].overloads[0].script;
    const reign: Reign = { fromMs: Infinity, untilMs: Infinity };
    const { applied, plan } = await planAndApply(fleet, nodes, { manifests, scripts: facts }, {
      deployer: "tester",
      scripts,
      progress: {
        step: (step, done) => {
          if (step !== "commit" || done > 0) return;
          reign.fromMs = performance.now();
          reigns.set(script, reign).set(`version ${version}`, reign);
        },
      },
    });
    if (last !== undefined) last.untilMs = performance.now();
    last = reign;
    assert.equal(applied.length, 2);
    assert.equal(plan.sendCount, version === 0 ? 6 : 2);
  };
  await deployVersion(0);

  const { manifest } = await versionOf("s1", 0);
  const steady = new Map(
    manifest.services.slice(1).map(({ name, overloads }) => [
      name,
      overloads[0].script,
    ]),
  );
  let isOver = false;
  let calls = 0;
  const seen = new Set<string>();
  const wasCurrent = (what: string, fromMs: number): void => {
    seen.add(what);
    const reign = reigns.get(what);
    assert.ok(reign !== undefined, `${what} was never committed`);
    assert.ok(
      fromMs <= reign.untilMs && performance.now() >= reign.fromMs,
      `${what} was not current at any moment of the call`,
    );
  };
  const reply = (service: string, script: ScriptId, fromMs: number): void => {
    calls += 1;
    const expected = steady.get(service);
    if (expected === undefined) wasCurrent(script, fromMs);
    else assert.equal(script, expected);
  };
  const services = ["changes", "settled", "stays"];
  /** Many calls in flight, to either node. */
  const callLibrary = async (): Promise<void> => {
    await using farcall = await connect(configuration, { as: "c1" });
    await Promise.all(
      services.flatMap((service) => [service, service]).map(async (service) => {
        while (!isOver) {
          const fromMs = performance.now();
          const { script, value } = await farcall.reply(service, "who");
          if (service === "stays") assert.equal(value, "always");
          reply(service, script as ScriptId, fromMs);
        }
      }),
    );
  };
  /** A new connection for every few calls. */
  const callAfresh = async (port: number): Promise<void> => {
    const signature = compileSignature({ args: [], returns: ["str"] });
    while (!isOver) {
      const connection = await NodeConnection.open({ host: "127.0.0.1", port }, { client: "c1" });
      await Promise.all(services.map(async (service) => {
        const fromMs = performance.now();
        const route = { service, rpc: "who", argumentTypes: [], returnTypes: ["str"] };
        const { script } = await connection.call(route, signature.encodeArguments([]), {
          timeoutMs: 60_000,
        });
        reply(service, script, fromMs);
      }));
      await connection.close();
    }
  };
  /** Like `nc`. */
  const callText = async (port: number): Promise<void> => {
    const request = formatTextRequest({ service: "changes", rpc: "who", arguments: [] });
    while (!isOver) {
      const fromMs = performance.now();
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(bytesOf(request));
      const text = await new Response(connection.readable).text();
      const match =
        /^\{"header":"RPC-RES","value":\{"return-values":\["(.*)"\],"script":"\w+"\}\}\n$/.exec(
          text,
        );
      assert.ok(match !== null, text);
      calls += 1;
      wasCurrent(match[1], fromMs);
    }
  };
  const load = [
    ...Array.from({ length: clients - 3 }, callLibrary),
    callText(one.port),
    callAfresh(one.port),
    callAfresh(two.port),
  ];
  const failed = Promise.all(load);
  const deploying = (async () => {
    for (let version = 1; version <= deployments; version++) await deployVersion(version);
  })();
  try {
    await Promise.race([deploying, failed]);
  } finally {
    isOver = true;
    await deploying.catch(() => {});
    await Promise.allSettled(load);
  }
  await failed;
  assert.ok(calls > deployments * 10, `${calls} calls`);
  assert.ok(seen.size > deployments / 2, `${seen.size} scripts answered`);
});
