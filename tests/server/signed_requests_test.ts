/** Requests that are signed one by one, in the text framing and in HTTP, from outside. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { NodeIdentity } from "../../lib/server/peer/identity.ts";
import { SignedRequests } from "../../lib/server/peer/signed_requests.ts";
import type { NodeContext } from "../../lib/server/node_context.ts";
import { memoryPair } from "../../lib/transport/mod.ts";
import {
  jsonRpcStatement,
  type RequestProof,
  type SigningKey,
  textStatement,
} from "../../lib/identity/mod.ts";
import { readAll } from "../transport/transport_suite.ts";
import { bytesOf, changedLimits, newKey, type TestDeployment, TestNode } from "../_support/node.ts";

const add = {
  args: ["int", "int"],
  returns: ["int"],
  source: "export const add = (a, b) => a + b;",
};

function deploymentFor(key: SigningKey, other: SigningKey): TestDeployment {
  return {
    clients: [{ name: "c1", key: key.publicKey }, { name: "c2", key: other.publicKey }],
    services: {
      math: { tenants: ["c1"], rpcs: { add } },
      second: { tenants: ["c2"], rpcs: { add } },
    },
  };
}

/** What is answered to bytes, to the end of the stream. */
async function ask(node: TestNode, request: string, from?: string): Promise<string> {
  const transport = await node.transport(from);
  try {
    await transport.write(bytesOf(request));
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

function nonce(): string {
  return crypto.randomUUID();
}

/** A request in the text framing, signed. */
async function signedText(node: TestNode, key: SigningKey, changes: object = {}): Promise<string> {
  const value = JSON.stringify({
    client: "c1",
    service: "math",
    rpc: "add",
    arguments: [2, 3],
    to: node.address,
    time: Date.now(),
    nonce: nonce(),
    ...changes,
  });
  const signature = await key.sign(textStatement(value));
  return JSON.stringify({ header: "RPC-REQ", value, key: key.publicKey, signature });
}

const started = await (async () => {
  const [key, other] = [await newKey(), await newKey()];
  return { key, other };
})();

Deno.test("a request in text that is signed is taken once, here and now, and no other", async (t) => {
  const { key, other } = started;
  await using node = await TestNode.start({ deployment: deploymentFor(key, other) });
  const refusal = async (request: string): Promise<string> => {
    const { header, value } = JSON.parse(await ask(node, request));
    assert.equal(header, "RPC-EX", JSON.stringify(value));
    return `${value["exception-type"]}: ${value["exception-message"]}`;
  };
  await t.step("it is served, by the client's name or by the key alone", async () => {
    assert.match(await ask(node, await signedText(node, key)), /"return-values":\[5\]/);
    const unnamed = await signedText(node, key, { client: undefined });
    assert.match(await ask(node, unnamed), /"return-values":\[5\]/);
  });
  await t.step("without a signature, or with another key, it is refused", async () => {
    const plain =
      '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add","arguments":[2,3]}}';
    assert.match(await refusal(plain), /^Unauthenticated: client "c1" .* has a key to prove/);
    const wrong = await signedText(node, await newKey());
    assert.match(await refusal(wrong), /^Unauthenticated: client "c1" .* with the key ed25519:/);
    assert.match(await refusal(await signedText(node, other)), /^Unauthenticated: client "c1"/);
  });
  await t.step("shown again it is refused", async () => {
    const request = await signedText(node, key);
    assert.match(await ask(node, request), /"return-values":\[5\]/);
    assert.equal(
      await refusal(request),
      "Unauthenticated: this nonce was already used; sign each request with a fresh nonce",
    );
  });
  await t.step("for another node it is refused", async () => {
    const request = await signedText(node, key, { to: "10.0.0.9:8181" });
    assert.match(
      await refusal(request),
      /^Unauthenticated: the proof is for the node at 10\.0\.0\.9/,
    );
    const stranger = await signedText(node, await newKey(), { to: "10.0.0.9:8181" });
    const said = await refusal(stranger);
    assert.match(
      said,
      /^Unauthenticated: the proof is for a node at 10\.0\.0\.9:8181, .*--advertise/,
    );
    assert.ok(!said.includes(node.address), "strangers do not hear how it is reached");
  });
  await t.step("too old, too new, or from before the node started, it is refused", async () => {
    for (const skewMs of [-limits.proofWindowMs - 5000, limits.proofWindowMs + 5000]) {
      const request = await signedText(node, key, { time: Date.now() + skewMs });
      assert.match(
        await refusal(request),
        /^Unauthenticated: the request was signed at 20\S+Z by the caller's clock, and by the node's it is 20\S+Z; 60 s/,
      );
    }
    const before = await signedText(node, key, { time: Date.now() - 50_000 });
    assert.match(
      await refusal(before),
      /and this node started at 20\S+Z by its own; sign it again/,
    );
  });
  await t.step("changed, it is refused", async () => {
    const request = await signedText(node, key);
    const changed = request.replace("[2,3]", "[2,4]");
    assert.notEqual(changed, request);
    assert.match(await refusal(changed), /^Unauthenticated: the signature is not one of the key/);
    const swapped = request.replace(key.publicKey, other.publicKey);
    assert.match(await refusal(swapped), /^Unauthenticated: the signature is not one of the key/);
  });
  await t.step("what is not well formed says what is wrong", async () => {
    const { value, ...rest } = JSON.parse(await signedText(node, key));
    const cases: [request: object, says: RegExp][] = [
      [{ ...rest, value: JSON.parse(value) }, /^Malformed Message: "value" must be a text that/],
      [{ ...rest, value: "[" }, /^Malformed Message: "value" is not JSON/],
      [
        { ...rest, value: "[".repeat(500) },
        /^Malformed Message: "value": JSON nests deeper than 128/,
      ],
      [{ ...rest, value, key: undefined }, /^Malformed Message: "key" must be a public key/],
      [{ ...rest, value, signature: 1 }, /^Malformed Message: "signature" must be a string/],
      [{ ...rest, value: "{}" }, /^Malformed Message: "service" must be a string, it is missing/],
    ];
    for (const [request, says] of cases) assert.match(await refusal(JSON.stringify(request)), says);
    for (const field of ["to", "time", "nonce"]) {
      const request = await signedText(node, key, { [field]: undefined });
      assert.match(await refusal(request), new RegExp(`"${field}" must be .*, it is missing`));
    }
    const short = await signedText(node, key, { nonce: "1" });
    assert.match(await refusal(short), /"nonce" must have 16 to 64 characters, got 1/);
  });
});

interface HttpChanges {
  readonly to?: string;
  readonly timeMs?: number;
  readonly nonce?: string;
  readonly signedBody?: string;
  readonly signedTarget?: string;
  readonly signedClient?: string;
  readonly target?: string;
  readonly body?: string;
  readonly client?: string;
}

/** An HTTP request, signed. */
async function signedHttp(
  node: TestNode,
  key: SigningKey,
  changes: HttpChanges = {},
): Promise<string> {
  const { target = "/math/add", body = "[2,3]", client = "c1" } = changes;
  const { to = node.address, timeMs = Date.now(), nonce: once = nonce() } = changes;
  const { signedBody = body, signedTarget = target, signedClient = client } = changes;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(signedBody)));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const method = body === "" ? "GET" : "POST";
  const lines = [
    "farcall-http-1",
    to,
    timeMs,
    once,
    `${method} ${signedTarget}`,
    signedClient,
    hash,
  ];
  const signature = await key.sign(bytesOf(lines.join("\n")));
  return `${method} ${target} HTTP/1.1\r\nhost: ${node.address}\r\nconnection: close\r\n` +
    (client === "" ? "" : `farcall-client: ${client}\r\n`) +
    `farcall-proof: key=${key.publicKey}; to=${to}; time=${timeMs}; nonce=${once}; ` +
    `signature=${signature}\r\n` +
    (body === ""
      ? "\r\n"
      : `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
}

Deno.test("an HTTP request that is signed is taken once, here and now, and no other", async (t) => {
  const { key, other } = started;
  await using node = await TestNode.start({ deployment: deploymentFor(key, other) });
  const answer = async (changes: HttpChanges = {}, as = key): Promise<string> =>
    await ask(node, await signedHttp(node, as, changes));
  await t.step("calls, JSON-RPC and what there is to call are for who signs", async () => {
    assert.match(await answer(), /^HTTP\/1\.1 200 OK[^]*\r\n\r\n5\n$/);
    assert.match(await answer({ client: "" }), /^HTTP\/1\.1 200 OK[^]*\r\n\r\n5\n$/);
    const body = '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}';
    assert.match(await answer({ target: "/rpc", body }), /"result":5,"id":1/);
    assert.match(await answer({ target: "/openapi.json", body: "" }), /"\/math\/add"/);
    assert.doesNotMatch(
      await answer({ target: "/openapi.json", body: "", client: "" }, other),
      /"\/math\/add"/,
    );
  });
  const refused = (says: string) => new RegExp(`^HTTP/1\\.1 403 [^]*"Unauthenticated"[^]*${says}`);
  await t.step("nothing of it can be changed", async () => {
    const changes: HttpChanges[] = [
      { signedBody: "[2,4]" },
      { signedTarget: "/second/add" },
      { signedClient: "c2" },
      { signedClient: "" },
    ];
    for (const change of changes) {
      assert.match(await answer(change), refused("the signature is not one of the key"));
    }
  });
  await t.step("nor can it be shown again, elsewhere or at another time", async () => {
    const once = nonce();
    assert.match(await answer({ nonce: once }), /^HTTP\/1\.1 200 /);
    assert.match(await answer({ nonce: once }), refused("this nonce was already used"));
    assert.match(await answer({ to: "10.0.0.9:8181" }), refused("the proof is for the node at"));
    assert.match(
      await answer({ timeMs: Date.now() - 90_000 }),
      refused("the request was signed at"),
    );
    assert.match(await answer({}, other), refused("with the key"));
  });
  await t.step("a proof that is none is malformed", async () => {
    const good = await signedHttp(node, key);
    for (
      const field of [
        "",
        "key=x",
        "key",
        `key=${key.publicKey}; to=a; time=x; nonce=y; signature=z`,
      ]
    ) {
      const bad = good.replace(/farcall-proof: .*\r\n/, `farcall-proof: ${field}\r\n`);
      assert.match(await ask(node, bad), /^HTTP\/1\.1 400 [^]*must be \\"key=…; to=…;/);
    }
    const twice = good.replace(/(farcall-proof: .*\r\n)/, "$1$1");
    assert.match(await ask(node, twice), /^HTTP\/1\.1 400 /);
  });
});

/** A request of JSON-RPC, signed. */
async function signedJsonRpc(
  node: TestNode,
  key: SigningKey,
  changes: object = {},
  statement = jsonRpcStatement,
): Promise<string> {
  const value = JSON.stringify({
    jsonrpc: "2.0",
    method: "math.add",
    params: [2, 3],
    id: 1,
    client: "c1",
    to: node.address,
    time: Date.now(),
    nonce: nonce(),
    ...changes,
  });
  const signature = await key.sign(statement(value));
  return JSON.stringify({ jsonrpc: "2.0", value, key: key.publicKey, signature });
}

Deno.test("a request in JSON-RPC that is signed is taken once, here and now, and no other", async (t) => {
  const { key, other } = started;
  await using node = await TestNode.start({ deployment: deploymentFor(key, other) });
  const post = (body: string): string =>
    `POST /rpc HTTP/1.1\r\nhost: ${node.address}\r\nconnection: close\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  /** What is answered to messages on one connection. */
  const answers = async (...messages: readonly string[]): Promise<Record<string, unknown>[]> => {
    const transport = await node.transport();
    try {
      await transport.write(bytesOf(messages.join("\n")));
      await transport.closeWrite();
      const text = new TextDecoder().decode(await readAll(transport));
      return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    } finally {
      transport.close();
    }
  };
  const refusal = async (message: string): Promise<string> => {
    const [{ error, id }] = await answers(message);
    assert.equal(id, 1);
    return (error as { message: string }).message;
  };
  const result = { jsonrpc: "2.0", result: 5, id: 1 };
  await t.step("it is served, by the client's name or by the key alone", async () => {
    assert.deepEqual(await answers(await signedJsonRpc(node, key)), [result]);
    const unnamed = await signedJsonRpc(node, key, { client: undefined });
    assert.deepEqual(await answers(unnamed), [result]);
    assert.match(await ask(node, post(await signedJsonRpc(node, key))), /"result":5,"id":1/);
  });
  await t.step("each request is its own, in a batch and on one connection", async () => {
    const plain = '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":2,"client":"c1"}';
    const signed = async () => await signedJsonRpc(node, key);
    const [batch] = await answers(`[${await signed()},${plain},${await signed()}]`);
    const [first, second, third] = batch as unknown as { result: number; error: unknown }[];
    assert.deepEqual([first, third], [result, result]);
    assert.match(JSON.stringify(second.error), /"code":-32004,.*has a key to prove/);
    const came = await answers(await signed(), plain, await signed());
    const found = came.map(({ id, error }) => `${id}${error === undefined ? "" : " refused"}`);
    assert.deepEqual(found.sort(), ["1", "1", "2 refused"]);
  });
  await t.step("one without an id is run and not answered, as ever", async () => {
    assert.deepEqual(await answers(await signedJsonRpc(node, key, { id: undefined })), []);
    await node.log.until("call.executed", { via: "json-rpc", client: "c1" }, 7);
  });
  await t.step("with another key, or for another name, it is refused", async () => {
    const wrong = await signedJsonRpc(node, await newKey());
    assert.match(await refusal(wrong), /^Unauthenticated: client "c1" .* with the key ed25519:/);
    assert.match(await refusal(await signedJsonRpc(node, other)), /^Unauthenticated: client "c1"/);
    const named = await signedJsonRpc(node, key, { client: "c2" });
    assert.match(await refusal(named), /^Unauthenticated: client "c2" .* with the key ed25519:/);
  });
  await t.step(
    "nor can it be shown again, elsewhere or at another time, or be changed",
    async () => {
      const request = await signedJsonRpc(node, key);
      assert.deepEqual(await answers(request), [result]);
      assert.match(await refusal(request), /^Unauthenticated: this nonce was already used/);
      const elsewhere = await signedJsonRpc(node, key, { to: "10.0.0.9:8181" });
      assert.match(
        await refusal(elsewhere),
        /^Unauthenticated: the proof is for the node at 10\.0/,
      );
      const late = await signedJsonRpc(node, key, { time: Date.now() - 90_000 });
      assert.match(await refusal(late), /^Unauthenticated: the request was signed at/);
      const changed = (await signedJsonRpc(node, key)).replace("[2,3]", "[2,4]");
      assert.match(await refusal(changed), /^Unauthenticated: the signature is not one of the key/);
      const asText = await signedJsonRpc(node, key, {}, textStatement);
      assert.match(await refusal(asText), /^Unauthenticated: the signature is not one of the key/);
    },
  );
  await t.step("what is not well formed says what is wrong", async () => {
    const { value, ...rest } = JSON.parse(await signedJsonRpc(node, key));
    const cases: [request: object, says: RegExp][] = [
      [{ ...rest }, /^Malformed Message: "value" must be a text that holds .* it is missing/],
      [{ ...rest, value: "[" }, /^Malformed Message: "value" is not JSON/],
      [
        { ...rest, value: "[".repeat(500) },
        /^Malformed Message: "value": JSON nests deeper than 128/,
      ],
      [{ ...rest, value: "{}" }, /^Malformed Message: "jsonrpc" must be "2.0", it is missing/],
      [{ ...rest, value, key: undefined }, /^Malformed Message: "key" must be a public key/],
      [{ ...rest, value, signature: 1 }, /^Malformed Message: "signature" must be a string/],
    ];
    for (const [request, says] of cases) {
      const [{ error }] = await answers(JSON.stringify(request));
      assert.match((error as { message: string }).message, says);
    }
    const short = await signedJsonRpc(node, key, { nonce: "1" });
    assert.match(await refusal(short), /"nonce" must have 16 to 64 characters, got 1/);
  });
});

Deno.test("who has proved its key in JSON-RPC from anywhere may send more behind it", async () => {
  const { key } = started;
  const size = { args: ["str"], returns: ["int"], source: "export const size = (s) => s.length;" };
  const clients = [{ name: "c1", key: key.publicKey }];
  const deployment = { clients, services: { math: { rpcs: { add, size } } } };
  await using node = await TestNode.start({ inMemory: true, deployment });
  const large = "x".repeat(2 * limits.strangerMessageBytesMax);
  const answer = async (first: string, second: string): Promise<string> => {
    const transport = await node.transport("203.0.113.7");
    await transport.write(bytesOf(first + second));
    await transport.closeWrite();
    const heard = new TextDecoder().decode(await readAll(transport));
    transport.close();
    return heard;
  };
  const second = await signedJsonRpc(node, key, {
    method: "math.size",
    params: [large],
    id: 2,
  });
  const first = await signedJsonRpc(node, key);
  assert.match(await answer(first, second), new RegExp(`"result":${large.length},"id":2`));
  const stranger = await signedJsonRpc(node, await newKey());
  assert.match(await answer(stranger, second), /must not be larger than 32768 bytes/);
});

Deno.test("who has proved a key by its request is no stranger, and has its answer however long that takes", async () => {
  using _ = changedLimits({ sweepEveryMs: 10, strangerTimeoutMs: 100 });
  const { key } = started;
  const source = "const { promise, resolve } = Promise.withResolvers();" +
    "export const wait = () => promise; export const end = () => resolve();";
  const deployment = {
    clients: [{ name: "c1", key: key.publicKey }, { name: "near", ip: "127.0.0.1" }],
    services: { slow: { tenants: ["c1", "near"], rpcs: { wait: { source }, end: { source } } } },
  };
  await using node = await TestNode.start({ inMemory: true, deployment });
  const request = await signedText(node, key, { service: "slow", rpc: "wait", arguments: [] });
  const answering = ask(node, request, "203.0.113.7");
  await node.log.until("connection.accepted", { from: "203.0.113.7:1" });
  await using stranger = await node.connectionFrom("203.0.113.8", 1);
  await stranger.raw.ended;
  await using near = await node.connectionFrom("127.0.0.1", 1, "near");
  await near.call("slow.end", []);
  assert.match(await answering, /"RPC-RES"/);
});

Deno.test("a request is remembered as long as it would be taken, and not for ever", async (t) => {
  const { key } = started;
  let [wall, steady] = [1_000_000, 0];
  const requests = new SignedRequests({ wall: () => wall, steady: () => steady });
  const pass = (ms: number): void => {
    wall += ms;
    steady += ms;
  };
  const clients = [key, started.other].map((each, index) => ({
    name: `c${index}`,
    key: each.publicKey,
  }));
  const services = { live: { manifest: { clients } } };
  const node = { services, advertised: [], deployKeys: new Set() };
  const [, far] = memoryPair([["127.0.0.1", 1], ["127.0.0.1", 81]]);
  const here = new NodeIdentity(node as unknown as NodeContext, far);
  const signed = async (timeMs: number, once = nonce(), by = key): Promise<RequestProof> => {
    const statement = textStatement(`${timeMs} ${once}`);
    const signature = await by.sign(statement);
    return { key: by.publicKey, signature, statement, to: "127.0.0.1:81", timeMs, nonce: once };
  };
  const check = async (proof: RequestProof): Promise<string> =>
    await requests.check(proof, here).then(() => "taken", ({ message }) => message);

  await t.step("through the whole of its time, by clocks that are ahead or behind", async () => {
    pass(500_000);
    for (const aheadMs of [-limits.proofWindowMs, 0, limits.proofWindowMs]) {
      const proof = await signed(wall + aheadMs);
      assert.equal(await check(proof), "taken");
      for (let left = limits.proofWindowMs + aheadMs; left >= 0; left -= 5000) {
        assert.match(await check(proof), /was already used/);
        pass(5000);
        await check(await signed(wall));
      }
      assert.match(await check(proof), /signed at/);
    }
  });
  await t.step("no more than there is room for", async () => {
    pass(10 * limits.proofWindowMs);
    using _ = changedLimits({ signedRequestsMax: 3 });
    const proofs = await Promise.all([1, 2, 3, 4].map(() => signed(wall)));
    const outcomes = [];
    for (const proof of proofs) outcomes.push((await check(proof)).slice(0, 30));
    assert.deepEqual(outcomes, ["taken", "taken", "taken", "this node has taken 3 signed r"]);
    assert.match(await check(proofs[0]), /was already used/);
    pass(4 * limits.proofWindowMs + 1);
    assert.equal(await check(await signed(wall)), "taken");
  });
  await t.step("one key leaves room for others", async () => {
    pass(10 * limits.proofWindowMs);
    using _ = changedLimits({ signedRequestsMax: 16 });
    let taken = 0;
    let said;
    while ((said = await check(await signed(wall))) === "taken") taken += 1;
    assert.equal(taken, 14);
    assert.match(said, /14 signed requests of the key .* keeps the 2 .* for others/);
    assert.equal(await check(await signed(wall, nonce(), started.other)), "taken");
  });
});
