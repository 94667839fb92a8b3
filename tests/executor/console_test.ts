import assert from "node:assert/strict";
import { ExecutionException } from "../../lib/errors/mod.ts";
import { TestNode } from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";

const says = `export function says() {
  console.log("%s has %d", "a", 1, new Map([["k", /x/g]]), [-0, NaN, undefined]);
  console.log(new Proxy({ a: 1 }, new Proxy({}, { get() { throw new Error("a trap was called"); } })));
  console.log(new URL("http://a.test/b?c=1"), new URLSearchParams("q=1"), new AbortController().signal);
  console.group("outer");
  console.log("inner\\nof two lines");
  console.groupEnd();
  console.groupEnd();
  console.log("outside");
  console.assert(true, "not said");
  console.assert(false, "of %s", "it", { a: 1 });
  console.assert(false);
  console.count();
  console.count("clicks");
  console.count();
  console.countReset();
  console.count();
  console.countReset("never counted");
  console.time("work");
  console.timeLog("work", "so far", { a: 1 });
  console.timeEnd("work");
  console.timeEnd("work");
  console.table([{ a: 1 }, { a: 2 }]);
  console.dir({ a: { b: { c: 1 } } }, { depth: 0 });
  console.trace("here");
  console.error(new TypeError("outer", { cause: new RangeError("inner") }));
  console.clear();
}`;

const expected: readonly (readonly [level: string, text: string | RegExp])[] = [
  ["info", 'a has 1 Map(1) { "k" => /x/g } [ -0, NaN, undefined ]'],
  ["info", "{ a: 1 }"],
  [
    "info",
    'URL { href: "http://a.test/b?c=1" } URLSearchParams(1) { "q" => "1" } AbortSignal { aborted: false }',
  ],
  ["info", "outer"],
  ["info", "  inner\n  of two lines"],
  ["info", "outside"],
  ["error", "Assertion failed: of it { a: 1 }"],
  ["error", "Assertion failed"],
  ["info", "default: 1"],
  ["info", "clicks: 1"],
  ["info", "default: 2"],
  ["info", "default: 1"],
  ["warn", /"never.counted"/],
  ["info", /^work: [\d.]+ms .*\{ a: 1 \}$/],
  ["info", /^work: [\d.]+ms$/],
  ["warn", mentions("console.time", '"work"')],
  ["info", /^┌─+┬─+┐\n│ \(index\) │ a │\n/],
  ["info", "{ a: [Object] }"],
  ["debug", /^Trace: here\n +at .*says/],
  ["error", /^TypeError: outer\n +at .*says[^]*\nCaused by: RangeError: inner\n +at /],
];

Deno.test("a script's console has the usual features", async () => {
  const waits = `export async function waits() {
    console.group("one call");
    console.count();
    console.time();
    await new Promise((done) => setTimeout(done, 20));
    console.log("still indented");
  }`;
  const other = `export function other() {
    console.log("not indented");
    console.count();
    console.timeEnd();
  }`;
  const rpcs = { says: { source: says }, waits: { source: waits }, other: { source: other } };
  await using node = await TestNode.start({ deployment: { services: { talk: { rpcs } } } });
  await using connection = await node.connection();
  await connection.call("talk.says");
  await node.log.until("script.console", { rpc: "says" }, expected.length);
  const lines = node.log.all("script.console", { rpc: "says" });
  for (const [index, [level, text]] of expected.entries()) {
    const line = lines[index];
    assert.equal(line?.level, level, `${text}`);
    if (typeof text === "string") assert.equal(line.fields.text, text);
    else assert.match(String(line.fields.text), text);
  }
  assert.equal(lines.length, expected.length);

  // One call's console state is invisible to others.
  const waiting = connection.call("talk.waits");
  await node.log.until("script.console", { text: "one call" });
  await connection.call("talk.other");
  await waiting;
  await node.log.until("script.console", { text: "  still indented" });
  const texts = node.log.all("script.console", { rpc: "other" }).map(({ fields }) => fields.text);
  assert.deepEqual(texts.slice(0, 2), ["not indented", "default: 1"]);
  assert.match(String(texts[2]), /\bnot\b.*\bcalled\b/);
});

Deno.test("an Execution Exception gives the error, its class, and its causes", async (t) => {
  const cases: readonly (readonly [thrown: string, message: string])[] = [
    ['new Error("plain")', "plain"],
    ['new RangeError("too far")', "RangeError: too far"],
    ['new (class OutOfTea extends Error {})("none left")', "OutOfTea: none left"],
    ['Object.assign(new Error("renamed"), { name: "Renamed" })', "Renamed: renamed"],
    ['new Error("outer", { cause: new TypeError("inner") })', "outer; caused by TypeError: inner"],
    [
      'new Error("a", { cause: new Error("b", { cause: { message: "c" } }) })',
      "a; caused by b; caused by c",
    ],
    ['new Error("a", { cause: "text" })', "a; caused by text"],
    ['new AggregateError([new Error("one"), 2], "many")', "AggregateError: many (one; 2)"],
    ['new DOMException("slow", "TimeoutError")', "TimeoutError: slow"],
    ["new TypeError()", "TypeError"],
    ['{ message: "of no class" }', "of no class"],
    ['{ name: "Custom", message: "of no class" }', "Custom: of no class"],
    ["{ code: 5 }", "{ code: 5 }"],
    ['"text"', "text"],
    ["undefined", "undefined"],
    ["Object.create(null)", "[Object: null prototype] {}"],
    ['{ get message() { return "called"; } }', "{ message: [Getter] }"],
    ['new Proxy(new RangeError("behind"), {})', "RangeError: behind"],
    ['(() => { const e = new Error("loop"); e.cause = e; return e; })()', "loop"],
  ];
  const rpcs = Object.fromEntries(cases.map(([thrown], index) => {
    const rpc = `r${index}`;
    return [rpc, { source: `export const ${rpc} = () => { throw ${thrown}; };` }];
  }));
  await using node = await TestNode.start({ deployment: { services: { throws: { rpcs } } } });
  await using connection = await node.connection();
  for (const [index, [thrown, message]] of cases.entries()) {
    await t.step(thrown, async () => {
      const failed = await connection.call(`throws.r${index}`).catch((error) => error);
      assert.ok(failed instanceof ExecutionException, String(failed));
      assert.equal(failed.message, message);
    });
  }
});
