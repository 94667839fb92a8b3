/** The golden transcripts, played to a real node: for each of the caller's inputs, exactly these bytes. */
import assert from "node:assert/strict";
import { limits } from "../lib/limits/mod.ts";
import { JsonObjectScanner, parseTextResponse } from "../lib/protocol/json/text.ts";
import { goldenDeployment, goldenIds } from "./_golden_node.ts";
import { TestNode } from "./_support/nodes/node.ts";
import {
  type Cut,
  cuts,
  ExpectedBytes,
  parseTranscript,
  proveLocally,
  readTranscripts,
  type Transcript,
  writeCut,
} from "./_transcript.ts";

/** Plays the caller's side and compares the node's output. */
async function play(node: TestNode, transcript: Transcript, cut: Cut): Promise<void> {
  const transport = await node.transport(...transcript.from);
  const expected = new ExpectedBytes(transport, transcript.name);
  let hasEnded = false;
  try {
    for (const step of transcript.steps) {
      switch (step.kind) {
        case "caller":
          await writeCut(transport, step.bytes, cut);
          break;
        case "node":
          await expected.next(step.bytes);
          break;
        case "caller ends":
          await transport.closeWrite();
          break;
        case "node ends":
          await expected.end();
          hasEnded = true;
          break;
        case "proves local":
          await proveLocally(transport);
          break;
        case "stop":
          node.node.stop();
          break;
      }
    }
    if (!hasEnded) {
      await transport.closeWrite();
      await expected.end();
    }
  } finally {
    transport.close();
  }
}

/** The settings of the golden node's operator. */
const allowedOrigins = ["https://app.example.com"];

/** A node for a transcript that needs one of its own. */
function ownNode(transcript: Transcript): Promise<TestNode> {
  return transcript.node === "empty"
    ? TestNode.start({ inMemory: true, name: "s1" })
    : TestNode.start({ inMemory: true, deployment: goldenDeployment, allowedOrigins });
}

/** The codec of messages outside frames: the node itself, or its helpers, as if every message were large. */
const readers = [
  {
    by: "itself",
    helperBytesMin: limits.helperBytesMin,
    folders: ["text", "json-rpc", "http", "frames"],
  },
  { by: "its helpers", helperBytesMin: 0, folders: ["text", "json-rpc", "http"] },
];

for (const { by, helperBytesMin, folders } of readers) {
  Deno.test(`a node that reads by ${by} answers every transcript to the byte`, async (t) => {
    // Two helpers would read two requests concurrently, and a transcript has one order of replies.
    const bounds = { helperBytesMin, helpersMax: 1 };
    await using shared = await TestNode.start({
      bounds,
      isWarm: true,
      inMemory: true,
      deployment: goldenDeployment,
      allowedOrigins,
    });
    const ids = await goldenIds();
    const [call] = (await readTranscripts("frames", ids)).values()
      .filter(({ name }) => name === "frames/call.txt");
    for (const folder of folders) {
      for (const transcript of (await readTranscripts(folder, ids)).values()) {
        // Nodes of their own read by themselves.
        if (transcript.node !== "shared" && helperBytesMin === 0) continue;
        for (const cut of cuts) {
          await t.step(`${transcript.name}, ${cut}`, async () => {
            if (transcript.node === "shared") return await play(shared, transcript, cut);
            await using own = await ownNode(transcript);
            await play(own, transcript, cut);
          });
        }
      }
      // Whatever they did to it, it keeps serving.
      await play(shared, call, "whole");
    }
  });
}

Deno.test("a node answers the conversation in docs/protocol.md, byte by byte", async () => {
  const text = await Deno.readTextFile(new URL("../docs/protocol.md", import.meta.url));
  const blocks = [...text.matchAll(/^```transcript\n([^]*?)^```$/gm)].map(([, block]) => block);
  assert.ok(blocks.length > 0, "docs/protocol.md shows no conversation");
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  const ids = await goldenIds();
  for (const block of blocks) {
    for (const cut of cuts) {
      await play(node, parseTranscript("docs/protocol.md", block, ids), cut);
    }
  }
});

Deno.test("a caller in the text framing reads every reply, however it is split", async () => {
  for (const transcript of (await readTranscripts("text", await goldenIds())).values()) {
    for (const step of transcript.steps) {
      if (step.kind !== "node") continue;
      const whole = new JsonObjectScanner().push(step.bytes);
      assert.ok(whole !== undefined, transcript.name);
      const scanner = new JsonObjectScanner();
      let parts: Uint8Array | undefined;
      for (const byte of step.bytes.subarray(0, -1)) parts = scanner.push(Uint8Array.of(byte));
      assert.deepEqual(parts, whole);
      assert.deepEqual(parseTextResponse(parts!), parseTextResponse(whole));
    }
  }
});

Deno.test("an endless text request is refused at the bound, and its sender learns so", async () => {
  await using node = await TestNode.start({ inMemory: true });
  const transport = await node.transport();
  try {
    const chunk = new TextEncoder().encode(" ".repeat(1024 * 1024));
    await transport.write(new TextEncoder().encode('{"header":'));
    for (let bytes = 10; bytes <= limits.messageBytesMax; bytes += chunk.length) {
      await transport.write(chunk);
    }
    const expected = new ExpectedBytes(transport, "a text request without an end");
    await expected.next(
      new TextEncoder().encode(
        '{"header":"RPC-EX","value":{"exception-type":"Message Too Large","exception-message":' +
          '"a text message must not be larger than 16842752 bytes"}}\n',
      ),
    );
    await expected.end();
  } finally {
    transport.close();
  }
});
