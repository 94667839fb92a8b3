/** The golden transcripts, played to a caller: for each of the node's replies, the program's result. */
import assert from "node:assert/strict";
import { NodeConnection } from "../lib/client/mod.ts";
import {
  Cancelled,
  ConnectionLost,
  DeadlineExceeded,
  FarcallError,
  InternalError,
  MalformedMessage,
  MessageTooLarge,
  NodeUnreachable,
  Overloaded,
  RpcNotFound,
  ServerDraining,
} from "../lib/errors/mod.ts";
import { memoryPair, type Transport } from "../lib/transport/mod.ts";
import { compileSignature } from "../lib/types/mod.ts";
import type { Route } from "../lib/protocol/mod.ts";
import { type ScriptPin, scriptPin } from "../lib/identity/mod.ts";
import { goldenIds } from "./_golden_node.ts";
import { mutated, withSeed } from "./_mistakes.ts";
import {
  type Cut,
  cuts,
  ExpectedBytes,
  readTranscripts,
  type Transcript,
  writeCut,
} from "./_transcript.ts";
import { mentions } from "./_support/mentions.ts";

const ids = await goldenIds();
const patience = { timeoutMs: 30_000 };

/** A program's use of its connection in one transcript. */
type Program = (connection: NodeConnection) => Promise<unknown>;

/** Plays the node's side and compares the caller's output. */
async function play(transcript: Transcript, program: Program, cut: Cut): Promise<void> {
  const [near, far] = memoryPair();
  const connection = new NodeConnection({ name: "s1", host: "10.0.0.1", port: 81 }, near, {
    client: "c1",
  });
  const running = program(connection);
  const playing = playSteps(transcript, far, cut);
  playing.catch(() => {});
  try {
    // A failed program sends nothing more: do not wait for it.
    const expected = await Promise.race([playing, running.then(() => playing)]);
    await running;
    await connection.close();
    await expected.end();
  } finally {
    await connection.close();
    far.close();
  }
}

async function playSteps(
  transcript: Transcript,
  transport: Transport,
  cut: Cut,
): Promise<ExpectedBytes> {
  const expected = new ExpectedBytes(transport, transcript.name);
  for (const step of transcript.steps) {
    if (step.kind === "caller") await expected.next(step.bytes);
    else if (step.kind === "caller ends") await expected.end();
    else if (step.kind === "node ends") await transport.closeWrite();
    else if (step.kind === "node") {
      // A caller may disconnect before it has read everything.
      await writeCut(transport, step.bytes, cut).catch(() => {});
    }
  }
  return expected;
}

function add(
  connection: NodeConnection,
  values: readonly unknown[] = [2, 3],
  options: { type?: string; script?: ScriptPin; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<unknown> {
  const type = options.type ?? "int";
  const signature = compileSignature({ args: [type, type], returns: [type] });
  const route: Route = {
    service: "math",
    rpc: "add",
    argumentTypes: signature.args,
    returnTypes: signature.returns,
    script: options.script,
  };
  return connection.call(route, signature.encodeArguments(values), { ...patience, ...options })
    .then(({ payload, script }) => {
      assert.equal(script, ids.get(type === "int" ? "add" : "concat"));
      return signature.decodeResult(payload);
    });
}

type ErrorClass = abstract new (...args: never[]) => FarcallError;

/** Fails unless the error has the class, comes from the node, and its message fits. */
async function fails(call: Promise<unknown>, kind: ErrorClass, message: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof FarcallError && error instanceof kind, `${error}`);
    assert.match(error.message, message);
    assert.equal(error.node, "s1 (10.0.0.1:81)");
    return true;
  });
}

/** A program whose only call fails so. */
function failing(kind: ErrorClass, message: RegExp): Program {
  return (connection) => fails(add(connection), kind, message);
}

/** A program whose first call fails so, and whose second succeeds. */
function goingOnAfter(kind: ErrorClass, message: RegExp): Program {
  return async (connection) => {
    await fails(add(connection), kind, message);
    assert.equal(await add(connection), 5);
  };
}

const programs: Readonly<Record<string, Program>> = {
  "frames/call": async (connection) => assert.equal(await add(connection), 5),
  "frames/pinned": async (connection) => {
    const script = scriptPin(ids.get("add")!.slice(0, 12));
    assert.equal(await add(connection, [2, 3], { script }), 5);
  },
  "frames/describe": async (connection) => {
    const all = await connection.request({ op: "describe" }, patience);
    assert.deepEqual(all.services.map((service) => service.name), ["math", "kinds"]);
    const math = await connection.request({ op: "describe", service: "math" }, patience);
    assert.deepEqual(math.services, all.services.slice(0, 1));
    for (const service of ["closed", "nowhere"]) {
      const none = await connection.request({ op: "describe", service }, patience);
      assert.deepEqual(none, { generation: 1, services: [] });
    }
  },
  "caller/answers_out_of_order": async (connection) => {
    const calls = [
      add(connection),
      add(connection, ["2", "3"], { type: "str" }),
      add(connection, [4, 5]),
    ];
    await fails(calls[2], Overloaded, /^later$/);
    assert.deepEqual(await Promise.all(calls.slice(0, 2)), [5, "23"]);
  },
  "caller/exception": failing(RpcNotFound, mentions('"math"', '"add"')),
  "caller/exception_of_a_newer_version": failing(InternalError, /^Too Tired: \w/),
  "caller/cancelled": async (connection) => {
    const controller = new AbortController();
    const call = add(connection, [2, 3], { signal: controller.signal });
    controller.abort();
    await fails(call, Cancelled, /\bcancelled\b/);
    assert.equal(await add(connection), 5);
  },
  "caller/deadline": async (connection) => {
    const call = add(connection, [2, 3], { timeoutMs: 30 });
    await fails(call, DeadlineExceeded, mentions("deadline"));
    assert.equal(await add(connection), 5);
  },
  "caller/pinged": () => Promise.resolve(),
  "caller/goodbye": async (connection) => {
    assert.equal(connection.isUsable, true);
    assert.equal(await add(connection), 5);
    assert.equal(connection.isUsable, false);
    await connection.ended;
    await fails(add(connection), ServerDraining, mentions("shutting"));
  },
  "caller/last_goodbye": async (connection) => {
    const calls = [add(connection), add(connection)];
    await fails(calls[1]!, NodeUnreachable, mentions("nothing"));
    await fails(calls[0]!, ConnectionLost, /\bunknown\b/);
  },
  "caller/connection_exception": async (connection) => {
    const calls = [add(connection), add(connection)];
    const says = mentions("s1", "10.0.0.1:81", "call 1");
    for (const call of calls) await fails(call, MalformedMessage, says);
    await fails(add(connection), MalformedMessage, says);
  },
  "caller/other_version": failing(
    NodeUnreachable,
    /\bversion 2\b.*\b1\b/,
  ),
  "caller/no_node": failing(NodeUnreachable, /\banswers\b.*\bnode\b/),
  "caller/no_node_short": failing(NodeUnreachable, /\banswers\b.*\bnode\b/),
  "caller/ends_without_a_word": failing(NodeUnreachable, /\bclosed\b/),
  "caller/lost": failing(ConnectionLost, /\bunknown\b/),
  "caller/lost_inside_an_answer": failing(ConnectionLost, /\bunknown\b/),
  "caller/unknown_kind": failing(ConnectionLost, /\bkind 31\b/),
  "caller/answer_too_large": failing(ConnectionLost, /announces 16842753 bytes/),
  "caller/malformed_result": goingOnAfter(MalformedMessage, /\b32 bytes\b/),
  "caller/malformed_exception": goingOnAfter(MalformedMessage, mentions("exception", "JSON")),
  "caller/answer_of_another_kind": goingOnAfter(MalformedMessage, /\bkind 11\b/),
  "caller/unasked_answers": async (connection) => assert.equal(await add(connection), 5),
  "caller/node_accepts_less": async (connection) => {
    assert.equal(await add(connection), 5);
    const route: Route = { service: "math", rpc: "add", argumentTypes: [], returnTypes: [] };
    const call = connection.call(route, new Uint8Array(131_072 - 3), patience);
    await fails(call, MessageTooLarge, mentions("131073 bytes", "131072"));
    assert.equal(await add(connection), 5);
  },
};

Deno.test("a caller decodes every reply of a node, however it is split", async (t) => {
  const played = new Set<string>();
  for (const folder of ["frames", "caller"]) {
    for (const [name, transcript] of await readTranscripts(folder, ids)) {
      const program = programs[`${folder}/${name}`];
      if (program === undefined) {
        assert.equal(folder, "frames", `no program for ${transcript.name}`);
        continue;
      }
      played.add(`${folder}/${name}`);
      for (const cut of cuts) {
        await t.step(`${transcript.name}, ${cut}`, () => play(transcript, program, cut));
      }
    }
  }
  assert.deepEqual([...played].sort(), Object.keys(programs).sort());
});

Deno.test("whatever a node sends, a caller that waits for a reply gets a result or an error", async () => {
  for (const transcript of (await readTranscripts("frames", ids)).values()) {
    for (const cut of cuts) {
      const [near, far] = memoryPair();
      const connection = new NodeConnection({ host: "10.0.0.1", port: 81 }, near, { client: "c1" });
      const calls = Array.from({ length: 12 }, () => add(connection).then(() => {}, () => {}));
      for (const step of transcript.steps) {
        if (step.kind === "node") await writeCut(far, step.bytes, cut).catch(() => {});
      }
      await far.closeWrite();
      await Promise.all(calls);
      await connection.close();
      far.close();
    }
  }
});

Deno.test("a node that makes random mistakes can neither hang a caller nor confuse it", async () => {
  const corpus: Uint8Array[] = [];
  for (const folder of ["frames", "caller"]) {
    for (const { steps } of (await readTranscripts(folder, ids)).values()) {
      const said = steps.flatMap((step) => step.kind === "node" ? [...step.bytes] : []);
      corpus.push(Uint8Array.from(said));
    }
  }
  await withSeed(async (random) => {
    for (let round = 0; round < 400; round++) {
      const [near, far] = memoryPair();
      const connection = new NodeConnection({ host: "10.0.0.1", port: 81 }, near, { client: "c1" });
      const asked = [
        add(connection),
        add(connection, ["2", "3"], { type: "str" }),
        connection.request({ op: "describe" }, patience),
      ].map((answer) =>
        answer.catch((error) => {
          if (error instanceof FarcallError || error instanceof assert.AssertionError) return;
          throw error;
        })
      );
      await far.write(mutated(random, random.pick(corpus))).catch(() => {});
      await far.closeWrite();
      await Promise.all(asked);
      await connection.close();
      far.close();
    }
  });
});
