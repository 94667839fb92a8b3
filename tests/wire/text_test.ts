import assert from "node:assert/strict";
import { MalformedMessage, MessageTooLarge } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import {
  formatTextException,
  formatTextRequest,
  JsonObjectScanner,
  parseTextRequest,
  parseTextResponse,
  stringsIn,
  type TextRequest,
  textResultFrame,
} from "../../lib/protocol/json/text.ts";
import { type ScriptId, scriptPin } from "../../lib/identity/script_id.ts";
import { type Random, thrownBy, utf8, withSeeds } from "./_values.ts";
import { threadMs } from "../_support/processor_time.ts";
import { mentions } from "../_support/mentions.ts";

const request =
  '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add","arguments":["2","3"],' +
  '"argument-types":["int","int"],"return-types":["int"]}}';
const id = "ab".repeat(32) as ScriptId;
const parsed: TextRequest = {
  client: "c1",
  service: "math",
  rpc: "add",
  arguments: ["2", "3"],
  argumentTypes: ["int", "int"],
  returnTypes: ["int"],
  script: undefined,
};

function resultText(valuesJson: string): string {
  const { before, after } = textResultFrame(id);
  return before + valuesJson + after;
}

Deno.test("the original protocol's messages are read and written verbatim", () => {
  assert.deepEqual(parseTextRequest(utf8(request)), parsed);
  assert.equal(formatTextRequest(parsed), request);
  assert.equal(
    resultText('["5"]'),
    `{"header":"RPC-RES","value":{"return-values":["5"],"script":"${id}"}}\n`,
  );
  assert.equal(
    formatTextException("RPC Not Found", ""),
    '{"header":"RPC-EX","value":{"exception-type":"RPC Not Found","exception-message":""}}\n',
  );
  assert.deepEqual(parseTextResponse(utf8(resultText(`["5",${2n ** 60n}]`))), {
    kind: "result",
    returnValues: ["5", 2n ** 60n],
    script: id,
  });
  assert.deepEqual(parseTextResponse(utf8(formatTextException("Cancelled", "a\nb", id))), {
    kind: "exception",
    exceptionType: "Cancelled",
    exceptionMessage: "a\nb",
    isUnread: false,
    script: id,
  });
});

Deno.test("a short request in another dialect is understood as well", () => {
  const short = '{"type":"RPC-REQ","id":7,"value":{"client":null,"service":"math","rpc":"add",' +
    '"arguments":[2,12345678901234567890],"x":1}}';
  assert.deepEqual(parseTextRequest(utf8(short)), {
    client: undefined,
    service: "math",
    rpc: "add",
    arguments: [2, 12345678901234567890n],
    argumentTypes: undefined,
    returnTypes: undefined,
    script: undefined,
  });
  const pinned = { ...parsed, script: scriptPin("0123abcd") };
  assert.deepEqual(parseTextRequest(utf8(formatTextRequest(pinned))), pinned);
  const written = { service: "s", rpc: "r", arguments: [2n ** 60n, -0, "é"] };
  assert.equal(
    formatTextRequest(written),
    '{"header":"RPC-REQ","value":{"service":"s","rpc":"r","arguments":[1152921504606846976,-0,"é"]}}',
  );
});

Deno.test("answers are in strings exactly when all arguments were", () => {
  assert.ok(stringsIn([]));
  assert.ok(stringsIn(["1", ""]));
  assert.ok(!stringsIn(["1", 2]));
  assert.ok(!stringsIn([null]));
});

const wrongRequests: [text: string, message: RegExp][] = [
  ["{}", mentions('"value"', "missing")],
  ['{"value":{}}', mentions('"header"', '"RPC-REQ"', "missing")],
  ['{"header":"RPC-RES","value":{}}', mentions('"header"', '"RPC-REQ"', '"RPC-RES"')],
  ['{"header":"RPC-REQ","value":[]}', mentions('"value"', "object", "list")],
  [
    '{"header":"RPC-REQ","value":{"rpc":"a","arguments":[]}}',
    mentions('"service"', "missing"),
  ],
  [
    '{"header":"RPC-REQ","value":{"service":"a","rpc":1,"arguments":[]}}',
    mentions('"rpc"', "string", "got 1"),
  ],
  [
    '{"header":"RPC-REQ","value":{"service":"a","rpc":"b"}}',
    mentions('"arguments"', "missing"),
  ],
  [
    '{"header":"RPC-REQ","value":{"service":"a","rpc":"b","arguments":"2"}}',
    mentions('"arguments"', '"2"'),
  ],
  [
    '{"header":"RPC-REQ","value":{"client":1,"service":"a","rpc":"b","arguments":[]}}',
    mentions('"client"', "string", "got 1"),
  ],
  [
    '{"header":"RPC-REQ","value":{"service":"a","rpc":"b","arguments":[],"argument-types":["int",5]}}',
    mentions("item 2", '"argument-types"', "string", "got 5"),
  ],
  [
    '{"header":"RPC-REQ","value":{"service":"a","rpc":"b","arguments":[],"script":"0123ABCD"}}',
    mentions('"script"', "64", '"0123ABCD"'),
  ],
  [
    '{"header":"RPC-REQ","value":{"__proto__":{"service":"a","rpc":"b","arguments":[]}}}',
    mentions('"service"', "missing"),
  ],
  ["{]", /\bJSON\b/],
  [`{"a":${"[".repeat(200)}`, /\bJSON\b.*\bdeeper\b/],
  ["{'a':1}", /\bJSON\b/],
  [`{"a":${"9".repeat(10_000)}}`, mentions("integer", "10000 digits")],
];

Deno.test("a wrong request is answered with the field and a valid example", () => {
  for (const [text, message] of wrongRequests) {
    const thrown = thrownBy(() => parseTextRequest(utf8(text)));
    assert.ok(thrown instanceof MalformedMessage, text);
    assert.match(thrown.message, message);
    assert.ok(thrown.message.endsWith(`; a request is, for example, ${request}`), thrown.message);
  }
  const notUtf8 = utf8(request.replace("c1", "c?"));
  notUtf8[notUtf8.indexOf(0x3f)] = 0xff;
  assert.match(thrownBy(() => parseTextRequest(notUtf8)).message, /not UTF-8/);
});

Deno.test("a malformed response is refused", () => {
  for (
    const text of [
      "[]",
      '{"header":"RPC-REQ","value":{}}',
      '{"header":"RPC-RES","value":{}}',
      '{"header":"RPC-EX","value":{"exception-type":"a"}}',
    ]
  ) {
    assert.ok(thrownBy(() => parseTextResponse(utf8(text))) instanceof MalformedMessage, text);
  }
});

/** The object and the rest that a scanner finds when a text is split into chunks of a size. */
function scan(text: string, chunkBytes: number): [object: string | undefined, rest: string] {
  const scanner = new JsonObjectScanner();
  const bytes = utf8(text);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const found = scanner.push(bytes.subarray(start, start + chunkBytes));
    if (found === undefined) continue;
    const left = bytes.subarray(start + chunkBytes);
    const decoder = new TextDecoder();
    return [decoder.decode(found), decoder.decode(scanner.rest) + decoder.decode(left)];
  }
  return [undefined, ""];
}

Deno.test("a request is complete when its braces close, however it is split into packets", () => {
  const tricky = '{"a}":"\\"}{\\\\","b":[{"é😀]":"}"},[]],"c":{}}';
  for (const text of [request, tricky, "{}", '{"a":"\\\\"}']) {
    for (const chunkBytes of [1, 2, 3, 7, 1000]) {
      assert.deepEqual(scan(` \t\r\n${text}\n{"next"`, chunkBytes), [text, '\n{"next"']);
      assert.deepEqual(scan(text, chunkBytes), [text, ""]);
      assert.deepEqual(scan(text.slice(0, -1), chunkBytes)[0], undefined);
    }
  }
});

Deno.test("random requests are found whole, split anywhere", () => {
  withSeeds([41, 42, 43], (random: Random) => {
    for (let round = 0; round < 200; round++) {
      const value = Array.from(
        { length: random.below(5) },
        () => random.pick<unknown>(['"', "\\", '\\"}', "}{", "😀", { "}": ["]"] }, [[]], 1]),
      );
      const text = JSON.stringify({ value });
      assert.deepEqual(scan(text + "}", 1 + random.below(text.length)), [text, "}"]);
    }
  });
});

Deno.test("anything but an object is refused at its first byte", () => {
  for (
    const [text, shown] of [["[1]", '"\\["'], ["GET / HTTP/1.1", '"G"'], ["  \x16", "0x16"], [
      "}",
      '"}"',
    ]]
  ) {
    const thrown = thrownBy(() => scan(text, 1));
    assert.ok(thrown instanceof MalformedMessage);
    assert.match(thrown.message, new RegExp(shown));
  }
});

Deno.test("a request cannot nest so deep, or be so large, that the node suffers", () => {
  const depth = limits.jsonDepthMax - 1;
  assert.notEqual(scan(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`, 64)[0], undefined);
  assert.ok(thrownBy(() => scan(`{"a":${"[".repeat(depth + 1)}`, 64)) instanceof MalformedMessage);

  const chunk = new Uint8Array(64 * 1024).fill(0x61);
  for (const first of ['{"a":"', "  "]) {
    const scanner = new JsonObjectScanner();
    scanner.push(utf8(first));
    if (first === "  ") chunk.fill(0x20);
    let pushed = first.length;
    const thrown = thrownBy(() => {
      for (;;) {
        scanner.push(chunk);
        pushed += chunk.length;
      }
    });
    assert.ok(thrown instanceof MessageTooLarge);
    assert.ok(pushed <= limits.messageBytesMax);
  }
  const whole = utf8(`{"a":"${"x".repeat(limits.messageBytesMax - 8)}"}`);
  assert.equal(new JsonObjectScanner().push(whole)?.length, limits.messageBytesMax);
  assert.throws(
    () => new JsonObjectScanner().push(utf8(" " + new TextDecoder().decode(whole))),
    MessageTooLarge,
  );
});

Deno.test("a long string ends at its quote, and holds no control character, wherever they stand", () => {
  for (let before = 0; before < 80; before++) {
    for (const special of ["", '\\"', "\\\\", "é", "😀", "\x7f", '\\"\\"', "!#[]"]) {
      const text = `{"a":"${"x".repeat(before)}${special}${"y".repeat(80 - before)}"}`;
      for (const chunkBytes of [1000, 40]) {
        assert.deepEqual(scan(`${text}{`, chunkBytes), [text, "{"]);
      }
    }
    for (const control of ["\n", "\0", "\x1f"]) {
      const broken = `{"a":"${"x".repeat(before)}${control}${"y".repeat(80 - before)}"}`;
      for (const chunkBytes of [1000, 40]) {
        assert.throws(() => scan(broken, chunkBytes), MalformedMessage);
      }
    }
  }
});

Deno.test("a large request that drips in byte by byte takes linear time", () => {
  const scanner = new JsonObjectScanner();
  scanner.push(utf8('{"a":"'));
  const byte = utf8("x");
  const startMs = threadMs();
  for (let count = 0; count < 1_000_000; count++) scanner.push(byte);
  assert.equal(scanner.push(utf8('"} '))?.length, 1_000_008);
  assert.ok(threadMs() - startMs < 5000);
  assert.throws(() => scanner.push(byte), TypeError);
});
