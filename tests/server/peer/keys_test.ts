/** Clients with keys, from outside: holders of a key are admitted, and no other caller, whatever it sends. */
import assert from "node:assert/strict";
import { connect } from "../../../lib/client/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { FrameKind, type Route } from "../../../lib/protocol/mod.ts";
import { generatePem, type PublicKey, SigningKey } from "../../../lib/identity/mod.ts";
import {
  newKey,
  temporaryFolder,
  type TestDeployment,
  TestNode,
} from "../../_support/nodes/node.ts";
import { frameOf, RawCaller, requestFrame } from "../../_support/raw_caller.ts";
import { failure, mentions } from "../../_support/mentions.ts";

const who = { who: { returns: ["str"], source: "export const who = () => 'me';" } };
const returnsText = { returns: ["str"] };

function deploymentFor(
  c1: PublicKey,
  c2: PublicKey,
  tenants: readonly string[] = ["c1", "c2", "plain"],
): TestDeployment {
  return {
    clients: [
      { name: "c1", key: c1 },
      { name: "c2", ip: "127.0.0.1", key: c2 },
      { name: "plain", ip: "10.0.0.1" },
    ],
    services: { open: { tenants, rpcs: who }, second: { tenants: ["c2"], rpcs: who } },
  };
}

const askAll = requestFrame(2, { op: "describe" });

Deno.test("a caller that proves its key is admitted, from anywhere or from its address", async (t) => {
  const [k1, k2] = [await newKey(), await newKey()];
  const deployment = deploymentFor(k1.publicKey, k2.publicKey);
  await using node = await TestNode.start({ inMemory: true, deployment });
  const outcome = async (
    host: string,
    client: string | undefined,
    key: SigningKey,
    target = "open.who",
  ): Promise<string> => {
    await using connection = await node.connectionFrom(host, 1, client, key);
    return await connection.call(target, [], returnsText).then(String, ({ code }) => code);
  };
  await t.step("by its name", async () => {
    assert.equal(await outcome("203.0.113.7", "c1", k1), "me");
    assert.equal(await outcome("127.0.0.1", "c2", k2), "me");
  });
  await t.step("by its key only", async () => {
    assert.equal(await outcome("203.0.113.7", undefined, k1), "me");
    assert.equal(await outcome("127.0.0.1", undefined, k2, "second.who"), "me");
    assert.equal(
      await outcome("203.0.113.7", undefined, k1, "second.who"),
      "Client Not Registered",
    );
  });
  await t.step("not from another address, if the client has one, too", async () => {
    assert.equal(await outcome("203.0.113.7", "c2", k2), "Unauthenticated");
  });
  await t.step("not with the wrong key, nor with the right one for another name", async () => {
    const stranger = await newKey();
    for (const [client, key] of [["c1", stranger], ["c1", k2], ["c2", k1]] as const) {
      assert.equal(await outcome("127.0.0.1", client, key), "Unauthenticated");
    }
    const { fields } = await node.log.until("call.refused", { client: "c1" });
    assert.equal(
      fields.message,
      `client "c1" from 127.0.0.1 with the key ${stranger.publicKey.slice(0, 16)}… is not ` +
        "registered on this node",
    );
  });
  await t.step("a caller with an unknown key is still admitted by its address", async () => {
    assert.equal(await outcome("10.0.0.1", "plain", await newKey()), "me");
  });
  await t.step("explain names the reason", async () => {
    await using connection = await node.connectionFrom("127.0.0.1", 1, undefined, k2);
    const asked = { op: "explain", service: "open", rpc: "who" } as const;
    const { client, identities } = await connection.raw.request(asked, { timeoutMs: 60_000 });
    assert.equal(client, "c2");
    assert.deepEqual(identities, [{
      client: "c2",
      reason: "it has proved its key and is a tenant of open, the first such",
    }]);
  });
  await t.step("a client whose key was replaced is refused at its next call", async () => {
    await using connection = await node.connectionFrom("203.0.113.7", 1, "c1", k1);
    assert.equal(await connection.call("open.who", [], returnsText), "me");
    await using deployer = await node.connection();
    await deployer.deploy(deploymentFor((await newKey()).publicKey, k2.publicKey));
    await assert.rejects(connection.call("open.who", [], returnsText), {
      code: "Unauthenticated",
    });
    await deployer.deploy(deploymentFor(k1.publicKey, k2.publicKey, ["c2"]));
    await assert.rejects(connection.call("open.who", [], returnsText), {
      code: "Client Not Registered",
    });
  });
});

Deno.test("a caller that proved a key is not a stranger: it stays, and may send large messages", async (t) => {
  const bounds = { sweepEveryMs: 10, strangerTimeoutMs: 1000 };
  const key = await newKey();
  const size = {
    args: ["bytes"],
    returns: ["int"],
    source: "export const size = (bytes) => bytes.length;",
  };
  const deployment = {
    clients: [{ name: "c1", key: key.publicKey }],
    services: { any: { tenants: ["c1"], rpcs: { size } } },
  };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment });
  const large = new Uint8Array(300_000);
  await using client = await node.connectionFrom("203.0.113.7", 1, "c1", key);
  await t.step("its first message may be large, after its proof", async () => {
    assert.equal(await client.call("any.size", [large], size), large.length);
  });
  await t.step("that of a holder of another key may not", async () => {
    const other = await newKey();
    await using stranger = await node.connectionFrom("203.0.113.7", 2, "c1", other);
    await assert.rejects(stranger.call("any.size", [large], size));
    const refused = await node.log.until("connection.refused", { from: "203.0.113.7:2" });
    assert.match(
      `${refused.fields.message}`,
      mentions(/\b3\d+ bytes/, "32768"),
    );
  });
  await t.step("it stays when strangers are evicted", async () => {
    await using stranger = await node.connectionFrom("203.0.113.7", 3);
    await stranger.raw.ended;
    assert.equal(await client.call("any.size", [large], size), large.length);
  });
});

Deno.test("a proof is valid once, on its connection, at its node, for its client", async (t) => {
  const [key, other] = [await newKey(), await newKey()];
  const deployment = deploymentFor(key.publicKey, other.publicKey);
  await using node = await TestNode.start({ deployment, name: "s1" });
  await using second = await TestNode.start({
    deployment: { ...deployment, node: "s2" },
    name: "s2",
  });
  const raw = async (to = node): Promise<RawCaller> => new RawCaller(await to.transport());
  /** The reply to a modified proof. */
  const refusal = async (
    changes: Parameters<RawCaller["proof"]>[1],
    as: SigningKey = key,
  ): Promise<string> => {
    using caller = await raw();
    await caller.greet(as.publicKey, "c1");
    await caller.send(requestFrame(1, await caller.proof(as, changes)), askAll);
    return await caller.refusal();
  };
  const badSignature =
    "the end, Unauthenticated: the signature is not one of the key over this connection's " +
    "challenge; see docs/protocol.md";

  await t.step("requests sent right after it wait for it, and are served", async () => {
    using caller = await raw();
    assert.match(await caller.greet(key.publicKey, "c1"), /^[A-Za-z0-9_-]{43}$/);
    const route: Route = { service: "open", rpc: "who", argumentTypes: [], returnTypes: ["str"] };
    const call = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 0x5b, 0x5d);
    await caller.send(
      requestFrame(1, await caller.proof(key)),
      frameOf(FrameKind.route, 0, encodeJson(route)),
      frameOf(FrameKind.call, 2, call),
    );
    const [proved, served] = [await caller.next(), await caller.next()];
    assert.deepEqual([proved.kind, proved.call], [FrameKind.response, 1]);
    assert.deepEqual([served.kind, served.call], [FrameKind.result, 2]);
    await node.log.until("connection.proved", { client: "c1", key: key.publicKey });
  });
  await t.step("challenges are unique, and given only to callers that claim a key", async () => {
    const challenges = new Set<string>();
    for (let time = 0; time < 20; time++) {
      using caller = await raw();
      challenges.add(await caller.greet(key.publicKey));
    }
    assert.equal(challenges.size, 20);
    using caller = await raw();
    assert.equal(await caller.greet(undefined, "c1"), "");
  });
  await t.step("a replayed one proves nothing", async () => {
    using first = await raw();
    await first.greet(key.publicKey, "c1");
    const proof = requestFrame(1, await first.proof(key));
    await first.send(proof);
    assert.equal((await first.next()).kind, FrameKind.response);
    using again = await raw();
    await again.greet(key.publicKey, "c1");
    await again.send(proof, askAll);
    assert.equal(await again.refusal(), badSignature);
    await first.send(requestFrame(2, await first.proof(key)));
    assert.match(await first.refusal(), failure("Unauthenticated", "hello", "key"));
  });
  await t.step("one signed by another key proves nothing", async () => {
    assert.equal(await refusal({ signer: other }), badSignature);
  });
  await t.step("one signed for another name proves nothing", async () => {
    assert.equal(await refusal({ client: "c2" }), badSignature);
    assert.equal(await refusal({ client: "" }), badSignature);
  });
  await t.step("one relayed from another node proves nothing", async () => {
    // The caller is connected to a node that relays the challenge of the node it attacks.
    using relay = await raw();
    const challenge = await relay.greet(key.publicKey, "c1");
    using victim = await raw(second);
    await victim.greet(key.publicKey, "c1");
    await relay.send(requestFrame(1, await victim.proof(key, { challenge })), askAll);
    assert.equal(
      await relay.refusal(),
      `the end, Unauthenticated: the proof is for the node at ${second.address}, and this ` +
        `connection came in at ${node.address}; if a router, a container or a tunnel leads from ` +
        `there to here, serve with --advertise ${second.address}`,
    );
    using lied = await raw();
    await lied.greet(key.publicKey, "c1");
    const proof = await victim.proof(key, { challenge: lied.hello!.challenge });
    await lied.send(requestFrame(1, { ...proof, to: node.address }));
    assert.equal(await lied.refusal(), badSignature);
  });
  await t.step("one for a node with another name proves nothing", async () => {
    assert.match(await refusal({ node: "s2" }), mentions('"s2"', '"s1"'));
  });
  await t.step("a stranger does not learn the node's addresses or name", async () => {
    const stranger = await newKey();
    for (const changes of [{ to: "10.0.0.9:1" }, { node: "s2" }]) {
      const said = await refusal(changes, stranger);
      assert.match(said, /end, Unauthenticated: .*--advertise/);
      if ("to" in changes) assert.ok(!said.includes(node.address), said);
      assert.ok(!said.includes('"s1"'), said);
    }
  });
  await t.step("no other frame is accepted before it", async () => {
    const first = /end, Unauthenticated: .*"prove"/;
    for (const frame of [askAll, frameOf(FrameKind.route, 0, encodeJson({}))]) {
      using caller = await raw();
      await caller.greet(key.publicKey, "c1");
      await caller.send(frame);
      assert.match(await caller.refusal(), first);
    }
  });
  await t.step("one without a key in the hello is refused, and costs only itself", async () => {
    using caller = await raw();
    await caller.greet(undefined, "c1");
    await caller.send(requestFrame(1, await caller.proof(key)));
    assert.match(await caller.refusal(), failure("Unauthenticated", "hello", "key"));
    await caller.send(askAll);
    assert.equal((await caller.next()).kind, FrameKind.response);
  });
  await t.step("malformed proofs and keys are refused", async () => {
    using caller = await raw();
    await caller.greet(key.publicKey);
    await caller.send(requestFrame(1, { op: "prove", to: node.address, signature: "?" }), askAll);
    assert.equal(await caller.refusal(), badSignature);
    using broken = await raw();
    await broken.greet(key.publicKey);
    const lines = { op: "prove", to: "1.2.3.4:5\nx", signature: "AA" };
    await broken.send(requestFrame(1, lines));
    assert.match(await broken.refusal(), /end, Malformed Message: .*\bline\b/);
    using keyless = await raw();
    const hello = { version: 1, software: "x", messageBytesMax: 1 << 20, key: "ed25519:x" };
    await keyless.send(
      Uint8Array.of(0xfc, 0x46, 0x43, 0x52),
      frameOf(FrameKind.hello, 0, encodeJson(hello)),
    );
    assert.equal((await keyless.next()).kind, FrameKind.hello);
    assert.match(
      await keyless.refusal(),
      /end, Malformed Message: .*\bkey\b.*\bhello\b/,
    );
  });
  await t.step("more than one message after a pending proof ends the connection", async () => {
    using caller = await raw();
    await caller.greet(key.publicKey);
    const much = frameOf(FrameKind.call, 7, new Uint8Array(limits.messageBytesMax));
    await caller.send(requestFrame(1, await caller.proof(key)), much, much).catch(() => {});
    await assert.rejects(async () => {
      for (;;) await caller.next();
    });
  });
});

Deno.test("a caller that claims a key without proving it is closed in time, whatever else it sends", async (t) => {
  // As many pings as a fast machine sends meanwhile.
  const bounds = { sweepEveryMs: 10, proofTimeoutMs: 1000, pingsMax: Infinity };
  const key = await newKey();
  const deployment = deploymentFor(key.publicKey, (await newKey()).publicKey);
  await using node = await TestNode.start({ bounds, deployment });
  await t.step("a caller that has proved it is not", async () => {
    using caller = new RawCaller(await node.transport());
    await caller.greet(key.publicKey, "c1");
    await caller.send(requestFrame(1, await caller.proof(key)));
    assert.equal((await caller.next()).kind, FrameKind.response);
    using mute = new RawCaller(await node.transport());
    await mute.greet(key.publicKey, "c1");
    await assert.rejects(mute.next(), /\bended\b/);
    await caller.send(askAll);
    assert.equal((await caller.next()).kind, FrameKind.response);
  });
  await t.step("pings do not help", async () => {
    using caller = new RawCaller(await node.transport());
    await caller.greet(key.publicKey, "c1");
    await assert.rejects(async () => {
      for (;;) {
        await caller.send(frameOf(FrameKind.ping, 1, new Uint8Array(0)));
        assert.equal((await caller.next()).kind, FrameKind.pong);
      }
    });
    const message = "its key was not proved within 1000 ms";
    await node.log.until("connection.timed-out", { message }, 2);
  });
});

Deno.test("through a router, a proof is valid if the node knows its public address", async () => {
  const key = await newKey();
  const deployment = deploymentFor(key.publicKey, (await newKey()).publicKey);
  const advertised = ["203.0.113.5:8181"];
  await using node = await TestNode.start({ deployment, advertised });
  using caller = new RawCaller(await node.transport());
  await caller.greet(key.publicKey, "c1");
  await caller.send(requestFrame(1, await caller.proof(key, { to: advertised[0] })));
  assert.equal((await caller.next()).kind, FrameKind.response);
});

Deno.test("a program proves the key in a file, to a host name as to an address", async () => {
  await using folder = await temporaryFolder();
  const key = `${folder.path}/c1.key`;
  const pem = await generatePem();
  await Deno.writeTextFile(key, pem, { mode: 0o600 });
  const { publicKey } = await SigningKey.fromPem(pem);
  await using node = await TestNode.start({
    deployment: { clients: [{ name: "c1", key: publicKey }], services: { open: { rpcs: who } } },
  });
  for (const host of ["127.0.0.1", "localhost"]) {
    await using farcall = await connect(`${host}:${node.node.port}`, { as: "c1", key });
    assert.equal(await farcall.call("open", "who"), "me");
  }
  await using nobody = await connect(node.address, { as: "c1" });
  await assert.rejects(nobody.call("open", "who"), { code: "Unauthenticated" });
  await assert.rejects(connect(node.address, { key: `${folder.path}/no.key` }), {
    code: "Invalid Configuration",
    message: mentions('no.key"', "farcall keygen"),
  });
  if (Deno.build.os !== "windows") {
    await Deno.chmod(key, 0o644);
    await assert.rejects(connect(node.address, { as: "c1", key }), {
      code: "Invalid Configuration",
      message: mentions("c1", "0644", "chmod 600", "key"),
    });
  }
  const log = JSON.stringify(node.log.records);
  assert.ok(log.includes(publicKey));
  assert.ok(!log.includes(pem.split("\n")[1].slice(-40)));
});
