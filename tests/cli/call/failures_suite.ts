/**
 * Commands for the whole fleet, with nodes that are down, older, or frozen, callers without rights, a thousand rpcs,
 * and names of built-ins; for every way to run farcall.
 */
import assert from "node:assert/strict";
import { MalformedMessage } from "../../../lib/errors/mod.ts";
import { encodeException, FrameKind } from "../../../lib/protocol/mod.ts";
import { Cli, closedPort, type MakeProgram } from "../../_support/commands/cli.ts";
import { TestConsole } from "../../_support/commands/console_page.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { Agent, textOf } from "../../_support/commands/mcp_client.ts";
import { lineWith, mentions } from "../../_support/mentions.ts";
import { ScriptedNode } from "../../_support/nodes/scripted_node.ts";

const rpcCount = 1000;

/** The reply of nodes that do not know a request. */
const olderSays =
  'this node does not know the request "x" in this form; a newer farcall may have sent it';

/** Commands, exit codes, and the output about each node. Commands that wait for the frozen one take its deadline. */
const commands: readonly [args: string[], code: number, says: RegExp[]][] = [
  [["call", "--all", "constructor.valueOf", "x", "--timeout", "10s"], 22, [
    /^up +x$/m,
    lineWith(/^old +Malformed Message: /, "newer"),
    /^slow +Deadline Exceeded/m,
    /^down +Node Unreachable/m,
    /^4 nodes: 1 answered, 3 failed/m,
  ]],
  [["call", "--all", "constructor.__proto__", "x", "--as", "c2", "--on", "up,down"], 20, [
    /^up +Client Not Registered/m,
    /^down +Node Unreachable/m,
  ]],
  [["call", "--all", `many.rpc${rpcCount - 1}`, "x"], 0, [/^up +x$/m]],
  [["logs", "--json", "--since", "1h"], 22, [
    /"node":"up".*"event":"node\.started"/,
    lineWith(/old \(.*\)/, "older", "version"),
    lineWith(/\bslow /, "answer"),
    /"down"/,
  ]],
  [["logs", "up", "--as", "c2"], 22, [mentions("Unauthenticated", "allow-logs: true")]],
  [["status"], 20, [
    lineWith(/^up /, /nothing$/),
    lineWith(/^old /, "newer"),
    lineWith(/^slow /, "answer"),
    lineWith(/^down /, "connect"),
    new RegExp(`^many +up +${rpcCount} `, "m"),
  ]],
  [["console", "--text"], 20, [
    /c1 +───▶ constructor +2 rpcs, .*▶ up ●, old ✗, slow ✗, down ✗$/m,
    lineWith(/^✗ slow /, "answer"),
  ]],
  [["explain", "constructor.valueOf", "x", "--timeout", "10s"], 0, [
    /^provider +up /m,
    lineWith(/\bnot +old /, "newer"),
    lineWith(/\bnot +slow /, "answer"),
    lineWith(/\bnot +down /),
  ]],
];

/** Registers the tests of one way to run farcall. */
export function failuresSuite(name: string, make: MakeProgram): void {
  Deno.test(`what sees the fleet says of each node what is wrong with it, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      "odd.ts": "export default (text: string): string => text;\n",
    });
    const cwd = project.folder;
    await using up = await cli.serve(["--port", "0", "--root", "root"], { cwd });
    await using old = new ScriptedNode(({ kind, call }, connection) => {
      if (kind !== FrameKind.request && kind !== FrameKind.call) return;
      const exception = encodeException(new MalformedMessage(olderSays));
      connection.send(FrameKind.exception, 0, call, exception);
    });
    await using slow = new ScriptedNode(() => {});
    const ports = { up: up.port, old: old.server.port, slow: slow.server.port, down: closedPort };
    const servers = Object.entries(ports).map(([name, port]) =>
      `    ${name}: { ip: 127.0.0.1, port: ${port} }\n`
    );
    const odd = "{ args: [str], returns: [str], src: odd.ts }";
    const many = Array.from({ length: rpcCount }, (_, n) => `      rpc${n}: ${odd}\n`);
    await project.write(
      "init.yaml",
      `network:
  servers:
${servers.join("")}  clients: { c1: { ip: 127.0.0.1 }, c2: { ip: 127.0.0.1 } }
services:
  constructor:
    providers: [up, old, slow, down]
    tenants: [c1]
    rpcs: { valueOf: ${odd}, __proto__: ${odd} }
  many:
    providers: [up]
    tenants: [c1]
    rpcs:
${many.join("")}`,
    );
    await cli.succeed(["init", "--only", "up"], { cwd });

    await t.step("commands", async () => {
      await Promise.all(commands.map(async ([args, code, says]) => {
        const outcome = await cli.run(args, { cwd });
        const text = `${outcome.stdout}${outcome.stderr}`;
        assert.equal(outcome.code, code, `${args.join(" ")}: ${text.slice(0, 2000)}`);
        for (const each of says) assert.match(text, each, args.join(" "));
      }));
    });

    await t.step("HTTP", async () => {
      const get = async (path: string) => await (await fetch(`http://${up.address}${path}`)).text();
      assert.equal(await get("/readyz"), "ready\n");
      assert.match(
        await get("/metrics"),
        /farcall_calls_total\{service="constructor",rpc="valueOf"/,
      );
      const paths = Object.keys(JSON.parse(await get("/openapi.json")).paths);
      assert.ok(paths.includes("/constructor/__proto__") && paths.length >= rpcCount + 2);
      const discover = await fetch(`http://${up.address}/rpc`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rpc.discover" }),
      });
      const { result } = await discover.json();
      const methods = result.methods.map(({ name }: { name: string }) => name);
      assert.ok(methods.includes("constructor.__proto__") && methods.includes("many.rpc999"));
    });

    await t.step("tools for agents", async () => {
      await using agent = await Agent.start(program, [project.path("init.yaml")]);
      const names = await agent.toolNames();
      assert.equal(names.length, rpcCount + 2);
      const outcome = await agent.call("many__rpc999", { arg1: "x" });
      assert.equal(textOf(outcome), "x");
    });

    await t.step("the console", async () => {
      await using served = await TestConsole.start({ cli, project });
      const expected = ["up", "older", "slow", "down"].join();
      await served.lines("events", undefined, ({ kind, nodes }) =>
        kind === "nodes" &&
        nodes.map(({ condition }: { condition: string }) => condition).join() === expected);
      const [plan, history, drift, [answer], [refused]] = await Promise.all([
        served.ask("plan"),
        served.ask("history"),
        served.ask("drift"),
        served.lines("call", {
          ...{ service: "many", rpc: "rpc999", types: ["str"], texts: ["x"], as: "c1" },
        }),
        served.lines("call", {
          ...{ service: "many", rpc: "rpc999", types: ["str"], texts: ["x"], as: "c2" },
        }),
      ]);
      assert.equal(plan.isUnchanged, true);
      assert.deepEqual(plan.missing.map(({ node }: { node: string }) => node), [
        ...["old", "slow", "down"],
      ]);
      assert.equal(history.deployments.length, 1);
      assert.match(history.problem.message, /3 nodes/);
      assert.deepEqual(drift.nodes, [{ node: "up", would: "change nothing", isUnchanged: true }]);
      assert.deepEqual(answer.texts, ['"x"']);
      assert.equal(refused.error.code, "Client Not Registered");
    });
  });
}
