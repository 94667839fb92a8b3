import assert from "node:assert/strict";
import type { FarcallError } from "../../lib/errors/mod.ts";
import { type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";

const deployment: TestDeployment = {
  services: {
    wild: {
      rpcs: {
        loop: { source: "export function loop() { for (;;); }" },
        never: { source: "export const never = () => new Promise(() => {});" },
        spin: {
          args: ["int"],
          returns: ["int"],
          source: `export function spin(ms) {
            for (const end = performance.now() + ms; performance.now() < end;);
            return ms;
          }`,
        },
        id: {
          returns: ["str"],
          source: "const id = crypto.randomUUID();\nexport default () => id;",
        },
        later: {
          args: ["int"],
          source: "export function later(ms) { setTimeout(() => { for (;;); }, ms); }",
        },
        awaited: {
          source: "export async function awaited() { await 0; setTimeout(() => { for (;;); }); }",
        },
        wait: {
          args: ["int"],
          returns: ["int"],
          source: "export const wait = (ms) => new Promise((done) => setTimeout(done, ms, ms));",
        },
        size: {
          args: ["bytes"],
          returns: ["int"],
          source: "export const size = (bytes) => bytes.length;",
        },
        begun: { returns: ["int"], source: "let begun = 0;\nexport default () => begun++;" },
      },
    },
    calm: { rpcs: { calm: { returns: ["int"], source: "export const calm = () => 1;" } } },
  },
};

/** The service that most tests use. */
const wild: TestDeployment = { services: { wild: deployment.services.wild } };

const text = { returns: ["str"] };
const number = { args: ["int"], returns: ["int"] };

Deno.test("a script that never yields is ended soon after its deadline, without affecting others", async () => {
  const bounds = { executorUnresponsiveMs: 150 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment });
  await using connection = await node.connection();
  const before = await connection.call("wild.id", [], text);
  let isOver = false;
  let calm = 0;
  const other = (async () => {
    await using caller = await node.connection();
    while (!isOver) {
      calm += await caller.call("calm.calm", [], { returns: ["int"] }) as number;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const stuck = connection.call("wild.loop", [], { timeoutMs: 600 });
  await assert.rejects(stuck, { code: "Deadline Exceeded" });
  await until("the other service goes on meanwhile", () => calm > 0);
  // These arrive while it is stuck, and run on the next executor.
  const late = Array.from({ length: 10 }, () => connection.call("wild.id", [], text));
  const ids = new Set(await Promise.all(late));
  assert.equal(ids.size, 1);
  assert.ok(!ids.has(before));
  isOver = true;
  await other;
  const { fields } = await node.log.until("executor.ended");
  assert.equal(fields.service, "wild");
  assert.match(String(fields.reason), /\byield\b/);
  // Either may have cancelled it first, the caller or the node.
  const ends = [...node.log.all("call.failed"), ...node.log.all("call.cancelled")];
  assert.equal(ends.filter(({ fields }) => fields.rpc === "loop").length, 1);
});

Deno.test("a promise that never settles costs its own call, not the executor", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: wild });
  await using connection = await node.connection();
  const before = await connection.call("wild.id", [], text);
  await assert.rejects(connection.call("wild.never", [], { timeoutMs: 30 }), {
    code: "Deadline Exceeded",
  });
  assert.equal(await connection.call("wild.id", [], text), before);
});

Deno.test("calls in flight on a killed executor fail at once", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: wild });
  await using connection = await node.connection();
  const calls = Array.from({ length: 5 }, () => connection.call("wild.never"));
  const results = Promise.allSettled(calls);
  const before = await connection.call("wild.id", [], text);
  for (const pid of await TestNode.executorPids()) Deno.kill(pid, "SIGKILL");
  for (const result of await results) {
    assert.equal(result.status, "rejected");
    assert.equal((result.reason as FarcallError).code, "Execution Exception");
    assert.match(result.reason.message, mentions("SIGKILL"));
  }
  assert.notEqual(await connection.call("wild.id", [], text), before);
  const { level, fields } = await node.log.until("executor.ended", { service: "wild" });
  assert.equal(level, "error");
  assert.match(String(fields.inFlight), /^never \(script [0-9a-f]{12}\)$/);
});

Deno.test("cancelling a call does not cost others theirs, however much is queued", async () => {
  const bounds = { executorUnresponsiveMs: 200 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment: wild });
  await using connection = await node.connection();
  const before = await connection.call("wild.id", [], text);
  // Together far more than the time in which an executor must reply.
  const calls = Array.from({ length: 20 }, () => connection.call("wild.spin", [20], number));
  const abort = new AbortController();
  const given = connection.call("wild.begun", [], { returns: ["int"], signal: abort.signal });
  given.catch(() => {});
  await node.log.until("call.executed", { rpc: "spin" });
  abort.abort();
  await assert.rejects(given, { code: "Cancelled" });
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([20]));
  assert.equal(await connection.call("wild.id", [], text), before, "it is the same process");
  assert.equal(
    await connection.call("wild.begun", [], { returns: ["int"] }),
    0,
    "what was given up before its turn never ran",
  );
});

/**
 * Calls that come before a script spins may run, and be late since their replies do not leave.
 *
 * @returns Waits until the only executor has taken much more of the processor than a call does, or has ended.
 */
async function whenItSpins(): Promise<() => Promise<void>> {
  if (Deno.build.os !== "linux") return () => Promise.resolve();
  const [pid] = await TestNode.executorPids();
  const takenMs = (): number => {
    try {
      return Number(Deno.readTextFileSync(`/proc/${pid}/schedstat`).split(" ")[0]) / 1e6;
    } catch {
      return Infinity;
    }
  };
  const beforeMs = takenMs();
  return () => until("it spins", () => takenMs() - beforeMs > 40);
}

Deno.test("replies leave before a function runs that is not known to be quick", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: wild });
  await using connection = await node.connection();
  const before = await connection.call("wild.id", [], text);
  // Sent together, and so read together by the executor.
  const quick = Array.from({ length: 5 }, () => connection.call("wild.id", [], text));
  const loop = connection.call("wild.loop", [], { timeoutMs: 120_000 });
  loop.catch(() => {});
  assert.deepEqual(new Set(await Promise.all(quick)), new Set([before]));
});

Deno.test("a script that spins after its reply costs nobody anything", async (t) => {
  const bounds = { executorUnresponsiveMs: 150, executorQuietMs: 50 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment: wild });
  await using connection = await node.connection();
  let ends = 0;
  for (
    const [rpc, args, types] of [["later", [0], ["int"]], ["later", [20], ["int"]], [
      "awaited",
    ]] as const
  ) {
    await t.step(
      `the calls that come next are answered by the next process: ${rpc} ${args}`,
      async () => {
        const before = await connection.call("wild.id", [], text);
        const spins = await whenItSpins();
        await connection.call(`wild.${rpc}`, [...args ?? []], { args: types });
        await spins();
        const next = Array.from({ length: 50 }, () => connection.call("wild.id", [], text));
        await Promise.all(next);
        ends += 1;
        const { fields } = await node.log.until("executor.ended", {}, ends);
        assert.match(String(fields.reason), /\byield\b/);
        assert.notEqual(await connection.call("wild.id", [], text), before);
      },
    );
  }
  await t.step("it is ended even without calls", async () => {
    await connection.call("wild.later", [50], { args: ["int"] });
    await node.log.until("executor.ended", {}, ends + 1);
  });
  assert.equal(node.log.all("call.failed").length, 0);
});

Deno.test("abandoning a call costs no other call that is within its own deadline", async (t) => {
  const bounds = { executorUnresponsiveMs: 50 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment: wild });
  await using connection = await node.connection();
  const before = await connection.call("wild.id", [], text);
  const bothRead = () => connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
  await t.step("a deadline passes while another call blocks the executor", async () => {
    const busy = connection.call("wild.spin", [200], number);
    await assert.rejects(connection.call("wild.id", [], { ...text, timeoutMs: 20 }), {
      code: "Deadline Exceeded",
    });
    assert.equal(await busy, 200);
  });
  await t.step("a call is cancelled while another blocks the executor", async () => {
    const abort = new AbortController();
    const busy = connection.call("wild.spin", [200], number);
    const given = connection.call("wild.id", [], { ...text, signal: abort.signal });
    await bothRead();
    abort.abort();
    await assert.rejects(given, { code: "Cancelled" });
    assert.equal(await busy, 200);
  });
  await t.step("a waiting call is cancelled, then another blocks the executor", async () => {
    const abort = new AbortController();
    const given = connection.call("wild.wait", [60_000], { ...number, signal: abort.signal });
    given.catch(() => {});
    await connection.call("wild.id", [], text);
    const busy = connection.call("wild.spin", [200], number);
    await bothRead();
    abort.abort();
    assert.equal(await busy, 200);
  });
  await t.step("the blocking call is cancelled, and another waits", async () => {
    const abort = new AbortController();
    const waiting = connection.call("wild.wait", [200], number);
    const busy = connection.call("wild.spin", [120], { ...number, signal: abort.signal });
    busy.catch(() => {});
    await bothRead();
    abort.abort();
    assert.equal(await waiting, 200);
  });
  assert.equal(await connection.call("wild.id", [], text), before, "it is the same process");
  assert.equal(node.log.all("executor.ended").length, 0);
});

Deno.test("calls that had not begun when an executor was killed run on the next one, once", async () => {
  const bounds = { executorUnresponsiveMs: 50 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment: wild });
  await using connection = await node.connection();
  await connection.call("wild.id", [], text);
  const waiting = connection.call("wild.wait", [60_000], number);
  const stuck = connection.call("wild.loop", [], { timeoutMs: 500 });
  const behind = Array.from(
    { length: 20 },
    () => connection.call("wild.begun", [], { returns: ["int"] }),
  );
  const ended = {
    code: "Execution Exception",
    message: /\bexecutor\b.*\bended\b/,
  };
  const results = [
    assert.rejects(stuck, { code: "Deadline Exceeded" }),
    assert.rejects(waiting, ended),
  ];
  assert.deepEqual(await Promise.all(behind), behind.map((_, index) => index));
  await Promise.all(results);
  const { fields } = await node.log.until("executor.ended");
  assert.match(String(fields.inFlight), /^wait \(script [0-9a-f]{12}\)$/, "what it cost");
});

Deno.test("waiting calls are bounded by their bytes, and no amount costs an executor", async () => {
  const KiB = 1024;
  const bounds = { queueBytesMax: 256 * KiB, outboxBytesHigh: 64 * KiB };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment: wild });
  await using connection = await node.connection();
  const before = await connection.call("wild.id", [], text);
  const busy = connection.call("wild.spin", [300], number);
  const options = { args: ["bytes"], returns: ["int"] };
  const bytes = new Uint8Array(100 * KiB);
  const calls = Array.from({ length: 20 }, () => connection.call("wild.size", [bytes], options));
  const refused = [];
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === "fulfilled") assert.equal(result.value, bytes.length);
    else refused.push(result.reason);
  }
  assert.ok(refused.length > 0 && refused.length < calls.length, `${refused.length} refused`);
  for (const { code, message } of refused) {
    assert.equal(code, "Overloaded");
    assert.match(
      message,
      mentions('"wild"', "MiB", "arguments"),
    );
  }
  assert.equal(await busy, 300);
  assert.equal(await connection.call("wild.id", [], text), before, "it is the same process");
});

Deno.test("a deadline counts from the call on, even while an executor starts or is busy", async (t) => {
  await using node = await TestNode.start({ isWarm: true, deployment: wild });
  await using connection = await node.connection();
  await t.step("while it is busy", async () => {
    const busy = connection.call("wild.spin", [150], number);
    await assert.rejects(connection.call("wild.id", [], { ...text, timeoutMs: 20 }), {
      code: "Deadline Exceeded",
    });
    assert.equal(await busy, 150);
  });
  await t.step("while it starts", async () => {
    for (const pid of await TestNode.executorPids()) Deno.kill(pid, "SIGKILL");
    await node.log.until("executor.ended");
    await assert.rejects(connection.call("wild.id", [], { ...text, timeoutMs: 1 }), {
      code: "Deadline Exceeded",
    });
    assert.match(String(await connection.call("wild.id", [], text)), /-/);
  });
  await t.step("a call that is cancelled while it starts is dropped", async () => {
    const begun = {
      returns: ["int"],
      source: `await new Promise((done) => setTimeout(done, 250));
        let begun = 0;
        export default () => begun++;`,
    };
    await node.deploy({ services: { slow: { rpcs: { begun } } } });
    await until("only the new one runs", async () => (await TestNode.executorPids()).length === 1);
    for (const pid of await TestNode.executorPids()) Deno.kill(pid, "SIGKILL");
    await node.log.until("executor.ended", { service: "slow" });
    const abort = new AbortController();
    const options = { returns: ["int"], signal: abort.signal };
    const calls = [1, 2].map(() => connection.call("slow.begun", [], options));
    await connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
    abort.abort();
    for (const call of calls) await assert.rejects(call, { code: "Cancelled" });
    assert.equal(await connection.call("slow.begun", [], { returns: ["int"] }), 0);
  });
});
