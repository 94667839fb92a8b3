/**
 * A node's reaction to a store that lies, forgets or fails: it keeps running its generation, reports the problem, and
 * recovers.
 */
import assert from "node:assert/strict";
import { DeployRejected } from "../../../lib/errors/mod.ts";
import { StatePublisher } from "../../../lib/fleet/mod.ts";
import { generatePem, SigningKey } from "../../../lib/identity/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { MemoryFleet, natsError } from "../../_support/nodes/memory_fleet.ts";
import { mentions } from "../../_support/mentions.ts";
import { until } from "../../_support/nodes/node.ts";
import { contentOf, deployText, fleet, FollowingNode, root } from "./_following_node.ts";

const key = await SigningKey.fromPem(await generatePem());
const other = await SigningKey.fromPem(await generatePem());

/** Rewrites the stored state as JSON. */
function alterState(hub: MemoryFleet, change: (state: Record<string, unknown>) => void): void {
  const entry = hub.entries.get("fleet")!.at(-1)!;
  const state = JSON.parse(new TextDecoder().decode(entry.value));
  change(state);
  const value = new TextEncoder().encode(JSON.stringify(state));
  hub.entries.get("fleet")!.push({ ...entry, value });
}

/** A node that has reached state 2 of two. */
async function reachedTwo(): Promise<{ hub: MemoryFleet; node: FollowingNode }> {
  const hub = new MemoryFleet();
  await deployText(hub, "one", { key });
  const node = new FollowingNode(hub, key);
  await until("it has reached state 1", () => node.follower.number === 1);
  await deployText(hub, "two", { key });
  await until("it has reached state 2", () => node.follower.number === 2);
  return { hub, node };
}

interface Case {
  readonly name: string;
  /** Changes to the store. */
  spoil(hub: MemoryFleet): void | Promise<void>;
  readonly problem: RegExp;
}

const large = "x".repeat(3 * limits.fleet.blobPartBytes);

const cases: readonly Case[] = [
  {
    name: "a state whose signature is not over it",
    async spoil(hub) {
      await deployQuietly(hub, "three");
      alterState(hub, (state) => state.deployment = { id: "x", deployer: "eve" });
    },
    problem: mentions(/\bstate \d/, "signature", key.publicKey),
  },
  {
    name: "a state of another deployer's key",
    spoil: async (hub) => void await deployText(hub, "three", { key: other }),
    problem: mentions(/\bstate \d/, other.publicKey, /\bkeys\b/),
  },
  {
    name: "a store that was set back",
    spoil: (hub) => void hub.entries.set("fleet", hub.entries.get("fleet")!.slice(0, 1)),
    problem: mentions(/\bstate 1\b/, /\bstate 2\b/, /\binit\b/),
  },
  {
    name: "another state of the same number",
    async spoil(hub) {
      hub.entries.set("fleet", hub.entries.get("fleet")!.slice(0, 1));
      await deployText(hub, "another two", { key });
    },
    problem: mentions(/\bstate 2\b/, /\binit\b/),
  },
  {
    name: "a next state of another history",
    async spoil(hub) {
      hub.entries.set("fleet", hub.entries.get("fleet")!.slice(0, 1));
      await deployText(hub, "another two", { key });
      await deployText(hub, "another three", { key });
    },
    problem: mentions(/\bstate 2\b/, /\binit\b/),
  },
  {
    name: "a store that was emptied",
    spoil: (hub) => hub.entries.clear(),
    problem: mentions(/\bstate 2\b/, "emptied"),
  },
  {
    name: "a state that is none",
    spoil: (hub) => void hub.bucket.put("fleet", new Uint8Array([1, 2, 3])),
    problem: mentions('"lab"', "version"),
  },
  {
    name: "a state of another fleet",
    spoil: (hub) => alterState(hub, (state) => state.fleet = "yard"),
    problem: mentions('"lab"', "version"),
  },
  {
    name: "a script of which a part is missing",
    async spoil(hub) {
      hub.writeFailure = undefined;
      const lost = new MemoryFleet();
      await deployText(lost, large, { key });
      const parts = [...lost.entries.keys()].filter((each) => /^blob\..*\.1$/.test(each));
      assert.equal(parts.length, 1);
      await deployQuietly(hub, large);
      hub.entries.delete(parts[0]);
    },
    problem: /part 2 of/,
  },
  {
    name: "a script whose bytes were changed",
    async spoil(hub) {
      const { content } = await contentOf("changed");
      const id = content.services[0].service.overloads[0].script;
      await deployQuietly(hub, "changed");
      await hub.bucket.put(`blob.${id}.0`, new Uint8Array([0, 0, 0, 1, 65]));
    },
    problem: /[0-9a-f]{64}/,
  },
  {
    name: "a server without JetStream",
    spoil(hub) {
      hub.hasStore = false;
      hub.failure = natsError("RequestError", "no responders");
    },
    problem: mentions("JetStream", "-js"),
  },
  {
    name: "a bucket that was deleted",
    spoil: (hub) => void (hub.failure = natsError("TimeoutError", "timeout")),
    problem: mentions("farcall_lab"),
  },
  {
    name: "a store that is not permitted",
    spoil(hub) {
      const cause = natsError("PermissionViolationError", "Permissions Violation");
      hub.failure = natsError("RequestError", "Permissions Violation", cause);
    },
    problem: mentions("Permissions Violation", "docs/fleet.md"),
  },
];

/** Writes a state without announcing it. */
async function deployQuietly(hub: MemoryFleet, text: string): Promise<void> {
  const { content, bytes } = await contentOf(text);
  const publisher = await StatePublisher.open(hub.link(), { fleet, root });
  await publisher.prepare(content, { key, readScript: () => Promise.resolve({ bytes }) });
  await publisher.write(content, { deployment: { id: "q", deployer: "ann" }, key });
}

for (const { name, spoil, problem } of cases) {
  Deno.test(`${name}: the node keeps what it runs and says so, and init mends it`, async () => {
    const { hub, node } = await reachedTwo();
    using _node = node;
    await spoil(hub);
    node.follower.look();
    await until("it says what is wrong", () => node.follower.problem !== undefined);
    assert.match(node.follower.problem!, problem);
    assert.equal(node.follower.number, 2);
    assert.deepEqual(node.ran.map(({ scripts }) => scripts), [["one"], ["two"]]);
    // An operator repairs the store; the next deployment restores the rest.
    hub.failure = undefined;
    hub.hasStore = true;
    const text = name.includes("part") ? large : "after";
    const number = await deployText(hub, text, { key, present: [node.presence(key)] });
    await until("it follows", () => node.follower.number === number);
    assert.ok(number > 2);
    assert.equal(node.follower.problem, undefined);
    assert.deepEqual(node.ran.at(-1)!.scripts, [text]);
  });
}

Deno.test("before the first deployment, a fleet's missing bucket is not a problem", async () => {
  const hub = new MemoryFleet();
  hub.failure = natsError("TimeoutError", "timeout");
  using node = new FollowingNode(hub, key);
  await node.follower.stop();
  assert.equal(node.follower.problem, undefined);
});

Deno.test("an announcement is followed while the store does not answer", async () => {
  const hub = new MemoryFleet();
  hub.isSilent = true;
  using node = new FollowingNode(hub, key);
  await new Promise((resolve) => setTimeout(resolve, 0));
  // The node's request stays unanswered.
  hub.isSilent = false;
  await deployText(hub, "one", { key });
  await until("it follows", () => node.follower.number === 1);
  assert.deepEqual(node.ran.map(({ scripts }) => scripts), [["one"]]);
});

Deno.test("a state larger than a NATS message arrives in parts, complete", async () => {
  const hub = new MemoryFleet();
  await deployText(hub, large, { key });
  using node = new FollowingNode(hub, key);
  await until("it has reached it", () => node.follower.number === 1);
  assert.deepEqual(node.ran[0].scripts, [large]);
});

Deno.test("a deployer learns the reason why a state cannot be stored, and nothing has changed", async () => {
  const hub = new MemoryFleet();
  await deployText(hub, "one", { key });
  const refusal = "insufficient resources";
  const full = natsError("JetStreamApiError", refusal);
  hub.writeFailure = full;
  const rejects = (work: Promise<unknown>, message: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof DeployRejected, String(error));
      assert.match(error.message, message);
      return true;
    });
  await rejects(deployText(hub, "two", { key }), mentions(refusal));
  hub.writeFailure = undefined;
  const { content, bytes } = await contentOf("two");
  const publisher = await StatePublisher.open(hub.link(), { fleet, root });
  await publisher.prepare(content, { key, readScript: () => Promise.resolve({ bytes }) });
  hub.writeFailure = full;
  const deployment = { id: "2", deployer: "ann" };
  await rejects(publisher.write(content, { deployment, key }), mentions(refusal));
  hub.writeFailure = undefined;
  // Another deployer was faster.
  await deployText(hub, "other", { key, deployer: "bob@lab" });
  await rejects(publisher.write(content, { deployment, key }), mentions("bob@lab", '"lab"'));
  hub.failure = natsError("TimeoutError", "timeout");
  await rejects(deployText(hub, "three", { key }), mentions("farcall_lab"));
});

Deno.test("a current state is not written again, unless a present node knows another", async () => {
  const { hub, node } = await reachedTwo();
  using _node = node;
  const { content } = await contentOf("two");
  const isCurrent = async (...present: ReturnType<FollowingNode["presence"]>[]) => {
    const publisher = await StatePublisher.open(hub.link(), { fleet, root, present });
    return await publisher.isCurrent(content, key);
  };
  const presence = node.presence(key);
  assert.equal(await isCurrent(presence), true);
  assert.equal(await isCurrent({ ...presence, state: 1 }), true);
  assert.equal(await isCurrent({ ...presence, state: 3 }), false);
  assert.equal(await isCurrent(presence, { ...presence, stateHash: "other" }), false);
});
