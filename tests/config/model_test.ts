import assert from "node:assert/strict";
import { parseConfiguration } from "../../lib/config/mod.ts";
import { good, goodWith, mistakesIn, parse } from "./helpers.ts";

Deno.test("a file in the modern spelling becomes the whole model, with positions", () => {
  const configuration = parse(good);
  assert.equal(configuration.file, "init.yaml");
  assert.equal(configuration.folder, "/srv");
  assert.deepEqual([...configuration.servers.values()], [
    { name: "s1", ip: "127.0.0.1", port: 8181, position: { line: 3, column: 5 } },
    { name: "s2", ip: "127.0.0.1", port: 8282, position: { line: 4, column: 5 } },
  ]);
  assert.deepEqual([...configuration.clients.values()], [
    { name: "c1", ip: "127.0.0.1", position: { line: 6, column: 5 } },
    { name: "c2", ip: "127.0.0.1", position: { line: 7, column: 5 } },
  ]);
  assert.deepEqual([...configuration.services.values()], [{
    name: "math",
    providers: ["s1", "s2"],
    tenants: ["c1", "c2"],
    rpcs: new Map([["add", {
      name: "add",
      overloads: [
        {
          args: ["int", "int"],
          returns: ["int"],
          source: "/srv/services/math/add.ts",
          sourceAsWritten: "services/math/add.ts",
          position: { line: 14, column: 11 },
        },
        {
          args: ["str", "str"],
          returns: ["str"],
          source: "/srv/services/math/concat.ts",
          sourceAsWritten: "services/math/concat.ts",
          position: { line: 15, column: 11 },
        },
      ],
      position: { line: 13, column: 7 },
    }]]),
    position: { line: 9, column: 3 },
  }]);
});

Deno.test("a client may have a key, with an address or without", () => {
  const key = "ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";
  const { clients } = parse(goodWith(
    ["c1: { ip: 127.0.0.1 }", `c1: { key: ${key} }`],
    ["c2: { ip: 127.0.0.1 }", `c2: { ip: ::1, port: 7, key: "${key.replace("P", "Q")}" }`],
  ));
  const [c1, c2] = [...clients.values()];
  assert.deepEqual([c1.ip, c1.port, c1.key], [undefined, undefined, key]);
  assert.deepEqual([c2.ip, c2.port, c2.key], ["::1", 7, key.replace("P", "Q")]);
});

Deno.test("descriptions of servers, clients, services, rpcs and overloads are kept", () => {
  const { servers, clients, services } = parse(`
network:
  servers: { s1: { ip: node.example, port: "8181", description: the first } }
  clients: { c1: { ip: "::1", port: 4000, description: 'a "client"' } }
services:
  math:
    description: >
      Sums,
      and means.
    providers: [s1]
    tenants: []
    rpcs:
      add:
        description: Adds two numbers.
        overloads:
          - { args: [int, int], returns: int, src: add.ts, description: 64 bits }
          - { args: [], src: none.ts, description: }
`);
  assert.equal(servers.get("s1")!.description, "the first");
  assert.equal(clients.get("c1")!.description, 'a "client"');
  assert.equal(clients.get("c1")!.port, 4000);
  const math = services.get("math")!;
  assert.equal(math.description, "Sums, and means.\n");
  const add = math.rpcs.get("add")!;
  assert.equal(add.description, "Adds two numbers.");
  assert.deepEqual(add.overloads.map(({ description }) => description), ["64 bits", undefined]);
});

Deno.test("an rpc is idempotent where the file says so, for all of its overloads or for one", () => {
  const { services } = parse(`
network:
  servers: { s1: { ip: node.example, port: 8181 } }
  clients: {}
services:
  math:
    providers: [s1]
    tenants: []
    rpcs:
      all:
        idempotent: true
        overloads:
          - { args: [int], src: a.ts }
          - { args: [str], src: a.ts, idempotent: false }
      one:
        - { args: [int], src: a.ts }
        - { args: [str], src: a.ts, idempotent: True }
      single: { args: [], src: a.ts, idempotent: true }
      list:
        - args: []
        - src: a.ts
        - idempotent: true
`);
  const found = [...services.get("math")!.rpcs.values()].map(({ overloads }) =>
    overloads.map(({ isIdempotent }) => isIdempotent ?? false)
  );
  assert.deepEqual(found, [[true, false], [false, true], [true], [true]]);
});

Deno.test("names, services and overloads keep the order of the file", () => {
  const text = goodWith(["    c1: { ip: 127.0.0.1 }", "    z: { ip: ::1 }\n    c1: { ip: ::1 }"]);
  assert.deepEqual([...parse(text).clients.keys()], ["z", "c1", "c2"]);
});

Deno.test("types are kept in canonical spelling, so that two files can be compared", () => {
  const text = goodWith(
    ["args: [int, int]", `args: ["list[int]", 'Dict[str,Optional[ float ]]']`],
  );
  const [overload] = parse(text).services.get("math")!.rpcs.get("add")!.overloads;
  assert.deepEqual(overload.args, ["List[int]", "Dict[str, Optional[float]]"]);
});

Deno.test("an rpc without a value may say so in four ways", () => {
  for (const returns of ["", "returns: [],", "returns: ,", "returns: null,"]) {
    const text = goodWith(["returns: [int],", returns]);
    const [overload] = parse(text).services.get("math")!.rpcs.get("add")!.overloads;
    assert.deepEqual(overload.returns, [], returns);
  }
});

Deno.test("an address has a canonical spelling, so that a node can compare it with a connection's", () => {
  const spellings = [
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["localhost", "localhost", "localhost"],
    ["'0:0:0:0:0:0:0:1'", "::1", "::1"],
    ["2001:DB8::00ff", "2001:db8::ff", "2001:db8::ff"],
    ["'::ffff:10.1.2.3'", "10.1.2.3", "10.1.2.3"],
  ];
  for (const [written, server, client] of spellings) {
    const text = goodWith(
      ["{ ip: 127.0.0.1, port: 8282 }", `\n      ip: ${written}\n      port: 8282`],
      ["{ ip: 127.0.0.1 }", `\n      ip: ${written}`],
    );
    const { servers, clients } = parse(text);
    assert.equal(servers.get("s2")!.ip, server);
    assert.equal(clients.get("c1")!.ip, client);
  }
});

Deno.test("a server may be named by its host name", () => {
  for (const host of ["node-7.example.com", "db", "my_container", "1a.example"]) {
    const text = goodWith(["{ ip: 127.0.0.1, port: 8282 }", `{ ip: ${host}, port: 8282 }`]);
    assert.equal(parse(text).servers.get("s2")!.ip, host);
  }
});

Deno.test("script paths start from the file's folder, absolute ones stay", () => {
  const text = goodWith(
    ["services/math/add.ts", "../shared/add.ts"],
    ["services/math/concat.ts", "/opt/concat.ts"],
  );
  const { overloads } = parse(text).services.get("math")!.rpcs.get("add")!;
  assert.deepEqual(overloads.map(({ source }) => source), ["/shared/add.ts", "/opt/concat.ts"]);
  assert.equal(overloads[0].sourceAsWritten, "../shared/add.ts");
});

Deno.test("a folder that is not absolute is a misuse, not a mistake in the file", () => {
  assert.throws(() => parseConfiguration(good, { file: "init.yaml", folder: "." }), TypeError);
});

Deno.test("a file without services is a fleet that runs nothing", () => {
  const text = good.slice(0, good.indexOf("services:")) + "services: {}\n";
  assert.equal(parse(text).services.size, 0);
});

Deno.test("names that legal files use are accepted", () => {
  const text = goodWith(["s2: {", "eu-west.1_b: {"], ["[s1, s2]", "[s1, eu-west.1_b]"], [
    "  math:",
    "  my-math_2:",
  ], ["      add:", "      $add_2:"]);
  assert.deepEqual(mistakesIn(text), []);
});
