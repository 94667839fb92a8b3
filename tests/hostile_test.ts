/** Attacks of strangers on a node. Afterwards it still replies, and has logged what happened. */
import assert from "node:assert/strict";
import { limits } from "../lib/limits/mod.ts";
import { connectTcp, type Transport } from "../lib/transport/mod.ts";
import { encodeJson } from "../lib/encoding/mod.ts";
import { FrameDecoder, FrameKind, preface } from "../lib/protocol/mod.ts";
import { goldenDeployment, goldenIds } from "./_golden_node.ts";
import { mutated, withSeed } from "./_mistakes.ts";
import { frame } from "./_support/frames.ts";
import { bytesOf, TestNode } from "./_support/nodes/node.ts";
import { readTranscripts } from "./_transcript.ts";
import { readAll } from "./transport/transport_suite.ts";
import { mentions } from "./_support/mentions.ts";

const request = '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add",' +
  '"arguments":["2","3"],"argument-types":["int","int"],"return-types":["int"]}}';
const answer = /^{"header":"RPC-RES","value":{"return-values":\["5"\],"script":"[0-9a-f]{64}"}}\n$/;

/** The head of an HTTP request. */
function post(path: string, bodyBytes: number): string {
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `content-length: ${bodyBytes}\r\n\r\n`;
}

/** A request in JSON-RPC. */
function rpc(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":${params},"id":1}`;
}

const hello = Uint8Array.of(
  ...preface,
  ...frame(FrameKind.hello, {
    body: encodeJson({ version: 1, software: "x", messageBytesMax: 1 << 20 }),
  }),
);

async function answers(node: TestNode): Promise<void> {
  const transport = await node.transport();
  await transport.write(bytesOf(request));
  assert.match(new TextDecoder().decode(await readAll(transport)), answer);
  transport.close();
}

/** Fails if a stranger's message has revealed a defect of the node. */
function assertNoDefects(node: TestNode): void {
  const defects = node.log.records.filter(({ event, fields }) =>
    fields.exception === "Internal Error" || event !== "call.failed" && fields.stack !== undefined
  );
  assert.deepEqual(defects, []);
}

Deno.test("callers that keep a node waiting are closed in time, each with a line in the log", async () => {
  const bounds = {
    sweepEveryMs: 10,
    // Longer than a busy machine keeps what was sent from being read.
    firstByteTimeoutMs: 2000,
    textRequestTimeoutMs: 2000,
    helloTimeoutMs: 50,
    frameTimeoutMs: 50,
    keepAliveMs: 50,
    writeTimeoutMs: 50,
    httpHeadTimeoutMs: 50,
    httpBodyTimeoutMs: 2000,
    jsonRpcIdleTimeoutMs: 50,
  };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
  // More than a transport in memory holds, and unread for long.
  const large = btoa("x".repeat(200_000));
  const waiting: [why: RegExp, says: Uint8Array][] = [
    [mentions("2000 ms", "nothing"), new Uint8Array(0)],
    [mentions("2000 ms", "request"), bytesOf(request.slice(0, -1))],
    [mentions("2000 ms", "request"), bytesOf(" \n")],
    [mentions("50 ms", "hello"), preface.subarray(0, 2)],
    [mentions("50 ms", "hello"), preface],
    [mentions("50 ms", "hello"), hello.subarray(0, -1)],
    [mentions("50 ms", "frame"), Uint8Array.of(...hello, 0, 0)],
    [mentions(/\d+ ms/, "pong"), hello],
    [
      mentions("50 ms", "answer"),
      bytesOf(
        '{"type":"RPC-REQ","value":{"client":"c1","service":"kinds","rpc":"reverse",' +
          `"arguments":["${large}"]}}`,
      ),
    ],
    [
      mentions("50 ms", "head"),
      bytesOf("GET /openapi.json HTTP/1.1\r\n"),
    ],
    [
      mentions("2000 ms", "body"),
      bytesOf(post("/math/add", 7) + "[2, 3"),
    ],
    [
      mentions("50 ms", "answer"),
      bytesOf(post("/kinds/reverse", large.length + 4) + `["${large}"]`),
    ],
    [mentions("50 ms", "asked"), bytesOf(rpc("math.add", "[2,3]"))],
    [mentions("2000 ms", "request"), bytesOf(rpc("math.add", "[2,3]") + '{"jsonrpc":')],
    [mentions("50 ms", "answers"), bytesOf(rpc("kinds.reverse", `["${large}"]`))],
  ];
  const transports: Transport[] = [];
  for (const [index, [, says]] of waiting.entries()) {
    const transport = await node.transport("127.0.0.1", 1000 + index);
    transports.push(transport);
    await transport.write(says);
  }
  for (const [index, [why]] of waiting.entries()) {
    const record = await node.log.until("connection.timed-out", {
      from: `127.0.0.1:${1000 + index}`,
    });
    assert.match(`${record.fields.message}`, why);
    await readAll(transports[index]);
    transports[index].close();
  }
  await answers(node);
  assertNoDefects(node);
});

Deno.test("random bytes, and messages with random mistakes, do not harm a node", async () => {
  await using node = await TestNode.start({ deployment: goldenDeployment });
  const corpus = await sayings();
  await withSeed(async (random) => {
    const says = Array.from({ length: 400 }, () => mutated(random, random.pick(corpus)));
    for (let start = 0; start < says.length; start += 20) {
      await Promise.all(says.slice(start, start + 20).map((bytes) => say(node, bytes)));
    }
    await answers(node);
    assertNoDefects(node);
  });
});

/** The callers' input in the golden transcripts, and empty input. */
async function sayings(): Promise<Uint8Array[]> {
  const corpus: Uint8Array[] = [new Uint8Array(0), preface, hello];
  for (const folder of ["text", "json-rpc", "http", "frames"]) {
    for (const { steps, node } of (await readTranscripts(folder, await goldenIds())).values()) {
      // A successful deployment would change the node; transcripts with nodes of their own are such.
      if (node !== "shared") continue;
      const parts = steps.flatMap((step) => step.kind === "caller" ? [...step.bytes] : []);
      corpus.push(Uint8Array.from(parts));
    }
  }
  return corpus;
}

/** Sends it, closes its direction, and waits for the node to close the other, as it must. */
async function say(node: TestNode, bytes: Uint8Array): Promise<void> {
  const transport = await node.transport();
  try {
    await transport.write(bytes);
    await transport.closeWrite();
    await readAll(transport);
  } catch {
    // The node may have closed before it has read everything.
  } finally {
    transport.close();
  }
}

Deno.test("a port scanner that only connects leaves no trace but a line each", async () => {
  await using node = await TestNode.start({ deployment: goldenDeployment });
  const count = 200;
  for (let round = 0; round < count; round++) (await node.transport()).close();
  await node.log.until("connection.silent", {}, count);
  await answers(node);
  assertNoDefects(node);
});

Deno.test("a caller still sending when refused learns why, in every protocol", async () => {
  await using node = await TestNode.start({ deployment: goldenDeployment });
  const more = new Uint8Array(8 * 1024 * 1024);
  const tooLarge = frame(FrameKind.call, { call: 1, route: 1 });
  new DataView(tooLarge.buffer).setUint32(0, limits.messageBytesMax + 1);
  const refused: [says: Uint8Array, hears: RegExp][] = [
    [Uint8Array.of(...hello, ...tooLarge), /"Message Too Large"/],
    [bytesOf("GET /"), /^HTTP\/1.1 400 [^]*"Malformed Message"/],
    [bytesOf(post("/math/add", 100_000_000)), /^HTTP\/1.1 413 [^]*"Message Too Large"/],
    [bytesOf(rpc("math.add", "[2,3]") + "x"), /"result":5[^]*-32700|-32700[^]*"result":5/],
    [bytesOf(request), /"return-values":\["5"\]/],
  ];
  for (const [says, hears] of refused) {
    const transport = await connectTcp(node.node.host, node.node.port, { timeoutMs: 60_000 });
    const writing = transport.write(says).then(() => transport.write(more));
    const heard = new TextDecoder().decode(await readAll(transport));
    assert.match(heard, hears);
    await writing;
    transport.close();
  }
  await answers(node);
  assertNoDefects(node);
});

Deno.test("a connection may redefine its routes repeatedly, but have no more than allowed", async () => {
  const bounds = { routesPerConnectionMax: 10 };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
  const body = encodeJson({ service: "math", rpc: "add", argumentTypes: [], returnTypes: [] });
  const transport = await node.transport();
  await transport.write(hello);
  for (let round = 0; round < 20; round++) {
    await transport.write(frame(FrameKind.route, { route: round % 10, body }));
  }
  await transport.write(frame(FrameKind.ping, { call: 7 }));
  await transport.write(frame(FrameKind.route, { route: 10, body }));
  const heard: [kind: number, call: number, body: string][] = [];
  new FrameDecoder((kind, _route, call, body) => {
    heard.push([kind, call, new TextDecoder().decode(body)]);
  }, () => limits.messageBytesMax).push((await readAll(transport)).subarray(preface.length));
  assert.deepEqual(heard.map(([kind, call]) => [kind, call]), [
    [FrameKind.hello, 0],
    [FrameKind.pong, 7],
    [FrameKind.exception, 0],
  ]);
  assert.match(heard[2][2], /"Overloaded","exception-message":".*\b10 routes\b/);
  transport.close();
});

Deno.test("a caller that trickles its HTTP head or body is told that it was too slow", async () => {
  const bounds = { sweepEveryMs: 10, httpHeadTimeoutMs: 50, httpBodyTimeoutMs: 50 };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
  for (const says of [post("/math/add", 10).slice(0, -2), post("/math/add", 1_000_000)]) {
    const transport = await node.transport();
    await transport.write(bytesOf(says));
    const heard = readAll(transport);
    let isOver = false;
    heard.finally(() => isOver = true);
    try {
      while (!isOver) {
        await transport.write(bytesOf("x"));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } catch {
      // The node has closed it.
    }
    assert.match(new TextDecoder().decode(await heard), /^HTTP\/1.1 408 Request Timeout\r\n/);
    transport.close();
  }
  assertNoDefects(node);
});

Deno.test("the size of a head and its fields is bounded", async () => {
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  const { httpHeadBytesMax, httpFieldsMax, httpChunkLineBytesMax } = limits;
  const chunked = post("/math/add", 0).replace("content-length: 0", "transfer-encoding: chunked");
  const says: [says: string, hears: RegExp][] = [
    ["GET /" + "x".repeat(httpHeadBytesMax), /^HTTP\/1.1 431 /],
    [`GET /openapi.json HTTP/1.1\r\nx:${" ".repeat(httpHeadBytesMax)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    [`GET / HTTP/1.1\r\n${"x: y\r\n".repeat(httpFieldsMax + 1)}\r\n`, /^HTTP\/1.1 431 /],
    [chunked + "1;" + "x".repeat(httpChunkLineBytesMax), /^HTTP\/1.1 400 /],
    [chunked + "0\r\n" + "x: y\r\n".repeat(httpHeadBytesMax / 4), /^HTTP\/1.1 400 /],
    [chunked + "fff000\r\n" + "x".repeat(0xfff000) + "\r\nfff000\r\n", /^HTTP\/1.1 413 /],
  ];
  for (const [request, hears] of says) {
    const transport = await node.transport();
    const writing = transport.write(bytesOf(request)).then(() => transport.closeWrite());
    writing.catch(() => {});
    assert.match(new TextDecoder().decode(await readAll(transport)), hears);
    transport.close();
  }
  await answers(node);
  assertNoDefects(node);
});

Deno.test("the length of a batch, and the size of its replies, are bounded", async () => {
  const bounds = { batchRequestsMax: 3, messageBytesMax: 200_000 };
  const source = 'export const long = (n) => "x".repeat(n);';
  const long = { args: ["int"], returns: ["str"], source };
  await using node = await TestNode.start({
    bounds,
    inMemory: true,
    deployment: { services: { texts: { rpcs: { long } } } },
  });
  const ask = async (lengths: readonly number[]): Promise<string> => {
    const transport = await node.transport();
    const calls = lengths.map((length) => rpc("texts.long", `[${length}]`));
    await transport.write(bytesOf(`[${calls}]`));
    await transport.closeWrite();
    const heard = new TextDecoder().decode(await readAll(transport));
    transport.close();
    return heard.replaceAll(/x{10,}/g, (text) => `${text.length}`);
  };
  const answer = (length: number) => `{"jsonrpc":"2.0","result":"${length}","id":1}`;
  assert.equal(await ask([90_000, 90_000, 10]), `[${[90_000, 90_000, 10].map(answer)}]\n`);
  assert.match(await ask([1, 1, 1, 1]), /-32600.*\b4 .*\b3\b/);
  const heard = await ask([90_000, 90_000, 90_000]);
  assert.equal(heard.split(answer(90_000)).length, 3);
  assert.match(heard, /"code":-32006,"message":"Message Too Large: /);
  assertNoDefects(node);
});

Deno.test("a connection at its bound of calls in flight is not read, and continues afterwards", async () => {
  const bounds = { callsInFlightPerConnectionMax: 2 };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
  const transport = await node.transport();
  const count = 20;
  for (let round = 0; round < count; round++) {
    await transport.write(bytesOf(rpc("kinds.sleep", "[5]")));
  }
  await transport.closeWrite();
  const lines = new TextDecoder().decode(await readAll(transport)).trimEnd().split("\n");
  assert.deepEqual(lines, Array(count).fill('{"jsonrpc":"2.0","result":null,"id":1}'));
  transport.close();
});
