/** A node that cannot run a service reports it, and callers avoid it; for every way to run farcall. */
import assert from "node:assert/strict";
import { connect, type Farcall } from "../../../lib/client/mod.ts";
import type { FarcallError } from "../../../lib/errors/mod.ts";
import { Cli, type MakeProgram, type ServedNode } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { needing } from "../../_support/programs.ts";
import { mentions } from "../../_support/mentions.ts";

const files = {
  "add.ts": "export function add(a: number, b: number): number { return a + b; }\n",
  "put.ts": "export function put(a: number): number { return a; }\n",
  "count.ts": `export async function* count(to: number): AsyncGenerator<number> {
  for (let number = 1; number <= to; number++) yield number;
}
`,
};

function configuration(ports: readonly number[]): string {
  const servers = ports.map((port, index) => `s${index + 1}: { ip: 127.0.0.1, port: ${port} }`);
  return `network:
  servers: { ${servers.join(", ")} }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  math: { providers: [${ports.map((_, index) => `s${index + 1}`)}], tenants: c1, rpcs: {
    add: { args: [int, int], returns: [int], src: add.ts, idempotent: true },
    put: { args: [int], returns: [int], src: put.ts },
    count: { args: [int], returns: ["Stream[int]"], src: count.ts } } }
`;
}

/** A failure of a node, and its refusal. */
interface Trouble {
  readonly says: RegExp;
  /** A program needed to cause it. */
  readonly needs?: string;
  /** Whether the node still reports its status to its own user, on a new connection. */
  readonly isAskable: boolean;
  make(node: ServedNode, root: string): Promise<void>;
}

const troubles: Record<string, Trouble> = {
  "something else is where its sockets were": {
    says: /\/run .*\bfolder\b.*\bremove\b/,
    isAskable: true,
    make: async (_, root) => {
      await Deno.remove(`${root}/run`, { recursive: true });
      await Deno.writeTextFile(`${root}/run`, "");
    },
  },
  "its whole root is gone": {
    says: mentions(/\binit\b/, "damaged"),
    isAskable: false,
    make: (_, root) => Deno.remove(root, { recursive: true }),
  },
  "its scripts are gone": {
    says: mentions(/\binit\b/, "damaged"),
    isAskable: true,
    make: async (_, root) => {
      for await (const { name } of Deno.readDir(`${root}/services`)) {
        await Deno.remove(`${root}/services/${name}`);
      }
    },
  },
  "it has no file descriptor left": {
    says: /\bopen.files\b.* 24\b/,
    needs: "prlimit",
    isAskable: false,
    make: async ({ process }) => {
      const args = [`--pid=${process.pid}`, "--nofile=8:8"];
      const { success } = await new Deno.Command("prlimit", { args }).output();
      assert.ok(success);
    },
  },
};

/** Kills a node's executors, and waits until they are gone. */
async function endExecutors(node: ServedNode): Promise<void> {
  const start = node.process.stderr.text.length;
  const pids = await node.executors(1);
  for (const pid of pids) Deno.kill(pid, "SIGKILL");
  await node.process.stderr.until(new RegExp(`(executor\\.ended [^]*){${pids.length}}`), start);
}

async function codeOf(call: Promise<unknown>): Promise<FarcallError> {
  return await call.then(() => assert.fail("it was answered"), (error) => error);
}

/** Makes calls of every kind, none of which may fail. */
async function callAll(farcall: Farcall): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const sums = Array.from(
      { length: 10 },
      (_, index) => farcall.call("math", "add", [round, index], { retries: 5, hedgeMs: 20 }),
    );
    assert.deepEqual(await Promise.all(sums), sums.map((_, index) => round + index));
    assert.equal(await farcall.call("math", "put", [round]), round);
  }
  const stream = await farcall.call("math", "count", [3]) as AsyncIterable<number>;
  assert.deepEqual(await Array.fromAsync(stream), [1, 2, 3]);
}

/** Registers the tests of one way to run farcall. */
export function unavailableSuite(name: string, make: MakeProgram): void {
  Deno.test(`a node that cannot run a service, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(files);
    const cwd = project.folder;
    await using s2 = await cli.serve(["--port", "0", "--root", "s2"], { cwd });
    for (const [what, trouble] of Object.entries(troubles)) {
      await t.step({
        ...needing(trouble.needs ?? [], `callers go around it: ${what}`),
        fn: async () => {
          const root = project.path("s1");
          await using s1 = await cli.serve(["--port", "0", "--root", root], { cwd });
          await project.write("init.yaml", configuration([s1.port, s2.port]));
          await cli.succeed(["init"], { cwd });
          await using farcall = await connect(project.path("init.yaml"), { as: "c1" });
          // Connections to both: a node short of descriptors accepts no others.
          for (const server of ["s1", "s2"]) {
            assert.equal(await farcall.call("math", "add", [1, 2], { server }), 3);
          }
          await trouble.make(s1, root);
          await endExecutors(s1);
          await callAll(farcall);
          const { code, message } = await codeOf(
            farcall.call("math", "put", [1], { server: "s1" }),
          );
          assert.equal(code, "Unavailable");
          assert.match(message, trouble.says);
          if (trouble.isAskable) await askEverything(cli, project, s1, trouble);
          await s1[Symbol.asyncDispose]();
          await Deno.remove(root, { recursive: true }).catch(() => {});
        },
      });
    }

    await t.step("it recreates the folder of its sockets", async () => {
      await project.write("init.yaml", configuration([s2.port]));
      await cli.succeed(["init"], { cwd });
      await Deno.remove(project.path("s2/run"), { recursive: true });
      await endExecutors(s2);
      assert.equal(await cli.succeed(["call", "math.add", "2", "3"], { cwd }), "5");
      assert.equal((await Deno.stat(project.path("s2/run"))).mode! & 0o777, 0o700);
    });
  });
}

/** `status` and `explain` report it, and so does every protocol. */
async function askEverything(
  cli: Cli,
  project: Project,
  s1: ServedNode,
  { says }: Trouble,
): Promise<void> {
  const cwd = project.folder;
  await using once = await connect(project.path("init.yaml"), { as: "c1", oneShot: true });
  for (let round = 0; round < 5; round++) {
    assert.equal(await once.call("math", "put", [round]), round);
  }
  const status = await cli.succeed(["status", "--server", "s1"], { cwd });
  assert.match(status, /1 failing \(/);
  assert.match(status, says);
  const explained = await cli.run(["explain", "math.put", "1", "--server", "s1"], { cwd });
  assert.match(explained.stdout + explained.stderr, /Unavailable/);
  await cli.fail(22, ["call", "math.put", "1", "--server", "s1"], { cwd });
  assert.equal(await cli.succeed(["call", "math.put", "1"], { cwd }), "1");
  const response = await fetch(`http://127.0.0.1:${s1.port}/math/put`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "[1]",
  });
  const body = await response.json();
  assert.deepEqual([response.status, body["exception-type"]], [503, "Unavailable"]);
}
