/** Deployments before their commit: what is refused, and what is discarded. */
import assert from "node:assert/strict";
import { scriptIdOf } from "../../../lib/identity/mod.ts";
import type { SentScript } from "../../../lib/protocol/mod.ts";
import { bytesOf, gzip, TestNode, until } from "../../_support/nodes/node.ts";
import { text, version } from "./_versions.ts";
import { mentions } from "../../_support/mentions.ts";

Deno.test("the scripts of a put are kept only if they match their hashes", async (t) => {
  await using node = await TestNode.start();
  await using connection = await node.connection();
  const put = async (scripts: readonly SentScript[], bytes: Uint8Array<ArrayBuffer>) =>
    await connection.raw.request({ op: "put", scripts }, { timeoutMs: 60_000 }, bytes);
  const good = bytesOf("export default () => 1;");
  const id = await scriptIdOf(good);
  const refusals: [
    name: string,
    scripts: (bytes: Uint8Array) => Promise<SentScript[]>,
    attachment: Uint8Array<ArrayBuffer>,
    message: RegExp,
  ][] = [
    [
      "under another's hash",
      () => Promise.resolve([{ id, bytes: 23 }]),
      await gzip(bytesOf("export default () => 2;")),
      /\b[0-9a-f]{64}\b.*\bhash\b/,
    ],
    [
      "shorter than announced",
      () => Promise.resolve([{ id, bytes: good.length + 1 }]),
      await gzip(good),
      /\bwhole\b.*\bfewer\b/,
    ],
    [
      "longer than announced",
      () => Promise.resolve([{ id, bytes: good.length - 1 }]),
      await gzip(good),
      /\bwhole\b.*\bmore\b/,
    ],
    [
      "not compressed",
      () => Promise.resolve([{ id, bytes: good.length }]),
      good,
      /\bwhole\b/,
    ],
    [
      "larger than a message may be, unpacked",
      () => Promise.resolve([{ id, bytes: 16 * 1024 * 1024 + 1 }]),
      await gzip(good),
      /\b16777216\b/,
    ],
  ];
  for (const [name, scripts, attachment, message] of refusals) {
    await t.step(name, async () => {
      await assert.rejects(put(await scripts(good), attachment), {
        code: "Deploy Rejected",
        message,
      });
    });
  }
  const sources: Record<string, [source: string, message: RegExp]> = {
    "an import": ['import fs from "node:fs";\n', /\bimport\b.* 1:1; \w/],
    "an import()": ['export default () =>\n  import("./x.js");', /\bimport\(\) .*2:3\b/],
    "an import() in a template": ["export default `${import(1)}`;", /\bimport\(\) .*1:19\b/],
    "an export … from": ['export { a } from "x";', /\bexport … .*1:1\b/],
    "an export * from": ['export * from "x";', /\bexport … .*1:1\b/],
    "a mistake": [
      "export default () => {",
      /\bJavaScript\b.*\(1:22\)/,
    ],
    "TypeScript": ["export const a: number = 1;", /\bJavaScript\b/],
    "endless nesting": ["[".repeat(200_000), /\bJavaScript\b/],
  };
  for (const [name, [source, message]] of Object.entries(sources)) {
    await t.step(`a script with ${name}`, async () => {
      await assert.rejects(connection.put([bytesOf(source)]), { code: "Deploy Rejected", message });
    });
  }
  await t.step("a script that is not UTF-8", async () => {
    const bytes = Uint8Array.of(0x2f, 0x2f, 0xff);
    await assert.rejects(connection.put([bytes]), { message: /\bJavaScript\b/ });
  });
  await t.step("none of it was kept, and the connection continues", async () => {
    const ids = [id, await scriptIdOf(bytesOf('import fs from "node:fs";\n'))];
    const observed = await connection.raw.request({ op: "observe", scripts: ids }, {
      timeoutMs: 60_000,
    });
    assert.deepEqual(observed.missing, ids);
  });
  await t.step("a script with a great deal of data in it is kept", async () => {
    const data = Array.from({ length: 200_000 }, (_, index) => index).join();
    await connection.put([bytesOf(`const data = [${data}];\nexport default () => data.length;`)]);
  });
});

Deno.test("an unrunnable manifest is refused with the reason, and nothing changes", async (t) => {
  await using node = await TestNode.start({ deployment: version("old") });
  await using connection = await node.connection();
  const manifest = await connection.send(version("new"));
  const [service] = manifest.services;
  const [overload] = service.overloads;
  const withOverload = (changes: object) => ({
    ...manifest,
    services: [{ ...service, overloads: [{ ...overload, ...changes }] }],
  });
  const withService = (changes: object) => ({
    ...manifest,
    services: [{ ...service, ...changes }],
  });
  const unknownId = "0".repeat(64);
  const cases: Record<string, [manifest: object, message: RegExp]> = {
    "of another format": [
      { ...manifest, format: 2 },
      /\bformat 2\b.*\b1\b/,
    ],
    "of no format": [{}, /\bformat\b.*\bundefined\b/],
    "without services": [{ ...manifest, services: undefined }, /\bservices\b/],
    "without clients": [{ ...manifest, clients: "c1" }, /\bclients\b/],
    "with a client that is none": [{ ...manifest, clients: [7] }, mentions("client 1")],
    "with a client without address": [
      { ...manifest, clients: [{ name: "c1" }] },
      mentions('"c1"', "key"),
    ],
    "with a port that is none": [
      { ...manifest, clients: [{ name: "c1", ip: "1.2.3.4", port: 70_000 }] },
      mentions('"c1"', "port"),
    ],
    "with a field of a client that is not known": [
      { ...manifest, clients: [{ name: "c1", ip: "1.2.3.4", until: "2026-12-31" }] },
      mentions("client 1", '"until"'),
    ],
    "with a field of an overload that is not known": [
      withOverload({ except: ["c1"] }),
      mentions('"who"', '"except"'),
    ],
    "with a client twice": [
      { ...manifest, clients: [...manifest.clients, ...manifest.clients] },
      mentions('"c1"', "twice"),
    ],
    "with a service twice": [
      { ...manifest, services: [service, service] },
      mentions('"who"', "twice"),
    ],
    "with an overload twice": [
      withService({ overloads: [overload, overload] }),
      mentions('"who.who()"', "twice"),
    ],
    "with a service without name": [withService({ name: "" }), mentions("128 characters")],
    "with a tenant that is none": [
      withService({ tenants: [1] }),
      mentions('"who"', "tenant"),
    ],
    "with a type that is none": [
      withOverload({ args: ["integer"] }),
      mentions("who.who", "integer"),
    ],
    "with a script id that is none": [
      withOverload({ script: "../../etc/passwd" }),
      mentions("who.who", '"../../etc/passwd"', "script"),
    ],
    "with a script that did not come": [
      withOverload({ script: unknownId }),
      mentions(unknownId),
    ],
  };
  for (const [name, [value, message]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await assert.rejects(connection.stage(value), { code: "Deploy Rejected", message });
    });
  }
  assert.equal(node.node.generation, 1);
  assert.equal(await connection.call("who.who", [], text), "old");
  await t.step("and the next one is accepted", async () => {
    await connection.stage(manifest);
    assert.equal(await connection.commit(), 2);
    assert.equal(await connection.call("who.who", [], text), "new");
  });
});

Deno.test("a script that cannot be loaded stops the deployment and is named", async (t) => {
  const bounds = {
    executorStartTimeoutMs: 60_000,
    serviceDefaults: { heapBytes: 64 * 1024 * 1024 },
  };
  await using node = await TestNode.start({ bounds, deployment: version("old") });
  const pids = await TestNode.executorPids();
  const cases: Record<string, [source: string, message: RegExp]> = {
    "no such function": [
      "export const other = 1;",
      mentions("bad(int) -> int", '"bad"', "exports"),
    ],
    "no function at all": ["export default 5;", mentions("bad(int) -> int", "exports a number")],
    "a throw": ["throw new Error('not today');", /bad\(int\) -> int: not today/],
    "a throw of nothing": ["throw undefined;", /bad\(int\) .*: undefined/],
    "a name that is not there": [
      "export default missing;",
      mentions("bad(int) -> int", "ReferenceError: missing"),
    ],
    "an early error": [
      "export default () => { let a; let a; }",
      /\bdeclared\b|\bJavaScript\b/,
    ],
    // Without the runtime's own report, which says it in a page of numbers.
    "memory used up": [
      "const all = []; for (;;) all.push(new Array(1e5).fill(1.5));",
      /^(?=.*\bbad\(int\) -> int\b)(?=.*\bmemory\b).{1,300}$/,
    ],
    "an endless loop": [
      "for (;;);",
      mentions("bad(int) -> int", "1500 ms", "script"),
    ],
    "a promise that never settles": [
      "await new Promise(() => {});",
      mentions("bad(int) -> int", "1500 ms", "script"),
    ],
  };
  for (const [name, [source, message]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const rpcs = { bad: { args: ["int"], returns: ["int"], source } };
      const services = { ...version("new").services, bad: { rpcs } };
      const refused = { code: "Deploy Rejected", message };
      if (!/1500 ms/.test(message.source)) {
        return await assert.rejects(node.deploy({ services }), refused);
      }
      const bounds = { executorStartTimeoutMs: 1500 };
      await using hurried = await TestNode.start({ bounds, deployment: version("old") });
      await assert.rejects(hurried.deploy({ services }), refused);
      assert.equal(hurried.node.generation, 1);
    });
  }
  await t.step("all failing overloads are named at once", async () => {
    const good = { args: ["int"], source: "export default () => {};" };
    const bad = { args: ["str"], source: "throw new Error('bad');" };
    const services = {
      first: { rpcs: { a: [good, bad], b: bad } },
      second: { rpcs: { c: bad } },
    };
    await assert.rejects(node.deploy({ services }), {
      message: "cannot be run: " +
        "first: a(str) -> None: bad; b(str) -> None: bad; second: c(str) -> None: bad",
    });
  });
  await t.step(
    "nothing changed, nothing is left of it, and another deployment succeeds",
    async () => {
      assert.equal(node.node.generation, 1);
      assert.deepEqual(await TestNode.executorPids(), pids);
      assert.equal(await node.deploy(version("new")), 2);
    },
  );
  await t.step("the log names refused callers, with the reason", async () => {
    const { level, fields } = await node.log.until("deploy.rejected", { deployer: "tester" });
    assert.equal(level, "warn");
    assert.match(String(fields.message), mentions('"bad"'));
  });
});

Deno.test("of two deployments one wins, and the other learns who is deploying", async () => {
  await using node = await TestNode.start({ deployment: version("old") });
  await using first = await node.connection();
  await using second = await node.connection();
  await first.stage(await first.send(version("first")), "alice");
  const manifest = await second.send(version("second"));
  await assert.rejects(second.stage(manifest, "bob"), {
    code: "Deploy Rejected",
    message: mentions(mentions("127.0.0.1"), /since 20.*Z/, "init --take-over"),
  });
  await assert.rejects(second.commit(), {
    code: "Deploy Rejected",
    message: /\bstaged\b/,
  });
  await second.abort();
  assert.equal(await first.commit(), 2);
  await assert.rejects(first.commit(), { code: "Deploy Rejected" });
  await second.stage(manifest, "bob");
  assert.equal(await second.commit(), 3);
  assert.equal(await first.call("who.who", [], text), "second");
});

Deno.test("two that stage at the same moment are distinguished, too", async () => {
  await using node = await TestNode.start({ deployment: version("old") });
  await using first = await node.connection();
  await using second = await node.connection();
  const manifests = [await first.send(version("first")), await second.send(version("second"))];
  const outcomes = await Promise.allSettled([
    first.stage(manifests[0], "alice"),
    second.stage(manifests[1], "bob"),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

Deno.test("a staged deployment is discarded when its deployer aborts, disconnects or takes too long", async (t) => {
  await using node = await TestNode.start({ deployment: version("old") });
  const running = await TestNode.executorPids();
  const onlyTheOldRun = async (): Promise<void> => {
    await until(
      "the staged executors have ended",
      async () => JSON.stringify(await TestNode.executorPids()) === JSON.stringify(running),
    );
  };
  await t.step("an abort", async () => {
    await using connection = await node.connection();
    await connection.stage(await connection.send(version("new")));
    assert.notDeepEqual(await TestNode.executorPids(), running);
    await connection.abort();
    assert.deepEqual(await TestNode.executorPids(), running);
    await assert.rejects(connection.commit(), { code: "Deploy Rejected" });
    await node.log.until("deploy.aborted", { deployer: "tester" });
  });
  await t.step("the connection ends after the stage", async () => {
    {
      await using connection = await node.connection();
      await connection.stage(await connection.send(version("new")), "gone");
    }
    await node.log.until("deploy.aborted", { deployer: "gone" });
    await onlyTheOldRun();
  });
  await t.step("the connection ends during the stage", async () => {
    const slow = { services: { slow: { rpcs: { slow: { source: "for (;;);" } } } } };
    await using connection = await node.connection();
    const manifest = await connection.send(slow);
    const staging = connection.stage(manifest, "hasty");
    await until(
      "an executor starts",
      async () => (await TestNode.executorPids()).length > running.length,
    );
    await connection.raw.close();
    await assert.rejects(staging, { code: "Connection Lost" });
    await node.log.until("deploy.aborted", { deployer: "hasty" });
    await onlyTheOldRun();
  });
  await t.step("an abort during the stage", async () => {
    const slow = { services: { slow: { rpcs: { slow: { source: "for (;;);" } } } } };
    await using connection = await node.connection();
    const manifest = await connection.send(slow);
    const staging = connection.stage(manifest, "fickle");
    staging.catch(() => {});
    await until(
      "an executor starts",
      async () => (await TestNode.executorPids()).length > running.length,
    );
    await connection.abort();
    await assert.rejects(staging, { code: "Deploy Rejected", message: /\baborted\b/ });
    assert.deepEqual(await TestNode.executorPids(), running);
  });
  await t.step("the commit is overdue", async () => {
    const bounds = { stageTimeoutMs: 30 };
    await using hurried = await TestNode.start({ bounds, deployment: version("old") });
    await using connection = await hurried.connection();
    await connection.stage(await connection.send(version("new")), "slowcoach");
    await hurried.log.until("deploy.timed-out", { deployer: "slowcoach" });
    await hurried.log.until("deploy.aborted", { deployer: "slowcoach" });
    await assert.rejects(connection.commit(), { code: "Deploy Rejected" });
    await onlyTheOldRun();
  });
  await t.step("and after each of these another deployment succeeds", async () => {
    assert.equal(node.node.generation, 1);
    assert.equal(await node.deploy(version("new")), 2);
  });
});
