import assert from "node:assert/strict";
import {
  exceptionTypes,
  InternalError,
  InvalidArguments,
  MalformedMessage,
  MessageTooLarge,
  RpcException,
  RpcNotFound,
} from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import {
  decodeException,
  decodeGoodbye,
  decodeHello,
  decodeRoute,
  encodeException,
  encodeExceptionBody,
  encodeJson,
  type Hello,
  type Route,
} from "../../lib/wire/message.ts";
import {
  decodeRequest,
  decodeResponse,
  encodeControl,
  type Request,
  type Responses,
} from "../../lib/wire/request.ts";
import { publicKey } from "../../lib/wire/key.ts";
import { type ScriptId, scriptPin } from "../../lib/wire/script_id.ts";
import { thrownBy, utf8 } from "./_values.ts";

const id = "ab".repeat(32) as ScriptId;
const hello: Hello = { version: 1, software: "x/1", messageBytesMax: 1_000_000 };
const route: Route = { service: "s", rpc: "r", argumentTypes: ["int"], returnTypes: [] };
const manifest = { format: 1, node: "s1", clients: [], services: [] } as const;
const signed = {
  key: publicKey("ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"),
  signature: "abc",
};

function assertMalformed(decode: () => unknown, what: string): void {
  const thrown = thrownBy(decode);
  assert.ok(thrown instanceof MalformedMessage, `${what}: ${thrown}`);
  assert.ok(thrown.message.length < 300, what);
}

/** Bodies that are no JSON object, whatever the frame's kind. */
const noObjects: [what: string, body: Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["half an object", utf8('{"version":1')],
  ["a list", utf8("[]")],
  ["null", utf8("null")],
  ["a number", utf8("1")],
  ["two objects", utf8("{}{}")],
  ["a BOM", utf8("\ufeff{}")],
  ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
  [
    "nesting that would take a gigabyte",
    utf8(`{"version":${"[".repeat(200_000)}${"]".repeat(200_000)}}`),
  ],
];

const decoders: [kind: string, decode: (body: Uint8Array) => unknown][] = [
  ["goodbye", decodeGoodbye],
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

Deno.test("a body that is no JSON object is refused, whatever the kind", () => {
  for (const [kind, decode] of decoders) {
    for (const [what, body] of noObjects) assertMalformed(() => decode(body), `${kind}: ${what}`);
  }
});

Deno.test("a hello arrives as it was sent, and what a newer version adds is ignored", () => {
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

Deno.test("a hello of another shape is refused", () => {
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

Deno.test("a route of another shape is refused", () => {
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

Deno.test("every exception arrives as the class that it was", () => {
  for (const type of exceptionTypes) {
    const thrown = decodeException(encodeExceptionBody(type, `why ${type}`, id), "s1 (h:1)");
    assert.ok(thrown instanceof RpcException);
    const { code, message, node, script } = thrown;
    assert.deepEqual([code, message, node, script], [type, `why ${type}`, "s1 (h:1)", id]);
  }
});

Deno.test("an exception has the fields of the original protocol, and its cause stays at home", () => {
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

Deno.test("names of what every object has are no exceptions", () => {
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

Deno.test("an exception or goodbye of another shape is refused", () => {
  for (
    const value of [
      {},
      { "exception-type": "Cancelled" },
      { "exception-message": "x" },
      { "exception-type": 1, "exception-message": "x" },
      { "exception-type": "Cancelled", "exception-message": null },
      { "exception-type": "Cancelled", "exception-message": "x", script: 1 },
      { reason: 5 },
    ]
  ) {
    assertMalformed(() => decodeException(encodeJson(value)), JSON.stringify(value));
    assertMalformed(() => decodeGoodbye(encodeJson(value)), JSON.stringify(value));
  }
  assert.deepEqual(decodeGoodbye(encodeJson({ reason: "tea", x: 1 })), { reason: "tea" });
});

const requests: Request[] = [
  { op: "prove", to: "127.0.0.1:8181", signature: "abc" },
  { op: "prove", to: "127.0.0.1:8181", node: "s1", signature: "abc" },
  { op: "describe" },
  { op: "describe", service: "math" },
  { op: "observe", scripts: [] },
  { op: "observe", scripts: [id] },
  { op: "put", scripts: [{ id, bytes: 5 }] },
  { op: "begin", deployment: { id: "d1", deployer: "me" }, generation: 0 },
  { op: "stage", manifest, deployment: { id: "d1", deployer: "me" } },
  { op: "stage", manifest, deployment: { id: "d1", deployer: "me", rollbackTo: 3 } },
  { op: "stage", manifest, deployment: { id: "d1", deployer: "me" }, signed },
  { op: "commit" },
  { op: "abort" },
  { op: "history" },
  { op: "generation", number: 3 },
  { op: "status" },
  { op: "explain", service: "math", rpc: "add" },
];

Deno.test("every request arrives as it was sent, with its attachment", () => {
  for (const request of requests) {
    assert.deepEqual(decodeRequest(encodeControl(request)), {
      request,
      attachment: new Uint8Array(0),
    });
    const attachment = Uint8Array.of(0, 1, 2, 255);
    const body = encodeControl(request, attachment);
    const decoded = decodeRequest(body);
    assert.deepEqual(decoded.attachment, attachment);
    body.fill(9);
    assert.deepEqual(decoded.attachment, attachment, "the attachment is a copy");
  }
});

Deno.test("a request that this version does not know is refused, and says which", () => {
  const deployment = { id: "d1", deployer: "me" };
  const longName = "x".repeat(257);
  const wrong: [what: string, request: unknown][] = [
    ["no op", {}],
    ["an op that there is not", { op: "reboot" }],
    ["an op that every object has", { op: "toString" }],
    ["an op that is no text", { op: ["describe"] }],
    ["a service that is no text", { op: "describe", service: 1 }],
    ["a proof for nobody", { op: "prove", signature: "abc" }],
    ["a proof without its signature", { op: "prove", to: "127.0.0.1:8181" }],
    ["a proof for an address without end", { op: "prove", to: longName, signature: "abc" }],
    ["no scripts", { op: "observe" }],
    ["scripts that are no texts", { op: "observe", scripts: [1] }],
    ["scripts that are no list", { op: "put", scripts: { length: 1 } }],
    ["a script without its size", { op: "put", scripts: [{ id }] }],
    ["a script of a negative size", { op: "put", scripts: [{ id, bytes: -1 }] }],
    ["a script without its id", { op: "put", scripts: [{ bytes: 1 }] }],
    ["null for a script", { op: "put", scripts: [null] }],
    ["a beginning without a generation", { op: "begin", deployment }],
    ["a beginning of nobody's", { op: "begin", generation: 1 }],
    ["no manifest", { op: "stage", deployment }],
    ["a manifest that is a list", { op: "stage", manifest: [], deployment }],
    ["no deployment", { op: "stage", manifest }],
    ["a deployment without its id", { op: "stage", manifest, deployment: { deployer: "me" } }],
    ["a deployment of nobody", { op: "stage", manifest, deployment: { id: "d1" } }],
    ["a deployer without end", { op: "stage", manifest, deployment: { id, deployer: longName } }],
    ["a rollback to nowhere", {
      op: "stage",
      manifest,
      deployment: { ...deployment, rollbackTo: -1 },
    }],
    ["a signature without its key", {
      op: "stage",
      manifest,
      deployment,
      signed: { signature: "" },
    }],
    ["a signature of no key", {
      op: "stage",
      manifest,
      deployment,
      signed: { ...signed, key: "ed25519:x" },
    }],
    ["a signature without end", {
      op: "stage",
      manifest,
      deployment,
      signed: { ...signed, signature: longName },
    }],
    ["nothing to explain", { op: "explain", service: "math" }],
    ["a generation that is no number", { op: "generation", number: "3" }],
  ];
  for (const [what, request] of wrong) {
    assertMalformed(() => decodeRequest(encodeControl(request)), what);
  }
  const thrown = thrownBy(() => decodeRequest(encodeControl({ op: "x".repeat(1_000_000) })));
  assert.match(thrown.message, /does not know the request "x{60}…" in this form/);
});

Deno.test("a body that is shorter than it says is refused", () => {
  const body = encodeControl({ op: "commit" });
  for (let end = 0; end < body.length; end++) {
    assertMalformed(() => decodeRequest(body.subarray(0, end)), `${end} bytes`);
    assertMalformed(() => decodeResponse("abort", body.subarray(0, end)), `${end} bytes`);
  }
  assertMalformed(() => decodeRequest(Uint8Array.of(255, 255, 255, 255, 0x7b, 0x7d)), "4 GiB");
});

const responses: { [Op in Request["op"]]: Responses[Op][] } = {
  describe: [
    { generation: 0, services: [] },
    {
      generation: 3,
      services: [{
        name: "math",
        description: "sums",
        overloads: [
          { rpc: "add", args: ["int"], returns: [] },
          { rpc: "get", args: [], returns: ["int"], isIdempotent: true },
        ],
      }],
    },
  ],
  observe: [
    { node: "", generation: 0, missing: [id] },
    { node: "s1", generation: 1, manifest, missing: [] },
    {
      node: "s1",
      generation: 2,
      manifest,
      hash: "a",
      deployment: { id: "d1", deployer: "me", from: "127.0.0.1", signed },
      previous: { number: 1, fileHash: "b" },
      missing: [],
    },
  ],
  prove: [{}],
  put: [{ kept: 1 }],
  begin: [{}],
  stage: [{ generation: 2 }],
  commit: [{ generation: 2 }],
  abort: [{}],
  history: [
    { node: "", generations: [] },
    {
      node: "s1",
      generations: [
        { number: 2, committedAtMs: 5, hash: "a", manifestHash: "b" },
        {
          number: 3,
          committedAtMs: 6,
          deployment: { id: "d1", deployer: "me", from: "127.0.0.1", rollbackTo: 1, signed },
          hash: "c",
          manifestHash: "d",
        },
      ],
    },
  ],
  generation: [
    { number: 1, committedAtMs: 5, manifestHash: "b", manifest },
    {
      number: 2,
      committedAtMs: 6,
      deployment: { id: "d1", deployer: "me", from: "127.0.0.1", signed },
      previous: { number: 1, fileHash: "a" },
      manifestHash: "b",
      manifest,
    },
  ],
  explain: [
    { node: "s1", generation: 0, from: "10.0.0.1", identities: [], overloads: [] },
    {
      node: "s1",
      generation: 3,
      from: "10.0.0.1",
      client: "c1",
      identities: [{ client: "c1", reason: "it is" }],
      overloads: [{ args: ["int"], returns: [], script: id }],
      timeoutMs: 5,
    },
  ],
  status: [{
    node: "s1",
    software: "farcall/0.1.0",
    runtime: "deno 2.9.6, linux x86_64",
    pid: 5,
    uptimeMs: 1.5,
    generation: 1,
    connections: 1,
    callsInFlight: 0,
    memoryBytes: 1024,
    isDraining: false,
    services: [{
      name: "math",
      overloads: 2,
      executors: [{ state: "running", callsInFlight: 1, pid: 6 }, {
        state: "down",
        callsInFlight: 0,
      }],
      waiting: 0,
      calls: 3,
      failures: 1,
      p50Ms: 0.5,
      p99Ms: 1,
    }],
  }],
};

Deno.test("every response arrives as it was sent", () => {
  for (const [op, each] of Object.entries(responses)) {
    for (const response of each) {
      assert.deepEqual(decodeResponse(op as Request["op"], encodeControl(response)), response);
    }
  }
});

Deno.test("a response of another shape is refused, before anyone trips over it", () => {
  const wrong: [op: Request["op"], response: unknown][] = [
    ["describe", {}],
    ["describe", { generation: 1, services: {} }],
    ["describe", { generation: 1, services: [{ name: "math" }] }],
    ["describe", { generation: 1, services: [{ overloads: [] }] }],
    ["describe", { generation: 1, services: [{ name: "math", overloads: [{ rpc: "add" }] }] }],
    ["describe", { generation: "1", services: [] }],
    ["describe", {
      generation: 1,
      services: [{
        name: "math",
        overloads: [{ rpc: "add", args: [], returns: [], isIdempotent: 1 }],
      }],
    }],
    ["observe", { node: "s1", generation: 1 }],
    ["observe", { node: "s1", generation: 1, missing: [1] }],
    ["observe", { node: "s1", generation: 1, missing: [], manifest: "x" }],
    ["observe", { generation: 1, missing: [] }],
    ["observe", { node: "s1", generation: 1, deployment: "d1", missing: [] }],
    ["observe", { node: "s1", generation: 1, deployment: { id: "d1" }, missing: [] }],
    ["observe", { node: "s1", generation: 1, previous: 1, missing: [] }],
    ["observe", { node: "s1", generation: 1, previous: { number: 1 }, missing: [] }],
    ["history", { node: "s1" }],
    ["history", { node: "s1", generations: [{ number: 1 }] }],
    ["generation", {}],
    ["generation", { manifest }],
    ["generation", {
      number: 2,
      committedAtMs: 6,
      previous: { number: 1 },
      manifestHash: "b",
      manifest,
    }],
    ["history", {
      node: "s1",
      generations: [{
        number: 2,
        committedAtMs: 5,
        deployment: { id: "d1", deployer: "me", from: "x", signed: {} },
        hash: "a",
        manifestHash: "b",
      }],
    }],
    ["status", {}],
    ["explain", { node: "s1", generation: 0, from: "x", identities: [1], overloads: [] }],
    ["put", {}],
    ["stage", { generation: null }],
    ["commit", { generation: -1 }],
  ];
  for (const [op, response] of wrong) {
    assertMalformed(() => decodeResponse(op, encodeControl(response)), JSON.stringify(response));
  }
});
