/** Bounds of a configuration, and of parsing it. */
import assert from "node:assert/strict";
import { configurationBounds } from "../../lib/config/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { good, goodWith, mistakesIn } from "./helpers.ts";
import { threadMs } from "../_support/processor_time.ts";
import { mentions } from "../_support/mentions.ts";

Deno.test("the bounds of a manifest apply to its source file", () => {
  assert.equal(configurationBounds.servicesMax, limits.servicesMax);
  assert.equal(configurationBounds.overloadsPerServiceMax, limits.overloadsPerServiceMax);
  assert.equal(configurationBounds.clientsMax, limits.clientsMax);
  assert.equal(configurationBounds.nameLengthMax, limits.nameLengthMax);
});

Deno.test("too many services are reported", () => {
  const text = good +
    "  text: { providers: s1, tenants: [], rpcs: { f: { args: [], src: f.ts } } }\n";
  assert.deepEqual(mistakesIn(text, { servicesMax: 2 }), []);
  assert.deepEqual(mistakesIn(text, { servicesMax: 1 }), [
    "8:1 2 services, at most 1 are allowed",
  ]);
});

Deno.test("too many clients are reported", () => {
  assert.deepEqual(mistakesIn(good, { clientsMax: 2 }), []);
  assert.deepEqual(mistakesIn(good, { clientsMax: 1 }), ["5:3 2 clients, at most 1 are allowed"]);
});

Deno.test("too many overloads of one service are reported", () => {
  assert.deepEqual(mistakesIn(good, { overloadsPerServiceMax: 2 }), []);
  assert.deepEqual(mistakesIn(good, { overloadsPerServiceMax: 1 }), [
    '12:5 service "math" has 2 overloads, at most 1 are allowed (split it into several services)',
  ]);
});

Deno.test("a text that is too large is refused before it is parsed", () => {
  assert.deepEqual(mistakesIn(good, { fileBytesMax: 100 }), ["1:1 larger than 100 bytes"]);
});

Deno.test("endless nesting is refused, and does not overflow the stack", () => {
  for (const opening of ["[", "{a: ", "- ", "? "]) {
    const [mistake, ...others] = mistakesIn(opening.repeat(20_000));
    assert.match(mistake, /\b64 levels\b|expected/, opening);
    assert.deepEqual(others, []);
  }
  // At the first place that is too deep: the rest is not read.
  assert.match(mistakesIn("[".repeat(20_000))[0], /^1:6\d /);
  const blocks = Array.from({ length: 1000 }, (_, depth) => " ".repeat(depth) + "a:\n").join("");
  assert.match(mistakesIn(blocks)[0], /\b64 levels\b/);
});

Deno.test("aliases that multiply (billion laughs) are refused quickly", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 30; level++) {
    lines.push(`a${level}: &a${level} [${Array(10).fill(`*a${level - 1}`).join(", ")}]`);
  }
  const start = threadMs();
  const mistakes = mistakesIn(lines.join("\n"));
  assert.ok(threadMs() - start < 1000);
  assert.match(
    mistakes.join("\n"),
    /\baliases\b/,
  );
});

Deno.test("merge keys that multiply are refused quickly", () => {
  const lines = ["a0: &a0 { x: 1 }"];
  for (let level = 1; level < 30; level++) {
    const merges = Array.from({ length: 10 }, (_, key) => `k${key}: { <<: *a${level - 1} }`);
    lines.push(`a${level}: &a${level} { ${merges.join(", ")} }`);
  }
  assert.match(mistakesIn(lines.join("\n")).join("\n"), mentions("aliases"));
});

Deno.test("of very many mistakes, the first are shown and the rest counted", () => {
  const text = goodWith(["[s1, s2]", `[${Array.from({ length: 50 }, (_, at) => `x${at}`)}]`]);
  assert.equal(mistakesIn(text).length, 50);
  assert.equal(mistakesIn(text, { mistakesMax: 10 }).length, 10);
});

Deno.test("a message quotes no more of a long name than it needs, and keeps its remedy", () => {
  const name = "x".repeat(20_000);
  const texts = [
    `network: { servers: { ${name}: 1, s1: { ip: "${name}", port: "${name}" } }, ${name}: {} }`,
    `network: { clients: { c1: { ip: "${name}", key: "${name}", ${name}: 1 } } }\n${name}: 1`,
    `a: *${name}`,
    `a: &${name} [*${name}]`,
    `a: !${name} 1`,
    `{ "${name}": 1, "${name}": 2 }`,
    `services: { m: { limits: { memory: ${"9".repeat(20_000)}, ${name}: 1 } } }`,
    `services: { m: { providers: ${name}, tenants: [${name}], rpcs: { ${name}: "${name}" } } }`,
    `services: { m: { rpcs: { f: { args: ["Dict[str, ${name}]"], returns: ${name}, src: "${name}" } } } }`,
  ];
  for (const text of texts) {
    const mistakes = mistakesIn(text, { mistakesMax: 100 });
    assert.notEqual(mistakes.length, 0, text.slice(0, 80));
    for (const mistake of mistakes) {
      assert.ok(mistake.length < 3000, `${mistake.length} ${mistake.slice(0, 80)}`);
    }
  }
  assert.match(mistakesIn(texts[0], { mistakesMax: 100 }).join("\n"), /ip: 127\.0\.0\.1, port/);
});
