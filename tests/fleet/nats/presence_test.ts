/** Presence: nodes prove that they are present, and a name belongs to one key. */
import assert from "node:assert/strict";
import {
  FleetMember,
  fleetSubjects,
  holderOf,
  type MemberNode,
  type Presence,
  type PresenceFacts,
  readAbsences,
  readPresence,
  readRoster,
  rosterOf,
  signPresence,
} from "../../../lib/fleet/mod.ts";
import { generatePem, type PublicKey, SigningKey } from "../../../lib/identity/mod.ts";
import { MemoryFleet } from "../../_support/nodes/memory_fleet.ts";
import { mentions } from "../../_support/mentions.ts";
import { until } from "../../_support/nodes/node.ts";
import { fleet, root } from "./_following_node.ts";

const [a, b] = await Promise.all([0, 1].map(async () => SigningKey.fromPem(await generatePem())));

const facts: PresenceFacts = {
  name: "rack.s2",
  id: "1",
  labels: ["gpu"],
  addresses: ["10.0.0.5:8181"],
  generation: 3,
  state: 2,
  stateHash: "f".repeat(64),
  load: 1,
  sinceMs: 1_700_000_000_000,
  problem: "it is full",
};

Deno.test("a node's statement is valid only for its purpose, unchanged, and with its key", async () => {
  const place = { fleet, subject: "_INBOX.1" };
  const bytes = await signPresence(facts, { ...place, key: a });
  const read = await readPresence(bytes, place);
  assert.deepEqual(read, { ...facts, key: a.publicKey, saidMs: read?.saidMs });
  assert.ok(Math.abs(read!.saidMs - Date.now()) < 600_000);
  // It is invalid as an answer to another query, in another fleet, or stored under another name.
  for (const other of [{ fleet, subject: "_INBOX.2" }, { fleet: "yard", subject: "_INBOX.1" }]) {
    assert.equal(await readPresence(bytes, other), undefined);
  }
  const envelope = JSON.parse(new TextDecoder().decode(bytes));
  const forged = [
    { ...envelope, said: envelope.said.replace('"load":1', '"load":0') },
    { ...envelope, key: b.publicKey },
    { ...envelope, signature: "A".repeat(86) },
    { ...envelope, signature: undefined },
    { ...facts },
    null,
  ];
  for (const each of forged) {
    const altered = new TextEncoder().encode(JSON.stringify(each));
    assert.equal(await readPresence(altered, place), undefined);
  }
  const signed = async (wrong: object) =>
    await readPresence(
      await signPresence({ ...facts, ...wrong } as PresenceFacts, { ...place, key: a }),
      place,
    );
  for (const wrong of [{ name: "" }, { state: -1 }, { state: 2 ** 52 }, { labels: "gpu" }]) {
    assert.equal(await signed(wrong), undefined, JSON.stringify(wrong));
  }
});

Deno.test("a name belongs to its pinned key, else to the first one", () => {
  const at = (key: PublicKey, sinceMs: number, more: Partial<Presence> = {}): Presence => {
    return { ...facts, key, sinceMs, saidMs: sinceMs, ...more };
  };
  const [old, young] = [at(a.publicKey, 1), at(b.publicKey, 2)];
  const keysOf = (...[answers, keys]: Parameters<typeof rosterOf>) => {
    const { present, refused } = rosterOf(answers, keys);
    return [
      [...present.values()].map(({ key }) => key),
      refused.map(({ presence, holder, isPinned }) => [presence.key, holder, isPinned]),
    ];
  };
  const pins = { "rack.s2": b.publicKey };
  assert.deepEqual(keysOf([young, old], {}), [
    [a.publicKey],
    [[b.publicKey, a.publicKey, false]],
  ]);
  assert.deepEqual(keysOf([old, young], pins), [
    [b.publicKey],
    [[a.publicKey, b.publicKey, true]],
  ]);
  assert.deepEqual(keysOf([old], pins), [[], [[a.publicKey, b.publicKey, true]]]);
  assert.deepEqual(keysOf([old, at(a.publicKey, 3)], {}), [[a.publicKey], []]);
  assert.deepEqual(keysOf([at(a.publicKey, 1, { isLeaving: true }), young], {}), [
    [b.publicKey],
    [],
  ]);
  // Names of built-ins are names like any other.
  assert.deepEqual(keysOf([at(a.publicKey, 1, { name: "constructor" })], {}), [[a.publicKey], []]);
});

function memberNode(
  name: string,
  key: SigningKey,
  more: Partial<MemberNode> = {},
): MemberNode {
  return {
    name,
    key,
    labels: [],
    addresses: [],
    generation: 0,
    counts: { inFlight: 0, calls: 0, failures: 0 },
    version: "0",
    isDeployKey: () => false,
    readReached: () => Promise.resolve(undefined),
    writeReached: () => Promise.resolve(),
    run: () => Promise.resolve(),
    ...more,
  };
}

Deno.test("a member answers queries, is remembered while absent, and learns of a namesake", async () => {
  const hub = new MemoryFleet();
  const link = hub.link();
  const namesakes: PublicKey[] = [];
  const join = (key: SigningKey, more: Partial<MemberNode> = {}) =>
    new FleetMember(hub.link(), { fleet, root, node: memberNode("s1", key, more) });
  assert.equal(await holderOf(link, { fleet, root, name: "s1" }), undefined);
  const first = join(a, { onNamesake: (key) => void namesakes.push(key) });
  assert.equal((await holderOf(link, { fleet, root, name: "s1" }))?.key, a.publicKey);
  assert.equal(await holderOf(link, { fleet, root, name: "s2" }), undefined);
  // It had no namesake so far: its own messages do not count as another's.
  assert.deepEqual(namesakes, []);
  const second = join(b);
  await until("it has heard of the other", () => namesakes.length > 0);
  assert.deepEqual(namesakes, [b.publicKey]);
  const roster = await readRoster(link, { fleet, root, isEnough: (count) => count === 2 });
  assert.equal(roster.present.size, 1);
  assert.equal(roster.refused.length, 1);
  assert.match(roster.present.get("s1")!.problem!, mentions('"s1"', b.publicKey));
  // Unsigned messages in its name change nothing.
  link.connection.publish(fleetSubjects(root).here("s1"), JSON.stringify({ ...facts, name: "s1" }));
  await second.leave();
  await first.leave();
  const absences = await readAbsences(link, { fleet, present: new Map() });
  assert.deepEqual(absences.map(({ presence }) => [presence.name, presence.isLeaving]), [
    ["s1", true],
  ]);
  // The pinned one was seen before it, and is not the last.
  const keys = { s1: b.publicKey };
  assert.deepEqual(await readAbsences(link, { fleet, keys, present: new Map() }), []);
});
