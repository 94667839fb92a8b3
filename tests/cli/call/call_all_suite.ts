/** `call --all`: a call on many nodes at once, for every way to run farcall. */
import assert from "node:assert/strict";
import { closedPort } from "../../_support/commands/cli.ts";
import type { Fleet, FleetPart } from "../../_support/nodes/fleet.ts";

const scripts: Readonly<Record<string, string>> = {
  "who.ts": "export function who(name: string): string { return `${name} here`; }",
  "pair.ts": "export function pair(): [number, string] { return [1, 'a\\nb']; }",
  "wait.ts":
    "export const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));",
  "count.ts": "export async function* count(n: number) { for (let i = 0; i < n; i++) yield i; }",
  "sum.ts":
    "export async function sum(items: AsyncIterable<number>) { let s = 0; for await (const i of items) s += i; return s; }",
};

/** Both nodes, a third server that is down, and a service named like a built-in of the language. */
function initYaml(fleet: Fleet): string {
  return fleet.network.replace(
    "  clients:",
    `    gone: { ip: 127.0.0.1, port: ${closedPort} }\n  clients:`,
  ) +
    `services:
  constructor:
    providers: [s1, s2]
    tenants: c1
    rpcs:
      who: { args: [str], returns: [str], src: services/who.ts }
      pair: { args: [], returns: [int, str], src: services/pair.ts }
      wait: { args: [int], returns: [], src: services/wait.ts }
      count: { args: [int], returns: ["Stream[int]"], src: services/count.ts }
      sum: { args: ["Stream[int]"], returns: [int], src: services/sum.ts }
  one:
    providers: s1
    tenants: c2
    rpcs: { who: { args: [str], returns: [str], src: services/who.ts } }
`;
}

/** What `call --all` promises. */
export const callAll: FleetPart = {
  name: "call --all calls every provider, and says what each answered",
  async run(t, fleet) {
    for (const [path, text] of Object.entries(scripts)) {
      await fleet.project.write(`services/${path}`, text);
    }
    await fleet.project.write("items.txt", "1\n2\n3\n");
    const file = initYaml(fleet);
    await fleet.project.write("init.yaml", file);
    await fleet.succeed(["init", "--only", "s1,s2"]);
    const lines = (text: string): string[] => text.trimEnd().split("\n").sort();
    const all = ["call", "--all"];

    await t.step("a line per node, and a summary", async () => {
      const { code, stdout, stderr } = await fleet.run([...all, "constructor.who", "x"]);
      assert.deepEqual([code, lines(stdout)], [0, ["s1  x here", "s2  x here"]]);
      assert.match(stderr, /^2 nodes: 2 answered, 0 failed, [\d.]+ ms\n$/);
    });
    await t.step("one line, whatever the values are; as JSON, too", async () => {
      assert.deepEqual(lines(await fleet.succeed([...all, "constructor.pair"])), [
        's1  1 "a\\nb"',
        's2  1 "a\\nb"',
      ]);
      const json = await fleet.succeed([...all, "constructor.pair", "--json"]);
      assert.deepEqual(lines(json).map((line) => JSON.parse(line)), [
        { node: "s1", value: [1, "a\nb"] },
        { node: "s2", value: [1, "a\nb"] },
      ]);
      assert.deepEqual(lines(await fleet.succeed([...all, "constructor.wait", "0", "--json"])), [
        '{"node":"s1","value":null}',
        '{"node":"s2","value":null}',
      ]);
    });
    await t.step(
      "streams, printed with the node's name, and files that each call reads again",
      async () => {
        const items = ["s1  0", "s1  1", "s2  0", "s2  1"];
        assert.deepEqual(lines(await fleet.succeed([...all, "constructor.count", "2"])), items);
        const json = await fleet.succeed([
          "call",
          "--on",
          "s2",
          "constructor.count",
          "1",
          "--json",
        ]);
        assert.equal(json, '{"node":"s2","item":0}');
        const sums = await fleet.succeed([...all, "constructor.sum", "@items.txt"]);
        assert.deepEqual(lines(sums), ["s1  6", "s2  6"]);
        assert.equal((await fleet.run([...all, "constructor.sum", "-"])).code, 2);
      },
    );
    await t.step("selected nodes, and their replies about what they do not provide", async () => {
      const some = await fleet.run(["call", "--on", "s2, s1", "one.who", "x", "--as", "c2"]);
      assert.deepEqual([some.code, lines(some.stdout).map((line) => line.slice(0, 21))], [
        12,
        ["s1  x here", "s2  Service Not Found"],
      ]);
      assert.match(some.stderr, /^2 nodes: 1 answered, 1 failed/);
      const address = `127.0.0.1:${fleet.s2.port}`;
      assert.equal(
        await fleet.succeed(["call", "--on", address, "constructor.who", "x"]),
        "s2  x here",
        "an address of the file is the server",
      );
    });
    await t.step("the worst exit code: a node that is down, no rights", async () => {
      const down = await fleet.run(["call", "--on", "s1,gone", "constructor.who", "x", "--json"]);
      assert.equal(down.code, 20);
      const [gone, s1] = lines(down.stdout).map((line) => JSON.parse(line));
      assert.deepEqual([gone.node, gone.error.code], ["gone", "Node Unreachable"]);
      assert.deepEqual(s1, { node: "s1", value: "x here" });
      const refused = await fleet.run([...all, "constructor.who", "x", "--as", "c2"]);
      assert.equal(refused.code, 14);
      assert.equal(lines(refused.stdout).filter((line) => /Client Not Reg/.test(line)).length, 2);
    });
    await t.step("each node has its deadline, and a late one delays nobody", async () => {
      const late = await fleet.run([...all, "constructor.wait", "60000", "--timeout", "300ms"]);
      assert.equal(late.code, 21);
      assert.equal(lines(late.stdout).filter((line) => /Deadline Exceeded/.test(line)).length, 2);
    });
    await t.step("Ctrl-C cancels all", async () => {
      await using running = fleet.cli.start(
        [...all, "constructor.wait", "60000", "--timeout", "1h"],
        { cwd: fleet.project.folder },
      );
      const executing = async (address: string): Promise<boolean> => {
        const text = await (await fetch(`http://${address}/metrics`)).text();
        return text.includes('farcall_calls_in_flight{service="constructor"} 1\n');
      };
      for (const node of [fleet.s1, fleet.s2]) {
        while (!await executing(node.address)) await new Promise((done) => setTimeout(done, 20));
      }
      running.kill("SIGINT");
      const { code, stderr } = await running.ended;
      assert.equal(code, 130);
      assert.match(stderr, /2 cancelled[^]*interrupted/);
      for (const node of [fleet.s1, fleet.s2]) {
        await node.process.stderr.until(/call\.cancelled .*rpc=wait/);
      }
    });
    await t.step("contradictory options are refused", async () => {
      for (
        const args of [
          ["--server", "s1"],
          ["--repeat", "2"],
          ["--trace"],
          ["--hedge", "5ms"],
          ["--concurrency", "0"],
          ["--on", "s1,,s2"],
          ["--on", "nobody"],
        ]
      ) {
        assert.match(await fleet.fail(2, [...all, "constructor.who", "x", ...args]), /nobody|--/);
      }
      await fleet.fail(2, ["call", "--all"]);
    });
  },
};
