import assert from "node:assert/strict";
import { goodWith, mistakesIn, parse } from "./helpers.ts";

const limited = (rate: string): string =>
  goodWith(["c2: { ip: 127.0.0.1 }", `c2: { ip: 127.0.0.1, ${rate} }`]);

Deno.test("a client's rate and burst reach the model in base units", () => {
  const rates: [text: string, expected: unknown][] = [
    ["rate: 100/s", { calls: 100, periodMs: 1000, burst: 100 }],
    ["rate: 30/m, burst: 5", { calls: 30, periodMs: 60_000, burst: 5 }],
    ["rate: '1 / h'", { calls: 1, periodMs: 3_600_000, burst: 1 }],
  ];
  for (const [text, expected] of rates) {
    assert.deepEqual(parse(limited(text)).clients.get("c2")!.rate, expected);
  }
  assert.equal("rate" in parse(goodWith()).clients.get("c1")!, false);
});

Deno.test("a malformed rate is reported with its position and the right form", () => {
  const form = "expected calls and their time, such as 100/s, 30/m or 5/h";
  const sample = "(write rate: 100/s, and burst: 200 to let more arrive at once)";
  const mistakes: [text: string, expected: string[]][] = [
    ["rate: 100", [
      `7:32 "rate" is the number 100, ${form} (add the period: 100/s, or /m, /h)`,
    ]],
    ["rate: fast", [`7:32 "rate" is the text "fast", ${form} ${sample}`]],
    ["rate: 0/s", [`7:32 "rate" is the text "0/s", ${form} ${sample}`]],
    ["rate:", [`7:26 "rate" is nothing, ${form} ${sample}`]],
    ["rate: [1/s]", [`7:32 "rate" is a list, ${form} ${sample}`]],
    ["rate: 1/s, burst: 0", [
      `7:44 "burst" is the number 0, expected a whole number of at least 1 ${sample}`,
    ]],
    ["burst: 5", [`7:26 "burst" needs a "rate" beside it ${sample}`]],
  ];
  for (const [text, expected] of mistakes) assert.deepEqual(mistakesIn(limited(text)), expected);
  assert.deepEqual(mistakesIn(goodWith(["port: 8282 }", "port: 8282, rate: 1/s }"])), [
    '4:38 unknown key "rate", expected one of ip, port, nats, key, tls, over, protocol, description ("rate" belongs in a client)',
  ]);
});
