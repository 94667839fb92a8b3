/**
 * Calls and deployments while everything fails: two nodes, a program that calls continuously, and at random moments
 * deployments, killed executors and nodes, restarts, resets of all connections and full disks. Exits with 1 if a call
 * failed that must not, if nodes are left with a partial deployment, or if memory or descriptors grow. Linux.
 *
 *   deno task bench soak [--seconds=120] [--seed=1]
 */
import { deploy } from "../lib/deploy/mod.ts";
import { loadConfiguration } from "../lib/config/mod.ts";
import {
  ConnectionLost,
  FarcallError,
  messageOf,
  NodeUnreachable,
  ServerDraining,
} from "../lib/errors/mod.ts";
import { formatTable } from "./measure/stats.ts";
import { type Footprint, footprintOf, ResettingProxy, SoakNode } from "./soak/nodes.ts";
import { scriptsRunBy } from "./soak/states.ts";
import { kinds, Traffic } from "./soak/traffic.ts";

const seconds = Number(optionOf("seconds") ?? 120);
const seed = Number(optionOf("seed") ?? 1);
const random = randomFrom(seed);

const folder = await Deno.makeTempDir({ prefix: "farcall-soak-" });
const texts = new Set<string>();
const faults = new Map<string, number>();
const halfStates: string[] = [];
const deployments = { made: 0, done: 0, refused: new Map<string, number>() };
let isWhole = false;
try {
  isWhole = await soak();
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(isWhole ? 0 : 1);

async function soak(): Promise<boolean> {
  await using nodes = new AsyncDisposableStack();
  const all = ["s1", "s2"].map((name) => nodes.use(new SoakNode(name, `${folder}/${name}`)));
  for (const node of all) await node.start();
  const proxies: ResettingProxy[] = [];
  for (const node of all) proxies.push(nodes.use(await ResettingProxy.start(() => node.port)));
  await write("deployer.yaml", all.map(({ port }) => port));
  await write("client.yaml", proxies.map(({ port }) => port));
  await deployAnother(all);

  let traffic = await Traffic.start(`${folder}/client.yaml`, texts);
  await pause(3000);
  const before = await footprints(all);
  const untilMs = performance.now() + seconds * 1000;
  await Promise.all([causeFaults(all, proxies, untilMs), deployOften(all, untilMs)]);
  await pause(2000);
  const tallies = traffic.tallies;
  await traffic[Symbol.asyncDispose]();
  // The same load as at the start, for comparison.
  traffic = await Traffic.start(`${folder}/client.yaml`, texts);
  await pause(3000);
  const after = await footprints(all);
  await traffic[Symbol.asyncDispose]();

  const failures = [...tallies].flatMap(([kind, { failures }]) =>
    [...failures].map(([what, count]) => `${kind}: ${count} × ${what}`)
  );
  const grown = [...before].filter(([name, footprint]) => hasGrown(footprint, after.get(name)!));
  print(`seed ${seed}, ${seconds} s: ${describe(faults)}`);
  print(
    `deployments: ${deployments.made} made, ${deployments.done} done; refused: ` +
      (describe(deployments.refused) || "none"),
  );
  print(formatTable([
    ["calls", "made", "lost", "failed"],
    ...kinds.map((kind) => {
      const { made, lost, failed } = tallies.get(kind)!;
      return [kind, String(made), String(lost), String(failed)];
    }),
  ]));
  print(formatTable([
    ["", "MiB before", "MiB after", "descriptors before", "after"],
    ...[...before].map(([name, was]) => {
      const is = after.get(name)!;
      return [name, mebibytes(was), mebibytes(is), String(was.descriptors), String(is.descriptors)];
    }),
  ]));
  print(`half states: ${halfStates.length}`);
  for (const what of [...halfStates, ...failures]) print(`WRONG ${what}`);
  for (const [name] of grown) print(`WRONG ${name} has grown`);
  return halfStates.length + failures.length + grown.length === 0;
}

/** One fault at a time, so that one of the nodes always serves. */
async function causeFaults(
  nodes: readonly SoakNode[],
  proxies: readonly ResettingProxy[],
  untilMs: number,
): Promise<void> {
  const kinds: Record<string, (node: SoakNode) => Promise<unknown>> = {
    "executors killed": async (node) => {
      for (const pid of await node.executors()) kill(pid, "SIGKILL");
    },
    "nodes killed": async (node) => {
      await node.end("SIGKILL");
      await node.start();
    },
    "nodes restarted": async (node) => {
      await node.end("SIGTERM");
      await node.start();
    },
    "nodes frozen for a second": async (node) => {
      kill(node.pid, "SIGSTOP");
      await pause(1000);
      kill(node.pid, "SIGCONT");
    },
    "connections reset": (node) => Promise.resolve(proxies[nodes.indexOf(node)].reset()),
    "disks full for a second": async (node) => {
      await node.fillDisk(true);
      await pause(1000);
      await node.fillDisk(false);
    },
  };
  const names = Object.keys(kinds);
  while (performance.now() < untilMs) {
    await pause(200 + random() * 1500);
    const name = names[Math.floor(random() * names.length)];
    await kinds[name](nodes[Math.floor(random() * nodes.length)]);
    count(faults, name);
  }
}

/** Deploys repeatedly, and checks each time that all nodes run the same. */
async function deployOften(nodes: readonly SoakNode[], untilMs: number): Promise<void> {
  let wasHalf = false;
  while (performance.now() < untilMs) {
    await pause(random() * 1500);
    const refusal = await deployAnother(nodes).then(() => undefined, (error) => {
      const said = error instanceof FarcallError ? error.details : [];
      count(deployments.refused, kindOf(error));
      return [messageOf(error), ...said].join("\n  ");
    });
    if (refusal === undefined) deployments.done += 1;
    const states = await Promise.all(nodes.map((node) => scriptsRunBy(node.port)));
    const isHalf = new Set(states.map((scripts) => scripts.join())).size > 1;
    // The next completed deployment repairs a partial one.
    if (isHalf && !wasHalf) {
      halfStates.push(`half a deployment: ${refusal ?? "it was told to be done"}`);
    }
    wasHalf = isHalf;
  }
}

async function deployAnother(nodes: readonly SoakNode[]): Promise<void> {
  deployments.made += 1;
  const text = `version ${deployments.made}`;
  texts.add(text);
  await Deno.writeTextFile(
    `${folder}/steady.ts`,
    `export const version = () => ${JSON.stringify(text)};\n`,
  );
  await write("deployer.yaml", nodes.map(({ port }) => port));
  await deploy(await loadConfiguration(`${folder}/deployer.yaml`), { deployer: "soak" });
}

async function write(name: string, ports: readonly number[]): Promise<void> {
  await Deno.writeTextFile(
    `${folder}/count.ts`,
    "export async function* count(n: number) {\n  for (let i = 0; i < n; i++) yield i;\n}\n",
  );
  await Deno.writeTextFile(`${folder}/hit.ts`, "export const hit = (n: number) => n + 1;\n");
  if (texts.size === 0) {
    await Deno.writeTextFile(`${folder}/steady.ts`, `export const version = () => "";\n`);
  }
  await Deno.writeTextFile(
    `${folder}/${name}`,
    `network:
  servers:
    s1: { ip: 127.0.0.1, port: ${ports[0]} }
    s2: { ip: 127.0.0.1, port: ${ports[1]} }
  clients:
    c1: { ip: 127.0.0.1 }
services:
  steady:
    providers: [s1, s2]
    tenants: [c1]
    rpcs:
      version: { args: [], returns: str, idempotent: true, src: steady.ts }
      count: { args: [int], returns: "Stream[int]", idempotent: true, src: count.ts }
  once:
    providers: [s1, s2]
    tenants: [c1]
    rpcs: { hit: { args: [int], returns: int, src: hit.ts } }
`,
  );
}

async function footprints(nodes: readonly SoakNode[]): Promise<Map<string, Footprint>> {
  const found = new Map([["the caller", await footprintOf(Deno.pid)]]);
  for (const node of nodes) found.set(node.name, await footprintOf(node.pid));
  return found;
}

/** By more than a heap grows before it is collected, and a few connections. */
function hasGrown(before: Footprint, after: Footprint): boolean {
  return after.memoryBytes > 1.5 * before.memoryBytes + 64 * 1024 * 1024 ||
    after.descriptors > before.descriptors + 10;
}

/** The reason for a refused deployment, in a word. */
function kindOf(error: unknown): string {
  const message = messageOf(error);
  if (/File too large/.test(message)) return "for want of room on a disk";
  const isOfNode = error instanceof NodeUnreachable || error instanceof ConnectionLost ||
    error instanceof ServerDraining || / shut down$/.test(message);
  return isOfNode ? "for want of a node" : message;
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function describe(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${count} × ${what}`).join(", ");
}

function mebibytes({ memoryBytes }: Footprint): string {
  return String(Math.round(memoryBytes / 1024 / 1024));
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // Ended meanwhile.
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function optionOf(name: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1];
}

/** Numbers from 0 to 1, reproducible by seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text.trimEnd()}\n`));
}
