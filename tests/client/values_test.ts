import assert from "node:assert/strict";
import { TestNode } from "../_support/nodes/node.ts";

/** Values that must survive a round trip, by type. */
const roundTrips: Record<string, readonly unknown[]> = {
  int: [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n, -(2n ** 200n)],
  int53: [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1)],
  float: [0, -0, 1.5, -1e308, 5e-324, NaN, Infinity, -Infinity, 3],
  str: ["", "x", '\0\n\u2028"\\', "日本語 🎉", "a".repeat(1024 * 1024)],
  bool: [true, false],
  bytes: [new Uint8Array(0), Uint8Array.of(0, 1, 255), pattern(1024 * 1024)],
  None: [null],
  "List[int]": [[], [1, 2n ** 60n, -3]],
  "Dict[str, float]": [{}, { a: 1, "": NaN, "__proto__x": 2, "日本": -0 }],
  "Tuple[int, str, bytes]": [[1, "a", Uint8Array.of(7)]],
  "Optional[str]": [null, "", "there"],
  "List[Dict[str, Tuple[Optional[int], List[bytes]]]]": [
    [],
    [{ a: [null, []], b: [2n ** 70n, [Uint8Array.of(1), pattern(70_000)]] }, {}],
  ],
};

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7 % 251);
}

Deno.test("a value of every type reaches the script and returns unchanged", async (t) => {
  const types = Object.keys(roundTrips);
  await using node = await TestNode.start({
    deployment: {
      services: {
        echo: {
          rpcs: Object.fromEntries(types.map((type, index) => [`echo${index}`, {
            args: [type],
            returns: [type],
            source: "export default (value) => value;",
          }])),
        },
        look: {
          rpcs: {
            sees: {
              args: ["int", "int", "float", "bytes", "None", "Optional[int]", "Dict[str, int]"],
              returns: ["List[str]"],
              source: `export function sees(...values) {
                return values.map((value) => value === null ? "null" : typeof value === "object"
                  ? value.constructor.name : typeof value + " " + String(value));
              }`,
            },
          },
        },
      },
    },
  });
  const caller = await node.connect();
  for (const [index, type] of types.entries()) {
    await t.step(type, async () => {
      for (const value of roundTrips[type]) {
        assert.deepStrictEqual(await caller.call("echo", `echo${index}`, [value]), value);
      }
    });
  }
  await t.step("scripts see plain JavaScript values", async () => {
    assert.deepEqual(
      await caller.call("look", "sees", [1, 2n ** 64n, 1, Uint8Array.of(1), null, null, { a: 1 }]),
      ["number 1", "bigint 18446744073709551616", "number 1", "Uint8Array"]
        .concat("null", "null", "Object"),
    );
  });
});

Deno.test("many large concurrent calls are answered, although both sides write more than the other reads", async () => {
  const echo = { args: ["bytes"], returns: ["bytes"], source: "export const echo = (it) => it;" };
  await using node = await TestNode.start({
    deployment: { services: { big: { rpcs: { echo } } } },
  });
  const caller = await node.connect();
  const bytes = new Uint8Array(8 * 1024 * 1024);
  const calls = Array.from({ length: 6 }, () => caller.call("big", "echo", [bytes]));
  for (const value of await Promise.all(calls)) {
    assert.equal((value as Uint8Array).length, bytes.length);
  }
});

Deno.test("an rpc may return nothing, one value or several", async () => {
  await using node = await TestNode.start({
    deployment: {
      services: {
        count: {
          rpcs: {
            none: { source: "export const none = () => {};" },
            one: { returns: ["List[int]"], source: "export const one = () => [1, 2];" },
            several: {
              args: ["int", "int"],
              returns: ["int", "str", "bytes"],
              source: "export const several = async (a, b) => [a + b, 'x', Uint8Array.of(a, b)];",
            },
            maybe: { returns: ["Optional[int]"], source: "export default () => undefined;" },
          },
        },
      },
    },
  });
  const caller = await node.connect();
  assert.equal(await caller.call("count", "none"), undefined);
  assert.deepEqual(await caller.call("count", "one"), [1, 2]);
  assert.deepEqual(await caller.call("count", "several", [1, 2]), [3, "x", Uint8Array.of(1, 2)]);
  assert.equal(await caller.call("count", "maybe"), null);
});

Deno.test("a script cannot change what another call gets: arguments share no memory", async () => {
  await using node = await TestNode.start({
    deployment: {
      services: {
        keep: {
          rpcs: {
            keep: {
              args: ["bytes"],
              returns: ["int"],
              source: `const kept = [];
                export function keep(bytes) {
                  kept.push(bytes);
                  return new Set(kept.map((each) => each[0])).size;
                }`,
            },
          },
        },
      },
    },
  });
  const caller = await node.connect();
  const counts = await Promise.all(
    Array.from({ length: 20 }, (_, index) => caller.call("keep", "keep", [Uint8Array.of(index)])),
  );
  assert.deepEqual(counts, Array.from({ length: 20 }, (_, index) => index + 1));
});

Deno.test("a service's rpcs are functions with bound options", async () => {
  await using node = await TestNode.start({
    deployment: {
      services: {
        math: {
          rpcs: {
            add: {
              args: ["int", "int"],
              returns: ["int"],
              source: "export const add = (a, b) => a + b;",
            },
            never: { source: "export const never = () => new Promise(() => {});" },
          },
        },
      },
    },
  });
  const caller = await node.connect({ as: "c1" });
  const math = caller.service("math");
  assert.equal(await math.add(2, 3), 5);
  assert.equal(await math, math, "it can be awaited, and is no promise");
  await assert.rejects(caller.service("math", { timeoutMs: 50 }).never(), {
    code: "Deadline Exceeded",
  });
  const reply = await caller.reply("math", "add", [1, 2]);
  assert.equal(reply.value, 3);
  assert.match(reply.script, /^[0-9a-f]{64}$/);
  assert.equal(reply.node, node.address);
  assert.equal(reply.signature.key, "int, int -> int");
});
