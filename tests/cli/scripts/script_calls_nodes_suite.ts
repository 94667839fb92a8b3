/** Scripts that call services of other nodes, with values, streams and failures; for every way to run farcall. */
import assert from "node:assert/strict";
import { connect } from "../../../mod.ts";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Collector } from "../../_support/collector.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { diagnostic, lineWith } from "../../_support/mentions.ts";
import { until } from "../../_support/nodes/node.ts";
import { priceScripts } from "../_price_scripts.ts";

interface Place {
  readonly ports: readonly [number, number];
  readonly calls?: string;
  /** Of s1. */
  readonly ip?: string;
  /** The providers of prices, and their bounds. */
  readonly prices?: string;
}

const granted = "{ hall: [loop], prices: [of, sleep, watch, sum, upper] }";

const configuration = (
  { ports: [s1, s2], calls = granted, ip = "127.0.0.1", prices = "providers: [s2]" }: Place,
): string =>
  `network:
  servers:
    s1: { ip: ${ip}, port: ${s1} }
    s2: { ip: 127.0.0.1, port: ${s2} }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  shop:
    providers: [s1]
    tenants: [c1]
    calls: ${calls}
    rpcs:
      total: { args: [str, int], returns: int, src: total.ts }
      look: { args: [str], returns: str, src: look.ts }
      loop: { args: [int], returns: int, src: to_hall.ts }
      wait: { args: [], returns: str, src: wait.ts }
  prices:
    ${prices}
    tenants: []
    rpcs:
      of: { args: [str], returns: int, src: of.ts, idempotent: true }
      sleep: { args: [], returns: str, src: sleep.ts }
      watch: { args: [int], returns: "Stream[int]", src: watch.ts }
      sum: { args: ["Stream[int]"], returns: int, src: sum.ts }
      upper: { args: ["Stream[str]"], returns: "Stream[str]", src: upper.ts }
      secret: { args: [], returns: int, src: secret.ts }
  hall:
    providers: [s2]
    tenants: []
    calls: { shop: [loop] }
    rpcs:
      loop: { args: [int], returns: int, src: to_shop.ts }
`;

const files = {
  ...priceScripts,
  "total.ts": `export async function total(this: any, name: string, count: number) {
  return count * await this.farcall.service("prices").of(name);
}
`,
  "look.ts": `export async function look(this: any, what: string): Promise<string> {
  const prices = this.farcall.service("prices");
  const told = async (work: () => unknown) => {
    try { return String(await work()); } catch (error) { return (error as Error).name + ": " + (error as Error).message; }
  };
  const listed = async (items: AsyncIterable<unknown>, countMax = Infinity) => {
    const found = [];
    for await (const item of items) if (found.push(item) >= countMax) break;
    return found.join();
  };
  async function* words() { yield "a"; yield "b"; }
  async function* broken() { yield 1; throw new SyntaxError("no more words"); }
  switch (what) {
    case "of": return told(() => prices.of("apple"));
    case "thrown": return told(() => prices.of("nothing"));
    case "types": return told(() => prices.of(true));
    case "watch": return told(async () => listed(await prices.watch(5)));
    case "many": return told(async () => (await listed(await prices.watch(50_000))).length);
    case "half": return told(async () => listed(await prices.watch(1e9), 3));
    case "broken-watch": return told(async () => listed(await prices.watch(-1)));
    case "sum": return told(() => prices.sum([1, 2, 3]));
    case "bad-item": return told(() => prices.sum([1, "x"]));
    case "broken-sum": return told(() => prices.sum(broken()));
    case "upper": return told(async () => listed(await prices.upper(words())));
    case "spill": {
      const sleeping = [prices.sleep(), prices.sleep()].map((each) => each.catch(() => {}));
      return String(await Promise.race([prices.of("apple"), ...sleeping]));
    }
    case "iterator": {
      const items = await prices.watch(1);
      return [typeof items[Symbol.asyncIterator], Object.getOwnPropertyNames(items).length,
        Object.isFrozen(Object.getPrototypeOf(items))].join();
    }
    default: return "?";
  }
}
`,
  "to_hall.ts": `export default async function (this: any, depth: number): Promise<number> {
  return await this.farcall.service("hall").loop(depth + 1);
}
`,
  "to_shop.ts": `export default async function (this: any, depth: number): Promise<number> {
  return await this.farcall.service("shop").loop(depth + 1);
}
`,
  "watch.ts": `export async function* watch(count: number) {
  try {
    if (count < 0) { yield 1; throw new RangeError("a count below 0"); }
    for (let index = 0; index < count; index++) yield index;
  } finally {
    console.log("watch over");
  }
}
`,
  "sum.ts": `export async function sum(numbers: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const number of numbers) sum += number;
  return sum;
}
`,
  "upper.ts": `export async function* upper(words: AsyncIterable<string>) {
  for await (const word of words) yield word.toUpperCase();
}
`,
};

/** Registers the tests of one way to run farcall. */
export function scriptCallsNodesSuite(name: string, make: MakeProgram): void {
  Deno.test(`scripts call services of other nodes, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(files);
    const cwd = project.folder;
    await using collector = new Collector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const serve = (root: string) => cli.serve(["--port", "0", "--root", root], { cwd, env });
    const [s1, second] = await Promise.all([serve("r1"), serve("r2")]);
    await using _first = s1;
    await using s2 = second;
    const ports = [s1.port, s2.port] as const;
    const write = (place: Partial<Place> = {}) =>
      project.write("init.yaml", configuration({ ports, ...place }));
    const call = (rpc: string, ...args: string[]) => cli.run(["call", rpc, ...args], { cwd });
    const answer = async (rpc: string, ...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await call(rpc, ...args);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };

    await t.step(
      "addresses that prove nothing are refused with their place and the reason",
      async () => {
        for (
          const [ip, why] of [
            ["shop.example", ["prices", "s1", '"shop.example"', /\bname\b/]],
            ["10.9.8.7", ["prices", "s2", "127.0.0.1", /\bmachine\b/]],
          ] as const
        ) {
          await write({ ip });
          const { code, stderr } = await cli.run(["check"], { cwd });
          assert.equal(code, 2);
          const place = /init\.yaml:10:\d+/.exec(stderr)?.[0] ?? assert.fail(stderr);
          assert.match(stderr, diagnostic(place, '"shop"', "s1", ...why));
        }
      },
    );

    await t.step("the plan shows which services call which, on both nodes", async () => {
      await write();
      const { stdout, stderr } = await cli.run(["init", "--dry-run"], { cwd });
      const plan = stdout + stderr;
      assert.match(
        plan,
        lineWith(/\bscripts\b.*\bshop\b.*: /, "+ prices.of", `s2 (127.0.0.1:${s2.port})`),
      );
      assert.match(
        plan,
        lineWith(/\bscripts\b.*\bshop\b.*\bother\b.*: /, "+ prices.of", "s1 (127.0.0.1)"),
      );
      await cli.succeed(["init"], { cwd });
      const again = await cli.run(["init", "--dry-run"], { cwd });
      assert.doesNotMatch(again.stdout + again.stderr, /\bprices\b/);
    });

    await t.step("values pass both ways, as the service and not as a client", async () => {
      assert.equal(await answer("shop.look", "watch"), "0,1,2,3,4", "the first call has a stream");
      assert.equal(await answer("shop.total", "apple", "4"), "12");
      assert.notEqual((await call("prices.of", "apple")).code, 0);
      await s2.process.stderr.until(/call\.executed.*service:shop/);
    });

    await t.step("explain, status and doctor show the nodes that scripts call", async () => {
      const s2At = `s2 (127.0.0.1:${s2.port})`;
      const explained = await cli.succeed(["explain", "shop.total", "apple", "4"], { cwd });
      assert.ok(explained.includes(`hall.loop on ${s2At}\n`), explained);
      const said = JSON.parse(
        await cli.succeed(["explain", "shop.total", "apple", "4", "--json"], { cwd }),
      );
      assert.deepEqual(said.scriptCalls[0], {
        caller: "shop",
        node: "s1",
        service: "hall",
        rpcs: ["loop"],
        isHere: false,
        nodes: ["s2"],
      });
      const status = await cli.succeed(["status"], { cwd });
      assert.match(status, /^scripts\b.*\bshop\b.*\bs1\b.*\bhall\.loop\b.* s2$/m);
      assert.match(status, /^scripts\b.*\bhall\b.*\bs2\b.*\bshop\.loop\b.* s1$/m);
      const doctor = await cli.run(["doctor"], { cwd });
      assert.match(doctor.stdout, /^ok {2}scripts\b.*\bshop\b.*\bs1\b.*\bhall\.loop\b.* s2$/m);
    });

    await t.step("a caller claiming to be the service gets its grant, and no more", async () => {
      await using claiming = await connect(`127.0.0.1:${s2.port}`, { as: "service:shop" });
      assert.equal(await claiming.call("prices", "of", ["apple"]), 3);
      await assert.rejects(claiming.call("prices", "secret", []), { code: "RPC Not Found" });
      await assert.rejects(claiming.call("shop", "loop", [1]), { code: "Service Not Found" });
      await using other = await connect(`127.0.0.1:${s2.port}`, { as: "service:hall" });
      await assert.rejects(other.call("prices", "of", ["apple"]), {
        code: "Client Not Registered",
      });
      await using nobody = await connect(`127.0.0.1:${s2.port}`);
      await assert.rejects(nobody.call("prices", "of", ["apple"]), {
        code: "Client Not Registered",
      });
    });

    /** The spans of one call of shop.total, each the child of the previous one. */
    const checkSpans = async (traceId: string, names: readonly string[]) => {
      await using farcall = await connect(`127.0.0.1:${s1.port}`);
      const trace = { traceparent: `00-${traceId}-${"b".repeat(16)}-01` };
      assert.equal(await farcall.call("shop", "total", ["apple", 4], { trace }), 12);
      const find = (name: string) =>
        collector.spans.find((span) => span.traceId === traceId && span.name === name);
      await until("its spans are exported", () => names.every((name) => find(name) !== undefined));
      const spans = names.map((name) => find(name)!);
      for (const [index, span] of spans.entries()) {
        const parent = index === 0 ? "b".repeat(16) : spans[index - 1]!.spanId;
        assert.equal(span.parentSpanId, parent, span.name);
      }
    };

    await t.step("spans of nested calls are children of the script's, across nodes", async () => {
      await checkSpans("a".repeat(32), [
        ...["serve shop.total", "executor shop.total", "script shop.total"],
        ...["call prices.of", "attempt prices.of", "serve prices.of", "executor prices.of"],
        "script prices.of",
      ]);
    });

    for (
      const [what, expected] of [
        ["of", /^3$/],
        ["thrown", /^Execution Exception: prices\.of: RangeError: no price of nothing$/],
        ["types", /^Invalid Arguments: prices\.of: /],
        ["watch", /^0,1,2,3,4$/],
        ["many", /^288889$/],
        ["half", /^0,1,2$/],
        ["broken-watch", /^Execution Exception: prices\.watch: RangeError: a count below 0$/],
        ["sum", /^6$/],
        ["bad-item", /^Invalid Arguments: prices\.sum: /],
        ["broken-sum", /^SyntaxError: no more words$/],
        ["upper", /^A,B$/],
        ["iterator", /^function,0,true$/],
      ] as const
    ) {
      await t.step(`a script calls: ${what}`, async () => {
        assert.match(await answer("shop.look", what), expected);
      });
    }

    await t.step("a stream abandoned half-way ends at its source", async () => {
      await s2.process.stderr.until(/watch over/);
      assert.doesNotMatch(
        s1.process.stderr.text + s2.process.stderr.text,
        /executor\.(ended|crashed)/,
      );
    });

    await t.step("a call loop over two nodes ends with an explicit error", async () => {
      const { code, stderr } = await call("shop.loop", "0");
      assert.notEqual(code, 0);
      assert.match(stderr, /\bcall.loop\b.*\b16\b/);
    });

    await t.step("a deadline applies on the other node, which is signalled", async () => {
      const { code, stderr } = await cli.run(["call", "shop.wait", "--timeout", "500ms"], { cwd });
      assert.notEqual(code, 0);
      assert.match(stderr, /Deadline Exceeded/);
      await s2.process.stderr.until(/woken/);
    });

    await t.step("a withdrawn grant is gone on both nodes", async () => {
      await write({ calls: "{ prices: [sleep] }" });
      await cli.succeed(["init"], { cwd });
      assert.notEqual((await call("shop.total", "apple", "4")).code, 0);
      await using claiming = await connect(`127.0.0.1:${s2.port}`, { as: "service:shop" });
      await assert.rejects(claiming.call("prices", "of", ["apple"]), { code: "RPC Not Found" });
      await write();
      await cli.succeed(["init"], { cwd });
      assert.equal(await answer("shop.look", "of"), "3");
    });

    await t.step(
      "its own node is preferred, and another one is used if that has no room",
      async () => {
        await write({ prices: "providers: [s1, s2]\n    limits: { calls: 1, queue: 1 }" });
        const plan = await cli.run(["init"], { cwd });
        assert.match(plan.stdout + plan.stderr, /\+ prices\.of .*\bs2 /);
        const before = s2.process.stderr.text.length;
        assert.equal(await answer("shop.look", "of"), "3");
        assert.equal(await answer("shop.look", "spill"), "3");
        const executed = () =>
          s2.process.stderr.text.slice(before).match(/call\.executed.*service:shop/g) ?? [];
        await until("s2 has run it", () => executed().length > 0);
        assert.equal(executed().length, 1);
        await checkSpans("c".repeat(32), [
          ...["serve shop.total", "executor shop.total", "script shop.total"],
          ...["serve prices.of", "executor prices.of", "script prices.of"],
        ]);
      },
    );

    await t.step("the script's error names a lost node", async () => {
      await write();
      await cli.succeed(["init"], { cwd });
      await s2[Symbol.asyncDispose]();
      const doctor = await cli.run(["doctor"], { cwd });
      assert.match(doctor.stdout, /^!! {2}scripts\b.*\bshop\b.*\bs1\b.*\bhall\.loop: s2 /m);
      assert.match(await answer("shop.look", "of"), /^Node Unreachable: prices\.of: .*s2/);
    });
  });
}
