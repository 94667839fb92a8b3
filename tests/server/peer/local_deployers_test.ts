import assert from "node:assert/strict";
import { join } from "node:path";
import { NodeConnection, proveLocal } from "../../../lib/client/mod.ts";
import { localProof, localSecretName } from "../../../lib/identity/mod.ts";
import { encodeControl, FrameKind, type Request } from "../../../lib/protocol/mod.ts";
import {
  newKey,
  temporaryFolder,
  TestNode,
  type TestNodeOptions,
} from "../../_support/nodes/node.ts";
import { ScriptedNode } from "../../_support/nodes/scripted_node.ts";
import { failure, mentions } from "../../_support/mentions.ts";

const patience = { timeoutMs: 60_000 };
const rights: Request[] = [
  { op: "observe", scripts: [] },
  { op: "begin", deployment: { id: "d", deployer: "me" }, generation: 0 },
  { op: "history" },
  { op: "check" },
  { op: "generation", number: 1 },
  { op: "status" },
  { op: "commit" },
];

/** Connects from the node's own machine, without a proof. */
async function unproved(node: TestNode): Promise<NodeConnection> {
  const { host, port } = node.node;
  return new NodeConnection({ host, port }, await node.transport());
}

async function refusalOf(connection: NodeConnection, request: Request): Promise<string> {
  return await connection.request(request, patience).then(
    () => assert.fail("it was not refused"),
    ({ code, message }) => `${code}: ${message}`,
  );
}

for (const inMemory of [true, undefined] as const) {
  const options: TestNodeOptions = { inMemory };
  Deno.test(`that somebody connects from its own machine gives no rights on a node, ${inMemory ? "in memory" : "over TCP"}`, async (t) => {
    await using node = await TestNode.start(options);
    const path = join(node.root, localSecretName);
    const secret = await Deno.readTextFile(path);
    const to = inMemory ? "127.0.0.1:0" : node.address;
    await t.step("no rights without the proof", async () => {
      const connection = await unproved(node);
      for (const request of rights) {
        assert.match(
          await refusalOf(connection, request),
          failure("Unauthenticated", "user", "machine"),
        );
      }
      await connection.close();
    });
    await t.step("only a proof for this node, this connection and this secret", async () => {
      const [one, other] = [await unproved(node), await unproved(node)];
      const { challenge } = await other.request({ op: "local" }, patience);
      const ask = async (
        changes: { secret?: string; challenge?: string; to?: string; said?: string },
      ) => {
        const { file, challenge } = await one.request({ op: "local" }, patience);
        assert.equal(file, path);
        const claim = { secret, challenge: challenge!, to, ...changes };
        const proof = await localProof(claim);
        return await refusalOf(one, { op: "local", to: changes.said ?? claim.to, proof });
      };
      assert.match(await ask({ to: "127.0.0.1:9" }), mentions("127.0.0.1:9", "proof"));
      assert.match(await ask({ to: "127.0.0.1:9", said: to }), mentions("proof"));
      assert.match(await ask({ challenge }), mentions("proof"));
      assert.match(await ask({ secret: "x" }), mentions("proof"));
      const late = await localProof({ secret, challenge: challenge!, to });
      assert.match(
        await refusalOf(one, { op: "local", to, proof: late }),
        /\bchallenge\b/,
      );
      assert.match(await refusalOf(one, { op: "status" }), /^Unauthenticated/);
      await one.close();
      await other.close();
    });
    await t.step("all rights with it", async () => {
      const connection = await unproved(node);
      await proveLocal(connection);
      await connection.request({ op: "observe", scripts: [] }, patience);
      assert.equal((await connection.request({ op: "status" }, patience)).generation, 0);
      await connection.close();
    });
  });
}

Deno.test("the secret file is private to its user, new at each start, and absent with deploy keys", async () => {
  await using root = await temporaryFolder();
  const path = join(root.path, localSecretName);
  const secrets = new Set<string>();
  for (let start = 1; start <= 2; start++) {
    await using _ = await TestNode.start({ root: root.path });
    const { mode } = await Deno.stat(path);
    if (Deno.build.os !== "windows") assert.equal(mode! & 0o777, 0o600);
    secrets.add(await Deno.readTextFile(path));
  }
  assert.equal(secrets.size, 2);
  const key = await newKey();
  await using node = await TestNode.start({ root: root.path, deployKeys: [key.publicKey] });
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  const connection = await unproved(node);
  assert.deepEqual(await connection.request({ op: "local" }, patience), {});
  assert.match(await refusalOf(connection, { op: "status" }), failure("Unauthenticated"));
  await connection.close();
});

Deno.test("a caller reads only the node's secret file, and says what to do if it cannot", async (t) => {
  await using folder = await temporaryFolder();
  const key = join(folder.path, "id_ed25519");
  await Deno.writeTextFile(key, "private", { mode: 0o600 });
  const open = join(folder.path, localSecretName);
  await Deno.writeTextFile(open, "known");
  await Deno.chmod(open, 0o644);
  await Deno.mkdir(join(folder.path, "linked"));
  const linked = join(folder.path, "linked", localSecretName);
  await Deno.symlink(key, linked);
  for (
    const [file, expected] of [
      [key, mentions("file")],
      [linked, mentions(localSecretName)],
      [open, /\bothers\b/],
      [`/nowhere/${localSecretName}`, mentions(localSecretName, "user")],
    ] as const
  ) {
    await t.step(file.slice(folder.path.length), async () => {
      const asked: unknown[] = [];
      await using node = new ScriptedNode(({ kind, call, body }, channel) => {
        if (kind !== FrameKind.request) return;
        asked.push(JSON.parse(new TextDecoder().decode(body.subarray(4))));
        channel.send(FrameKind.response, 0, call, encodeControl({ file, challenge: "x" }));
      });
      const { ip: host, port } = node.server;
      const connection = await NodeConnection.open({ host, port });
      await assert.rejects(proveLocal(connection), { code: "Unauthenticated", message: expected });
      assert.deepEqual(asked, [{ op: "local" }]);
      await connection.close();
    });
  }
});

Deno.test("no grant can contain the node's own folder, or a part of it", async () => {
  // A process that another test is starting briefly inherits our descriptors, including locks.
  const bounds = { rootLockTimeoutMs: 60_000 };
  await using folder = await temporaryFolder();
  const root = join(folder.path, "root");
  const link = join(folder.path, "link");
  await Deno.mkdir(root);
  await Deno.symlink(root, link);
  for (const path of ["/", folder.path, root, join(root, "generations"), link]) {
    for (const kind of ["read", "write"]) {
      await assert.rejects(
        TestNode.start({ bounds, root, grants: [`logs:${kind}=${path}`] }),
        (error: Error) => error instanceof TypeError && error.message.includes("own folder"),
      );
    }
  }
  await using _ = await TestNode.start({
    bounds,
    root,
    grants: [`logs:read=${folder.path}/roots`],
  });
});
