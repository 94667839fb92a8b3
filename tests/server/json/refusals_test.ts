/**
 * Refusals, over a bare socket: each request is sent as shown, valid except for one thing. Invalid proofs are in
 * keys_test.ts and signed_requests_test.ts, secrecy towards callers in allow_test.ts.
 */
import assert from "node:assert/strict";
import type { Transport } from "../../../lib/transport/mod.ts";
import { encodeControl, FrameKind } from "../../../lib/protocol/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { type Manifest, signDeployment } from "../../../lib/manifest/mod.ts";
import { type PublicKey, scriptIdOf, type SigningKey } from "../../../lib/identity/mod.ts";
import {
  bytesOf,
  gzip,
  manifestOf,
  newKey,
  temporaryFolder,
  type TestDeployment,
  TestNode,
} from "../../_support/nodes/node.ts";
import { frameOf, RawCaller, requestFrame } from "../../_support/raw_caller.ts";
import { failure } from "../../_support/mentions.ts";

function saying(
  text: string,
  clients: Manifest["clients"],
  tenants = ["c1", "c2"],
): TestDeployment {
  const who = { returns: ["str"], source: `export const who = () => ${JSON.stringify(text)};` };
  return { clients, services: { open: { tenants, rpcs: { who } } } };
}

const nobodysKey: Manifest["clients"] = [
  { name: "c1", ip: "127.0.0.1" },
  { name: "c2", ip: "127.0.0.1" },
];

const route = frameOf(
  FrameKind.route,
  0,
  encodeJson({ service: "open", rpc: "who", argumentTypes: [], returnTypes: ["str"] }),
);

function callFrame(number: number): Uint8Array {
  return frameOf(FrameKind.call, number, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 0x5b, 0x5d));
}

/** The reply to a frame: `taken`, or why it was refused. */
async function answerTo(caller: RawCaller, ...frames: readonly Uint8Array[]): Promise<string> {
  await caller.send(...frames);
  const { kind, body } = await caller.next();
  if (kind !== FrameKind.exception) return "taken";
  const exception = JSON.parse(new TextDecoder().decode(body));
  return `${exception["exception-type"]}: ${exception["exception-message"]}`;
}

/** A connection that has proved a key. */
async function proved(node: TestNode, key: SigningKey, client?: string): Promise<RawCaller> {
  const caller = new RawCaller(await node.transport());
  await caller.greet(key.publicKey, client);
  assert.equal(await answerTo(caller, requestFrame(1, await caller.proof(key))), "taken");
  return caller;
}

Deno.test("a proved key can only call under its own name", async () => {
  const [k1, k2] = [await newKey(), await newKey()];
  const clients = [{ name: "c1", key: k1.publicKey }, { name: "c2", key: k2.publicKey }];
  await using node = await TestNode.start({ deployment: saying("hi", clients) });
  using right = await proved(node, k1, "c1");
  assert.equal(await answerTo(right, route, callFrame(2)), "taken");
  const wrong: [client: string, key: SigningKey][] = [["c2", k1], ["c1", k2], [
    "c1",
    await newKey(),
  ]];
  for (const [client, key] of wrong) {
    using caller = await proved(node, key, client);
    assert.equal(
      await answerTo(caller, route, callFrame(2)),
      `Unauthenticated: client "${client}" from 127.0.0.1 with the key ` +
        `${key.publicKey.slice(0, 16)}… is not registered on this node`,
    );
  }
});

/** A deployment on the wire, with its variable parts. */
async function deploymentFrames(
  node: TestNode,
  key: SigningKey,
  deployment: TestDeployment,
): Promise<{ scripts: Map<string, Uint8Array<ArrayBuffer>>; stage: Record<string, unknown> }> {
  const { manifest, scripts } = await manifestOf(deployment);
  const info = { id: crypto.randomUUID(), deployer: "ann@lab" };
  const previous = node.node.generation === 0 ? undefined : await currentOf(node, key);
  const signed = await signDeployment(key, { manifest, deployment: info, previous });
  return { scripts, stage: { op: "stage", manifest, deployment: info, signed } };
}

async function currentOf(
  node: TestNode,
  key: SigningKey,
): Promise<{ number: number; fileHash: string }> {
  using caller = await proved(node, key);
  await caller.send(requestFrame(9, { op: "observe", scripts: [] }));
  const { body } = await caller.next();
  const { generation, hash } = JSON.parse(new TextDecoder().decode(body.subarray(4)));
  return { number: generation, fileHash: hash };
}

async function putFrame(
  number: number,
  scripts: readonly (readonly [id: string, bytes: Uint8Array<ArrayBuffer>])[],
): Promise<Uint8Array> {
  const announced = scripts.map(([id, { length }]) => ({ id, bytes: length }));
  const whole = new Uint8Array(await new Blob(scripts.map(([, bytes]) => bytes)).arrayBuffer());
  const body = encodeControl({ op: "put", scripts: announced }, await gzip(whole));
  return frameOf(FrameKind.request, number, body);
}

Deno.test("a deployment is accepted only exactly as signed, from the holder of the key", async (t) => {
  const [key, stranger] = [await newKey(), await newKey()];
  await using node = await TestNode.start({ deployKeys: [key.publicKey] });
  const { scripts, stage } = await deploymentFrames(node, key, saying("first", nobodysKey));
  const [[id, source]] = scripts;
  using deployer = await proved(node, key);

  await t.step("without a key, or with another one, no step is", async () => {
    using plain = new RawCaller(await node.transport());
    await plain.greet();
    using other = await proved(node, stranger);
    for (const caller of [plain, other]) {
      for (const frame of [await putFrame(2, [...scripts]), requestFrame(3, stage)]) {
        assert.match(await answerTo(caller, frame), failure("Unauthenticated", "key"));
      }
    }
  });
  await t.step("a script altered in transit is not", async () => {
    const changed = bytesOf(new TextDecoder().decode(source).replace("first", "worst"));
    const said = await answerTo(deployer, await putFrame(4, [[id, changed]]));
    assert.match(said, failure("Deploy Rejected", "hash"));
    assert.match(
      await answerTo(deployer, requestFrame(5, stage)),
      failure("Deploy Rejected", "script"),
    );
    assert.equal(await answerTo(deployer, await putFrame(6, [...scripts])), "taken");
  });
  await t.step("an unsigned or altered manifest is not", async () => {
    const { signed: _, ...unsigned } = stage;
    assert.match(
      await answerTo(deployer, requestFrame(7, unsigned)),
      failure("Unauthenticated", "signed"),
    );
    const manifest = stage.manifest as Manifest;
    const clients = [...manifest.clients, { name: "eve", ip: "10.0.0.1" }];
    const evil = bytesOf("export const who = () => 'evil';");
    const evilId = await scriptIdOf(evil);
    assert.equal(await answerTo(deployer, await putFrame(8, [[evilId, evil]])), "taken");
    const swapped = JSON.parse(JSON.stringify(manifest).replace(id, evilId));
    for (const changed of [{ ...manifest, clients }, swapped]) {
      assert.match(
        await answerTo(deployer, requestFrame(9, { ...stage, manifest: changed })),
        failure("Unauthenticated", "signature"),
      );
    }
    assert.match(
      await answerTo(
        deployer,
        requestFrame(9, { ...stage, deployment: { id: "x", deployer: "y" } }),
      ),
      failure("Unauthenticated", "signature"),
    );
  });
  await t.step("exactly as signed, it is, once", async () => {
    assert.equal(node.node.generation, 0);
    assert.equal(await answerTo(deployer, requestFrame(10, stage)), "taken");
    assert.equal(await answerTo(deployer, requestFrame(11, { op: "commit" })), "taken");
    assert.match(
      await answerTo(deployer, requestFrame(12, stage)),
      failure("Unauthenticated", "generation 1", "signature"),
    );
    const next = await deploymentFrames(node, key, saying("second", nobodysKey));
    assert.equal(await answerTo(deployer, await putFrame(13, [...next.scripts])), "taken");
    assert.equal(await answerTo(deployer, requestFrame(14, next.stage)), "taken");
    assert.equal(await answerTo(deployer, requestFrame(15, { op: "commit" })), "taken");
    assert.match(
      await answerTo(deployer, requestFrame(16, stage)),
      failure("Unauthenticated", "generation 2", "signature"),
    );
  });
});

Deno.test("a deploy key removed at a restart ends with its connections, and deploys nothing", async () => {
  const [removed, key] = [await newKey(), await newKey()];
  await using root = await temporaryFolder();
  const start = (...deployKeys: PublicKey[]): Promise<TestNode> =>
    TestNode.start({ root: root.path, deployKeys });
  const { scripts, stage } = await (async () => {
    await using node = await start(removed.publicKey, key.publicKey);
    using deployer = await proved(node, removed);
    const made = await deploymentFrames(node, removed, saying("late", nobodysKey));
    assert.equal(await answerTo(deployer, await putFrame(2, [...made.scripts])), "taken");
    assert.equal(await answerTo(deployer, requestFrame(3, made.stage)), "taken");
    await node[Symbol.asyncDispose]();
    // The last frame is the goodbye; nothing is left of the staged deployment.
    await assert.rejects(async () => {
      for (;;) await deployer.next();
    });
    return made;
  })();
  await using node = await start(key.publicKey);
  assert.equal(node.node.generation, 0);
  using again = await proved(node, removed);
  for (const frame of [await putFrame(2, [...scripts]), requestFrame(3, stage)]) {
    assert.match(await answerTo(again, frame), failure("Unauthenticated", /\bnot\b.*\bone\b/));
  }
  // Nor is it accepted from another trusted deployer.
  using other = await proved(node, key);
  assert.match(
    await answerTo(other, requestFrame(3, stage)),
    failure("Unauthenticated", "signed", "key"),
  );
});

/** Reads until the input contains a text. */
async function readUntil(transport: Transport, wanted: RegExp): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!wanted.test(text)) {
    const count = await transport.read(buffer);
    assert.ok(count !== null, `the connection ended after ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

Deno.test("a tenant removed while connected is refused at its next call, in every framing", async () => {
  await using node = await TestNode.start({ deployment: saying("hi", nobodysKey) });
  using framed = new RawCaller(await node.transport());
  await framed.greet(undefined, "c1");
  assert.equal(await answerTo(framed, route, callFrame(1)), "taken");
  const [jsonRpc, http] = [await node.transport(), await node.transport()];
  const overJsonRpc = async (): Promise<string> => {
    const request = '{"jsonrpc":"2.0","method":"open.who","id":1,"client":"c1"}';
    await jsonRpc.write(bytesOf(request));
    return await readUntil(jsonRpc, /\n/);
  };
  const overHttp = async (): Promise<string> => {
    await http.write(bytesOf(
      "POST /open/who HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
        "farcall-client: c1\r\ncontent-length: 2\r\n\r\n[]",
    ));
    return await readUntil(http, /\r\n\r\n.*\n/);
  };
  assert.match(await overJsonRpc(), /"result":"hi"/);
  assert.match(await overHttp(), /^HTTP\/1\.1 200 /);
  const closed = 'service \\\\"open\\\\" is closed to client \\\\"c1\\\\" from 127\\.0\\.0\\.1';
  await node.deploy(saying("hi", nobodysKey, ["c2"]));
  assert.match(
    await answerTo(framed, callFrame(2)),
    failure("Client Not Registered", '"open"'),
  );
  assert.match(await overJsonRpc(), new RegExp(`"code":-32601,.*${closed}`));
  assert.match(await overHttp(), new RegExp(`^HTTP/1\\.1 403 [^]*${closed}`));
  // And when the client itself was removed.
  await node.deploy(saying("hi", nobodysKey.slice(1), ["c2"]));
  assert.match(
    await answerTo(framed, callFrame(3)),
    failure("Client Not Registered", "registered"),
  );
  assert.match(await overJsonRpc(), /"code":-32601,.*\bregistered\b/);
  assert.match(await overHttp(), /^HTTP\/1\.1 403 [^]*\bregistered\b/);
  jsonRpc.close();
  http.close();
});
