/** Duplicate keys in an object are refused wherever JSON is read: two parsers could take two values. */
import assert from "node:assert/strict";
import { InvalidArguments, MalformedMessage } from "../../lib/errors/mod.ts";
import { checkJson, mayRepeatKeys, RepeatedKey } from "../../lib/encoding/json_scan.ts";
import { codecOfText } from "../../lib/types/codec.ts";
import { jsonRpcCodes, parseJsonRpc } from "../../lib/protocol/json/jsonrpc.ts";
import { decodeHello, decodeRoute } from "../../lib/protocol/message.ts";
import { parseJsonArguments } from "../../lib/protocol/json/named_arguments.ts";
import { encodePayload } from "../../lib/types/payload.ts";
import { decodeRequest, encodeControl } from "../../lib/protocol/request.ts";
import { compileSignature } from "../../lib/types/signature.ts";
import { parseTextRequest } from "../../lib/protocol/json/text.ts";
import { thrownBy } from "./_values.ts";
import { mentions } from "../_support/mentions.ts";

const encoder = new TextEncoder();

const repeated: [text: string, key: string, path: (string | number)[]][] = [
  ['{"a":1,"a":1}', "a", []],
  ['{"a":1,"b":2,"a":3}', "a", []],
  ['{"a" : 1 , "a"\n:2}', "a", []],
  ['{"":1,"":2}', "", []],
  ['{"__proto__":1,"__proto__":2}', "__proto__", []],
  ['{"\\u0061":1,"a":2}', "a", []],
  ['{"a\\"b":1,"a\\u0022b":2}', 'a"b', []],
  ['{"a":":","b":"\\":","a":1}', "a", []],
  ['{":":1,":":2}', ":", []],
  ['[1,{"x":[[],{"a":1,"a":1}]}]', "a", [1, "x", 1]],
  ['{"x":{"y":{"a":{},"a":{}}}}', "a", ["x", "y"]],
  [`{${Array.from({ length: 40 }, (_, index) => `"k${index}":1`)},"k3":1}`, "k3", []],
];

const sound = [
  "{}",
  "[]",
  '{"a":1,"b":1}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a":"a","b":"a"}',
  '{"a":["a","a"],"b":["b","b"]}',
  '{"a":"\\",\\"a\\":1"}',
  '"{\\"a\\":1,\\"a\\":1}"',
  '{"a":",","b":"{","c":"}"}',
  '{"A":1,"a":1}',
];

Deno.test("a duplicate key is reported with its path, and unique ones are not", () => {
  for (const [text, key, path] of repeated) {
    const thrown = thrownBy(() => checkJson(text));
    assert.ok(thrown instanceof RepeatedKey, text);
    assert.deepEqual([thrown.key, thrown.path], [key, path], text);
  }
  for (const text of sound) checkJson(text);
});

/** The number of keys that a text yields. */
function keysOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const parts = Object.values(value);
  return (Array.isArray(value) ? 0 : parts.length) +
    parts.reduce((sum: number, part) => sum + keysOf(part), 0);
}

Deno.test("the quick check of a payload overlooks no duplicate key", () => {
  for (const [text] of repeated) assert.ok(mayRepeatKeys(text, keysOf(JSON.parse(text))), text);
  const usual = JSON.stringify({ a: 1, "b c": [{ d: "x" }], "ü": { "": null } });
  assert.ok(!mayRepeatKeys(usual, keysOf(JSON.parse(usual))), usual);
});

Deno.test("random objects are distinguished from those with a duplicate key", () => {
  const random = (below: number): number => Math.floor(Math.random() * below);
  const key = (): string => JSON.stringify(["a", "b", ":", 'x"', "\\", "", " ", "ab"][random(8)]);
  const space = (): string => ["", "", "", " ", "\n"][random(5)];
  const value = (depth: number): string => {
    if (depth === 0 || random(3) === 0) return ["1", '"a"', '":"', "null", '"\\""'][random(5)];
    const parts = Array.from({ length: random(4) }, () => value(depth - 1));
    return random(2) === 0
      ? `[${parts.join(",")}]`
      : `{${parts.map((part) => `${key()}${space()}:${space()}${part}`).join(",")}}`;
  };
  for (let count = 0; count < 5000; count++) {
    const text = value(4);
    let isRepeated = false;
    // The runtime takes the last; lossless parsing keeps as many members as it reads.
    const keys = keysOf(JSON.parse(text));
    const members = [...text.replaceAll(/"(?:[^"\\]|\\.)*"/g, "s").matchAll(/:/g)].length;
    try {
      checkJson(text);
    } catch (error) {
      assert.ok(error instanceof RepeatedKey, text);
      isRepeated = true;
    }
    assert.equal(isRepeated, members !== keys, text);
    if (isRepeated) assert.ok(mayRepeatKeys(text, keys), text);
  }
});

Deno.test("no message and no value takes the last of two", () => {
  const value = '"service":"math","rpc":"add","arguments":[1]';
  const malformed: [what: string, read: () => unknown, message: RegExp][] = [
    [
      "text",
      () => parseTextRequest(encoder.encode(`{"header":"RPC-REQ","value":{${value},"rpc":"sub"}}`)),
      mentions('"rpc"', '"value"', "twice"),
    ],
    [
      "text, outside",
      () =>
        parseTextRequest(
          encoder.encode(`{"header":"RPC-REQ","value":{${value}},"header":"RPC-REQ"}`),
        ),
      mentions('"header"', "twice"),
    ],
    ["text, in an argument", () =>
      parseTextRequest(encoder.encode(
        `{"header":"RPC-REQ","value":{"service":"m","rpc":"f","arguments":[1,{"a":1,"a":2}]}}`,
      )), mentions('"a"', '"value"', '"arguments"', "item 2", "twice")],
    ["a signed value", () =>
      parseTextRequest(encoder.encode(JSON.stringify({
        header: "RPC-REQ",
        key: "k",
        signature: "s",
        value: `{${value},"rpc":"sub"}`,
      }))), mentions('"rpc"', "twice")],
    ["HTTP", () => parseJsonArguments(encoder.encode('{"a":1,"a":2}')), mentions('"a"', "twice")],
    ["a hello", () => decodeHello(encoder.encode('{"version":1,"version":1}')), /hello.*"version"/],
    ["a route", () => decodeRoute(encoder.encode('{"rpc":"a","rpc":"b"}')), /route.*"rpc"/],
    ["a request in frames", () => {
      const body = encodeControl({ op: "status", aa: 1 });
      const at = new TextDecoder().decode(body).indexOf('"aa"');
      body.set(encoder.encode('"op"'), at);
      return decodeRequest(body);
    }, mentions('"op"', "twice")],
  ];
  for (const [what, read, message] of malformed) {
    const thrown = thrownBy(read);
    assert.ok(thrown instanceof MalformedMessage, what);
    assert.match(thrown.message, message);
  }
  const [item] =
    parseJsonRpc(encoder.encode('{"jsonrpc":"2.0","method":"a.b","method":"a.c","id":1}')).items;
  assert.ok(item.kind === "mistake" && item.code === jsonRpcCodes["Malformed Message"]);
});

Deno.test("a value in frames is reported with the argument and the key's path", () => {
  const cases: [type: string, json: string, message: RegExp][] = [
    ["Dict[str, int]", '[{"a":1,"a":2}]', /^argument 1: .*"a" twice/],
    ["Dict[str, int]", '[{"a" :1,"a" :2}]', /^argument 1: .*"a" twice/],
    ["List[Dict[str, int]]", '[[{"a":1},{"b":1,"b":1}]]', /^argument 1, item 2: .*"b" twice/],
    [
      "Dict[str, Dict[str, int]]",
      '[{"x":{"a":1,"a":2}}]',
      mentions("argument 1", '"x"', '"a"', "twice"),
    ],
    ["Dict[str, int]", '[{"a":18446744073709551616,"a":2}]', /^argument 1: .*"a" twice/],
  ];
  for (const [type, json, message] of cases) {
    const signature = compileSignature({ args: [type], returns: [] });
    const thrown = thrownBy(() => signature.decodeArguments(encodePayload(json, [])));
    assert.ok(thrown instanceof InvalidArguments, json);
    assert.match(thrown.message, message);
  }
  const [stream] =
    compileSignature({ args: ["Stream[Dict[str, int]]"], returns: [] }).argumentStreams;
  const thrown = thrownBy(() => stream.decodeItem(encodePayload('[{"a":1,"a":2}]', []), 2));
  assert.match((thrown as Error).message, /argument 1, item 3.*"a" twice/);
});

Deno.test("a value in the string form is reported with the key", () => {
  const thrown = thrownBy(() => codecOfText("Dict[str, int]").fromText('{"a":1,"a":2}'));
  assert.match((thrown as Error).message, mentions("Dict[str, int]", "JSON", '"a"', "twice"));
});

Deno.test("a byte order mark before JSON is ignored", () => {
  const marked = (text: string): Uint8Array => encoder.encode("\ufeff" + text);
  assert.deepEqual(parseJsonArguments(marked("[1]")), [1]);
  assert.equal(parseJsonRpc(marked('{"jsonrpc":"2.0","method":"a.b"}')).items[0].kind, "call");
  assert.equal(
    decodeRoute(marked(
      '{"service":"m","rpc":"f","argumentTypes":[],"returnTypes":[]}',
    )).rpc,
    "f",
  );
  const { decodeArguments } = compileSignature({ args: ["int"], returns: [] });
  assert.deepEqual(decodeArguments(encodePayload("\ufeff[5]", [])), [5]);
  assert.deepEqual(codecOfText("List[int]").fromText("\ufeff[5]"), [5]);
});

Deno.test("UTF-16 and UTF-32 are reported as such", () => {
  const text = '[1, "a"]';
  for (const [name, size] of [["UTF-16", 2], ["UTF-32", 4]] as const) {
    for (const littleEndian of [true, false]) {
      for (const mark of ["", "\ufeff"]) {
        const bytes = new Uint8Array(size * (mark + text).length);
        const view = new DataView(bytes.buffer);
        [...mark + text].forEach((character, index) => {
          const at = size * index + (littleEndian ? 0 : size - 2);
          view.setUint16(at, character.charCodeAt(0), littleEndian);
        });
        assert.ok((thrownBy(() => parseJsonArguments(bytes)) as Error).message.includes(name));
      }
    }
  }
});
