/**
 * A node may send anything at any time: every call settles by its reply, deadline, signal, close or loss, and no input
 * outlives its connection or crashes the caller's program.
 */
import assert from "node:assert/strict";
import type { Channel } from "../../lib/channel/mod.ts";
import { connect, type Farcall } from "../../lib/client/mod.ts";
import {
  Cancelled,
  ConnectionLost,
  DeadlineExceeded,
  FarcallError,
  MalformedMessage,
  NodeUnreachable,
} from "../../lib/errors/mod.ts";
import { encodeControl, encodeException, FrameKind, preface } from "../../lib/protocol/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { listenTcp } from "../../lib/transport/mod.ts";
import { ScriptedNode, type SentFrame } from "../_support/nodes/scripted_node.ts";

/** The fake node's services, as it describes them. */
const described = {
  generation: 1,
  services: [{
    name: "m",
    overloads: [
      { rpc: "plain", args: ["int"], returns: ["int"] },
      { rpc: "source", args: ["Stream[int]"], returns: ["int"] },
      { rpc: "items", args: [], returns: ["Stream[int]"] },
      { rpc: "both", args: ["Stream[int]"], returns: ["Stream[int]"] },
    ],
  }],
};

const script = new Uint8Array(32).fill(7);

/** Every kind of frame, and some unknown ones, with valid and invalid bodies. */
const kinds = [...new Set([...Object.values(FrameKind), 0, 17, 99, 255])];
const bodies: readonly Uint8Array[] = [
  new Uint8Array(0),
  new Uint8Array(4),
  Uint8Array.of(0, 1, 0, 0),
  script,
  new Uint8Array([...script, ...new TextEncoder().encode("[1]")]),
  encodeJson({ reason: "goodbye" }),
  encodeException(new MalformedMessage("the fake node does not like it")),
  encodeControl(described),
];

/** The reply to everything but calls. */
function describe({ kind, call }: SentFrame, node: Channel): boolean {
  if (kind !== FrameKind.request) return false;
  node.send(FrameKind.response, 0, call, encodeControl(described));
  return true;
}

/** How a call ended, including its items; fails if it does not end soon after its deadline. */
async function endOf(
  farcall: Farcall,
  rpc: string,
  values: readonly unknown[],
  what: string,
): Promise<unknown> {
  const settled = (async () => {
    try {
      const value = await farcall.call("m", rpc, values, { timeoutMs: 150 });
      if (typeof value === "object" && value !== null && Symbol.asyncIterator in value) {
        return await Array.fromAsync(value as AsyncIterable<unknown>);
      }
      return value;
    } catch (error) {
      assert.ok(error instanceof FarcallError, `${error}`);
      return error;
    }
  })();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`m.${rpc} never settles: ${what}`)), 20_000);
  });
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

const calls: readonly (readonly [rpc: string, values: () => readonly unknown[]])[] = [
  ["plain", () => [1]],
  ["source", () => [[1, 2]]],
  ["items", () => []],
  ["both", () => [[1, 2]]],
];

/** The state before the frame arrives: the call was sent, or its stream is open, too. */
const states = ["called", "opened", "credited"] as const;
/** To calls that were sent goes everything; to streams every other body, but in continuous integration. */
const bodiesTo = Deno.env.get("FARCALL_HOSTILE_FRAMES") === "all"
  ? { called: bodies, opened: bodies, credited: bodies }
  : {
    called: bodies,
    opened: bodies.filter((_, index) => index % 2 === 0),
    credited: bodies.filter((_, index) => index % 2 === 1),
  };

for (const [rpc, values] of calls) {
  for (const state of states) {
    Deno.test(`m.${rpc}, ${state}, settles whatever frame comes next`, async () => {
      for (const kind of kinds) {
        // Each for the call, for none, and for one that does not exist, to which no state matters.
        const targets = state === "called" ? [0, 1, 2] : [0, 1];
        const frames = bodiesTo[state].flatMap((body) => targets.map((to) => ({ body, to })));
        await Promise.all(frames.map(async ({ body, to }) => {
          await using node = new ScriptedNode((frame, channel) => {
            if (describe(frame, channel) || frame.kind !== FrameKind.call) return;
            const { call } = frame;
            if (state === "opened") channel.send(FrameKind.open, 0, call, script);
            if (state === "credited") {
              channel.send(FrameKind.credit, 1, call, Uint8Array.of(0, 0, 4, 0));
            }
            channel.send(kind, 0, [call, 0, 77][to], body);
          });
          const farcall = await connect(node.address);
          try {
            await endOf(farcall, rpc, values(), `kind ${kind}, ${body.length} bytes, to ${to}`);
          } finally {
            await farcall.close();
          }
        }));
      }
    });
  }
}

Deno.test("a stream answered without being opened is the node's mistake, at once", async () => {
  await using node = new ScriptedNode((frame, channel) => {
    if (describe(frame, channel) || frame.kind !== FrameKind.call) return;
    channel.send(FrameKind.result, 0, frame.call, script, new TextEncoder().encode("[]"));
  });
  await using farcall = await connect(node.address);
  await assert.rejects(farcall.call("m", "items", []), MalformedMessage);
});

Deno.test("a node that grants credit for nothing, too much or too often has its connection ended", async (t) => {
  const credit = (bytes: number, times: number) => Array(times).fill(Uint8Array.of(bytes, 0, 0, 1));
  const grants: Record<string, Uint8Array[]> = {
    "for nothing": [new Uint8Array(4)],
    "too much": credit(2, 1),
    "too often": credit(0, limits.creditGrantsAheadMax + 1),
  };
  for (const [name, bodies] of Object.entries(grants)) {
    await t.step(name, async () => {
      await using node = new ScriptedNode((frame, channel) => {
        if (describe(frame, channel) || frame.kind !== FrameKind.call) return;
        for (const body of bodies) channel.send(FrameKind.credit, 1, frame.call, body);
      });
      await using farcall = await connect(node.address);
      const { promise: never, resolve } = Promise.withResolvers<void>();
      const source = async function* () {
        await never;
        yield 1;
      };
      await assert.rejects(farcall.call("m", "source", [source()]), ConnectionLost);
      resolve();
    });
  }
});

Deno.test("a call that waits for its stream to open ends with its signal, its deadline, and close()", async () => {
  const arrived = Promise.withResolvers<void>();
  await using node = new ScriptedNode((frame, channel) => {
    if (!describe(frame, channel) && frame.kind === FrameKind.call) arrived.resolve();
  });
  await using farcall = await connect(node.address);
  const controller = new AbortController();
  const cancelled = farcall.call("m", "items", [], { signal: controller.signal });
  const late = assert.rejects(
    farcall.call("m", "items", [], { timeoutMs: 50 }),
    DeadlineExceeded,
  );
  const closed = farcall.call("m", "items", []);
  closed.catch(() => {});
  await arrived.promise;
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(cancelled, (error) => error instanceof Cancelled && error.cause === reason);
  await late;
  await farcall.close();
  await assert.rejects(closed, FarcallError);
});

Deno.test("a call that expires before it is sent ends its stream, too", async () => {
  await using node = new ScriptedNode((frame, channel) => {
    if (frame.kind !== FrameKind.request) return;
    // The reply arrives in time, but this program reads it when the call's time is up.
    describe(frame, channel);
    const untilMs = performance.now() + 60;
    queueMicrotask(() => {
      while (performance.now() < untilMs);
    });
  });
  for (const rpc of ["items", "both"]) {
    await using other = await connect(node.address);
    const values = rpc === "both" ? [[1]] : [];
    await assert.rejects(other.call("m", rpc, values, { timeoutMs: 30 }), FarcallError);
  }
});

Deno.test("a connection-wide exception ends its calls, although the node does not close it", async () => {
  await using node = new ScriptedNode((frame, channel) => {
    if (describe(frame, channel) || frame.kind !== FrameKind.call) return;
    channel.send(FrameKind.exception, 0, 0, encodeException(new MalformedMessage("away with you")));
  });
  await using farcall = await connect(node.address);
  await assert.rejects(
    farcall.call("m", "plain", [1], { timeoutMs: 600_000 }),
    (error) => error instanceof FarcallError && /away.with.you/.test(error.message),
  );
});

Deno.test("a node cannot make its callers compile, keep or show more than the bounds", async (t) => {
  const overload = (rpc: string, args: readonly string[]) => ({ rpc, args, returns: [] });
  const wide = `Tuple[${"int,".repeat(200_000)}int]`;
  const answers: Record<string, unknown> = {
    "a type with many parts": [overload("f", [wide])],
    "a signature with many arguments": [overload("f", Array(50_000).fill("int"))],
    "an rpc with many overloads": Array.from(
      { length: 40_000 },
      (_, n) => overload("f", ["int", n % 2 ? "str" : "int", "bytes"]),
    ),
    "a service with many overloads": Array.from(
      { length: limits.overloadsPerServiceMax + 1 },
      (_, n) => overload(`f${n}`, []),
    ),
    "a malformed type": [overload("f", ["Listt[int]"])],
  };
  for (const [name, overloads] of Object.entries(answers)) {
    await t.step(name, async () => {
      const said = { generation: 1, services: [{ name: "m", overloads }] };
      await using node = new ScriptedNode((frame, channel) => {
        if (frame.kind !== FrameKind.request) return;
        channel.send(FrameKind.response, 0, frame.call, encodeControl(said));
      });
      await using farcall = await connect(node.address);
      await assert.rejects(farcall.call("m", "f", []), MalformedMessage);
    });
  }

  await t.step("a long exception is truncated", async () => {
    const long = encodeJson({
      "exception-type": "E".repeat(100_000),
      "exception-message": "m".repeat(1_000_000),
    });
    await using node = new ScriptedNode((frame, channel) => {
      if (describe(frame, channel) || frame.kind !== FrameKind.call) return;
      channel.send(FrameKind.exception, 0, frame.call, long);
    });
    await using farcall = await connect(node.address);
    await assert.rejects(
      farcall.call("m", "plain", [1]),
      (error: Error) => error.message.length < 3 * limits.exceptionMessageLengthMax,
    );
  });

  await t.step("a greeting that is too large is not read", async () => {
    const tcp = listenTcp("127.0.0.1", 0);
    const serving = (async () => {
      const transport = (await tcp.accept())!;
      await transport.write(preface);
      // A header that announces a hello of 16 MiB, and as much of it as the caller accepts.
      const header = Uint8Array.of(1, 0, 0, 0, FrameKind.hello, 0, 0, 0, 0, 0, 0, 0);
      await transport.write(header);
      const rest = new Uint8Array(64 * 1024);
      while (await transport.read(rest).catch(() => null) !== null);
      transport.close();
    })();
    await using farcall = await connect(`127.0.0.1:${tcp.port}`);
    await assert.rejects(farcall.call("m", "plain", [1]), NodeUnreachable);
    await serving;
    tcp.close();
  });
});

Deno.test("a signal raised before the call, or during it, leaves no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onUnhandled);
  try {
    const asked = Promise.withResolvers<void>();
    // It ends the connection instead of replying, so that everything still waiting fails.
    await using node = new ScriptedNode((frame, channel) => {
      if (frame.kind !== FrameKind.request) return;
      asked.resolve();
      channel.close();
    });
    await using farcall = await connect(node.address);
    const reason = { why: "not wanted" };
    const isBecause = (error: unknown) => error instanceof Cancelled && error.cause === reason;
    await assert.rejects(
      farcall.call("m", "plain", [1], { signal: AbortSignal.abort(reason) }),
      isBecause,
    );
    const controller = new AbortController();
    const call = farcall.call("m", "plain", [1], { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(call, isBecause);
    // Its signal is raised while the node is asked for its services.
    const other = new AbortController();
    const late = farcall.call("m", "plain", [1], { signal: other.signal });
    await asked.promise;
    other.abort(reason);
    await assert.rejects(late, FarcallError);
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    globalThis.removeEventListener("unhandledrejection", onUnhandled);
  }
  assert.deepEqual(unhandled, []);
});
