/** The original pattern through the library: each call has its own connection, a request in text, a response. */
import assert from "node:assert/strict";
import { connect } from "../../lib/client/mod.ts";
import {
  Cancelled,
  ClientNotRegistered,
  ConnectionLost,
  DeadlineExceeded,
  ExecutionException,
  InvalidArguments,
  NodeUnreachable,
  RpcNotFound,
  Unauthenticated,
} from "../../lib/errors/mod.ts";
import { listenTcp } from "../../lib/transport/mod.ts";
import { everyType } from "../_golden_node.ts";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { temporaryFolder, type TestDeployment, TestNode } from "../_support/nodes/node.ts";

const deployment: TestDeployment = {
  services: {
    m: {
      rpcs: {
        add: [
          { args: ["int", "int"], returns: ["int"], source: "export const add = (a, b) => a + b;" },
          {
            args: ["str", "str"],
            returns: ["str"],
            source: "export const add = (a, b) => a + b; //",
          },
        ],
        echo: { args: everyType, returns: everyType, source: "export const echo = (...v) => v;" },
        bytes: { args: ["bytes"], returns: ["bytes"], source: "export const bytes = (b) => b;" },
        maybe: {
          args: ["Optional[str]"],
          returns: ["bool"],
          source: "export const maybe = (v) => v === null;",
        },
        nothing: { source: "export const nothing = () => {};" },
        fails: { source: 'export const fails = () => { throw new Error("no"); };' },
        sleep: { source: "export const sleep = () => new Promise(() => {});" },
        upper: {
          args: ["Stream[str]"],
          returns: ["Stream[str]"],
          source:
            "export async function* upper(lines) { for await (const l of lines) yield l.toUpperCase(); }",
        },
      },
    },
    closed: { tenants: [], rpcs: { f: { source: "export const f = () => {}; //" } } },
  },
};

Deno.test("a one-shot call accepts and returns every type", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  const { host: ip, port } = node.node;
  const configuration = configurationOf({ s1: { ip, port } }, deployment);
  for (const target of [configuration, node.address]) {
    await using farcall = await connect(target, { as: "c1", oneShot: true });
    const { service } = farcall;
    const m = service.call(farcall, "m");
    assert.equal(await m.add(2, 3), 5);
    assert.equal(await m.add(2n ** 70n, 2n ** 70n), 2n ** 71n);
    assert.equal(await m.add("2", "3"), "23");
    const values = [
      1,
      NaN,
      "hé",
      true,
      Uint8Array.of(0, 255),
      null,
      [1, 2],
      { a: -0 },
      [7, "x"],
      null,
    ];
    assert.deepEqual(await m.echo(...values), values);
    assert.deepEqual(await m.bytes(Uint8Array.of(1, 2)), Uint8Array.of(1, 2));
    assert.equal(await m.nothing(), undefined);
    assert.deepEqual([await m.maybe(null), await m.maybe("x"), await m.maybe("")], [
      true,
      false,
      false,
    ]);
    const lines: unknown[] = [];
    for await (const line of await m.upper(["a", "b"]) as AsyncIterable<unknown>) lines.push(line);
    assert.deepEqual(lines, ["A", "B"]);
    const { script, node: said } = await farcall.reply("m", "add", [1, 1]);
    assert.match(script, /^[0-9a-f]{64}$/);
    assert.ok(said.includes(node.address));
    assert.equal(await farcall.call("m", "add", [1, 1], { pin: script.slice(0, 8) }), 2);
    await assert.rejects(farcall.call("m", "add", [1, 1], { pin: "00000000" }), RpcNotFound);
  }
  assert.ok(node.log.all("call.executed", { via: "text" }).length >= 18);
  assert.equal(node.log.all("call.executed", { via: "frames" }).length, 0);
  await node.log.until("call.executed", { via: "text" });
});

Deno.test("each call has its own connection, which does not stay open", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  const { host: ip, port } = node.node;
  await using farcall = await connect(configurationOf({ s1: { ip, port } }, deployment), {
    as: "c1",
    oneShot: true,
  });
  for (let i = 0; i < 3; i++) assert.equal(await farcall.call("m", "add", [i, 1]), i + 1);
  const came = node.log.all("connection.accepted").map(({ fields }) => fields.from);
  // One was for the deployment.
  assert.equal(new Set(came).size, 4);
  assert.equal(node.log.all("connection.framed", { client: "c1" }).length, 0);
});

Deno.test("failures are reported as over a persistent connection", async () => {
  // A call sent in text keeps running.
  const bounds = { drainTimeoutMs: 50 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment });
  await using farcall = await connect(node.address, { oneShot: true });
  const m = farcall.service("m");
  await assert.rejects(m.fails(), (error) => {
    assert.ok(error instanceof ExecutionException && error.message === "no");
    assert.ok(error.node!.includes(node.address) && /^[0-9a-f]{64}$/.test(error.script!));
    return true;
  });
  await assert.rejects(m.add(1, "x"), InvalidArguments);
  await assert.rejects(m.maybe("null"), { code: "Invalid Arguments", message: /\bNone\b/ });
  await assert.rejects(m.nope(), RpcNotFound);
  await assert.rejects(farcall.call("closed", "f"), ClientNotRegistered);
  await assert.rejects(farcall.call("m", "sleep", [], { timeoutMs: 100 }), DeadlineExceeded);
  const abort = new AbortController();
  const sleeping = assert.rejects(
    farcall.call("m", "sleep", [], { signal: abort.signal }),
    Cancelled,
  );
  abort.abort();
  await sleeping;
  await using other = await connect(node.address, { oneShot: true });
  const before = node.log.all("connection.accepted").length;
  const lost = assert.rejects(other.call("m", "sleep"), ConnectionLost);
  // One connection to ask for the services, one to call.
  await node.log.until("connection.accepted", {}, before + 2);
  await other.close();
  await lost;
});

Deno.test("a provider that is down is skipped, and a source is read once", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  const { host: ip, port } = node.node;
  const closed = listenTcp("127.0.0.1", 0);
  const down = closed.port;
  closed.close();
  const configuration = configurationOf({ s0: { ip, port: down }, s1: { ip, port } }, deployment);
  await using farcall = await connect(configuration, { as: "c1", oneShot: true });
  async function* lines(): AsyncGenerator<string> {
    yield "a";
  }
  const got: unknown[] = [];
  for await (const line of farcall.service("m").upper(lines())) got.push(line);
  assert.deepEqual(got, ["A"]);
  await using nobody = await connect(`127.0.0.1:${down}`, { oneShot: true });
  await assert.rejects(nobody.call("m", "add", [1, 2]), NodeUnreachable);
});

Deno.test("a key is proved with each request", async () => {
  await using folder = await temporaryFolder();
  const files = [`${folder.path}/c1.key`, `${folder.path}/other.key`];
  const keys: SigningKey[] = [];
  for (const file of files) {
    const pem = await generatePem();
    await Deno.writeTextFile(file, pem, { mode: 0o600 });
    keys.push(await SigningKey.fromPem(pem));
  }
  const { m } = deployment.services;
  const keyed = { clients: [{ name: "c1", key: keys[0].publicKey }], services: { m } };
  await using node = await TestNode.start({ isWarm: true, deployment: keyed });
  const { host: ip, port } = node.node;
  const configuration = configurationOf({ s1: { ip, port } }, keyed);
  const call = async (key: string | undefined): Promise<unknown> => {
    await using farcall = await connect(configuration, { as: "c1", oneShot: true, key });
    await farcall.call("m", "add", [1, 1]);
    return await farcall.call("m", "add", [2, 3]);
  };
  assert.equal(await call(files[0]), 5);
  await assert.rejects(call(files[1]), Unauthenticated);
  await assert.rejects(call(undefined), Unauthenticated);
});
