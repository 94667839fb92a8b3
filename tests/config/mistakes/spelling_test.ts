import assert from "node:assert/strict";
import { good, mistakesIn, parse, withoutPlaces } from "../helpers.ts";

const expected = withoutPlaces(parse(good));

const variants: Record<string, string> = {
  "lists of single-key maps everywhere": `
network:
  - servers:
      - s1:
          ip: 127.0.0.1
          port: 8181
      - s2:
          - ip: 127.0.0.1
          - port: 8282
  - clients:
      - c1:
          ip: 127.0.0.1
      - c2: { ip: 127.0.0.1 }
services:
  - math:
      - providers: [s1, s2]
      - tenants:
          - c1
          - c2
      - rpcs:
          - add:
              - args: [int, int]
                returns: [int]
                src: services/math/add.ts
              - - args: [str, str]
                - returns: [str]
                - src: services/math/concat.ts
`,
  "rpcs by name, and a section rpc with lists of overloads": `
network:
  server:
    - s1: { ip: 127.0.0.1, port: 8181 }
    - s2: { ip: 127.0.0.1, port: 8282 }
  client:
    - c1: { ip: 127.0.0.1 }
    - c2: { ip: 127.0.0.1 }
service:
  - math:
      provider: [s1, s2]
      tenant: [c1, c2]
      rpc: [add]
rpc:
  - add:
      - argument-types: [int, int]
        return-types: [int]
        path: services/math/add.ts
      - argument-types: [str, str]
        return-types: [str]
        path: services/math/concat.ts
`,
  "a section rpcs in which an overload is another item of the same name": `
network:
  servers:
  - s1: { ip: 127.0.0.1, port: '8181' }
  - s2: { ip: 127.0.0.1, port: '8282' }
  clients:
  - c1: { ip: 127.0.0.1 }
  - c2: { ip: 127.0.0.1 }
service:
  math:
    providers: [s1, s2]
    tenants: [c1, c2]
    rpcs: add
rpcs:
- add:
    args: [int, int]
    returns: int
    src: services/math/add.ts
- add:
    args: [str, str]
    returns: str
    src: services/math/concat.ts
`,
  "anchors, aliases and merge keys": `
network:
  servers:
    s1: &machine { ip: 127.0.0.1, port: 8181 }
    s2: { <<: *machine, port: 8282 }
  clients:
    c1: &anywhere { ip: 127.0.0.1 }
    c2: *anywhere
services:
  math:
    providers: &all [s1, s2]
    tenants: [c1, &second c2]
    rpcs:
      add:
        - &number { args: &two [int, int], returns: [int], src: services/math/add.ts }
        - <<: [{ args: [str, str] }, *number]
          returns: [str]
          src: services/math/concat.ts
`,
  "JSON": JSON.stringify({
    network: {
      servers: { s1: { ip: "127.0.0.1", port: 8181 }, s2: { ip: "127.0.0.1", port: 8282 } },
      clients: { c1: { ip: "127.0.0.1" }, c2: { ip: "127.0.0.1" } },
    },
    services: {
      math: {
        providers: ["s1", "s2"],
        tenants: ["c1", "c2"],
        rpcs: {
          add: {
            overloads: [
              { args: ["int", "int"], returns: ["int"], src: "services/math/add.ts" },
              { args: ["str", "str"], returns: ["str"], src: "services/math/concat.ts" },
            ],
          },
        },
      },
    },
  }),
  "line ends of Windows, and a byte order mark": "\ufeff" + good.replaceAll("\n", "\r\n"),
  "comments everywhere": "# top\n\n" + good.replaceAll("\n", " # why\n\n  # more\n"),
};

for (const [name, text] of Object.entries(variants)) {
  Deno.test(`a file with ${name} means the same as the modern one`, () => {
    assert.deepEqual(mistakesIn(text), []);
    assert.deepEqual(withoutPlaces(parse(text)), expected);
  });
}

Deno.test("an original file with one server, one client and single names works unchanged", () => {
  const { services } = parse(`
network:
  server:
    - s1:
        ip: 10.0.0.1
        port: 8080
  client:
    - c1:
        ip: 10.0.0.2
        port: 5000
service:
  - math:
      provider: s1
      tenant: c1
      rpcs:
        - add
        - sub
  - again:
      provider: s1
      tenant: c1
      rpcs:
        sub:
rpc:
  sub:
    args: [int, int]
    returns: int
    src: sub.py
  add: { args: int, src: add.py }
`);
  const math = services.get("math")!;
  assert.deepEqual(math.providers, ["s1"]);
  assert.deepEqual(math.tenants, ["c1"]);
  assert.deepEqual([...math.rpcs.keys()], ["add", "sub"]);
  assert.deepEqual(math.rpcs.get("add")!.overloads[0].args, ["int"]);
  assert.deepEqual(math.rpcs.get("sub")!.position, { line: 17, column: 11 });
  const shared = services.get("again")!.rpcs.get("sub")!;
  assert.deepEqual(shared.overloads, math.rpcs.get("sub")!.overloads);
  assert.deepEqual(shared.position, { line: 22, column: 9 });
});

Deno.test("an rpc of the section is checked even if no service lists it", () => {
  const text = good +
    "rpc:\n  spare: { args: [], src: spare.ts }\n  bad: { args: [], sorc: x.ts }\n";
  assert.deepEqual(mistakesIn(text), [
    '18:20 unknown key "sorc", expected one of args, names, returns, src, description, idempotent, allow, examples (did you mean "src"?)',
  ]);
});
