/** Running and waiting calls of an embedded node: their deadlines, slots and ends. */
import assert from "node:assert/strict";
import { connect, rpc, service } from "../../mod.ts";
import { until } from "../_support/nodes/processes.ts";
import { Gate, Program } from "./_program.ts";
import { mentions } from "../_support/mentions.ts";

Deno.test("an expired or cancelled call raises its function's signal", async () => {
  const gate = new Gate();
  await using program = await Program.start({ services: { gate: { pass: gate.rpc() } } });
  const caller = await program.caller();
  let late = "late";
  // On a busy machine a call's time may be up before it begins.
  for (let count = 1; !gate.begun.includes(late); count++) {
    late = `late ${count}`;
    await assert.rejects(caller.call("gate", "pass", [late], { timeoutMs: 300 }), {
      code: "Deadline Exceeded",
    });
  }
  await until(() => gate.givenUp.has(late), "the signal of the call that was late");
  const giveUp = new AbortController();
  const cancelled = caller.call("gate", "pass", ["b"], { signal: giveUp.signal });
  await until(() => gate.begun.includes("b"), "the second call");
  giveUp.abort();
  await assert.rejects(cancelled, { code: "Cancelled" });
  await until(() => gate.givenUp.has("b"), "the signal of the call that was cancelled");
  const leaving = await connect(program.node.address);
  const lost = leaving.call("gate", "pass", ["c"]).catch((error) => error.code);
  await until(() => gate.begun.includes("c"), "the third call");
  await leaving.close();
  assert.equal(await lost, "Connection Lost");
  await until(() => gate.givenUp.has("c"), "the signal of the call whose caller has left");
  for (const each of ["b", "c"]) {
    assert.equal((gate.givenUp.get(each) as { code: string }).code, "Cancelled");
  }
  gate.open();
});

Deno.test("a service's own timeout applies, whatever a caller requests", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: { gate: service({ pass: gate.rpc() }, { limits: { timeoutMs: 50 } }) },
  });
  const caller = await program.caller({ timeoutMs: 60_000 });
  const late = caller.call("gate", "pass", ["a"]);
  await assert.rejects(late, {
    code: "Deadline Exceeded",
    message: mentions("50ms", "limits: timeout"),
  });
});

Deno.test("running and waiting calls are bounded, and more are Overloaded; other services are unaffected", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: {
      gate: service({ pass: gate.rpc() }, { limits: { callsMax: 2, queueMax: 3 } }),
      math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) },
    },
  });
  const caller = await program.caller();
  const pass = (each: number): Promise<unknown> => {
    const call = caller.call("gate", "pass", [`${each}`]);
    call.catch(() => {});
    return call;
  };
  const running = [1, 2].map(pass);
  await until(() => gate.begun.length === 2, "two to run");
  const calls = [...running, ...[3, 4, 5].map(pass)];
  await assert.rejects(caller.call("gate", "pass", ["6"]), {
    code: "Overloaded",
    message: mentions('"gate"', "2 calls", "3 waiting"),
  });
  assert.equal(await caller.call("math", "add", [2, 3]), 5);
  const status = await program.status();
  assert.deepEqual(
    [
      status.isEmbedded,
      status.generation,
      status.services[0].executors,
      status.services[0].waiting,
    ],
    [true, 0, [{ state: "embedded", callsInFlight: 2 }], 3],
  );
  gate.open();
  assert.deepEqual(await Promise.all(calls), ["1", "2", "3", "4", "5"]);
});

Deno.test("a waiting call fails when its time is up, and is dropped when it is cancelled", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: { gate: service({ pass: gate.rpc() }, { limits: { callsMax: 1 } }) },
  });
  const caller = await program.caller();
  const first = caller.call("gate", "pass", ["first"]);
  await until(() => gate.begun.length === 1, "the first call");
  const giveUp = new AbortController();
  const waiting = caller.call("gate", "pass", ["never"], { signal: giveUp.signal });
  const hasty = caller.call("gate", "pass", ["hasty"], { timeoutMs: 50 });
  await assert.rejects(hasty, { code: "Deadline Exceeded" });
  giveUp.abort();
  await assert.rejects(waiting, { code: "Cancelled" });
  await until(async () => (await program.status()).services[0].waiting === 0, "both to leave");
  gate.open();
  assert.equal(await first, "first");
  assert.equal(await caller.call("gate", "pass", ["last"]), "last");
  assert.deepEqual(gate.begun, ["first", "last"]);
});

Deno.test("a function that continues after its caller has left occupies its slot", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: { gate: service({ pass: gate.rpc(false) }, { limits: { callsMax: 1 } }) },
  });
  const caller = await program.caller();
  const giveUp = new AbortController();
  const left = caller.call("gate", "pass", ["a"], { signal: giveUp.signal });
  await until(() => gate.begun.length === 1, "the first call");
  giveUp.abort();
  await assert.rejects(left, { code: "Cancelled" });
  const next = caller.call("gate", "pass", ["b"]);
  await caller.call("gate", "none").catch(() => {});
  assert.deepEqual(gate.begun, ["a"]);
  gate.open();
  assert.equal(await next, "b");
});

Deno.test("many short functions do not block the program", async () => {
  let turns = 0;
  const ticking = setInterval(() => turns += 1, 1);
  try {
    const spinMs = 2;
    await using program = await Program.start({
      services: {
        spin: service({
          once: rpc([], ["int"], () => {
            const endMs = performance.now() + spinMs;
            while (performance.now() < endMs);
            return turns;
          }),
        }, { limits: { callsMax: 1 } }),
      },
    });
    const caller = await program.caller();
    const calls = Array.from({ length: 100 }, () => caller.call("spin", "once"));
    const seen = await Promise.all(calls) as number[];
    assert.ok(
      new Set(seen).size > 5,
      `turns of the event loop between calls: ${new Set(seen).size}`,
    );
  } finally {
    clearInterval(ticking);
  }
});

Deno.test("a stopping node finishes calls in flight, and then resolves", async () => {
  const gate = new Gate();
  const program = await Program.start({ services: { gate: { pass: gate.rpc() } }, name: "n1" });
  assert.equal(program.node.name, "n1");
  const caller = await program.caller();
  const call = caller.call("gate", "pass", ["through"]);
  await until(() => gate.begun.length === 1, "the call");
  const stopping = program.node.stop();
  let isFinished = false;
  program.node.finished.then(() => isFinished = true);
  await assert.rejects(caller.call("gate", "pass", ["late"]));
  assert.equal(isFinished, false);
  gate.open();
  assert.equal(await call, "through");
  await stopping;
  await program.node.finished;
  await program[Symbol.asyncDispose]();
});

Deno.test("a program bounds its node's memory for callers, and more is Overloaded", async () => {
  const size = rpc(["bytes"], ["int"], (bytes) => bytes.length);
  const services = { data: { size } };
  await using program = await Program.start({ services, memoryBytesMax: 4 * 1024 ** 2 });
  const caller = await program.caller();
  assert.equal(await caller.call("data", "size", [new Uint8Array(500_000)]), 500_000);
  await assert.rejects(caller.call("data", "size", [new Uint8Array(3_000_000)]), {
    code: "Overloaded",
    message: mentions("2 MiB"),
  });
  assert.equal(await caller.call("data", "size", [new Uint8Array(500_000)]), 500_000);
  await assert.rejects(Program.start({ services, memoryBytesMax: 0 }), RangeError);
});
