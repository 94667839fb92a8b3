/** Calls of scripts to other nodes, by those nodes' behaviour: which node is called, and what the script gets. */
import assert from "node:assert/strict";
import type { Channel } from "../../../lib/channel/mod.ts";
import { encodeException, FrameKind } from "../../../lib/protocol/mod.ts";
import {
  ClientNotRegistered,
  ExecutionException,
  Overloaded,
  type RpcException,
  ServerDraining,
  Unavailable,
} from "../../../lib/errors/mod.ts";
import { OutgoingNodes } from "../../../lib/outgoing/mod.ts";
import { CallStreams } from "../../../lib/server/calls/call_streams.ts";
import { compileSignature } from "../../../lib/types/mod.ts";
import { ScriptedNode, type SentFrame } from "../../_support/nodes/scripted_node.ts";

const script = new Uint8Array(32).fill(7);
const bytes = (text: string) => new TextEncoder().encode(text);
const values = { args: ["int"], returns: ["int"] };
const streams = { args: ["Stream[int]"], returns: ["Stream[int]"] };

/** A node's behaviour towards a call. */
type OnCall = (call: number, node: Channel) => void;

const answers: OnCall = (call, node) => node.send(FrameKind.result, 0, call, script, bytes("[5]"));
const leaves: OnCall = (_, node) => node.close();
const refuses = (exception: RpcException): OnCall => (call, node) =>
  node.send(FrameKind.exception, 0, call, encodeException(exception));

function fourBytes(value: number): Uint8Array {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setUint32(0, value);
  return body;
}

interface Outcome {
  readonly text: string;
  /** The number of calls that each node got. */
  readonly calls: readonly number[];
  readonly streamed: readonly string[];
  /** Frames that the first node got. */
  readonly sent: readonly SentFrame[];
}

/** Makes one call that two nodes could serve. */
async function outcomeOf(
  nodes: readonly OnCall[],
  { isIdempotent = false, signature = values, credit = 0 }: {
    isIdempotent?: boolean;
    signature?: typeof values;
    /** For the result's stream. */
    credit?: number;
  } = {},
): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const sent: SentFrame[][] = nodes.map(() => []);
  const fakes = nodes.map((onCall, index) =>
    stack.use(
      new ScriptedNode((frame, node) => {
        sent[index].push(frame);
        if (frame.kind === FrameKind.call) onCall(frame.call, node);
        if (frame.kind === FrameKind.pong) node.close();
      }),
    )
  );
  const outgoing = new OutgoingNodes();
  stack.defer(() => outgoing.close());
  const { promise, resolve } = Promise.withResolvers<string>();
  const streamed: string[] = [];
  const compiled = compileSignature(signature);
  const sink = new CallStreams(compiled, {
    open: () => void streamed.push("open"),
    item: (payload) => void streamed.push(`item ${payload.length}`),
    credit: (stream, count) => void streamed.push(`credit ${stream} ${count}`),
    budget: { charge: () => {}, release: () => {} },
  });
  const handle = outgoing.call({
    client: "service:shop",
    target: {
      service: "prices",
      rpc: "of",
      ...signature,
      signature: compiled,
      isIdempotent,
      nodes: fakes.map(({ server: { ip, port } }, index) => ({
        name: `s${index + 2}`,
        host: ip,
        port,
      })),
    },
    payload: bytes("[1]"),
    deadlineMs: performance.now() + 60_000,
    trace: undefined,
    depth: 3,
  }, {
    result: (payload) => resolve(new TextDecoder().decode(payload)),
    exception: (type, message) => resolve(`${type}: ${message}`),
    streams: signature === streams ? sink : undefined,
  });
  sink.handle = handle;
  if (credit > 0) sink.take(FrameKind.credit, 0, fourBytes(credit));
  const text = await promise;
  const calls = sent.map((frames) => frames.filter(({ kind }) => kind === FrameKind.call).length);
  return { text, calls, streamed, sent: sent[0] };
}

Deno.test("a call moves to another node if nothing has run, or if it may run twice", async (t) => {
  const table: readonly [string, OnCall, boolean, RegExp, readonly number[]][] = [
    ["is overloaded", refuses(new Overloaded("full")), false, /^\[5\]$/, [1, 1]],
    ["cannot run it", refuses(new Unavailable("no disk")), false, /^\[5\]$/, [1, 1]],
    ["drains", refuses(new ServerDraining("leaves")), false, /^\[5\]$/, [1, 1]],
    ["leaves in the middle of it", leaves, false, /^Connection Lost: /, [1, 0]],
    ["leaves in the middle of what may run twice", leaves, true, /^\[5\]$/, [1, 1]],
    ["has run it", refuses(new ExecutionException("no")), true, /^Execution Exception: no/, [1, 0]],
    ["knows no such service", refuses(new ClientNotRegistered("x")), true, /^Client Not/, [1, 0]],
  ];
  for (const [what, first, isIdempotent, expected, calls] of table) {
    await t.step(`the first one ${what}`, async () => {
      const outcome = await outcomeOf([first, answers], { isIdempotent });
      assert.match(outcome.text, expected);
      assert.deepEqual(outcome.calls, calls);
    });
  }
  await t.step("no node accepts it", async () => {
    const full = refuses(new Overloaded("full"));
    const outcome = await outcomeOf([full, refuses(new Unavailable("no disk"))]);
    assert.match(outcome.text, /^Overloaded: full/);
    assert.deepEqual(outcome.calls, [1, 1]);
  });
});

Deno.test("a node learns the calling service and the depth", async () => {
  const { sent } = await outcomeOf([answers]);
  const read = (kind: number) =>
    JSON.parse(new TextDecoder().decode(sent.find((frame) => frame.kind === kind)!.body));
  assert.equal(read(FrameKind.hello).client, "service:shop");
  const { service, rpc, depth } = read(FrameKind.route);
  assert.deepEqual({ service, rpc, depth }, { service: "prices", rpc: "of", depth: 3 });
});

Deno.test("a call with streams is retried until one of them has begun, and a node may send only what was requested", async (t) => {
  const { open, item, credit, result } = FrameKind;
  const returns: OnCall = (call, node) => {
    node.send(open, 0, call, script);
    node.send(item, 0, call, bytes("[7]"));
    node.send(result, 0, call, script, bytes("[]"));
  };
  const table: readonly [string, readonly OnCall[], RegExp, readonly number[], string[]?][] = [
    ["returns a stream", [returns, answers], /^\[\]$/, [1, 0], ["open", "item 3"]],
    [
      "is full: the next one gets the credit, too",
      [refuses(new Overloaded("full")), returns],
      /^\[\]$/,
      [1, 1],
      ["open", "item 3"],
    ],
    ["leaves before it has begun", [leaves, returns], /^\[\]$/, [1, 1], ["open", "item 3"]],
    [
      "leaves when it has asked for items",
      [(call, node) => {
        node.send(credit, 1, call, fourBytes(9));
        node.send(FrameKind.ping, 0, 1); // It is sent with the pong.
      }, returns],
      /^Connection Lost: /,
      [1, 0],
      ["credit 1 9"],
    ],
    [
      "leaves in the middle of what it returns",
      [(call, node) => {
        node.send(open, 0, call, script);
        node.send(FrameKind.ping, 0, 1); // It is sent with the pong.
      }, returns],
      /^Connection Lost: /,
      [1, 0],
      ["open"],
    ],
    [
      "sends an item before its stream",
      [(call, node) => node.send(item, 0, call, bytes("[7]"))],
      /^Malformed Message|^Connection Lost/,
      [1],
    ],
    [
      "sends more than it was asked for",
      [(call, node) => {
        node.send(open, 0, call, script);
        for (let sent = 0; sent < 3; sent++) node.send(item, 0, call, new Uint8Array(100));
      }],
      /^Malformed Message|^Connection Lost/,
      [1],
      ["open", "item 100"],
    ],
    [
      "opens a stream twice",
      [(call, node) => {
        node.send(open, 0, call, script);
        node.send(open, 0, call, script);
      }],
      /^Malformed Message|^Connection Lost/,
      [1],
      ["open"],
    ],
    ["answers without the stream", [answers], /^Malformed Message|^Connection Lost/, [1], []],
    [
      "gives credit for what it returns itself",
      [(call, node) => {
        node.send(credit, 0, call, fourBytes(9));
        node.send(credit, 1, call, fourBytes(0));
      }],
      /^Malformed Message|^Connection Lost/,
      [1],
      [],
    ],
  ];
  for (const [what, nodes, expected, calls, streamed = []] of table) {
    await t.step(`the first one ${what}`, async () => {
      const outcome = await outcomeOf(nodes, {
        signature: streams,
        isIdempotent: true,
        credit: 50,
      });
      assert.match(outcome.text, expected);
      assert.deepEqual(outcome.calls, calls);
      assert.deepEqual(outcome.streamed, streamed);
    });
  }
});
