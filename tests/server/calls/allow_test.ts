/** Access by `allow` and networks, in every framing; and callers learn nothing that they may not know. */
import assert from "node:assert/strict";
import { connect } from "../../../lib/client/mod.ts";
import type { FarcallError } from "../../../lib/errors/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { FrameKind } from "../../../lib/protocol/mod.ts";
import { frameOf, RawCaller, requestFrame } from "../../_support/raw_caller.ts";
import { configurationOf } from "../../_support/configuration.ts";
import { bytesOf, type TestDeployment, TestNode } from "../../_support/nodes/node.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { failure, mentions } from "../../_support/mentions.ts";

const texts = { args: ["str"], returns: ["str"], source: "export const rpc = (t) => t;\n" };
const numbers = { args: ["int"], returns: ["int"], source: "export const rpc = (n) => -n;\n" };
const rpc = (of: typeof texts | typeof numbers, name: string, allow?: readonly string[]) => ({
  ...of,
  allow,
  source: of.source.replace("rpc", name),
});

const deployment: TestDeployment = {
  clients: [
    { name: "c1", ip: "127.0.0.1" },
    { name: "c2", ip: "127.0.0.1" },
    { name: "far", ip: "10.0.0.0/8" },
    { name: "six", ip: "fd00::/8" },
    { name: "guest", ip: "0.0.0.0/0" },
  ],
  services: {
    store: {
      tenants: ["c1", "c2", "far", "six"],
      rpcs: {
        read: rpc(texts, "read"),
        write: rpc(texts, "write", ["c2", "far"]),
        move: [rpc(texts, "move", ["c1"]), rpc(numbers, "move", ["c1", "c2"])],
        never: rpc(texts, "never", []),
      },
    },
    open: { tenants: ["guest"], rpcs: { read: rpc(texts, "read") } },
  },
};

interface From {
  readonly host?: string;
  readonly client?: string;
}

type Way = (node: TestNode, from: From, target: string) => Promise<string>;

async function say(node: TestNode, { host }: From, text: string): Promise<string> {
  const transport = await node.transport(host);
  try {
    await transport.write(bytesOf(text));
    await transport.closeWrite();
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

/** Every way to call `SERVICE.RPC` with one text, and its outcome: the value, or exception and message. */
const ways: Record<string, Way> = {
  frames: async (node, { host = "127.0.0.1", client }, target) => {
    await using connection = await node.connectionFrom(host, 1, client);
    return await connection.call(target, ["x"], texts).then(
      String,
      ({ code, message }: FarcallError) => `${code}: ${message}`,
    );
  },
  text: async (node, from, target) => {
    const [service, rpc] = target.split(".");
    const value = { client: from.client, service, rpc, arguments: ["x"] };
    const said = await say(node, from, JSON.stringify({ header: "RPC-REQ", value }));
    const answer = JSON.parse(said).value;
    return answer["return-values"]?.[0] ??
      `${answer["exception-type"]}: ${answer["exception-message"]}`;
  },
  "JSON-RPC": async (node, from, target) => {
    const request = { jsonrpc: "2.0", method: target, params: ["x"], id: 1, client: from.client };
    const { result, error } = JSON.parse(await say(node, from, JSON.stringify(request)));
    return result ?? `${error.data["exception-type"]}: ${error.data["exception-message"]}`;
  },
  HTTP: async (node, from, target) => {
    const named = from.client === undefined ? "" : `farcall-client: ${from.client}\r\n`;
    const head = `POST /${target.replace(".", "/")} HTTP/1.1\r\nhost: localhost\r\n` +
      `content-type: application/json\r\ncontent-length: 5\r\n${named}\r\n`;
    const answer = JSON.parse((await say(node, from, `${head}["x"]`)).split("\r\n\r\n")[1]);
    return typeof answer === "string"
      ? answer
      : `${answer["exception-type"]}: ${answer["exception-message"]}`;
  },
};

const missing = (rpc: string): string => `RPC Not Found: service "store" has no rpc "${rpc}"`;

const cases: [name: string, from: From, target: string, expected: string][] = [
  ["a tenant, where all are allowed", { client: "c1" }, "store.read", "x"],
  ["who is allowed", { client: "c2" }, "store.write", "x"],
  ["who is not", { client: "c1" }, "store.write", missing("write")],
  ["who is not, at what is not there", { client: "c1" }, "store.writ", missing("writ")],
  ["the first of an address that is allowed", {}, "store.write", "x"],
  ["anybody, where nobody is allowed", {}, "store.never", missing("never")],
  ["one whose network is allowed", { host: "10.9.8.7" }, "store.write", "x"],
  ["one by name, from his network", { host: "10.0.0.1", client: "far" }, "store.write", "x"],
  ["one in IPv6", { host: "fd12::7" }, "store.read", "x"],
  ["one in IPv6 who is not allowed", { host: "fd12::7" }, "store.write", missing("write")],
  ["everybody in IPv4", { host: "203.0.113.9" }, "open.read", "x"],
  [
    "somebody outside the network",
    { host: "11.0.0.1", client: "far" },
    "store.read",
    'Client Not Registered: client "far" from 11.0.0.1 is not registered on this node',
  ],
  [
    "somebody in IPv6 whose address ends in an allowed one",
    { host: "::a00:1" },
    "store.read",
    "Client Not Registered: a caller from ::a00:1 is not registered on this node",
  ],
];

Deno.test("only clients in allow can call an rpc, and for others it does not exist", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  for (const [way, call] of Object.entries(ways)) {
    for (const [name, from, target, expected] of cases) {
      await t.step(`${name}, by ${way}`, async () => {
        assert.equal(await call(node, from, target), expected);
      });
    }
    await t.step(`an overload that is closed is not listed either, by ${way}`, async () => {
      assert.equal(await call(node, { client: "c1" }, "store.move"), "x");
      const refusal = await call(node, { client: "c2" }, "store.move");
      assert.match(refusal, failure("Invalid Arguments", "move(int) -> int", "signature"));
    });
  }
  await t.step("the executor's own refusal lists only callable rpcs", async () => {
    await using connection = await node.connectionFrom("127.0.0.1", 1, "c2");
    const route = { service: "store", rpc: "move", argumentTypes: ["int"], returnTypes: ["int"] };
    const notAnInt = Uint8Array.of(0, 0, 0, 5, ...bytesOf('["x"]'));
    await assert.rejects(connection.raw.call(route, notAnInt, { timeoutMs: 60_000 }), {
      code: "Invalid Arguments",
      message: mentions("move(int) -> int", "signature"),
    });
  });
  await t.step("describe, OpenAPI and explain show what the caller may call", async () => {
    const shown = async (client: string): Promise<string[]> => {
      await using connection = await node.connectionFrom("127.0.0.1", 1, client);
      const { services } = await connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
      const described = services.flatMap(({ overloads }) =>
        overloads.map(({ rpc, args }) => `${rpc}(${args})`)
      );
      const head = `GET /openapi.json HTTP/1.1\r\nhost: localhost\r\nfarcall-client: ${client}\r\n`;
      const openapi = JSON.parse((await say(node, {}, `${head}\r\n`)).split("\r\n\r\n")[1]);
      assert.deepEqual(
        Object.keys(openapi.paths).filter((path) => path.startsWith("/store/")),
        [...new Set(described.map((text) => `/store/${text.split("(")[0]}`))],
      );
      return described;
    };
    assert.deepEqual(await shown("c1"), ["read(str)", "move(str)", "move(int)"]);
    assert.deepEqual(await shown("c2"), ["read(str)", "write(str)", "move(int)"]);
    await using connection = await node.connectionFrom("127.0.0.1");
    const explained = await connection.raw.request(
      { op: "explain", service: "store", rpc: "write" },
      { timeoutMs: 60_000 },
    );
    assert.equal(explained.client, "c2");
    assert.deepEqual(explained.identities, [
      { client: "c1", reason: "the allow of store.write does not name it" },
      {
        client: "c2",
        reason: "it calls from 127.0.0.1 and is a tenant of store, allowed to call write, " +
          "the first such",
      },
      { client: "guest", reason: "it is not a tenant of store" },
    ]);
    const closed = await connection.raw.request(
      { op: "explain", service: "store", rpc: "never" },
      { timeoutMs: 60_000 },
    );
    assert.deepEqual(closed.identities, []);
    assert.deepEqual(`${closed.exception?.type}: ${closed.exception?.message}`, missing("never"));
  });
});

/** The whole reply to a call without arguments, in every framing. */
const bytesOfAnswer: Record<string, Way> = {
  frames: async (node, { host, client }, target) => {
    using caller = new RawCaller(await node.transport(host));
    await caller.greet(undefined, client);
    const [service, rpc] = target.split(".");
    const route = { service, rpc, argumentTypes: [], returnTypes: ["str"] };
    await caller.send(
      frameOf(FrameKind.route, 0, encodeJson(route)),
      frameOf(FrameKind.call, 7, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, ...bytesOf("[]"))),
    );
    const { kind, call, body } = await caller.next();
    return `${kind} ${call} ${new TextDecoder().decode(body)}`;
  },
  "frames, explained": async (node, { host, client }, target) => {
    using caller = new RawCaller(await node.transport(host));
    await caller.greet(undefined, client);
    const [service, rpc] = target.split(".");
    await caller.send(requestFrame(7, { op: "explain", service, rpc }));
    const { kind, call, body } = await caller.next();
    return `${kind} ${call} ${new TextDecoder().decode(body)}`;
  },
  text: async (node, from, target) => {
    const [service, rpc] = target.split(".");
    const value = { client: from.client, service, rpc, arguments: [] };
    return await say(node, from, JSON.stringify({ header: "RPC-REQ", value }));
  },
  "JSON-RPC": async (node, from, target) => {
    const request = { jsonrpc: "2.0", method: target, params: [], id: 1, client: from.client };
    return await say(node, from, JSON.stringify(request));
  },
  HTTP: async (node, from, target) => {
    const named = from.client === undefined ? "" : `farcall-client: ${from.client}\r\n`;
    const head = `POST /${target.replace(".", "/")} HTTP/1.1\r\nhost: localhost\r\n` +
      `content-type: application/json\r\ncontent-length: 2\r\n${named}\r\n`;
    return await say(node, from, `${head}[]`);
  },
};

Deno.test("a forbidden rpc is answered with the same bytes as a missing one", async (t) => {
  const quiet = (name: string, allow?: readonly string[]) => ({
    returns: ["str"],
    allow,
    source: `export const ${name} = () => "";`,
  });
  await using node = await TestNode.start({
    inMemory: true,
    deployment: {
      clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "127.0.0.1" }],
      services: {
        open: { tenants: ["c1", "c2"], rpcs: { only: quiet("only", ["c2"]) } },
        shut: { tenants: ["c2"], rpcs: { some: quiet("some") } },
      },
    },
  });
  // Names of equal length, so that only the name differs.
  const pairs: [who: string, from: From, forbidden: string, missing: string][] = [
    ["a tenant that allow leaves out", { client: "c1" }, "open.only", "open.onli"],
    ["a client that is not a tenant", { client: "c1" }, "shut.some", "shut.soms"],
    ["a name that nobody has, at an rpc", { client: "cx" }, "shut.some", "shut.soms"],
    ["a name that nobody has, at a service", { client: "cx" }, "shut.some", "shux.some"],
    [
      "a client's name from elsewhere",
      { host: "10.0.0.1", client: "c2" },
      "shut.some",
      "shux.soms",
    ],
    ["an address that nobody has", { host: "10.0.0.1" }, "shut.some", "shux.soms"],
  ];
  for (const [way, answerOf] of Object.entries(bytesOfAnswer)) {
    for (const [who, from, forbidden, missing] of pairs) {
      await t.step(`${who}, by ${way}`, async () => {
        const [one, other] = [
          await answerOf(node, from, forbidden),
          await answerOf(node, from, missing),
        ];
        let expected = other;
        const [names, missingNames] = [forbidden.split("."), missing.split(".")];
        for (const [index, name] of missingNames.entries()) {
          expected = expected.replaceAll(`\\"${name}\\"`, `\\"${names[index]}\\"`);
        }
        assert.equal(one, expected);
        assert.match(one, /RPC Not Found|Client Not Registered/);
      });
    }
  }
});

Deno.test("a client removed from an allow is refused at its next call, on the same connection", async () => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  await using connection = await node.connectionFrom("127.0.0.1", 1, "c2");
  assert.equal(await connection.call("store.write", ["x"], texts), "x");
  const pid = await TestNode.executorPids();
  const { store, open } = deployment.services;
  const write = rpc(texts, "write", ["far"]);
  await node.deploy({
    ...deployment,
    services: { store: { ...store, rpcs: { ...store.rpcs, write } }, open },
  });
  await assert.rejects(connection.call("store.write", ["x"], texts), {
    code: "RPC Not Found",
    message: 'service "store" has no rpc "write"',
  });
  // A change of access does not restart executors.
  assert.deepEqual(await TestNode.executorPids(), pid);
});

Deno.test("a caller with an init.yaml takes the overload that it is allowed", async () => {
  await using node = await TestNode.start({
    deployment: {
      ...deployment,
      services: {
        store: {
          tenants: ["c1", "c2"],
          rpcs: {
            move: [
              rpc(numbers, "move", ["c1"]),
              {
                ...numbers,
                args: ["float"],
                returns: ["float"],
                source: "export const move = Math.abs;",
              },
            ],
          },
        },
      },
    },
  });
  const { host: ip, port } = node.node;
  const services = {
    store: {
      tenants: ["c1", "c2"],
      rpcs: {
        move: [rpc(numbers, "move", ["c1"]), { ...numbers, args: ["float"], returns: ["float"] }],
      },
    },
  };
  const configuration = configurationOf({ s1: { ip, port } }, { ...deployment, services });
  for (const [as, expected] of [["c1", 3], ["c2", 3]] as const) {
    await using farcall = await connect(configuration, { as });
    const { value, signature } = await farcall.reply("store", "move", [as === "c1" ? -3 : 3]);
    assert.equal(value, expected);
    assert.deepEqual(signature.args, as === "c1" ? ["int"] : ["float"]);
    const { overloads } = await farcall.explain("store", "move", [3]);
    assert.equal(overloads[0].reason, as === "c1" ? undefined : "its allow list has only c1");
  }
});
