import assert from "node:assert/strict";
import { connect, proveLocal } from "../../../lib/client/mod.ts";
import type { FarcallError } from "../../../lib/errors/mod.ts";
import { publicKey } from "../../../lib/identity/mod.ts";
import { configurationOf } from "../../_support/configuration.ts";
import { type TestDeployment, TestNode } from "../../_support/nodes/node.ts";
import { freePort } from "../../_support/ports.ts";
import { mentions } from "../../_support/mentions.ts";

const who = { who: { returns: ["str"], source: "export const who = () => 'me';" } };

const deployment: TestDeployment = {
  clients: [
    { name: "first", ip: "10.0.0.1" },
    { name: "second", ip: "10.0.0.1" },
    { name: "third", ip: "10.0.0.1" },
    { name: "bound", ip: "10.0.0.2", port: 7000 },
    { name: "six", ip: "fd00::1" },
    { name: "local", ip: "127.0.0.1" },
  ],
  services: {
    open: { tenants: ["first", "second", "third", "bound", "six", "local"], rpcs: who },
    late: { tenants: ["third", "second"], rpcs: who },
    bound: { tenants: ["bound"], rpcs: who },
    nobody: { tenants: [], rpcs: who },
  },
};

const returnsText = { returns: ["str"] };

interface From {
  host: string;
  port?: number;
  client?: string;
}

/** The outcome for a caller from an address. */
async function outcome(node: TestNode, from: From, target: string): Promise<string> {
  await using connection = await node.connectionFrom(from.host, from.port, from.client);
  return await connection.call(target, [], returnsText).then(
    String,
    (error: FarcallError) => `${error.code}: ${error.message}`,
  );
}

const cases: [name: string, from: From, target: string, expected: string][] = [
  ["a tenant by name", { host: "10.0.0.1", client: "second" }, "open.who", "me"],
  ["a tenant by address", { host: "10.0.0.1" }, "open.who", "me"],
  ["a tenant over IPv6", { host: "fd00::1" }, "open.who", "me"],
  ["a tenant from its port", { host: "10.0.0.2", port: 7000 }, "bound.who", "me"],
  [
    "a tenant from another port",
    { host: "10.0.0.2", port: 7001 },
    "bound.who",
    "Client Not Registered: a caller from 10.0.0.2, port 7001, is not registered on this node",
  ],
  [
    "a name from another's address",
    { host: "10.0.0.3", client: "first" },
    "open.who",
    'Client Not Registered: client "first" from 10.0.0.3 is not registered on this node',
  ],
  [
    "an unknown name from a known address",
    { host: "10.0.0.1", client: "fourth" },
    "open.who",
    'Client Not Registered: client "fourth" from 10.0.0.1 is not registered on this node',
  ],
  [
    "an unknown address",
    { host: "10.0.0.9" },
    "open.who",
    "Client Not Registered: a caller from 10.0.0.9 is not registered on this node",
  ],
  [
    "an unknown address, which learns of no service either",
    { host: "10.0.0.9" },
    "missing.who",
    "Client Not Registered: a caller from 10.0.0.9 is not registered on this node",
  ],
  [
    "a client that is not a tenant, though another of its address is",
    { host: "10.0.0.1", client: "first" },
    "late.who",
    'Client Not Registered: service "late" is closed to client "first" from 10.0.0.1: ' +
    "not one of its tenants",
  ],
  [
    "a service without tenants",
    { host: "10.0.0.1" },
    "nobody.who",
    'Client Not Registered: service "nobody" is closed to a caller from 10.0.0.1: ' +
    "not one of its tenants",
  ],
  [
    "a client asking for what is not there",
    { host: "10.0.0.1" },
    "missing.who",
    'Service Not Found: this node does not provide a service "missing"',
  ],
  [
    "a tenant asking for what is not there",
    { host: "10.0.0.1" },
    "open.missing",
    'RPC Not Found: service "open" has no rpc "missing"',
  ],
];

Deno.test("only tenants are admitted, by their name or their address", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  for (const [name, from, target, expected] of cases) {
    await t.step(name, async () => {
      assert.equal(await outcome(node, from, target), expected);
    });
  }
  await t.step(
    "of clients with one address, the first in the file that is a tenant counts",
    async () => {
      await outcome(node, { host: "10.0.0.1", port: 11 }, "open.who");
      await outcome(node, { host: "10.0.0.1", port: 12 }, "late.who");
      const executed = { open: "10.0.0.1:11", late: "10.0.0.1:12" };
      await node.log.until("call.executed", { client: "first", from: executed.open });
      await node.log.until("call.executed", { client: "second", from: executed.late });
    },
  );
  await t.step(
    "a client that is not a tenant cannot tell a missing rpc from an existing one",
    async () => {
      const from = { host: "10.0.0.1", client: "first" };
      const there = await outcome(node, from, "late.who");
      assert.equal(await outcome(node, from, "late.missing"), there);
      await using connection = await node.connectionFrom(from.host, 1, from.client);
      const wrongTypes = await connection.call("late.who", [1], { args: ["int"] })
        .catch((error: FarcallError) => `${error.code}: ${error.message}`);
      assert.equal(wrongTypes, there);
    },
  );
  await t.step("describe shows a caller what it may call, and nothing else", async () => {
    const shown = async (host: string, client?: string): Promise<string[]> => {
      await using connection = await node.connectionFrom(host, 1, client);
      const { services } = await connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
      return services.map((service) => service.name);
    };
    assert.deepEqual(await shown("10.0.0.1"), ["open", "late"]);
    assert.deepEqual(await shown("10.0.0.1", "first"), ["open"]);
    assert.deepEqual(await shown("10.0.0.9"), []);
  });
  await t.step("describe says which rpcs are idempotent", async () => {
    const source = "export default () => {};";
    await node.deploy({
      ...deployment,
      services: {
        ...deployment.services,
        calm: {
          tenants: ["first"],
          rpcs: { get: { source, isIdempotent: true }, put: { source } },
        },
      },
    });
    await using connection = await node.connectionFrom("10.0.0.1", 1, "first");
    const { services } = await connection.raw.request(
      { op: "describe", service: "calm" },
      { timeoutMs: 60_000 },
    );
    assert.deepEqual(services[0].overloads.map(({ rpc, isIdempotent }) => [rpc, isIdempotent]), [
      ["get", true],
      ["put", undefined],
    ]);
  });
  await t.step(
    "a tenant that is removed is out with its next call, on the same connection",
    async () => {
      await using connection = await node.connectionFrom("10.0.0.1", 1, "first");
      assert.equal(await connection.call("open.who", [], returnsText), "me");
      const open = { tenants: ["second"], rpcs: who };
      await node.deploy({ ...deployment, services: { ...deployment.services, open } });
      await assert.rejects(connection.call("open.who", [], returnsText), {
        code: "Client Not Registered",
      });
    },
  );
});

Deno.test("without its proof, a client with a key is indistinguishable from an unknown one", async (t) => {
  const key = publicKey("ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw");
  const keyed: TestDeployment = {
    clients: [{ name: "keyed", key }, { name: "both", ip: "10.0.0.1", key }, {
      name: "plain",
      ip: "10.0.0.2",
    }],
    services: { open: { tenants: ["keyed", "both", "plain"], rpcs: who } },
  };
  await using node = await TestNode.start({ inMemory: true, deployment: keyed });
  const refusal = (client: string): string =>
    `Unauthenticated: client "${client}" from 10.0.0.1 is not registered on this node, or has a key ` +
    "to prove: call with --key FILE";
  for (const client of ["keyed", "both", "missing", "plain"]) {
    await t.step(client, async () => {
      assert.equal(await outcome(node, { host: "10.0.0.1", client }, "open.who"), refusal(client));
    });
  }
  await t.step("a caller without a key is still admitted", async () => {
    assert.equal(await outcome(node, { host: "10.0.0.2" }, "open.who"), "me");
  });
});

Deno.test("a manifest's client has an address or a key", async () => {
  await using node = await TestNode.start({ inMemory: true });
  const deploy = (client: object): Promise<unknown> =>
    node.deploy({ clients: [client as { name: string }], services: {} });
  await assert.rejects(deploy({ name: "c1" }), mentions('"c1"', "key"));
  await assert.rejects(deploy({ name: "c1", key: "x" }), mentions('"c1"', "key"));
});

Deno.test("a node without a deployment says what to do", async () => {
  await using node = await TestNode.start({ inMemory: true });
  assert.match(
    await outcome(node, { host: "127.0.0.1" }, "a.b"),
    mentions("Client Not Registered", "deployed", "farcall init"),
  );
});

Deno.test("only the node's own user on its own machine may deploy", async () => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  for (const host of ["10.0.0.1", "192.168.1.1", "fd00::1", "128.0.0.1"]) {
    await using connection = await node.connectionFrom(host);
    for (
      const attempt of [
        () => connection.send(deployment),
        () => connection.put([]),
        () => connection.stage({}),
        () => connection.commit(),
        () => connection.abort(),
      ]
    ) {
      await assert.rejects(attempt(), {
        code: "Unauthenticated",
        message: mentions(/\bkey\b/, "machine"),
      });
    }
    await node.log.until("call.refused", {
      exception: "Unauthenticated",
      from: host.includes(":") ? `[${host}]:1` : `${host}:1`,
    });
  }
  for (const host of ["127.0.0.1", "127.8.9.10", "::1"]) {
    await using connection = await node.connectionFrom(host);
    await assert.rejects(connection.send(deployment), { code: "Unauthenticated" });
    await proveLocal(connection.raw);
    assert.equal((await connection.send(deployment)).node, "s1");
  }
  assert.equal(node.node.generation, 1);
});

// Deno 2.4's runtime cannot choose the port; lib/transport reports that.
const canChoosePort = !Deno.version.deno.startsWith("2.4.");

Deno.test("a client with a fixed port calls from it, and again after its connection has ended", {
  ignore: !canChoosePort,
}, async () => {
  const port = freePort();
  const bound = {
    clients: [{ name: "c1", ip: "127.0.0.1", port }],
    services: { open: { rpcs: who } },
  };
  await using node = await TestNode.start({ deployment: bound });
  const servers = { s1: { ip: "127.0.0.1", port: node.node.port } };
  for (let time = 0; time < 3; time++) {
    await using caller = await connect(configurationOf(servers, bound), { as: "c1" });
    assert.equal(await caller.call("open", "who"), "me");
  }
  const from = `127.0.0.1:${port}`;
  assert.equal(node.log.all("call.executed", { client: "c1", from }).length, 3);
  await assert.rejects((await node.connect({ as: "c1" })).call("open", "who"), {
    code: "Client Not Registered",
  });
});
