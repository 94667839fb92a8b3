/** Deploy keys, from outside: their holders can deploy, from anywhere; no other caller can, whatever it sends. */
import assert from "node:assert/strict";
import { proveLocal } from "../../../lib/client/mod.ts";
import type { Request } from "../../../lib/protocol/mod.ts";
import { scriptIdOf, type SigningKey } from "../../../lib/identity/mod.ts";
import {
  bytesOf,
  gzip,
  newKey,
  temporaryFolder,
  type TestConnection,
  type TestDeployment,
  TestNode,
  type TestNodeOptions,
} from "../../_support/nodes/node.ts";
import { RawCaller, requestFrame } from "../../_support/raw_caller.ts";
import { failure, mentions } from "../../_support/mentions.ts";
import { text, versionOfS1 } from "./_versions.ts";

const patience = { timeoutMs: 60_000 };

type Stage = Request & { op: "stage" };

/** A validly signed `stage`, whose scripts were sent. */
async function signedStage(
  connection: TestConnection,
  deployment: TestDeployment,
  rollbackTo?: number,
): Promise<Stage> {
  const manifest = await connection.send(deployment);
  const isRollback = rollbackTo !== undefined;
  const info = { id: crypto.randomUUID(), deployer: "ann@lab", ...(isRollback && { rollbackTo }) };
  const stage = { op: "stage", manifest, deployment: info } as const;
  return { ...stage, signed: await connection.sign(stage) };
}

/** The refusal of a request. */
async function refusalOf(connection: TestConnection, request: Request): Promise<string> {
  return await connection.raw.request(request, patience).then(
    (response) => `taken: ${JSON.stringify(response)}`,
    ({ code, message }) => `${code}: ${message}`,
  );
}

const steps: readonly Request[] = [
  { op: "observe", scripts: [] },
  { op: "put", scripts: [] },
  { op: "begin", deployment: { id: "d", deployer: "x" }, generation: 0 },
  {
    op: "stage",
    manifest: { format: 1, node: "s1", clients: [], services: [] },
    deployment: { id: "d", deployer: "x" },
  },
  { op: "commit" },
  { op: "abort" },
  { op: "history" },
  { op: "check" },
  { op: "generation", number: 1 },
  { op: "status" },
];

Deno.test("a node with deploy keys refuses deployers without one", async (t) => {
  const [key, client] = [await newKey(), await newKey()];
  await using node = await TestNode.start({ inMemory: true, deployKeys: [key.publicKey] });
  {
    await using deployer = await node.connectionFrom("203.0.113.7", 1, undefined, key);
    const clients = [{ name: "c1", key: client.publicKey }, { name: "c2", ip: "127.0.0.1" }];
    assert.equal(await deployer.deploy({ ...versionOfS1("mine"), clients }), 1);
  }
  const isClosed = async (
    connection: TestConnection,
    message: (what: string) => string,
  ): Promise<void> => {
    for (const step of steps) {
      const does = step.op === "status"
        ? "reports its state only to"
        : "accepts deployments only from";
      assert.equal(await refusalOf(connection, step), `Unauthenticated: ${message(does)}`);
    }
  };
  const noKey = (does: string) =>
    `this node ${does} holders of its deploy keys, and this connection has proved none: run farcall ` +
    "with --key FILE";
  const wrongKey = ({ publicKey }: SigningKey) => (does: string) =>
    `this node ${does} holders of its deploy keys, and ${publicKey.slice(0, 16)}… is not one of ` +
    `them; use another key with farcall --key FILE, or serve with --deploy-key ${publicKey}`;
  for (const host of ["127.0.0.1", "::1", "203.0.113.7"]) {
    await t.step(`without a key, from ${host}`, async () => {
      await using connection = await node.connectionFrom(host);
      await isClosed(connection, noKey);
    });
    await t.step(`with a key that nobody knows, from ${host}`, async () => {
      const stranger = await newKey();
      await using connection = await node.connectionFrom(host, 1, undefined, stranger);
      await isClosed(connection, wrongKey(stranger));
    });
    await t.step(`with a client's key, which is not a deploy key, from ${host}`, async () => {
      await using connection = await node.connectionFrom(host, 1, "c1", client);
      await isClosed(connection, wrongKey(client));
      assert.equal(await connection.call("open.who", [], text), "mine");
    });
  }
  await t.step("with the right key, not proved on this connection", async () => {
    using caller = new RawCaller(await node.transport("127.0.0.1", 1));
    await caller.greet(key.publicKey);
    await caller.send(requestFrame(1, { op: "observe", scripts: [] }));
    assert.match(await caller.refusal(), /end, Unauthenticated: .*\bhello\b/);
    using other = new RawCaller(await node.transport("127.0.0.1", 1));
    await other.greet(key.publicKey);
    const proof = await other.proof(key, { signer: client });
    await other.send(requestFrame(1, proof), requestFrame(2, { op: "observe", scripts: [] }));
    assert.match(await other.refusal(), /end, Unauthenticated: .*\bsignature\b/);
  });
  await t.step("a deploy key alone cannot call", async () => {
    await using deployer = await node.connectionFrom("203.0.113.7", 1, undefined, key);
    await assert.rejects(deployer.call("open.who", [], text), { code: "Unauthenticated" });
  });
  await t.step("none of this has changed anything", () => {
    assert.equal(node.node.generation, 1);
  });
});

Deno.test("without deploy keys, a deployer's signature is stored, and the node's own user deploys unsigned", async () => {
  const key = await newKey();
  await using node = await TestNode.start({
    inMemory: true,
    deployment: versionOfS1("unsigned"),
  });
  await using stranger = await node.connectionFrom("10.0.0.9", 1, undefined, key);
  assert.match(
    await refusalOf(stranger, { op: "observe", scripts: [] }),
    failure("Unauthenticated", /\bkey\b/, "machine"),
  );
  await using deployer = await node.connectionFrom("127.0.0.1", 1, undefined, key);
  await proveLocal(deployer.raw);
  await deployer.deploy(versionOfS1("signed"));
  const { generations } = await deployer.raw.request({ op: "history" }, patience);
  assert.deepEqual(generations.map(({ deployment }) => deployment?.signed?.key), [
    undefined,
    key.publicKey,
  ]);
  const forged = await signedStage(deployer, versionOfS1("forged"));
  const bad = { ...forged, deployment: { ...forged.deployment, deployer: "bob@lab" } };
  assert.match(await refusalOf(deployer, bad), failure("Unauthenticated", "signature"));
});

Deno.test("only what the deployer has signed is staged, and only on its node, in its order", async (t) => {
  const [key, second] = [await newKey(), await newKey()];
  const deployKeys = [key.publicKey, second.publicKey];
  await using node = await TestNode.start({ deployKeys });
  await using other = await TestNode.start({ deployKeys });
  await using deployer = await node.connection(undefined, key);
  assert.equal(await deployer.deploy(versionOfS1("first")), 1);
  const stage = await signedStage(deployer, versionOfS1("next"));
  const notSigned = new RegExp(
    `^Unauthenticated: the signature is not one of ${key.publicKey.slice(0, 16)}… over this ` +
      'deployment of this manifest to node "s1" in the place of generation 1; run init again',
  );

  await t.step("an unsigned one is refused", async () => {
    assert.equal(
      await refusalOf(deployer, { ...stage, signed: undefined }),
      "Unauthenticated: the deployment is not signed, and this node accepts only deployments signed " +
        "by one of its deploy keys: run farcall init --key FILE",
    );
  });
  await t.step("one signed by another deployer is refused", async () => {
    await using thief = await node.connection(undefined, second);
    assert.equal(
      await refusalOf(thief, stage),
      `Unauthenticated: the deployment is signed by ${key.publicKey.slice(0, 16)}…, and this ` +
        `connection has proved ${second.publicKey.slice(0, 16)}…: deploy with the key that signed`,
    );
    const { generations } = await thief.raw.request({ op: "history" }, patience);
    assert.equal(generations.length, 1);
  });
  const { manifest, deployment, signed } = stage;
  const [service] = manifest.services;
  const evil = bytesOf("export const who = () => 'evil';");
  await deployer.put([evil]);
  const script = await scriptIdOf(evil);
  const changed: Record<string, Partial<Stage>> = {
    "with another script": {
      manifest: {
        ...manifest,
        services: [{ ...service, overloads: [{ ...service.overloads[0], script }] }],
      },
    },
    "with another tenant": {
      manifest: { ...manifest, services: [{ ...service, tenants: ["c1", "c2"] }] },
    },
    "with another client": {
      manifest: { ...manifest, clients: [...manifest.clients, { name: "c2", ip: "10.0.0.1" }] },
    },
    "with another id": { deployment: { ...deployment, id: "another" } },
    "with another deployer's name": { deployment: { ...deployment, deployer: "bob@lab" } },
    "as a rollback that it is not": { deployment: { ...deployment, rollbackTo: 1 } },
    "with a signature of nothing": { signed: { ...signed!, signature: "A".repeat(86) } },
    "with a signature that is none": { signed: { ...signed!, signature: "?" } },
  };
  for (const [what, changes] of Object.entries(changed)) {
    await t.step(`one that was tampered with is refused: ${what}`, async () => {
      assert.match(await refusalOf(deployer, { ...stage, ...changes }), notSigned);
    });
  }
  await t.step("a script under another's hash is refused before anything", async () => {
    const scripts = [{ id: service.overloads[0].script, bytes: evil.length }];
    await assert.rejects(
      deployer.raw.request({ op: "put", scripts }, patience, await gzip(evil)),
      { code: "Deploy Rejected", message: /\bhash\b/ },
    );
  });
  await t.step("one for another node is refused there", async () => {
    await using there = await other.connection(undefined, key);
    await there.send(versionOfS1("next"));
    assert.match(
      await refusalOf(there, stage),
      mentions('"s1"'),
    );
    // With the same name, and a generation with the same number.
    assert.equal(await there.deploy(versionOfS1("first")), 1);
    assert.match(await refusalOf(there, stage), notSigned);
    const renamed = { ...stage, manifest: { ...manifest, node: "s2" } };
    assert.match(await refusalOf(there, renamed), mentions('"s2"', "generation 1"));
  });
  await t.step("exactly as signed it is accepted, however it began", async () => {
    const begun = { id: "begun", deployer: "somebody" };
    await deployer.raw.request({ op: "begin", deployment: begun, generation: 1 }, patience);
    assert.deepEqual(await deployer.raw.request(stage, patience), { generation: 2 });
    assert.equal(await deployer.commit(), 2);
    const { generations } = await deployer.raw.request({ op: "history" }, patience);
    assert.deepEqual(generations[1].deployment, { ...deployment, from: "127.0.0.1", signed });
    await node.log.until("deploy.committed", { generation: 2, key: key.publicKey });
  });
  await t.step("only once: later it is refused, unchanged or as a rollback", async () => {
    assert.match(await refusalOf(deployer, stage), mentions("generation 2", /\binit\b/));
    await deployer.deploy(versionOfS1("third"));
    assert.match(await refusalOf(deployer, stage), mentions("generation 3", /\binit\b/));
    const back = { ...stage, deployment: { ...deployment, rollbackTo: 2 } };
    assert.match(await refusalOf(deployer, back), mentions("generation 3", /\binit\b/));
  });
  await t.step("a rollback is signed, too", async () => {
    const back = await signedStage(deployer, versionOfS1("next"), 2);
    await deployer.raw.request(back, patience);
    assert.equal(await deployer.commit(), 4);
    await using caller = await node.connection();
    assert.equal(await caller.call("open.who", [], text), "next");
  });
  await t.step("another deployer continues from there, with its own key", async () => {
    await using another = await node.connection(undefined, second);
    assert.equal(await another.deploy(versionOfS1("theirs")), 5);
    const { generations } = await another.raw.request({ op: "history" }, patience);
    assert.deepEqual(generations.map(({ deployment }) => deployment?.signed?.key), [
      ...Array(4).fill(key.publicKey),
      second.publicKey,
    ]);
  });
});

Deno.test("a deployment by a removed key stays in service, and the key deploys nothing more", async (t) => {
  const [removed, key] = [await newKey(), await newKey()];
  await using root = await temporaryFolder();
  const start = (options: TestNodeOptions): Promise<TestNode> =>
    TestNode.start({ root: root.path, ...options });
  {
    await using node = await start({ deployKeys: [removed.publicKey] });
    await using deployer = await node.connection(undefined, removed);
    await deployer.deploy(versionOfS1("old"));
    assert.deepEqual(node.log.all("deploy.untrusted"), []);
  }
  await using node = await start({ deployKeys: [key.publicKey] });
  const caller = await node.connect();
  await t.step("it keeps serving, and names the deployer", async () => {
    assert.equal(await caller.call("open", "who"), "old");
    const { fields } = await node.log.until("deploy.untrusted", { key: removed.publicKey });
    assert.equal(
      fields.message,
      `generation 1 is signed by ${removed.publicKey.slice(0, 16)}…, which is not one of this ` +
        "node's deploy keys; it is served until the next init",
    );
  });
  await t.step("the removed key is refused", async () => {
    await using deployer = await node.connection(undefined, removed);
    await assert.rejects(deployer.deploy(versionOfS1("again")), {
      code: "Unauthenticated",
      message: /\bnot\b.*\bone\b/,
    });
  });
  await t.step("the other key continues", async () => {
    await using deployer = await node.connection(undefined, key);
    assert.equal(await deployer.deploy(versionOfS1("new")), 2);
    assert.equal(await caller.call("open", "who"), "new");
  });
});
