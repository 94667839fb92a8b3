import assert from "node:assert/strict";
import {
  exceptionTypes,
  InternalError,
  InvalidArguments,
  MessageTooLarge,
  RpcException,
  RpcNotFound,
} from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import {
  decodeException,
  decodeHello,
  decodeRoute,
  encodeException,
  encodeExceptionBody,
  type Hello,
  type Route,
} from "../../lib/protocol/message.ts";
import { encodeJson } from "../../lib/encoding/json_body.ts";
import { exceptionResponse } from "../../lib/protocol/json/http.ts";
import { formatJsonRpcError } from "../../lib/protocol/json/jsonrpc.ts";
import { formatTextException } from "../../lib/protocol/json/text.ts";
import { decodeRequest, decodeResponse } from "../../lib/protocol/request.ts";
import { publicKey } from "../../lib/identity/key.ts";
import { type ScriptId, scriptPin } from "../../lib/identity/script_id.ts";
import { assertMalformed, thrownBy, utf8 } from "./_values.ts";

const id = "ab".repeat(32) as ScriptId;
const hello: Hello = { version: 1, software: "x/1", messageBytesMax: 1_000_000 };
const route: Route = { service: "s", rpc: "r", argumentTypes: ["int"], returnTypes: [] };

/** Bodies that are not JSON objects, for any kind of frame. */
const noObjects: [what: string, body: Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["half an object", utf8('{"version":1')],
  ["a list", utf8("[]")],
  ["null", utf8("null")],
  ["a number", utf8("1")],
  ["two objects", utf8("{}{}")],
  ["a key twice", utf8('{"version":1,"version":1}')],
  ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
  [
    "nesting that would take a gigabyte",
    utf8(`{"version":${"[".repeat(200_000)}${"]".repeat(200_000)}}`),
  ],
];

const decoders: [kind: string, decode: (body: Uint8Array) => unknown][] = [
  ["exception", decodeException],
  ["request", (body) => decodeRequest(controlOf(body))],
  ["response", (body) => decodeResponse("commit", controlOf(body))],
  ["hello", (body) => decodeHello(body.subarray(0, limits.helloBytesMax))],
  ["route", (body) => decodeRoute(body.subarray(0, limits.routeBytesMax))],
];

/** A request's body around bytes that need not be JSON. */
function controlOf(json: Uint8Array): Uint8Array {
  const body = new Uint8Array(4 + json.length);
  new DataView(body.buffer).setUint32(0, json.length);
  body.set(json, 4);
  return body;
}

Deno.test("a body that is not a JSON object is refused, whatever its kind", () => {
  for (const [kind, decode] of decoders) {
    for (const [what, body] of noObjects) assertMalformed(() => decode(body), `${kind}: ${what}`);
  }
});

Deno.test("a hello arrives as it was sent, and a newer version's fields are ignored", () => {
  const sent: Hello[] = [
    { ...hello, client: "c1" },
    { ...hello, node: "s1" },
    { ...hello, key: publicKey("ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw") },
    { ...hello, node: "s1", challenge: "abc" },
    { ...hello, version: 2 ** 40, client: "", messageBytesMax: limits.messageBytesMaxLeast },
  ];
  for (const each of sent) {
    const none = { client: undefined, key: undefined, node: undefined, challenge: undefined };
    const expected = { ...none, ...each };
    assert.deepEqual(decodeHello(encodeJson(each)), expected);
    assert.deepEqual(decodeHello(encodeJson({ ...each, streams: true })), expected);
  }
});

Deno.test("a malformed hello is refused", () => {
  const wrong: [what: string, change: Record<string, unknown>][] = [
    ["no version", { version: undefined }],
    ["a version in words", { version: "1" }],
    ["half a version", { version: 1.5 }],
    ["a version below zero", { version: -1 }],
    ["no software", { software: undefined }],
    ["no bound", { messageBytesMax: undefined }],
    ["a bound beyond what is exact", { messageBytesMax: 2 ** 53 }],
    ["a bound too small for an exception", { messageBytesMax: limits.messageBytesMaxLeast - 1 }],
    ["a client that is no text", { client: 1 }],
    ["a client that is null", { client: null }],
    ["a node that is no text", { node: {} }],
    ["a key that is none", { key: "ed25519:abc" }],
    ["a challenge that is no text", { challenge: 7 }],
  ];
  for (const [what, change] of wrong) {
    assertMalformed(() => decodeHello(encodeJson({ ...hello, ...change })), what);
  }
});

Deno.test("a hello or route that is too large is refused before it is parsed", () => {
  const hellos = (bytes: number) => utf8("{" + " ".repeat(bytes - 1));
  assertMalformed(() => decodeHello(hellos(limits.helloBytesMax)), "as large as allowed");
  const tooLarge = thrownBy(() => decodeHello(hellos(limits.helloBytesMax + 1)));
  assert.ok(tooLarge instanceof MessageTooLarge);
  assert.equal(tooLarge.message, "a hello of 4097 bytes is too large: 4096 are allowed");
  const thrown = thrownBy(() => decodeRoute(hellos(limits.routeBytesMax + 1)));
  assert.ok(thrown instanceof MessageTooLarge);
});

Deno.test("a route arrives as it was sent", () => {
  const sent: Route[] = [
    route,
    { ...route, service: "", returnTypes: ["List[int]", "str"] },
    { ...route, script: id },
    { ...route, trace: true },
    { ...route, script: scriptPin(id.slice(0, 8)) },
  ];
  for (const each of sent) {
    assert.deepEqual(decodeRoute(encodeJson(each)), {
      script: undefined,
      trace: undefined,
      ...each,
    });
  }
});

Deno.test("a malformed route is refused", () => {
  const wrong: [what: string, change: Record<string, unknown>][] = [
    ["no service", { service: undefined }],
    ["a service that is no text", { service: 1 }],
    ["no rpc", { rpc: undefined }],
    ["no argument types", { argumentTypes: undefined }],
    ["argument types as one text", { argumentTypes: "int" }],
    ["an argument type that is no text", { argumentTypes: ["int", null] }],
    ["return types as an object", { returnTypes: { 0: "int" } }],
    ["a pin that is no text", { script: 12345678 }],
    ["a pin that is null", { script: null }],
    ["a pin that is too short", { script: id.slice(0, 7) }],
    ["a pin that is too long", { script: `${id}a` }],
    ["a pin of other letters", { script: "0123ABCD" }],
    ["a trace that is not true", { trace: 1 }],
  ];
  for (const [what, change] of wrong) {
    assertMalformed(() => decodeRoute(encodeJson({ ...route, ...change })), what);
  }
});

Deno.test("every exception arrives as the same class", () => {
  for (const type of exceptionTypes) {
    const thrown = decodeException(encodeExceptionBody(type, `why ${type}`, id), "s1 (h:1)");
    assert.ok(thrown instanceof RpcException);
    const { code, message, node, script } = thrown;
    assert.deepEqual([code, message, node, script], [type, `why ${type}`, "s1 (h:1)", id]);
  }
});

Deno.test("an exception has the fields of the original protocol, and its cause is not sent", () => {
  const exception = new RpcNotFound("no rpc", { cause: new Error("secret"), details: ["secret"] });
  const text = new TextDecoder().decode(encodeException(exception, id));
  assert.equal(
    text,
    `{"exception-type":"RPC Not Found","exception-message":"no rpc","script":"${id}"}`,
  );
  assert.ok(!new TextDecoder().decode(encodeException(exception)).includes("script"));
});

Deno.test("an exception of a newer version keeps its name", () => {
  const thrown = decodeException(
    encodeJson({ "exception-type": "Too Tired", "exception-message": "later" }),
  );
  assert.ok(thrown instanceof InternalError);
  assert.equal(thrown.message, "Too Tired: later");
});

Deno.test("names of inherited properties are treated like any other", () => {
  for (const type of ["constructor", "__proto__", "toString"]) {
    const body = encodeJson({ "exception-type": type, "exception-message": "" });
    assert.ok(decodeException(body) instanceof InternalError);
  }
});

Deno.test("the longest exception fits into the smallest message that a peer may insist on", () => {
  const hostile = "\u0000".repeat(limits.exceptionMessageLengthMax);
  const body = encodeException(new InvalidArguments(hostile + "x"), id);
  assert.ok(body.length <= limits.messageBytesMaxLeast, `${body.length}`);
  const { message } = decodeException(body);
  assert.equal(message.length, limits.exceptionMessageLengthMax);
  assert.ok(message.endsWith("…"));
  assert.equal(decodeException(encodeException(new InvalidArguments(hostile))).message, hostile);
});

Deno.test("an exception's message is truncated in every protocol", () => {
  const type = "Invalid Arguments" as const;
  const message = "x".repeat(10 * limits.exceptionMessageLengthMax);
  const bodies = {
    frames: encodeException(new InvalidArguments(message)),
    text: formatTextException(type, message),
    http: exceptionResponse({ type, message }).body!,
    jsonRpc: formatJsonRpcError(1, { type, message }),
  };
  // JSON-RPC says it twice.
  const most = 2 * limits.exceptionMessageLengthMax + 300;
  for (const [protocol, { length }] of Object.entries(bodies)) {
    assert.ok(length < most, `${protocol}: ${length}`);
  }
});

Deno.test("a malformed exception or goodbye is refused", () => {
  for (
    const value of [
      {},
      { "exception-type": "Cancelled" },
      { "exception-message": "x" },
      { "exception-type": 1, "exception-message": "x" },
      { "exception-type": "Cancelled", "exception-message": null },
      { "exception-type": "Cancelled", "exception-message": "x", script: 1 },
    ]
  ) {
    assertMalformed(() => decodeException(encodeJson(value)), JSON.stringify(value));
  }
});
