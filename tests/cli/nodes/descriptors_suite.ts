/** A node with few file descriptors, for every way to run farcall. */
import assert from "node:assert/strict";
import { connect } from "../../../lib/client/mod.ts";
import { Cli, type MakeProgram, type Program } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { bytesOf } from "../../_support/nodes/node.ts";
import { until } from "../../_support/nodes/processes.ts";
import { shelled, withFfi } from "../../_support/programs.ts";
import { failure } from "../../_support/mentions.ts";

const sources = {
  "add.ts": "export function add(a: number, b: number): number { return a + b; }\n",
  "wait.ts": `export async function wait(ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}
`,
};

/** An init.yaml with this many services. @param fingerprint Of the node's certificate, if it has one. */
function configuration(port: number, services: number, fingerprint?: string): string {
  const tls = fingerprint === undefined ? "" : `, tls: { fingerprint: "${fingerprint}" }`;
  const names = Array.from({ length: services }, (_, index) => `math${index || ""}`);
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port}${tls} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
${
    names.map((name) =>
      `  ${name}: { providers: s1, tenants: c1, rpcs: {
    add: { args: [int, int], returns: [int], src: add.ts },
    wait: { args: [int], returns: [int], src: wait.ts } } }`
    ).join("\n")
  }
`;
}

/** More services than 100 descriptors have executors for. */
const many = 12;

/** The same program with this many descriptors. */
function withDescriptors(count: number, program: Program): Program {
  return shelled(program, `ulimit -n ${count}`);
}

/** A caller in JSON-RPC that stays connected. */
class Caller implements Disposable {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(port: number): Promise<Caller> {
    return new Caller(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async ask(method: string, params: readonly unknown[]): Promise<void> {
    const request = { jsonrpc: "2.0", method, params, id: 1 };
    await this.#conn.write(bytesOf(`${JSON.stringify(request)}\n`));
  }

  /** The reply; empty if the connection has ended. */
  async answer(): Promise<string> {
    const buffer = new Uint8Array(1024);
    const count = await this.#conn.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** Registers the tests of one way to run farcall. */
export function descriptorsSuite(name: string, make: MakeProgram): void {
  const ignore = Deno.build.os === "windows";

  Deno.test(
    `idle callers keep nobody out of a node of few descriptors, ${name}`,
    { ignore },
    async () => {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create(sources);
      const cwd = project.folder;
      const serve = ["--port", "0", "--root", "root", "--log", "node.log"];
      await using node = await new Cli(withDescriptors(128, program)).serve(serve, { cwd });
      const room = Number(/ (\d+) connections\b/.exec(node.readyLine)?.[1]);
      assert.ok(room >= 20 && room < 110, node.readyLine);
      await project.write("init.yaml", configuration(node.port, 1));
      await cli.succeed(["init"], { cwd });

      using stack = new DisposableStack();
      const busy = stack.use(await Caller.open(node.port));
      await busy.ask("math.wait", [8000]);
      const busyAnswer = busy.answer();
      await using library = await connect(node.address, { as: "c1" });
      assert.equal(await library.call("math", "add", [1, 1]), 2);
      for (let count = 0; count < 140; count++) {
        const caller = stack.use(await Caller.open(node.port));
        await caller.ask("math.add", [count, 1]);
        assert.match(await caller.answer(), new RegExp(`"result":${count + 1}\\b`));
      }
      assert.match(await cli.succeed(["status"], { cwd }), /up/);
      // One executor ends, and two others start.
      await project.write("init.yaml", configuration(node.port, 3));
      await cli.succeed(["init"], { cwd });
      for (const pid of await node.executors(2)) Deno.kill(pid, "SIGKILL");
      // The node may not have noticed their end yet.
      const call = ["call", "math2.add", "2", "3", "--retries", "5"];
      assert.equal(await cli.succeed(call, { cwd }), "5");
      // Its call has ended with the executor, but its connection was not closed for others before.
      assert.match(await busyAnswer, /"result":8000|"code":-32000\b/);
      assert.equal(await library.call("math1", "add", [2, 3]), 5);
      assert.equal((await node.stop()).code, 0);
      assert.doesNotMatch(await project.read("node.log"), /executor\.start-failed/);
    },
  );

  Deno.test(
    `a deployer has a place where callers have taken all others, ${name}`,
    { ignore },
    async () => {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create(sources);
      const cwd = project.folder;
      const serve = ["--port", "0", "--root", "root", "--limit", "connections=20"];
      await using node = await cli.serve(serve, { cwd });
      await project.write("init.yaml", configuration(node.port, 1));
      await cli.succeed(["init"], { cwd });
      using stack = new DisposableStack();
      let areAllThere = false;
      let goneCount = 0;
      const waits = async (): Promise<void> => {
        const caller = stack.use(await Caller.open(node.port));
        await caller.ask("math.wait", [60_000]);
        await caller.answer().catch(() => {});
        if (areAllThere) goneCount += 1;
        // The deployer was still connected, and has taken a slot.
        else await waits();
      };
      const callers = Promise.allSettled(Array.from({ length: 20 }, waits));
      // Undefined if returning callers took this command's slot, too.
      const inFlight = async (): Promise<number | undefined> => {
        const { code, stdout } = await cli.run(["status", "--json"], { cwd });
        return code === 0 ? Number(/"callsInFlight":(\d+)/.exec(stdout)![1]) : undefined;
      };
      await until(async () => await inFlight() === 20, "all of them wait");
      areAllThere = true;
      assert.match(
        await cli.fail(22, ["call", "math.add", "2", "3"], { cwd }),
        failure("Overloaded", "20", "connections"),
      );
      await project.write("init.yaml", configuration(node.port, 2));
      await cli.succeed(["init"], { cwd });
      assert.deepEqual([await inFlight(), goneCount], [20, 0], "nobody had to go");
      await node.stop("SIGKILL");
      await callers;
    },
  );

  Deno.test(`more services than there are descriptors for share some executors, ${name}`, {
    ignore,
  }, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(sources);
    const cwd = project.folder;
    const serve = ["--port", "0", "--root", "root"];
    await using node = await new Cli(withDescriptors(100, program)).serve(serve, { cwd });
    await project.write("init.yaml", configuration(node.port, many));
    await cli.succeed(["init"], { cwd });
    await using library = await connect(project.path("init.yaml"), { as: "c1" });
    const calls = Array.from(
      { length: many },
      (_, index) => library.call(`math${index || ""}`, "add", [index, 1]),
    );
    assert.deepEqual(await Promise.all(calls), calls.map((_, index) => index + 1));
    const status = await cli.succeed(["status", "--json"], { cwd });
    const [, most] = /"executorsMax":(\d+)/.exec(status) ?? assert.fail(status);
    assert.ok(Number(most) > 1 && Number(most) < many, most);
  });

  Deno.test(`a deployment that needs more descriptors than there are says how many, ${name}`, {
    ignore,
  }, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(sources);
    const cwd = project.folder;
    const serve = ["--port", "0", "--root", "root", "--limit", "executors=20"];
    await using node = await new Cli(withDescriptors(100, program)).serve(serve, { cwd });
    await project.write("init.yaml", configuration(node.port, 20));
    const { code, stderr } = await cli.run(["init"], { cwd });
    assert.notEqual(code, 0);
    const [, needed, left] =
      /\b20 executors\b.*? (\d+) \w+ descriptors\b.*? (\d+) .*?\b100\b.*ulimit -n.*LimitNOFILE=/
        .exec(stderr) ?? assert.fail(stderr);
    assert.ok(Number(needed) === 80 && Number(left) < 80, stderr);
    await project.write("init.yaml", configuration(node.port, 2));
    await cli.succeed(["init"], { cwd });
    assert.equal(await cli.succeed(["call", "math1.add", "2", "3"], { cwd }), "5");
  });

  Deno.test(
    `half handshakes of TLS keep nobody out of a node of few descriptors, ${name}`,
    { ignore: Deno.build.os !== "linux" },
    async () => {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create(sources);
      const cwd = project.folder;
      const fingerprint = await cli.succeed(["keygen", "--tls", "127.0.0.1", "node"], { cwd });
      const tls = ["--tls-cert", "node.crt", "--tls-key", "node.key"];
      const serve = ["--port", "0", "--root", "root", ...tls];
      const few = withDescriptors(128, withFfi(program));
      await using node = await new Cli(few).serve(serve, { cwd });
      const room = Number(/ (\d+) connections\b/.exec(node.readyLine)?.[1]);
      await project.write("init.yaml", configuration(node.port, 1, fingerprint));
      await cli.succeed(["init"], { cwd });
      await using library = await connect(project.path("init.yaml"), { as: "c1" });
      const strangers: Deno.TcpConn[] = [];
      try {
        for (let count = 0; count < 3 * room; count++) {
          const stranger = await Deno.connect({ hostname: "127.0.0.1", port: node.port });
          strangers.push(stranger);
          // The start of a record, never completed.
          await stranger.write(Uint8Array.of(0x16, 3, 1, 2, 0, 1));
        }
        assert.equal(await library.call("math", "add", [1, 1]), 2);
        // On a connection of its own.
        assert.equal(await cli.succeed(["call", "math.add", "2", "3"], { cwd }), "5");
        // Evicted peers see the end, which only the end of the node's socket can tell them.
        for (const stranger of strangers.slice(0, room)) {
          assert.equal(await stranger.read(new Uint8Array(1)).catch(() => null), null);
        }
      } finally {
        for (const stranger of strangers) stranger.close();
      }
    },
  );
}
