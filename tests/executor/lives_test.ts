import assert from "node:assert/strict";
import type { FarcallError } from "../../lib/errors/mod.ts";
import { temporaryFolder, type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";
import { memoryReadersAmong, ownChildren } from "../_support/nodes/processes.ts";
import { mentions } from "../_support/mentions.ts";

const MiB = 1024 * 1024;

const deployment: TestDeployment = {
  services: {
    fragile: {
      rpcs: {
        heap: {
          source:
            "export function heap() { const all = []; for (;;) all.push(new Array(1e5).fill(1.5)); }",
        },
        id: {
          returns: ["str"],
          source: "const id = crypto.randomUUID();\nexport default () => id;",
        },
        never: { source: "export const never = () => new Promise(() => {});" },
        begun: {
          source: 'export const begun = () => (console.log("begun"), new Promise(() => {}));',
        },
      },
    },
  },
};

const text = { returns: ["str"] };

async function ended(node: TestNode, count: number): Promise<void> {
  await node.log.until("executor.ended", {}, count);
}

async function killExecutors(): Promise<void> {
  for (const pid of await TestNode.executorPids()) Deno.kill(pid, "SIGKILL");
}

Deno.test("an executor that runs out of memory costs the calls in flight, which fail at once", async () => {
  const bounds = { serviceDefaults: { heapBytes: 64 * MiB } };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment });
  await using connection = await node.connection();
  const before = await connection.call("fragile.id", [], text);
  const others = [1, 2, 3].map(() => connection.call("fragile.never"));
  const results = await Promise.allSettled([connection.call("fragile.heap"), ...others]);
  for (const result of results) {
    assert.equal(result.status, "rejected");
    assert.equal((result.reason as FarcallError).code, "Execution Exception");
  }
  const after = await connection.call("fragile.id", [], text);
  assert.notEqual(after, before);
  const { fields } = await node.log.until("executor.ended");
  assert.match(String(fields.inFlight), /heap \(script [0-9a-f]{12}\), never|never.*, heap/);
});

Deno.test("an executor that crashes during calls restarts at once, every time", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  for (let crash = 1; crash <= 4; crash++) {
    assert.match(String(await connection.call("fragile.id", [], text)), /-/);
    await killExecutors();
    await ended(node, crash);
  }
  assert.match(String(await connection.call("fragile.id", [], text)), /-/);
});

Deno.test("the log gives an executor's real end, whatever else it broke", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  const signals = ["SIGABRT", "SIGTERM", "SIGILL", "SIGABRT"] as const;
  for (const [index, signal] of signals.entries()) {
    assert.match(String(await connection.call("fragile.id", [], text)), /-/);
    const call = connection.call("fragile.begun");
    call.catch(() => {});
    // A call that had not begun would run on the next executor.
    await node.log.until("script.console", {}, index + 1);
    const [pid] = await TestNode.executorPids();
    Deno.kill(pid, signal);
    const message = `the executor that ran the call was ended: signal ${signal}`;
    await assert.rejects(call, { code: "Execution Exception", message });
    const { fields } = await node.log.until("executor.ended", {}, index + 1);
    assert.equal(fields.reason, `signal ${signal}`);
  }
});

Deno.test("calls at the very moment of a crash are answered, one way or the other", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  await connection.call("fragile.id", [], text);
  let isOver = false;
  let answered = 0;
  const failures = new Set<string>();
  const callers = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      await connection.call("fragile.id", [], { ...text, timeoutMs: 60_000 }).then(
        () => answered += 1,
        (error) => failures.add(error.code),
      );
    }
  });
  try {
    for (let crash = 1; crash <= 3; crash++) {
      await node.log.until("executor.started", {}, crash);
      answered = 0;
      await until("calls are answered", () => answered > 0);
      await killExecutors();
      await ended(node, crash);
    }
    await node.log.until("executor.started", {}, 4);
    answered = 0;
    await until("calls are answered", () => answered > 0);
  } finally {
    isOver = true;
    await Promise.all(callers);
  }
  assert.ok(!failures.has("Deadline Exceeded"), "no call was lost in a dead process");
});

Deno.test("calls that waited for room when an executor died run on the next one", async () => {
  const bounds = { serviceDefaults: { callsMax: 2 } };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment });
  await using connection = await node.connection();
  const running = [1, 2].map(() => connection.call("fragile.begun", [], { timeoutMs: 60_000 }));
  const waiting = Array.from(
    { length: 5 },
    () => connection.call("fragile.id", [], { ...text, timeoutMs: 60_000 }),
  );
  const results = Promise.allSettled(running);
  // Calls that had not begun would run on the next executor.
  await node.log.until("script.console", {}, 2);
  await killExecutors();
  for (const result of await results) {
    assert.equal(result.status, "rejected");
    assert.equal((result.reason as FarcallError).code, "Execution Exception");
  }
  assert.equal(new Set(await Promise.all(waiting)).size, 1);
});

Deno.test("an executor that is replaced while starting is ended", async () => {
  const slow = {
    returns: ["str"],
    source: "await new Promise((done) => setTimeout(done, 250));\nexport default () => 'old';",
  };
  await using node = await TestNode.start({
    isWarm: true,
    deployment: { services: { fragile: { rpcs: { id: slow } } } },
  });
  await using caller = await node.connection();
  const [old] = await TestNode.executorPids();
  await using deployer = await node.connection();
  const rpcs = { id: { returns: ["str"], source: "export default () => 'new';" } };
  await deployer.stage(await deployer.send({ services: { fragile: { rpcs } } }));
  Deno.kill(old, "SIGKILL");
  await ended(node, 1);
  const abort = new AbortController();
  const call = caller.call("fragile.id", [], { ...text, signal: abort.signal });
  // The node has read the call before this one.
  await caller.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
  abort.abort();
  await assert.rejects(call, { code: "Cancelled" });
  await deployer.commit();
  assert.equal(await caller.call("fragile.id", [], text), "new");
  await until("one process is left", async () => (await TestNode.executorPids()).length === 1);
});

Deno.test("an executor that dies on start is retried with growing pauses, and the reason is reported", async () => {
  const bounds = { executorBackOffMsFirst: 60_000, executorBackOffMsMax: 90_000 };
  await using root = await temporaryFolder();
  await using node = await TestNode.start({ bounds, isWarm: true, root: root.path, deployment });
  await using connection = await node.connection();
  await killExecutors();
  await ended(node, 1);
  // The deployed files are damaged on disk.
  const folder = `${root.path}/services`;
  const scripts: string[] = [];
  for await (const { name } of Deno.readDir(folder)) scripts.push(`${folder}/${name}`);
  const sources = await Promise.all(scripts.map((path) => Deno.readFile(path)));
  for (const path of scripts) await Deno.writeTextFile(path, "throw new Error('spoilt');");
  const message = async (): Promise<string> => {
    const error: FarcallError = await connection.call("fragile.id", [], text).then(
      () => assert.fail("it was answered"),
      (error) => error,
    );
    assert.equal(error.code, "Unavailable");
    return error.message;
  };
  // An executor had died before its first call; this start fails, too: now it pauses.
  assert.match(
    await message(),
    mentions('"fragile"', "id() -> str", "damaged"),
  );
  assert.match(await message(), mentions("60 s", "damaged"));
  const failed = await node.log.until("executor.start-failed");
  assert.equal(failed.level, "error");
  assert.match(String(failed.fields.reason), /\bdamaged\b/);
  assert.equal(Math.round(Number(failed.fields.nextAttemptMs) / 1000), 60);
  assert.deepEqual(await TestNode.executorPids(), []);
  // A deployment does not wait for the pause.
  for (const [index, path] of scripts.entries()) await Deno.writeFile(path, sources[index]);
  const other = { id: { returns: ["str"], source: "export default () => 'new';" } };
  await node.deploy({ services: { fragile: { rpcs: other } } });
  assert.equal(await connection.call("fragile.id", [], text), "new");
});

Deno.test("the first failure may be accidental: the next start is immediate", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  // It was never called.
  await killExecutors();
  await ended(node, 1);
  assert.match(String(await connection.call("fragile.id", [], text)), /-/);
});

Deno.test("an executor without calls is stopped, and the next call starts another", async () => {
  const bounds = { serviceDefaults: { idleMs: 40 } };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment });
  await using connection = await node.connection();
  await until(
    "one that was never called stops",
    async () => (await TestNode.executorPids()).length === 0,
  );
  const first = await connection.call("fragile.id", [], text);
  const call = connection.call("fragile.never", [], { timeoutMs: 200 });
  await assert.rejects(call, { code: "Deadline Exceeded" });
  await until(
    "one that was called stops",
    async () => (await TestNode.executorPids()).length === 0,
  );
  assert.notEqual(await connection.call("fragile.id", [], text), first);
  assert.equal(node.log.all("executor.ended").length, 0, "none of this is a failure");
  assert.ok(node.log.all("executor.idle").length >= 2);
});

Deno.test("a root that no permission can name is refused with the reason", async () => {
  await using folder = await temporaryFolder();
  await assert.rejects(TestNode.start({ root: `${folder.path}/a,b` }), {
    code: "Root Unreadable",
    message: mentions("comma", "permission"),
  });
});

Deno.test({
  name: "a node that can no longer see its executors' memory says so once, and goes on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using node = await TestNode.start({ isWarm: true, deployment });
    await using connection = await node.connection();
    const call = connection.call("fragile.never", [], { timeoutMs: 60_000 });
    const result = assert.rejects(call, { code: "Execution Exception" });
    const readers = async (): Promise<number[]> => memoryReadersAmong(await ownChildren());
    await until("its memory is looked at", async () => (await readers()).length === 1);
    for (const pid of await readers()) Deno.kill(pid, "SIGKILL");
    const { level, fields } = await node.log.until("executors.memory-unwatched");
    assert.equal(level, "warn");
    assert.match(String(fields.reason), /\bended\b|\bpipe\b/);
    assert.match(String(await connection.call("fragile.id", [], text)), /-/);
    await killExecutors();
    await result;
    assert.match(String(await connection.call("fragile.id", [], text)), /-/);
    assert.deepEqual(await readers(), []);
    assert.equal(node.log.all("executors.memory-unwatched").length, 1);
  },
});
