/**
 * Good files, mutated at random: the result is a configuration or mistakes with positions, quickly. And two YAML
 * readers, which must agree wherever the quick one is certain.
 */
import assert from "node:assert/strict";
import { type Diagnostic, InvalidConfiguration } from "../../lib/errors/mod.ts";
import { type Configuration, formatDiagnostic } from "../../lib/config/mod.ts";
import { good, parse } from "./helpers.ts";
import { threadMs } from "../_support/processor_time.ts";

const seed = Number(Deno.env.get("FARCALL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const rounds = Number(Deno.env.get("FARCALL_FUZZ_ROUNDS") ?? 300);

/** mulberry32, a well-known 32-bit generator: small, and the same everywhere. */
function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const files = [
  good,
  `# the original spelling
network:
  servers:
  - s1: { ip: 127.0.0.1, port: "8181" }
  - s2:
      ip: node.example # a host
      port: 8282
  clients:
    - c1:
        - ip: ::1
service:
  - math:
      description: Adds, and so on; don't ask.
      provider: s1
      tenant: ['c1', "c1"]
      rpcs: [add, sub]
rpc:
  - add:
      - argument-types: [int, "List[int]"]
        return-types: Dict[str, int]
        path: ./services/math/add.ts

      - args:
        - str
        - null
        src: 'a b.ts'
  - sub: { args: [], src: sub.ts }
`,
  `network:
  servers: { s1: &m { ip: 127.0.0.1, port: 8181 }, s2: { <<: *m, port: 1 } }
  clients: {}
services: {
  text: { providers: [s1,
    s2], tenants: [], rpcs: { f: [{ args: [List[str]], src: f.ts }] } }
}
`,
];

const pieces = [
  ..."\n\t :-#,[]{}&*!|>'\"%@`?<=~\\\0\r\ufeff\u0085\u2028é😀\ud800",
  ..."aA09._$/+(",
  ...[
    "\n  ",
    "\n    ",
    ": ",
    "- ",
    " #",
    "null",
    "true",
    "0x1",
    "1e3",
    "1.5",
    "---\n",
    "...",
    "<<: ",
  ],
  ...[
    "&a ",
    "*a",
    "!!str ",
    "|\n",
    ">-\n",
    "List[int]",
    "s1",
    "rpcs:",
    "src: ",
    "__proto__",
    "''",
    "{}",
  ],
  ...["\n", " ", "  ", ":", "\n- ", "1.2.3.4", "[]", ", "],
];

function damage(text: string, random: (below: number) => number): string {
  let result = text;
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(result.length + 1);
    const length = random(4) === 0 ? random(40) : random(3);
    const [before, cut, after] = [
      result.slice(0, at),
      result.slice(at, at + length),
      result.slice(at + length),
    ];
    switch (random(5)) {
      case 0:
        result = before + after;
        break;
      case 1:
        result = before + cut + cut + after;
        break;
      case 2: {
        const lines = result.split("\n");
        const [from, to] = [random(lines.length), random(lines.length)];
        lines.splice(to, 0, " ".repeat(random(3)) + lines[from]);
        result = lines.join("\n");
        break;
      }
      default:
        result = before + pieces[random(pieces.length)] + (random(2) === 0 ? cut : "") + after;
    }
  }
  return result;
}

type Outcome = { model: Configuration } | { mistakes: readonly Diagnostic[] };

function outcomeOf(text: string): Outcome {
  try {
    return { model: parse(text) };
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    assertPlaces(error, text);
    return { mistakes: error.diagnostics };
  }
}

function assertPlaces(error: InvalidConfiguration, text: string): void {
  assert.ok(error.diagnostics.length > 0);
  const lines = text.replace(/^\ufeff/, "").split("\n");
  let last = { line: 0, column: 0 };
  for (const mistake of error.diagnostics) {
    const { line, column, message, sourceLine } = mistake;
    assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
    assert.ok(column >= 1 && column <= [...lines[line - 1]].length + 1, `${line}:${column}`);
    assert.equal(sourceLine, lines[line - 1].replace(/\r$/, ""));
    assert.ok(message.length > 0 && message.length < 1000);
    assert.ok(line > last.line || line === last.line && column >= last.column, "order");
    last = { line, column };
    formatDiagnostic(mistake);
  }
}

Deno.test(`a damaged file gives a configuration or mistakes, never a crash (seed ${seed})`, () => {
  const random = randomFrom(seed);
  for (let round = 0; round < rounds; round++) {
    const text = damage(files[random(files.length)], random);
    const start = threadMs();
    try {
      outcomeOf(text);
    } catch (error) {
      throw new Error(`FARCALL_SEED=${seed}, round ${round}: ${JSON.stringify(text)}`, {
        cause: error,
      });
    }
    assert.ok(threadMs() - start < 2000, `slow: ${JSON.stringify(text)}`);
  }
});

/** Messages about the whole file show its first line, which differs. */
function withoutFirstLine(outcome: Outcome): Outcome {
  if ("model" in outcome) return outcome;
  const mistakes = outcome.mistakes.map((mistake) =>
    mistake.line === 1 ? { ...mistake, sourceLine: "" } : mistake
  );
  return { mistakes };
}

Deno.test(`both readers of YAML mean the same by every file (seed ${seed})`, () => {
  const random = randomFrom(seed + 1);
  // The quick reader does not know directives: the library parses what follows.
  const [quickly, slowly] = ["#\n#\n", "%YAML 1.2\n---\n"];
  for (let round = 0; round < rounds; round++) {
    const text = damage(files[random(2)], random);
    // A second marker, or a directive, would mean something else after the first.
    if (/^(---|\.\.\.|%|\ufeff)/m.test(text)) continue;
    const [quick, slow] = [quickly, slowly].map((begin) =>
      withoutFirstLine(outcomeOf(begin + text))
    );
    const where = `FARCALL_SEED=${seed}, round ${round}: ${JSON.stringify(text)}`;
    assert.deepEqual(quick, slow, where);
  }
});
