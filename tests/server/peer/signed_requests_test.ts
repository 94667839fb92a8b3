/** Individually signed requests in the text framing and in HTTP, from outside. */
import assert from "node:assert/strict";
import { limits } from "../../../lib/limits/mod.ts";
import type { SigningKey } from "../../../lib/identity/mod.ts";
import { bytesOf, newKey, TestNode } from "../../_support/nodes/node.ts";
import { ask, deploymentFor, nonce, signedText, started } from "./_signed_requests.ts";
import { failure, mentions } from "../../_support/mentions.ts";

Deno.test("a signed text request is accepted once, by this node, in time", async (t) => {
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
    assert.match(await refusal(plain), failure("Unauthenticated", '"c1"', "key"));
    const wrong = await signedText(node, await newKey());
    assert.match(await refusal(wrong), failure("Unauthenticated", '"c1"', "ed25519:", "key"));
    assert.match(await refusal(await signedText(node, other)), /^Unauthenticated: client "c1"/);
  });
  await t.step("replayed, it is refused", async () => {
    const request = await signedText(node, key);
    assert.match(await ask(node, request), /"return-values":\[5\]/);
    assert.equal(
      await refusal(request),
      "Unauthenticated: this nonce was already used; sign each request with a fresh nonce",
    );
  });
  await t.step("for another node, it is refused", async () => {
    const request = await signedText(node, key, { to: "10.0.0.9:8181" });
    assert.match(
      await refusal(request),
      failure("Unauthenticated", "10.0.0.9", "proof"),
    );
    const stranger = await signedText(node, await newKey(), { to: "10.0.0.9:8181" });
    const said = await refusal(stranger);
    assert.match(
      said,
      failure("Unauthenticated", "10.0.0.9:8181", "--advertise", "proof"),
    );
    assert.ok(!said.includes(node.address), "strangers do not hear how it is reached");
  });
  await t.step("too old, too new, or from before the node started, it is refused", async () => {
    for (const skewMs of [-limits.proofWindowMs - 5000, limits.proofWindowMs + 5000]) {
      const request = await signedText(node, key, { time: Date.now() + skewMs });
      assert.match(
        await refusal(request),
        failure("Unauthenticated", /20\S+Z.* 20\S+Z/, "clock", "60 s"),
      );
    }
    const before = await signedText(node, key, { time: Date.now() - 50_000 });
    assert.match(
      await refusal(before),
      /\bstarted\b.* 20\S+Z\b.*\bsign\b/,
    );
  });
  await t.step("changed, it is refused", async () => {
    const request = await signedText(node, key);
    const changed = request.replace("[2,3]", "[2,4]");
    assert.notEqual(changed, request);
    assert.match(await refusal(changed), failure("Unauthenticated", "signature", "key"));
    const swapped = request.replace(key.publicKey, other.publicKey);
    assert.match(await refusal(swapped), failure("Unauthenticated", "signature", "key"));
  });
  await t.step("malformed input says what is wrong", async () => {
    const { value, ...rest } = JSON.parse(await signedText(node, key));
    const cases: [request: object, says: RegExp][] = [
      [{ ...rest, value: JSON.parse(value) }, failure("Malformed Message", '"value"')],
      [{ ...rest, value: "[" }, failure("Malformed Message", '"value"', "JSON")],
      [
        { ...rest, value: "[".repeat(500) },
        failure("Malformed Message", '"value"', "JSON", "128"),
      ],
      [{ ...rest, value, key: undefined }, failure("Malformed Message", '"key"', /public.key/)],
      [{ ...rest, value, signature: 1 }, failure("Malformed Message", '"signature"')],
      [{ ...rest, value: "{}" }, failure("Malformed Message", '"service"', "missing")],
    ];
    for (const [request, says] of cases) assert.match(await refusal(JSON.stringify(request)), says);
    for (const field of ["to", "time", "nonce"]) {
      const request = await signedText(node, key, { [field]: undefined });
      assert.match(await refusal(request), mentions(`"${field}"`, "missing"));
    }
    const short = await signedText(node, key, { nonce: "1" });
    assert.match(await refusal(short), mentions('"nonce"', "16", "64 characters"));
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

Deno.test("a signed HTTP request is accepted once, by this node, in time", async (t) => {
  const { key, other } = started;
  await using node = await TestNode.start({ deployment: deploymentFor(key, other) });
  const answer = async (changes: HttpChanges = {}, as = key): Promise<string> =>
    await ask(node, await signedHttp(node, as, changes));
  await t.step("calls, JSON-RPC and API descriptions are for signers", async () => {
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
  await t.step("no part of it can be changed", async () => {
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
  await t.step("nor can it be replayed, elsewhere or at another time", async () => {
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
  await t.step("a malformed proof is refused as such", async () => {
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
      assert.match(await ask(node, bad), /^HTTP\/1\.1 400 [^]*\\"key=…; to=…;/);
    }
    const twice = good.replace(/(farcall-proof: .*\r\n)/, "$1$1");
    assert.match(await ask(node, twice), /^HTTP\/1\.1 400 /);
  });
});

Deno.test("one key that signs endlessly leaves room for requests of others", async () => {
  const bounds = { signedRequestsMax: 16 };
  const { key, other } = started;
  await using node = await TestNode.start({ bounds, deployment: deploymentFor(key, other) });
  let answer = "";
  for (let taken = 0; !/"RPC-EX"/.test(answer); taken++) {
    assert.ok(taken < 16, "it was refused nothing");
    answer = await ask(node, await signedText(node, key));
  }
  assert.match(answer, /"Overloaded"/);
  const others = await signedText(node, other, { client: "c2", service: "second" });
  assert.match(await ask(node, others), /"RPC-RES"/);
});

Deno.test("a caller that proved a key by its request is not a stranger, and gets its reply however long that takes", async () => {
  const bounds = { sweepEveryMs: 10, strangerTimeoutMs: 1000 };
  const { key } = started;
  const source = "const { promise, resolve } = Promise.withResolvers();" +
    "export const wait = () => promise; export const end = () => resolve();";
  const deployment = {
    clients: [{ name: "c1", key: key.publicKey }, { name: "near", ip: "127.0.0.1" }],
    services: { slow: { tenants: ["c1", "near"], rpcs: { wait: { source }, end: { source } } } },
  };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment });
  const request = await signedText(node, key, { service: "slow", rpc: "wait", arguments: [] });
  const answering = ask(node, request, "203.0.113.7");
  await node.log.until("connection.accepted", { from: "203.0.113.7:1" });
  await using stranger = await node.connectionFrom("203.0.113.8", 1);
  await stranger.raw.ended;
  await using near = await node.connectionFrom("127.0.0.1", 1, "near");
  await near.call("slow.end", []);
  assert.match(await answering, /"RPC-RES"/);
});
