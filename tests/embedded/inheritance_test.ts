/** Calls made by functions are bounded by the call that they serve, and end with it. */
import assert from "node:assert/strict";
import { connect, currentCall, rpc, serve, service } from "../../mod.ts";
import { until } from "../_support/nodes/processes.ts";
import { mentions } from "../_support/mentions.ts";

/** A node whose functions report the fate of their calls, behind one whose functions only forward calls. */
async function chain() {
  const signals: AbortSignal[] = [];
  const stack = new AsyncDisposableStack();
  const inner = stack.use(
    await serve({
      port: 0,
      log: "silent",
      services: {
        inner: {
          left: rpc([], ["float"], () => currentCall()!.remainingMs),
          hang: rpc([], [], async () => {
            const { signal } = currentCall()!;
            signals.push(signal);
            await new Promise((done) => signal.addEventListener("abort", done));
          }),
          nap: rpc([], [], () => new Promise<void>((done) => setTimeout(done, 500))),
          fail: rpc([], [], () => {
            throw new Error("inside");
          }),
        },
      },
    }),
  );
  const behind = stack.use(await connect(inner.address, { timeoutMs: 60_000 }));
  const once = stack.use(await connect(inner.address, { oneShot: true, timeoutMs: 60_000 }));
  const pass = rpc(["str"], ["Optional[float]"], async (name) => {
    const value = await behind.call("inner", name, [], { timeoutMs: 60_000 });
    return typeof value === "number" ? value : null;
  });
  const stopped = Promise.withResolvers<unknown>();
  const left = Promise.withResolvers<void>();
  const front = stack.use(
    await serve({
      port: 0,
      log: "silent",
      services: {
        front: {
          pass,
          leave: rpc([], [], () => {
            // Begun before its call ended, and still waiting when it does.
            left.promise
              .then(() => behind.call("inner", "left"))
              .then(stopped.resolve, stopped.reject);
          }),
          own: rpc([], ["str"], async () => {
            const signal = AbortSignal.abort();
            return await behind.call("inner", "left", [], { signal }).then(
              () => "ran",
              (error) => error.code,
            );
          }),
        },
        quick: service({
          pass,
          pass_once: rpc(["str"], [], async (name) => void await once.call("inner", name)),
        }, { limits: { timeoutMs: 80 } }),
      },
    }),
  );
  return { front, inner, signals, stopped: stopped.promise, left: left.resolve, stack };
}

Deno.test("the deadline at the edge bounds nested calls", async () => {
  const { front, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address, { timeoutMs: 20_000 });
  const left = await edge.call("front", "pass", ["left"]) as number;
  assert.ok(left > 0 && left <= 20_000, `${left} ms of 20 s were left, not of 60 s`);
});

Deno.test("an expired deadline ends the whole tree, and is reported to the caller", async () => {
  const { front, signals, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address, { timeoutMs: 60_000 });
  // The node's own bound, so that the node reports it. On a busy machine the time may be up before the nested function
  // begins.
  while (signals.length === 0) {
    await assert.rejects(edge.call("quick", "pass", ["hang"]), {
      code: "Deadline Exceeded",
      node: front.address,
    });
  }
  await until(() => signals.every(({ aborted }) => aborted), "the function behind to be told");
  assert.equal(signals.length, 1);
});

Deno.test("an expired deadline ends the wait for a one-shot call, too", async () => {
  const { front, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address, { timeoutMs: 60_000 });
  await assert.rejects(edge.call("quick", "pass_once", ["nap"]), {
    code: "Deadline Exceeded",
    node: front.address,
  });
});

Deno.test("a cancel ends the whole tree", async () => {
  const { front, signals, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address);
  const giveUp = new AbortController();
  const call = edge.call("front", "pass", ["hang"], { signal: giveUp.signal });
  await until(() => signals.length === 1, "the function behind to begin");
  assert.equal(signals[0].aborted, false);
  giveUp.abort();
  await assert.rejects(call, { code: "Cancelled" });
  await until(() => signals[0].aborted, "the function behind to be told");
});

Deno.test("a caller that disconnects ends the whole tree", async () => {
  const { front, signals, stack } = await chain();
  await using _ = stack;
  const edge = await connect(front.address);
  const call = edge.call("front", "pass", ["hang"]).catch(() => {});
  await until(() => signals.length === 1, "the function behind to begin");
  await edge.close();
  await call;
  await until(() => signals[0].aborted, "the function behind to be told");
});

Deno.test("a nested call's failure is the function's own failure, not the caller's", async () => {
  const { front, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address);
  await assert.rejects(edge.call("front", "pass", ["fail"]), {
    code: "Execution Exception",
    message: "inside",
  });
  await assert.rejects(edge.call("front", "pass", ["none"]), {
    code: "Execution Exception",
    message: mentions('"inner"', '"none"'),
  });
});

Deno.test("work that a function leaves running after its call continues by itself", async () => {
  const { front, stopped, left: hasLeft, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address);
  await edge.call("front", "leave", [], { timeoutMs: 20_000 });
  hasLeft();
  const leftMs = await stopped as number;
  assert.ok(leftMs > 20_000, `${leftMs} ms were left, as for a call of nobody else`);
});

Deno.test("a call's own signal applies besides the inherited one", async () => {
  const { front, stack } = await chain();
  await using _ = stack;
  await using edge = await connect(front.address);
  assert.equal(await edge.call("front", "own"), "Cancelled");
});
