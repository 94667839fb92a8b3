/** Keys that are one level too high or too low: each is reported at its position. */
import assert from "node:assert/strict";
import { good, goodWith, mistakesIn } from "../helpers.ts";
import { diagnostic } from "../../_support/mentions.ts";

const overload = "{ args: [int, int], returns: [int]";
const example = "examples: [{ args: [2, 3], returns: [5]";

/** The good file with an additional line on some level. */
const levels: Readonly<Record<string, (line: string) => string>> = {
  "the file": (line) => `${line}\n${good}`,
  "network": (line) => goodWith(["  servers:", `  ${line}\n  servers:`]),
  "a server": (line) => goodWith(["port: 8282", `port: 8282, ${line}`]),
  "its tls": (line) => goodWith(["port: 8282", `port: 8282, tls: { ca: ca.crt, ${line} }`]),
  "a client": (line) => goodWith(["c2: { ip", `c2: { ${line}, ip`]),
  "a service": (line) => goodWith(["    rpcs:", `    ${line}\n    rpcs:`]),
  "its limits": (line) => goodWith(["    rpcs:", `    limits: { ${line} }\n    rpcs:`]),
  "its permissions": (line) => goodWith(["    rpcs:", `    permissions: { ${line} }\n    rpcs:`]),
  "an rpc": (line) => `${good}      f: { ${line}, overloads: [${overload}, src: f.ts }] }\n`,
  "an overload": (line) => goodWith([overload, `${overload}, ${line}`]),
  "an example": (line) => goodWith([overload, `${overload}, ${example}, ${line} }]`]),
};

/** The keys of a level. */
function keysOf(at: (line: string) => string): readonly string[] {
  return /expected .*? of ([^()]+)/.exec(mistakesIn(at("colour: x")).join("\n"))![1].trim()
    .split(", ");
}

Deno.test("a misplaced key is reported with its right level or the intended key, on every level", () => {
  const keys = new Set(Object.values(levels).flatMap(keysOf));
  // Allowed almost everywhere.
  keys.delete("description");
  assert.ok(keys.size > 40, `${keys.size} keys`);
  for (const [level, at] of Object.entries(levels)) {
    const own = keysOf(at);
    for (const key of keys) {
      // "rpc" and "rpcs" are one key, and "overloads" turns an overload into an rpc.
      if (own.includes(key) || key.startsWith("rpc") && /\brpc/.test(`${own}`)) continue;
      if (level === "an overload" && key === "overloads") continue;
      const mistakes = mistakesIn(at(`${key}: x`)).join("\n");
      const hint = `\\(("${key}" belongs .*|.*"\\w+"\\?)\\)`;
      assert.match(mistakes, new RegExp(`"${key}", .* ${hint}`), `${key} in ${level}`);
    }
  }
});

Deno.test("a key on the wrong level is one mistake, and the right level is named", () => {
  const cases: [level: string, line: string, mistake: RegExp][] = [
    ["a service", "timeout: 5s", diagnostic("12:5", '"timeout"', "limits")],
    ["a service", "Timeout: 5s", diagnostic("12:5", '"timeout"', "limits")],
    ["a service", "net: [a.b]", diagnostic("12:5", '"net"', "permissions")],
    ["a service", "args: [int]", diagnostic("12:5", '"args"', "overload")],
    ["a service", "clients: [c1]", diagnostic("12:5", '"tenants"')],
    ["an overload", "timeout: 5s", diagnostic("14:47", '"timeout"', "limits")],
    ["an overload", "instances: 2", diagnostic("14:47", '"instances"', "service")],
    ["an overload", "tenants: [c1]", diagnostic("14:47", '"allow"')],
    ["the file", "servers: {}", diagnostic("1:1", '"servers"', "network")],
    ["a server", "key: x", diagnostic("4:38", '"key"', "NATS")],
  ];
  for (const [level, line, expected] of cases) {
    const mistakes = mistakesIn(levels[level](line));
    assert.match(mistakes[0], expected);
    assert.equal(mistakes.length, 1, mistakes.join("; "));
  }
});

Deno.test("a misplaced key is reported with its position, and not taken for a name", () => {
  const inServices = (line: string): string => goodWith(["  math:", `  ${line}\n  math:`]);
  const inRpcs = (line: string): string => goodWith(["      add:", `      ${line}\n      add:`]);
  const inClients = (line: string): string => goodWith(["    c1:", `    ${line}\n    c1:`]);
  assert.deepEqual(mistakesIn(inServices("providers: [s1]")), [
    '9:3 expected a service, got the key "providers" of something else ("providers" belongs among the keys of a service)',
  ]);
  assert.deepEqual(mistakesIn(inRpcs("timeout: 5s")), [
    '13:7 expected an rpc, got the key "timeout" of something else ("timeout" belongs in the limits of a service)',
  ]);
  assert.deepEqual(mistakesIn(inClients("rate: 10/s")), [
    '6:5 expected a client, got the key "rate" of something else ("rate" belongs in a client)',
  ]);
  assert.deepEqual(mistakesIn(inRpcs("limits: { timeout: 5s }")), [
    '13:7 expected an rpc, got the key "limits" of something else ("limits" belongs among the keys of a service)',
  ]);
  // They are valid names, too.
  assert.deepEqual(mistakesIn(inRpcs("timeout: [{ args: [], src: timeout.ts }]")), []);
  assert.deepEqual(mistakesIn(goodWith(["  math:", "  limits:"])), []);
});
