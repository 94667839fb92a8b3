/** Several mistakes at once, and the error that carries them. */
import assert from "node:assert/strict";
import { InvalidConfiguration } from "../../../lib/errors/mod.ts";
import { formatDiagnostic, invalidConfiguration } from "../../../lib/config/mod.ts";
import { good, goodWith, mistakesIn, parse } from "../helpers.ts";
import { diagnostic } from "../../_support/mentions.ts";

function refusal(text: string): InvalidConfiguration {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error;
    throw error;
  }
  throw new Error("expected mistakes");
}

const many = `network:
  servers:
    s1: { ip: 127.0.0.1, port: 8181 }
    s2: { ip: 127.0.0.1, port: 8181 }
    s3: { ip: 127.0.0.1, port: 99999 }
  clients:
    c1: { ip: 127.0.0.1 }
services:
  math:
    providers: [s1, s4]
    tennants: [c1, c2]
    rpcs:
      add:
        - { args: [int, int], returns: [integer], src: add.ts }
        - { args: [int, int], scr: concat.ts }
        - { args: [List[str]], src: join.ts }
`;

Deno.test("all mistakes of a file are reported at once, in the order of the file", () => {
  assert.deepEqual(mistakesIn(many).map((mistake) => mistake.replace(/ \(.*/, "")), [
    '4:32 the servers "s1" and "s2" have one address, 127.0.0.1:8181; "s1" is in line 3, column 5',
    "5:32 expected a port, a whole number from 1 to 65535, got the number 99999",
    '10:21 there is no server "s4", expected one of s1, s2, s3',
    '11:5 unknown key "tennants", expected one of providers, tenants, rpcs, description, instances, limits, permissions, isolation, calls',
    '11:20 there is no client "c2", expected one of c1',
    '14:41 bad type "integer": unknown type "integer", did you mean "int"?',
    '15:11 two overloads of rpc "add" take the same arguments,',
    '15:31 unknown key "scr", expected one of args, names, returns, src, description, idempotent, allow, examples',
    '16:20 inside [ ] or { } a type with brackets must be quoted, got "List[str]" without',
  ]);
});

Deno.test("the error says how many mistakes there are and what to do, and shows each", () => {
  const error = refusal(many);
  assert.equal(error.summary, "init.yaml has 9 mistakes; fix them and try again");
  assert.equal(error.code, "Invalid Configuration");
  assert.equal(error.diagnostics.length, 9);
  assert.deepEqual(error.details, error.diagnostics.map(formatDiagnostic));
  const one = refusal(goodWith(["8282", "0"]));
  assert.equal(one.summary, "init.yaml has 1 mistake; fix it and try again");
});

Deno.test("a program without a handler shows the first mistakes, each with its position", () => {
  const error = refusal(many);
  const [first, ...lines] = error.message.split("\n");
  assert.equal(first, error.summary);
  assert.deepEqual(lines, [
    ...error.diagnostics.slice(0, 5).map(({ line, column, message }) =>
      `  init.yaml:${line}:${column}: ${message}`
    ),
    "  … and 4 more",
  ]);
  assert.ok(error.stack?.includes(error.message));
  const { diagnostics: [one], message } = refusal(goodWith(["8282", "0"]));
  assert.match(message, new RegExp(`again\n  init\\.yaml:${one.line}:${one.column}: .*0$`));
});

Deno.test("however many mistakes there are, and however long, the message of the error is short", () => {
  const mistake = { file: "init.yaml", line: 1, column: 1, message: "long ".repeat(100_000) };
  const { message, details } = invalidConfiguration(
    "init.yaml has",
    Array(1000).fill(mistake),
    2000,
  );
  assert.ok(message.length < 3000, `${message.length} characters`);
  assert.match(message, /\n {2}… and 1995 more$/);
  assert.equal(details.at(-1), "… and 1000 more");
});

Deno.test("a mistake has its file, position, line and hint", () => {
  const [mistake] = refusal(goodWith(["    tenants", "    tennants"])).diagnostics;
  assert.deepEqual(mistake, {
    file: "init.yaml",
    line: 11,
    column: 5,
    message:
      'unknown key "tennants", expected one of providers, tenants, rpcs, description, instances, limits, permissions, isolation, calls',
    hint: 'did you mean "tenants"?',
    sourceLine: "    tennants: [c1, c2]",
  });
});

Deno.test("an unreadable section does not make every name in it unknown", () => {
  assert.deepEqual(mistakesIn(goodWith(["  servers:", "  servers: s1\n  sorvers:"])).length, 2);
  const [mistake, ...others] = mistakesIn(good.replace(/ {2}clients:[^]*?services:/, "services:"));
  assert.match(mistake, diagnostic("1:1", '"clients"'));
  assert.deepEqual(others, []);
});

Deno.test("a faulty server is still known to the services", () => {
  assert.deepEqual(mistakesIn(goodWith(["port: 8282", "port: x"])).length, 1);
  assert.deepEqual(mistakesIn(goodWith(["s2: { ip: 127.0.0.1, port: 8282 }", "s2: 7"])).length, 1);
});

Deno.test("a mistake in a shared rpc is reported once, however many services list it", () => {
  const services = ["a", "b", "c"].map((name) =>
    `  ${name}: { providers: s1, tenants: [], rpcs: [f] }\n`
  );
  const text = good.slice(0, good.indexOf("services:")) + "services:\n" + services.join("") +
    "rpc:\n  f: { args: [nit], src: f.ts }\n";
  assert.equal(mistakesIn(text).length, 1);
});

Deno.test("columns count characters: an emoji or a tab before the mistake is one", () => {
  const text = goodWith(["    tenants", '    description: "😀\té"\n    tenants'], [
    "[c1, c2]",
    '[c1, c2] # 😀\n    "😀": 1',
  ]);
  assert.deepEqual(mistakesIn(text), [
    '13:5 unknown key "😀", expected one of providers, tenants, rpcs, description, instances, limits, permissions, isolation, calls',
  ]);
  const flow = goodWith(["s2: { ip", 's2: { description: "😀\té", ipp']);
  assert.match(mistakesIn(flow)[0], diagnostic("4:31", '"ipp"', "unknown"));
});

Deno.test("a keyword of JavaScript's objects is a name like any other", () => {
  const text = goodWith(["  math:", "  __proto__:"], ["      add:", "      constructor:"]);
  const { services } = parse(text);
  assert.deepEqual([...services.get("__proto__")!.rpcs.keys()], ["constructor"]);
  const unknown = goodWith(["    tenants", "    toString: 1\n    tenants"]);
  assert.match(mistakesIn(unknown)[0], diagnostic("11:5", '"toString"', "unknown"));
});
