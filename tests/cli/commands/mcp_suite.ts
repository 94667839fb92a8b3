/** `farcall mcp`: a fleet's rpcs as tools, for the protocol's own client and inspector, and its failures. */
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "npm:@modelcontextprotocol/client@2.4.0";
import { currentCall, type Rpc, rpc, serve } from "../../../mod.ts";
import { MalformedMessage } from "../../../lib/errors/mod.ts";
import { encodeExceptionBody, FrameKind } from "../../../lib/protocol/mod.ts";
import { ScriptedNode } from "../../_support/nodes/scripted_node.ts";
import { Cli, closedPort, type MakeProgram, Running } from "../../_support/commands/cli.ts";
import { Fleet, Project } from "../../_support/nodes/fleet.ts";
import { Agent, textOf } from "../../_support/commands/mcp_client.ts";
import { needing } from "../../_support/programs.ts";
import { freePort } from "../../_support/ports.ts";
import { failure, mentions } from "../../_support/mentions.ts";

/** Tools of the example, their arguments, and the model's view of their results. */
const calls: readonly [
  name: string,
  args: Record<string, unknown>,
  text: string,
  value?: unknown,
][] = [
  ["math__add__int_int", { arg1: 2, arg2: 3 }, "5", { result: 5 }],
  ["math__add__str_str", { arg1: "far", arg2: "call" }, "farcall", { result: "farcall" }],
  ["math__divide", { divisor: 5, dividend: 17 }, "[3,2]", { result: [3, 2] }],
  ["math__bounds", { arg1: [] }, "null", { result: null }],
  ["math__bounds", { arg1: [1, "Infinity"] }, '[1,"Infinity"]', { result: [1, "Infinity"] }],
  ["math__primes", { arg1: 10 }, "[2,3,5,7]", { result: [2, 3, 5, 7] }],
  ["text__word_count", { arg1: "be be" }, '{"be":2}', { be: 2 }],
  ["text__search", { lines: ["to be", "or"], text: "be" }, '["to be"]', { result: ["to be"] }],
  ["text__note", { arg1: "x" }, "done; it returns nothing"],
  ["hash__digest", { arg1: "aGk=" }, "(resource)"],
  // Numbers that JSON parsers would round are strings of digits, both ways.
  [
    "math__add__int_int",
    { arg1: "9007199254740993", arg2: 2 },
    "9007199254740995",
    { result: "9007199254740995" },
  ],
];

/** Failing calls: the exception's name begins the text. */
const failures: readonly [name: string, args: Record<string, unknown>, text: RegExp][] = [
  ["math__divide", { dividend: 1, divisor: 0 }, failure("Execution Exception", /divided .*zero/)],
  ["math__divide", { dividend: 1 }, failure("Invalid Arguments", '"divisor"', "missing")],
  ["math__divide", { dividend: 1, divisor: 1, x: 1 }, failure("Invalid Arguments", '"x"')],
  ["math__mean", { arg1: "no list" }, failure("Invalid Arguments", "List[float]")],
  ["math__add__int_int", { arg1: 2 ** 60, arg2: 1 }, failure("Invalid Arguments", "digits")],
];

/** Registers the tests of one way to run farcall. */
export function mcpSuite(name: string, make: MakeProgram): void {
  Deno.test(`an agent calls what its client may, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    await fleet.succeed(["init"]);
    const file = fleet.project.path("init.yaml");
    await using agent = await Agent.start(program, [file]);

    await t.step("each overload is a tool, with its schema and hints", async () => {
      const { tools } = await agent.client.listTools();
      const names = tools.map(({ name }) => name);
      assert.equal(names.length, 11);
      assert.deepEqual(names.toSorted(), names);
      const divide = tools.find(({ name }) => name === "math__divide")!;
      assert.deepEqual(divide.inputSchema.properties, {
        dividend: { type: "integer" },
        divisor: { type: "integer" },
      });
      assert.match(
        divide.description!,
        /\nmath\.divide\(dividend: int, divisor: int\) -> /,
      );
      assert.equal(divide.annotations?.readOnlyHint, false);
      assert.equal(divide.annotations?.destructiveHint, true);
      const primes = tools.find(({ name }) => name === "math__primes")!;
      assert.equal(primes.annotations?.readOnlyHint, true);
      assert.equal(primes.annotations?.idempotentHint, true);
    });

    await t.step("results are text and value", async () => {
      for (const [name, args, text, value] of calls) {
        const outcome = await agent.call(name, args);
        assert.equal(textOf(outcome), text, name);
        assert.equal(outcome.isError, undefined, name);
        assert.deepEqual(outcome.structuredContent, value, name);
      }
      const { content: [part] } = await agent.call("hash__digest", { arg1: "aGk=" });
      assert.ok(part?.type === "resource" && "blob" in part.resource);
      assert.equal(part.resource.blob, "j0NDRmSPa5bfid2pAcUXaxCm2Dlh3TwayItZstwyeqQ=");
    });

    await t.step("a failure is a result that an agent can read", async () => {
      for (const [name, args, text] of failures) {
        const outcome = await agent.call(name, args);
        assert.equal(outcome.isError, true, name);
        assert.match(textOf(outcome), text);
      }
      await assert.rejects(agent.call("math__nope"), /"math__nope"/);
    });

    await t.step("patterns and clients narrow the tools, for calls, too", async () => {
      await using narrow = await Agent.start(program, [
        ...[file, "--as", "c1", "--allow", "math.*,*.word_count", "--deny", "*.add", "--deny"],
        ...["math.b*", "--confirm", "math.primes"],
      ], { isModern: true });
      const { tools } = await narrow.client.listTools();
      // c1 is not a tenant of text.
      const names = ["divide", "is_prime", "mean", "primes"].map((rpc) => `math__${rpc}`);
      assert.deepEqual(tools.map(({ name }) => name), names);
      assert.deepEqual(
        tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name),
        ["math__is_prime"],
      );
      await assert.rejects(
        narrow.call("math__add__int_int", { arg1: 1, arg2: 1 }),
        /"math__add__int_int"/,
      );
      assert.equal(textOf(await narrow.call("math__is_prime", { arg1: 7 })), "true");
    });

    await t.step("HTTP on this machine, and not for foreign pages", async () => {
      await using server = fleet.cli.start(["mcp", file, "--http", "0"]);
      const [, url] = await server.stdout.until(/^(http:\S+)\n/);
      const client = new Client({ name: "test", version: "1" });
      await client.connect(new StreamableHTTPClientTransport(new URL(url)));
      const { tools } = await client.listTools();
      assert.equal(tools.length, 11);
      const outcome = await client.callTool({ name: "math__mean", arguments: { arg1: [1, 2] } });
      assert.equal(textOf(outcome), "1.5");
      await client.close();
      const { port } = new URL(url);
      const statuses: string[] = [];
      for (
        const headers of [
          `host: example.com:${port}`,
          `host: 127.0.0.1:${port}\r\norigin: http://example.com`,
          `host: 127.0.0.1:${port}\r\norigin: null`,
        ]
      ) {
        statuses.push(await statusOf(Number(port), headers));
      }
      assert.deepEqual(statuses, ["403", "403", "403"]);
      server.kill("SIGTERM");
      assert.equal((await server.ended).code, 0);
    });

    await t.step({
      ...needing("npx", "the protocol's inspector calls"),
      async fn() {
        const { command, args, env } = program;
        const variables = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
        await using running = new Running("npx", [
          ...["--yes", "@modelcontextprotocol/inspector@2.12.0", "--cli", ...variables],
          ...[command, ...args, "mcp", file],
          ...["--method", "tools/call", "--tool-name", "math__divide"],
          ...["--tool-arg", "dividend=17", "divisor=5"],
        ]);
        const { code, stdout, stderr } = await running.ended;
        assert.equal(code, 0, stderr);
        const { structuredContent } = JSON.parse(stdout);
        assert.deepEqual(structuredContent, { result: [3, 2] });
      },
    });

    await t.step("a deployment changes the tools of a connected agent", async () => {
      await using modern = await Agent.start(program, [file], { isModern: true });
      assert.equal((await modern.toolNames()).length, 11);
      const before = await fleet.project.read("init.yaml");
      await fleet.project.write(
        "services/math/double.ts",
        "export function double(a: number): number { return 2 * a; }\n",
      );
      const rpc = "double: { args: [float], returns: [float], src: services/math/double.ts }";
      await fleet.project.write(
        "init.yaml",
        before.replace("      mean:", `      ${rpc}\n      mean:`),
      );
      await fleet.succeed(["init", "--yes"]);
      for (const each of [agent, modern]) {
        await each.untilTools((names) => names.includes("math__double"));
        assert.equal(textOf(await each.call("math__double", { arg1: 21 })), "42");
      }
    });
  });

  Deno.test(`an agent sees the reachable part of a fleet in trouble, ${name}`, async (t) => {
    await using program = await make();
    await using project = await Project.create();
    // Only answers calls, like a node of another version.
    await using old = new ScriptedNode(({ kind, call }, connection) => {
      if (kind !== FrameKind.request) return;
      const unknown = new MalformedMessage("this node does not know the request");
      connection.send(
        FrameKind.exception,
        0,
        call,
        encodeExceptionBody(unknown.code, unknown.message),
      );
    });
    // Accepts connections without replying.
    using slow = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [begun, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const reported = Promise.withResolvers<void>();
    const wait = rpc([], [], () => {
      begun.resolve();
      currentCall()!.signal.addEventListener("abort", () => cancelled.resolve());
      return new Promise<void>(() => {});
    });
    const endless = rpc([], ["Stream[int]"], async function* () {
      for (let item = 0;; item++) {
        yield item;
        if (item % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    });
    const twice = (a: number) => 2 * a;
    const many: Record<string, Rpc> = {};
    for (let index = 0; index < 1000; index++) many[`f${index}`] = rpc(["int"], ["int"], twice);
    const services = {
      many,
      constructor: { toString: rpc([], ["str"], () => "a service") },
      a__b: { c: rpc([], ["str"], () => "a__b.c") },
      a: {
        b__c: rpc([], ["str"], () => "a.b__c"),
        [`${"long_".repeat(20)}name`]: rpc([], ["str"], () => "long"),
        [`${"long_".repeat(20)}other`]: rpc([], ["str"], () => "other"),
        $cash: rpc(["int"], ["int"], (a) => a, { names: ["$"] }),
        big: rpc([], ["str"], () => "x".repeat(3_000_000)),
        throws: rpc([], ["Stream[int]"], async function* () {
          yield 1;
          await Promise.resolve();
          throw new Error("halfway");
        }),
        ticks: rpc([], ["Stream[str]"], async function* () {
          yield "one";
          await reported.promise;
          yield "two";
        }),
        wait,
        endless,
      },
    };
    const port = freePort();
    const other = freePort();
    const server = (each: number): string => `{ ip: 127.0.0.1, port: ${each} }`;
    const slowPort = (slow.addr as Deno.NetAddr).port;
    await project.write(
      "init.yaml",
      `network:
  servers:
    s1: ${server(port)}
    down: ${server(closedPort)}
    slow: ${server(slowPort)}
    old: ${server(old.server.port)}
    later: ${server(other)}
  clients:
    c1: { ip: 127.0.0.1 }
services: {}
`,
    );
    await using agent = await Agent.start(program, [project.path("init.yaml")]);

    await t.step(
      "where no node answers, the list says why, and comes with the first one",
      async () => {
        await assert.rejects(
          agent.client.listTools(),
          mentions("Node Unreachable", "slow: ", "old: "),
        );
        await using node = await serve({ port: other, services: { only: { f: many.f0! } } });
        await agent.untilTools((names) => names.join() === "only__f");
        await node.stop();
      },
    );

    await using node = await serve({ port, services });
    await agent.untilTools((names) => names.length > 1000);

    await t.step(
      "1,000 rpcs come page by page, and no name is longer than models take",
      async () => {
        const page = await agent.client.request({ method: "tools/list", params: {} });
        assert.equal(page.tools.length, 250);
        assert.ok(page.nextCursor);
        const names = await agent.toolNames();
        assert.equal(new Set(names).size, names.length);
        for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,50}$/);
        await assert.rejects(
          agent.client.listTools({ cursor: "\u0000" }),
          /cursor/,
        );
      },
    );

    await t.step(
      "names that could be another's end with a hash, and mean their own rpc",
      async () => {
        const { tools } = await agent.client.listTools();
        const answers = new Map<string, string>();
        for (const { name, title } of tools) {
          if (!/^(constructor\.|a__b|a\.(b__c|long_))/.test(title!)) continue;
          answers.set(title!, textOf(await agent.call(name)));
        }
        assert.deepEqual([...answers.values()].toSorted(), [
          ...["a service", "a.b__c", "a__b.c", "long", "other"],
        ]);
        const cash = tools.find(({ title }) => title === "a.$cash")!;
        assert.equal(textOf(await agent.call(cash.name, { arg1: 7 })), "7");
      },
    );

    await t.step("items of a stream are reported as they arrive", async () => {
      const onprogress = ({ message }: { message?: string }) => {
        if (message === "one") reported.resolve();
      };
      const outcome = await agent.client.callTool({ name: "a__ticks" }, { onprogress });
      assert.deepEqual(outcome.structuredContent, { result: ["one", "two"] });
    });

    await t.step("a stream that fails keeps its items, and every stream ends", async () => {
      const halfway = await agent.call("a__throws");
      assert.equal(halfway.isError, true);
      assert.match(textOf(halfway), /^\[1\]\nExecution Exception: .*halfway/);
      const endless = await agent.call("a__endless");
      assert.match(textOf(endless), /^\[0, 1, [\d, ]+\]\nMessage Too Large/);
      assert.match(textOf(await agent.call("a__big")), /^Message Too Large/);
    });

    await t.step("a call that its agent cancels is cancelled on the node", async () => {
      const abort = new AbortController();
      const call = agent.client.callTool({ name: "a__wait" }, { signal: abort.signal });
      call.catch(() => {});
      await begun.promise;
      abort.abort();
      await cancelled.promise;
      await assert.rejects(call);
    });

    await t.step("a lost node keeps its tools, and calls report that it is gone", async () => {
      await node.stop();
      const gone = await agent.call("many__f1", { arg1: 1 });
      assert.equal(gone.isError, true);
      // A connection that ends during the call is a different failure.
      assert.match(textOf(gone), /^(Node Unreachable|Connection Lost|Server Draining): /);
      assert.ok((await agent.toolNames()).length > 1000);
    });
  });

  Deno.test(`mistakes in the command are told, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    const at = ["--server", `127.0.0.1:${closedPort}`];
    assert.match(
      await cli.fail(2, ["mcp", ...at, "--allow", "a.b.c"]),
      /--allow.*"a\.b\.c".*math\.\*/,
    );
    assert.match(
      await cli.fail(2, ["mcp", "x.yaml", "-c", "y.yaml"]),
      mentions("FILE", "--config"),
    );
    assert.match(
      await cli.fail(2, ["mcp", ...at, "--http", "x"]),
      mentions('"x"', "port", "65535"),
    );
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    assert.match(
      await cli.fail(2, ["mcp", ...at, "--http", `${port}`]),
      mentions("--http", String(port)),
    );
    // A client that disconnects ends it.
    await cli.succeed(["mcp", ...at], { stdin: "" });
  });
}

/** The status of a request with headers that `fetch` does not allow. */
async function statusOf(port: number, headers: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET /mcp HTTP/1.1\r\n${headers}\r\nconnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  return answer.split(" ")[1]!;
}
