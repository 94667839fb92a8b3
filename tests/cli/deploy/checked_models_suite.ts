/** The cached models of `call`: they match the file's current content, and are never taken from another user. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { limits } from "../../../lib/limits/mod.ts";

const file = `network:
  servers:
    s1: { ip: 127.0.0.1, port: 1, over: udp, description: A node }
    s2: { ip: localhost, port: 2, tls: { fingerprint: "sha256:${"ab".repeat(32)}" } }
  clients:
    c1: { ip: 127.0.0.1, rate: 5/s, allow-logs: true }
    c2: { ip: 10.0.0.0/8, port: 9 }
services:
  math:
    providers: [s1]
    tenants: [c1, c2]
    isolation: call
    limits: { timeout: 5s }
    permissions: { net: [example.com] }
    rpcs:
      add:
        args: [int, "Dict[str, List[int]]"]
        names: [a, b]
        returns: int
        src: add.ts
        description: Adds
        idempotent: true
        allow: [c2]
        examples: [{ args: [1, {}], returns: 1 }]
`;

/**
 * The format of the cache. If this changes, so must `format` in lib/config/checked_models.ts: caches in another format
 * already exist.
 */
const kept = {
  file: "/p/init.yaml",
  folder: "/p",
  servers: [
    {
      name: "s1",
      ip: "127.0.0.1",
      port: 1,
      over: { kind: "udp", protocol: 17 },
      description: "A node",
      position: { line: 3, column: 5 },
    },
    {
      name: "s2",
      ip: "localhost",
      port: 2,
      tls: { fingerprint: `sha256:${"ab".repeat(32)}` },
      position: { line: 4, column: 5 },
    },
  ],
  clients: [
    {
      name: "c1",
      ip: "127.0.0.1",
      rate: { calls: 5, periodMs: 1000, burst: 5 },
      allowLogs: true,
      position: { line: 6, column: 5 },
    },
    { name: "c2", ip: "10.0.0.0/8", port: 9, position: { line: 7, column: 5 } },
  ],
  services: [{
    name: "math",
    providers: ["s1"],
    tenants: ["c1", "c2"],
    isolation: "call",
    limits: { timeoutMs: 5000 },
    permissions: { net: ["example.com"] },
    position: { line: 9, column: 3 },
    rpcs: [{
      name: "add",
      position: { line: 16, column: 7 },
      overloads: [{
        args: ["int", "Dict[str, List[int]]"],
        names: ["a", "b"],
        returns: ["int"],
        description: "Adds",
        isIdempotent: true,
        allow: ["c2"],
        examples: [{ args: "[1,{}]", returns: "[1]" }],
        source: "/p/add.ts",
        sourceAsWritten: "add.ts",
        position: { line: 17, column: 9 },
      }],
    }],
  }],
};

/** Registers the tests of one way to run farcall. */
export function checkedModelsSuite(name: string, make: MakeProgram): void {
  Deno.test(`call keeps what it checked of an init.yaml, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    const path = project.path("init.yaml");
    const folder = project.path("cache/farcall/models");
    await Deno.mkdir(project.path("cache"));
    const env = { XDG_CACHE_HOME: project.path("cache") };
    const run = async (...args: string[]) =>
      (await cli.run([...args, "--config", path], { env })).stderr;
    // Nothing listens on ports this low: the message shows which was tried.
    const portCalled = async () => /127\.0\.0\.1:(\d+)/.exec(await run("call", "m.f"))?.[1];
    const entries = async () => await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    /** Tampers with the port in the only entry. */
    const tamper = async (port = 1) => {
      const [entry] = await entries();
      const text = await Deno.readTextFile(`${folder}/${entry}`);
      assert.ok(text.includes(`"port":${port},`), text);
      await Deno.writeTextFile(`${folder}/${entry}`, text.replace(`"port":${port},`, '"port":2,'));
      return `${folder}/${entry}`;
    };
    const write = (port: number) =>
      project.write(
        "init.yaml",
        `network: { servers: { s1: { ip: 127.0.0.1, port: ${port} } }, clients: { c: { ip: ::1 } } }\n` +
          "services: { m: { providers: s1, tenants: c, rpcs: { f: { args: [], src: f.ts } } } }\n",
      );

    await t.step("complete, in a versioned format", async () => {
      await project.write("init.yaml", file);
      await run("call", "math.add", "1", "{}", "--server", "s2");
      const [entry] = await entries();
      const text = await Deno.readTextFile(`${folder}/${entry}`);
      const { madeOf, model } = JSON.parse(text.replaceAll(project.folder, "/p"));
      assert.deepEqual(madeOf.slice(-2), ["/p/init.yaml", file]);
      assert.deepEqual(model, kept);
      await Deno.remove(`${folder}/${entry}`);
    });

    await t.step("private to this user, and used", async () => {
      await write(1);
      assert.equal(await portCalled(), "1");
      assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
      const entry = await tamper();
      assert.equal((await Deno.stat(entry)).mode! & 0o777, 0o600);
      assert.equal(await portCalled(), "2");
    });

    await t.step("but not for deploying or checking", async () => {
      assert.match(await run("status"), /^(?!.*127\.0\.0\.1:2)/s);
      assert.match(await run("init"), /^(?!.*127\.0\.0\.1:2)/s);
    });

    await t.step("not if others may have written it", async () => {
      const [entry] = await entries();
      await Deno.chmod(`${folder}/${entry}`, 0o644);
      assert.equal(await portCalled(), "1");
      await tamper();
      await Deno.chmod(folder, 0o755);
      assert.equal(await portCalled(), "1");
      await Deno.chmod(folder, 0o700);
      assert.equal(await portCalled(), "2");
      await Deno.writeTextFile(`${folder}/${entry}`, '{"format"');
      assert.equal(await portCalled(), "1");
    });

    await t.step("not for a file that has changed, or has mistakes", async () => {
      await write(3);
      assert.equal(await portCalled(), "3");
      const before = await entries();
      await project.write("init.yaml", "network: []\n");
      assert.match(await run("call", "m.f"), /init\.yaml:1/);
      assert.deepEqual(await entries(), before);
    });

    await t.step("not the model of another file, whatever its entry's name", async () => {
      const [entry] = await entries();
      const text = await Deno.readTextFile(`${folder}/${entry}`);
      await Deno.writeTextFile(`${folder}/${entry}`, text.replace("init.yaml", "other.yaml"));
      await tamper(3);
      await write(3);
      assert.equal(await portCalled(), "3");
    });

    await t.step("and bounded in number", async () => {
      for (let index = 0; index < limits.checkedModelsMax + 5; index++) {
        await Deno.writeTextFile(`${folder}/${index}`, "");
        await Deno.utime(`${folder}/${index}`, index, index);
      }
      await write(4);
      assert.equal(await portCalled(), "4");
      const names = await entries();
      assert.equal(names.length, limits.checkedModelsMax);
      assert.ok(!names.includes("0"));
    });
  });
}
