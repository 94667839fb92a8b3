/** Scripts that call other services: grants, refusals and ends; for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { failure, lineWith, mentions } from "../../_support/mentions.ts";
import { priceScripts } from "../_price_scripts.ts";

const configuration = (port: number, { calls }: { calls: string }): string =>
  `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  shop:
    providers: [s1]
    tenants: [c1]
    calls: ${calls}
    rpcs:
      total: { args: [str, int], returns: int, src: total.ts }
      look: { args: [str], returns: str, src: look.ts }
      late: { args: [], returns: str, src: late.ts }
      flood: { args: [int], returns: str, src: flood.ts }
      loop: { args: [int], returns: int, src: loop.ts }
      wait: { args: [], returns: str, src: wait.ts }
  prices:
    providers: [s1]
    tenants: []
    rpcs:
      of: [{ args: [str], returns: int, src: of.ts }, { args: [int], returns: str, src: named.ts }]
      secret: { args: [], returns: int, src: secret.ts }
      sleep: { args: [], returns: str, src: sleep.ts }
      then: { args: [str], returns: str, src: then.ts }
      double: { args: ["Stream[int]"], returns: "Stream[int]", src: double.ts }
  plain:
    providers: [s1]
    tenants: [c1]
    rpcs:
      look: { args: [str], returns: str, src: plain.ts }
`;

const files = {
  ...priceScripts,
  "total.ts": `export async function total(this: any, name: string, count: number) {
  return count * await this.farcall.service("prices").of(name);
}
`,
  "look.ts": `import { attack } from "./attack.ts";

export async function look(this: any, what: string): Promise<string> {
  const prices = this.farcall.service("prices");
  const told = async (work: () => unknown) => {
    try { return String(await work()); } catch (error) { return (error as Error).name + ": " + (error as Error).message; }
  };
  switch (what) {
    case "names": return Object.keys(prices).join() + " " + Object.getPrototypeOf(prices);
    case "overload": return told(() => prices.of(7));
    case "types": return told(() => prices.of(true));
    case "thrown": return told(() => prices.of("nothing"));
    case "secret": return String(prices.secret);
    case "then": return told(() => prices.then("x"));
    case "large": return told(() => prices.of("x".repeat(17 * 2 ** 20)));
    case "services": {
      const names = ["__proto__", "constructor", "then", "plain", "", "shop2"];
      return (await Promise.all(names.map((name) => told(() => this.farcall.service(name)))))
        .filter((text) => !text.startsWith("TypeError: ")).join();
    }
    case "frozen": return told(() => { prices.of = 1; });
    case "streams": return told(async () => {
      const found = [];
      for await (const item of await prices.double([1, 2, 3])) found.push(item);
      return found;
    });
    case "half": return told(async () => {
      async function* endless() { for (let number = 1;; number++) yield number; }
      for await (const item of await prices.double(endless())) if (item > 100) return "left at " + item;
    });
    case "attack": return attack(this.farcall, await prices.double([1]));
    default: return await this.farcall.service("prices").of(what);
  }
}
`,
  "attack.ts":
    `/** Whatever of a facade could lead on, or change what other scripts find; "" where nothing does. */
export async function attack(farcall: any, items: any): Promise<string> {
  const found: string[] = [];
  const facade = Object.getPrototypeOf(farcall);
  for (const object of [facade, facade.constructor, facade.service, Object.getPrototypeOf(items)]) {
    try { object.added = 1; } catch { /* It is frozen. */ }
    if (object.added === 1) found.push("open: " + String(object));
  }
  const values = (object: any): unknown[] => Reflect.ownKeys(object).map((key) => {
    try { return object[key]; } catch { return undefined; }
  });
  if (values(farcall).length > 0) found.push("fields of farcall");
  // A promise that a script makes itself has only what the script gives it.
  const made = new facade.constructor({ services: [], rpcsOf: () => ["of"], call: () => "mine" });
  if (await made.service("prices").of() !== "mine") found.push("a made one calls");
  const told = async (source: unknown): Promise<string> => {
    try {
      for await (const item of await farcall.service("prices").double(source)) void item;
      return "taken";
    } catch (error) { return (error as Error).name; }
  };
  const sources: [unknown, string][] = [
    [{ [Symbol.asyncIterator]: () => ({ next: () => 1 }) }, "TypeError"],
    [{ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new RangeError("no")) }) }, "RangeError"],
    [{ [Symbol.asyncIterator]: () => { throw new Proxy(new Error("no"), { getPrototypeOf() { throw 1; } }); } }, "Error"],
    [{ [Symbol.asyncIterator]: () => ({ next: () => ({ get done() { throw new EvalError("no"); } }) }) }, "EvalError"],
    [[{ then: (resolve: (value: number) => void) => resolve(1) }], "Invalid Arguments"],
    [["x".repeat(2 ** 20)], "Invalid Arguments"],
  ];
  for (const [source, expected] of sources) {
    const name = await told(source);
    if (name !== expected) found.push(expected + " was " + name);
  }
  return found.join();
}
`,
  "late.ts": `let kept: any;
export async function late(this: any): Promise<string> {
  const before = kept;
  kept = this.farcall.service("prices");
  if (before === undefined) return "kept";
  try { return String(await before.of("apple")); } catch (error) { return (error as Error).message; }
}
`,
  "flood.ts": `export async function flood(this: any, count: number): Promise<string> {
  const { of } = this.farcall.service("prices");
  const all = await Promise.allSettled(Array.from({ length: count }, () => of("apple")));
  const failed = all.filter((each) => each.status === "rejected") as PromiseRejectedResult[];
  return all.length - failed.length + " " + [...new Set(failed.map(({ reason }) => reason.name))];
}
`,
  "loop.ts": `export async function loop(this: any, depth: number): Promise<number> {
  return await this.farcall.service("shop").loop(depth + 1);
}
`,
  "named.ts": "export const of = (number: number): string => `number ${number}`;\n",
  "then.ts": "export default (text: string): string => `then ${text}`;\n",
  "double.ts": `export async function* double(numbers: AsyncIterable<number>) {
  for await (const number of numbers) yield 2 * number;
}
`,
  "plain.ts":
    'export function look(this: any, _: string): string {\n  return String("farcall" in this);\n}\n',
};

const granted = "{ prices: [double, of, sleep, then], shop: [loop] }";

/** Registers the tests of one way to run farcall. */
export function scriptCallsSuite(name: string, make: MakeProgram): void {
  Deno.test(`scripts call only granted rpcs, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(files);
    const cwd = project.folder;
    await using node = await cli.serve(["--port", "0", "--root", "root"], { cwd });
    const write = (calls: string) =>
      project.write("init.yaml", configuration(node.port, { calls }));
    const call = (rpc: string, ...args: string[]) => cli.run(["call", rpc, ...args], { cwd });
    const answer = async (rpc: string, ...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await call(rpc, ...args);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };

    await t.step("a grant of a missing rpc is a mistake with its position", async () => {
      await write("{ price: [of], prices: [off], shop: [loop] }");
      const { code, stderr } = await cli.run(["check"], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, mentions("init.yaml:8:14", '"price"'));
      assert.match(stderr, mentions("init.yaml:8:36", '"prices"', '"off"'));
    });

    await t.step("the plan shows what scripts may call", async () => {
      await write(granted);
      const plan = await cli.run(["init", "--dry-run"], { cwd });
      assert.match(
        plan.stdout + plan.stderr,
        lineWith(
          /\bscripts\b.*\bshop\b.*: /,
          "+ prices.double, + prices.of, + prices.sleep, + prices.then, + shop.loop",
        ),
      );
      await cli.succeed(["init"], { cwd });
    });

    await t.step(
      "values travel both ways, though the calling service is not a tenant",
      async () => {
        assert.equal(await answer("shop.total", "apple", "4"), "12");
        assert.equal((await call("prices.of", "apple")).code === 0, false);
        await node.process.stderr.until(/call\.executed.*service:shop/);
      },
    );

    for (
      const [what, expected] of [
        ["names", /^of,sleep,then,double null$/],
        ["overload", /^number 7$/],
        ["types", /^Invalid Arguments: prices\.of: /],
        ["thrown", /^Execution Exception: prices\.of: RangeError: no price of nothing$/],
        ["secret", /^undefined$/],
        ["then", /^then x$/],
        ["large", /^Message Too Large: prices\.of: /],
        ["services", /^$/],
        ["frozen", /^TypeError: /],
        ["streams", /^2,4,6$/],
        ["half", /^left at 102$/],
        ["attack", /^$/],
      ] as const
    ) {
      await t.step(`a script looks at ${what}`, async () => {
        assert.match(await answer("shop.look", what), expected);
      });
    }

    await t.step("an uncaught error is the script's own exception", async () => {
      const { code, stderr } = await call("shop.look", "nothing");
      assert.notEqual(code, 0);
      assert.match(stderr, failure("Execution Exception", "no price of nothing"));
    });

    await t.step("without a grant the property does not exist", async () => {
      assert.equal(await answer("plain.look", "x"), "false");
    });

    await t.step("a finished call can make no more calls", async () => {
      assert.equal(await answer("shop.late"), "kept");
      assert.match(await answer("shop.late"), /^prices\.of: .*\bover$/);
    });

    await t.step("a flood is refused beyond its bound, and costs no executor", async () => {
      assert.equal(await answer("shop.flood", "256"), "256");
      assert.equal(await answer("shop.flood", "300"), "256 Overloaded");
    });

    await t.step("a call loop ends with an explicit error", async () => {
      const { code, stderr } = await call("shop.loop", "0");
      assert.notEqual(code, 0);
      assert.match(stderr, /\bcall.loop\b.*\b16\b/);
    });

    await t.step("a deadline applies to nested calls, which are signalled", async () => {
      const { code, stderr } = await cli.run(["call", "shop.wait", "--timeout", "300ms"], { cwd });
      assert.notEqual(code, 0);
      assert.match(stderr, /Deadline Exceeded/);
      await node.process.stderr.until(/woken/);
      assert.doesNotMatch(node.process.stderr.text, /executor\.ended/);
    });

    await t.step("a withdrawn grant is gone", async () => {
      await write("{ prices: [sleep], shop: [loop] }");
      await cli.succeed(["init"], { cwd });
      const { code, stderr } = await call("shop.total", "apple", "4");
      assert.notEqual(code, 0);
      assert.match(stderr, /TypeError/);
    });
  });
}
