/** A fleet's store does not grow forever, and never loses what a node may still need. */
import assert from "node:assert/strict";
import { type PresenceFacts, signPresence, StatePublisher } from "../../lib/fleet/mod.ts";
import { generatePem, scriptIdOf, SigningKey } from "../../lib/identity/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { MemoryFleet } from "../_support/nodes/memory_fleet.ts";
import { contentOf, deployText, fleet, root } from "./nats/_following_node.ts";

const key = await SigningKey.fromPem(await generatePem());
const dayMs = 24 * 60 * 60 * 1000;

/** Backdates all entries except for the last written state. */
function age(hub: MemoryFleet, ms: number, isMeant = (_key: string) => true): void {
  for (const [name, entries] of hub.entries) {
    if (name === "fleet" || !isMeant(name)) continue;
    const older = entries.map((entry) => {
      return { ...entry, created: new Date(entry.created.getTime() - ms) };
    });
    hub.entries.set(name, older);
  }
}

async function clean(hub: MemoryFleet): Promise<void> {
  await (await StatePublisher.open(hub.link(), { fleet, root })).clean();
}

async function isThere(hub: MemoryFleet, text: string): Promise<boolean> {
  const { bytes } = await contentOf(text);
  return hub.entries.has(`blob.${await scriptIdOf(bytes)}.0`);
}

const statesKept = limits.fleet.statesKept;
const texts = Array.from({ length: statesKept + 3 }, (_, index) => `text ${index}`);

Deno.test("scripts and contents of kept states stay, others are removed with age", async () => {
  const hub = new MemoryFleet();
  for (const text of texts) await deployText(hub, text, { key });
  const before = hub.entries.size;
  await clean(hub);
  assert.equal(hub.entries.size, before, "what is young may be part of a deployment under way");
  age(hub, 2 * limits.fleet.unusedKeptMs);
  await clean(hub);
  const there = await Promise.all(texts.map((text) => isThere(hub, text)));
  assert.deepEqual(there, texts.map((_, index) => index >= texts.length - statesKept));
  // A script and a content of each, and the state.
  assert.equal(hub.entries.size, 2 * statesKept + 1);
  // Removed scripts return with their deployment.
  await deployText(hub, texts[0], { key });
  assert.equal(await isThere(hub, texts[0]), true);
});

Deno.test("what a deployment in progress reuses counts as new, even during a concurrent cleanup", async () => {
  const hub = new MemoryFleet();
  const large = "x".repeat(2 * limits.fleet.blobPartBytes);
  await deployText(hub, large, { key });
  for (const text of texts) await deployText(hub, text, { key });
  age(hub, 2 * limits.fleet.unusedKeptMs);
  const { content, bytes } = await contentOf(large);
  const publisher = await StatePublisher.open(hub.link(), { fleet, root });
  await publisher.prepare(content, { key, readScript: () => Promise.resolve({ bytes }) });
  await clean(hub);
  await publisher.write(content, { deployment: { id: "1", deployer: "ann" }, key });
  assert.equal(await isThere(hub, large), true);
  const stored = await publisher.read(await scriptIdOf(bytes), limits.scriptBytesMax);
  assert.equal(stored.length, bytes.length);
});

Deno.test("nothing is removed if the newest content cannot be read", async () => {
  const hub = new MemoryFleet();
  for (const text of texts) await deployText(hub, text, { key });
  age(hub, 2 * limits.fleet.unusedKeptMs);
  const { content } = JSON.parse(
    new TextDecoder().decode(hub.entries.get("fleet")!.at(-1)!.value),
  );
  hub.entries.delete(`blob.${content}.0`);
  const before = hub.entries.size;
  await clean(hub);
  assert.equal(hub.entries.size, before);
});

Deno.test("nodes that left, and those not heard for long, are forgotten", async () => {
  const hub = new MemoryFleet();
  await deployText(hub, "text", { key });
  const { leftKeptMs, vanishedKeptMs } = limits.fleet;
  const cases: readonly [name: string, ageMs: number, isLeaving: boolean, isKept: boolean][] = [
    ["left-lately", leftKeptMs - dayMs, true, true],
    ["left-long-ago", leftKeptMs + dayMs, true, false],
    ["vanished", leftKeptMs + dayMs, false, true],
    ["vanished-long-ago", vanishedKeptMs + dayMs, false, false],
  ];
  for (const [name, ageMs, isLeaving] of cases) {
    const facts: PresenceFacts = {
      name,
      id: "1",
      labels: [],
      addresses: [],
      generation: 0,
      state: 0,
      load: 0,
      sinceMs: 0,
      ...(isLeaving && { isLeaving }),
    };
    const subject = `node.${name}`;
    await hub.bucket.put(subject, await signPresence(facts, { key, fleet, subject }));
    age(hub, ageMs, (each) => each === subject);
  }
  await hub.bucket.put("node.nonsense", new Uint8Array([1]));
  await clean(hub);
  const kept = cases.filter(([name]) => hub.entries.has(`node.${name}`)).map(([name]) => name);
  assert.deepEqual(kept, cases.filter(([, , , isKept]) => isKept).map(([name]) => name));
  assert.ok(hub.entries.has("node.nonsense"));
});
