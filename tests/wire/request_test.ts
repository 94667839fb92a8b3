import assert from "node:assert/strict";
import {
  decodeRequest,
  decodeResponse,
  encodeControl,
  type Request,
  type Responses,
} from "../../lib/protocol/request.ts";
import { publicKey } from "../../lib/identity/key.ts";
import type { ScriptId } from "../../lib/identity/script_id.ts";
import { assertMalformed, thrownBy } from "./_values.ts";

const id = "ab".repeat(32) as ScriptId;
const manifest = { format: 1, node: "s1", clients: [], services: [] } as const;
const signed = {
  key: publicKey("ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"),
  signature: "abc",
};

const requests: Request[] = [
  { op: "local" },
  { op: "local", to: "127.0.0.1:8181", proof: "abc" },
  { op: "prove", to: "127.0.0.1:8181", signature: "abc" },
  { op: "prove", to: "127.0.0.1:8181", node: "s1", signature: "abc" },
  { op: "describe" },
  { op: "describe", service: "math" },
  { op: "observe", scripts: [] },
  { op: "observe", scripts: [id] },
  { op: "put", scripts: [{ id, bytes: 5 }] },
  { op: "put", scripts: [{ id, bytes: 5, placesBytes: 3 }] },
  { op: "begin", deployment: { id: "d1", deployer: "me" }, generation: 0 },
  { op: "stage", manifest, deployment: { id: "d1", deployer: "me" } },
  { op: "stage", manifest, deployment: { id: "d1", deployer: "me", rollbackTo: 3 } },
  { op: "stage", manifest, deployment: { id: "d1", deployer: "me" }, signed },
  { op: "commit" },
  { op: "abort" },
  { op: "history" },
  { op: "check" },
  { op: "generation", number: 3 },
  { op: "status" },
  { op: "failure", script: id, message: "no" },
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

Deno.test("a request that this version does not know is refused by name", () => {
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
    ["places of no size", { op: "put", scripts: [{ id, bytes: 5, placesBytes: "3" }] }],
    ["a failure of no script", { op: "failure", message: "no" }],
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
    ["records of no time", { op: "logs" }],
    ["records of no level", { op: "logs", since: 0, level: "fatal" }],
    ["records of a number", { op: "logs", since: 0, call: 3 }],
    ["nothing to explain", { op: "explain", service: "math" }],
    ["a generation that is no number", { op: "generation", number: "3" }],
  ];
  for (const [what, request] of wrong) {
    assertMalformed(() => decodeRequest(encodeControl(request)), what);
  }
  const thrown = thrownBy(() => decodeRequest(encodeControl({ op: "x".repeat(1_000_000) })));
  assert.match(thrown.message, /"x{60}…"/);
});

Deno.test("a body shorter than announced is refused", () => {
  const body = encodeControl({ op: "commit" });
  for (let end = 0; end < body.length; end++) {
    assertMalformed(() => decodeRequest(body.subarray(0, end)), `${end} bytes`);
    assertMalformed(() => decodeResponse("abort", body.subarray(0, end)), `${end} bytes`);
  }
  assertMalformed(() => decodeRequest(Uint8Array.of(255, 255, 255, 255, 0x7b, 0x7d)), "4 GiB");
});

const responses: { [Op in Request["op"]]: Responses[Op][] } = {
  local: [{}, { file: "/srv/node/deployer.secret", challenge: "x" }],
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
    { node: "s1", generation: 1, manifest, missing: [], damage: [{ problem: "gone" }] },
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
  check: [{ damage: [] }, { damage: [{ problem: "gone" }, { generation: 2, problem: "gone" }] }],
  prove: [{}],
  put: [{ kept: 1 }],
  begin: [{}],
  stage: [{ generation: 2 }],
  commit: [{ generation: 2 }],
  abort: [{}],
  logs: [
    { node: "", records: [], position: "", isEnd: true },
    {
      node: "s1",
      records: [{ epochMs: 5, level: "warn", event: "call.failed", fields: { rpc: "a", call: 3 } }],
      position: "file:1:2",
      isEnd: false,
      hasGap: true,
    },
  ],
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
  failure: [{}, { stack: "Error: no" }],
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

Deno.test("a malformed response is refused on arrival", () => {
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
    ["observe", { node: "s1", generation: 1, missing: [], damage: [{}] }],
    ["check", {}],
    ["check", { damage: ["gone"] }],
    ["check", { damage: [{ generation: "1", problem: "gone" }] }],
    ["check", { damage: [{ problem: "x".repeat(16_385) }] }],
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
    ["failure", { stack: 1 }],
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
