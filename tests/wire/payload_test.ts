import assert from "node:assert/strict";
import { InvalidArguments, MalformedMessage, MessageTooLarge } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { segmentTextLengthMin } from "../../lib/types/_scalar_codecs.ts";
import { encodePayload } from "../../lib/types/payload.ts";
import { compileSignature } from "../../lib/types/signature.ts";
import { formatTypeExpression } from "../../lib/types/type_expression.ts";
import {
  payloadOf,
  type Random,
  randomType,
  randomValue,
  spell,
  thrownBy,
  utf8,
  withSeeds,
} from "./_values.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const longText = "é".repeat(segmentTextLengthMin);

/** Arguments and their payloads, both ways. */
const literals: [types: string[], values: unknown[], json: string, segments?: Uint8Array[]][] = [
  [[], [], "[]"],
  [["int", "int"], [2, 3], "[2,3]"],
  [["int"], [2n ** 64n], "[18446744073709551616]"],
  [["int"], [-(2n ** 53n)], "[-9007199254740992]"],
  [["float", "float"], [-0, NaN], '[-0,"NaN"]'],
  [["str"], ["hé"], '["hé"]'],
  [["str"], ["a".repeat(100)], `["${"a".repeat(100)}"]`],
  [["str"], [longText], "[0]", [utf8(longText)]],
  [["bytes"], [bytes()], "[0]", [bytes()]],
  [["bytes", "bytes"], [bytes(1, 2), bytes(3)], "[0,1]", [bytes(1, 2), bytes(3)]],
  [["List[bytes]", "bool"], [[bytes(9)], true], "[[0],true]", [bytes(9)]],
  [["Dict[str, bytes]"], [{ a: bytes(1), b: bytes(2) }], '[{"a":0,"b":1}]', [bytes(1), bytes(2)]],
  [["Optional[bytes]", "None"], [null, null], "[null,null]"],
  [["int", "bytes"], [2n ** 60n, bytes(5)], "[1152921504606846976,0]", [bytes(5)]],
];

Deno.test("every type has its encoding in a payload, both ways", () => {
  for (const [args, values, json, segments] of literals) {
    const signature = compileSignature({ args, returns: args });
    const payload = payloadOf(json, segments);
    assert.deepEqual(signature.encodeArguments(values), payload, json);
    assert.deepEqual(signature.decodeArguments(payload), values, json);
    const result = args.length === 0 ? undefined : args.length === 1 ? values[0] : values;
    assert.deepEqual(signature.encodeResult(result), payload);
    assert.deepEqual(signature.decodeResult(payload), result);
  }
});

Deno.test("other languages may write keys, segments and long texts in their own order", () => {
  const signature = compileSignature({ args: ["Dict[str, bytes]", "str"], returns: [] });
  const payload = payloadOf('[{"b":1,"1":0},2]', [bytes(10), bytes(20), utf8("kurz")]);
  assert.deepEqual(signature.decodeArguments(payload), [{ b: bytes(20), 1: bytes(10) }, "kurz"]);
  const inline = payloadOf(`[ {} , ${JSON.stringify(longText)} ]`);
  assert.deepEqual(signature.decodeArguments(inline), [{}, longText]);
});

const hostile: [what: string, types: string[], payload: Uint8Array][] = [
  ["nothing", ["int"], bytes()],
  ["half a length", ["int"], bytes(0, 0, 0)],
  ["a length beyond the end", ["int"], bytes(0, 0, 0, 9, 0x5b, 0x5d)],
  ["a length of 4 GiB", ["int"], bytes(255, 255, 255, 255, 0x5b, 0x5d)],
  ["no JSON", ["int"], payloadOf("")],
  ["broken JSON", ["int"], payloadOf("[1")],
  ["an object", ["int"], payloadOf('{"0":1,"length":1}')],
  ["a byte order mark inside", ["int"], payloadOf("[\ufeff1]")],
  ["bytes that are not UTF-8", ["str"], payloadOf(bytes(0x5b, 0x22, 0xff, 0x22, 0x5d))],
  ["cut UTF-8", ["str"], payloadOf(bytes(0x5b, 0x22, 0xc3, 0x22, 0x5d))],
  ["leftover bytes where no type needs any", ["int"], payloadOf("[1]", [bytes()])],
  ["a leftover byte", ["bytes"], bytes(...payloadOf("[0]", [bytes(1)]), 0)],
  ["a leftover segment", ["bytes"], payloadOf("[0]", [bytes(1), bytes(2)])],
  ["a leftover segment and an inline text", ["str"], payloadOf('["a"]', [bytes(1)])],
  ["no segment", ["bytes"], payloadOf("[0]")],
  ["a segment that is not there", ["bytes"], payloadOf("[1]", [bytes(1)])],
  ["a negative segment", ["bytes"], payloadOf("[-1]", [bytes(1)])],
  ["half a segment", ["bytes"], payloadOf("[0.5]", [bytes(1)])],
  ["a segment for two values", ["bytes", "bytes"], payloadOf("[0,0]", [bytes(1), bytes(2)])],
  ["a segment beyond the end", ["bytes"], payloadOf("[0]", [bytes(1, 2, 3)]).slice(0, -1)],
  ["a segment of 4 GiB", ["bytes"], bytes(...payloadOf("[0]"), 255, 255, 255, 255)],
  ["a text segment that is not UTF-8", ["str"], payloadOf("[0]", [bytes(0xc0, 0x80)])],
  ["a surrogate in UTF-8", ["str"], payloadOf("[0]", [bytes(0xed, 0xa0, 0x80)])],
  ["an integer of 10 000 digits", ["int"], payloadOf(`[${"9".repeat(10_000)}]`)],
  [
    "nesting that would take a gigabyte",
    ["int"],
    payloadOf(utf8("[".repeat(200_000) + "]".repeat(200_000))),
  ],
];

Deno.test("a malformed payload is refused, whatever the fault, and nothing hangs", () => {
  for (const [what, args, payload] of hostile) {
    const signature = compileSignature({ args, returns: args });
    assert.ok(thrownBy(() => signature.decodeArguments(payload)) instanceof MalformedMessage, what);
    assert.ok(thrownBy(() => signature.decodeResult(payload)) instanceof MalformedMessage, what);
  }
});

Deno.test("a payload truncated anywhere is never taken for a whole one", () => {
  const signature = compileSignature({ args: ["bytes", "str"], returns: [] });
  const payload = payloadOf('[0,"a"]', [bytes(1, 2, 3)]);
  for (let end = 0; end < payload.length; end++) {
    assert.throws(() => signature.decodeArguments(payload.subarray(0, end)));
  }
});

Deno.test("values of a wrong type in a well-formed payload are reported by argument", () => {
  const signature = compileSignature({ args: ["int", "List[bytes]"], returns: ["int"] });
  const refused: [json: string, message: string][] = [
    ["[1]", "expected 2 arguments, got 1"],
    ['[1,["AA=="]]', 'argument 2, item 1: expected bytes, got "AA=="'],
    ['["2",[]]', 'argument 1: expected int, got "2"'],
    [
      "[1e20,[]]",
      "argument 1: expected int, got 100000000000000000000 (write all digits of an integer)",
    ],
  ];
  for (const [json, message] of refused) {
    const thrown = thrownBy(() => signature.decodeArguments(payloadOf(json)));
    assert.ok(thrown instanceof InvalidArguments, json);
    assert.equal(thrown.message, message);
  }
  const thrown = thrownBy(() => signature.decodeResult(payloadOf('["x"]')));
  assert.ok(thrown instanceof MalformedMessage);
  assert.equal(thrown.message, 'return value 1: expected int, got "x"');
});

Deno.test("no payload or value changes when later ones are made", () => {
  const signature = compileSignature({ args: ["str", "bytes"], returns: [] });
  const payloads: Uint8Array[] = [];
  for (let index = 0; index < 3000; index++) {
    payloads.push(signature.encodeArguments([`${index}é`.repeat(index % 50), bytes(index % 256)]));
  }
  for (const [index, payload] of payloads.entries()) {
    const [text, data] = signature.decodeArguments(payload);
    assert.equal(text, `${index}é`.repeat(index % 50));
    assert.deepEqual(data, bytes(index % 256));
    // A view would expose other calls' bytes through its buffer.
    assert.equal((data as Uint8Array).buffer.byteLength, 1);
    payload.fill(0);
    assert.deepEqual(data, bytes(index % 256));
  }
});

Deno.test("a value too large for any message is refused before it is encoded", () => {
  const signature = compileSignature({ args: ["List[List[List[List[int]]]]"], returns: [] });
  const wide = (item: unknown) => new Array(10_000).fill(item);
  const bomb = wide(wide(wide(wide(1))));
  const refused: [string, unknown][] = [
    ["List[List[List[List[int]]]]", bomb],
    ["List[Optional[int]]", new Array(2 ** 32 - 1)],
    ["List[bytes]", wide(new Uint8Array(1 << 20))],
    ["List[str]", wide("x".repeat(1 << 20))],
    ["bytes", new Uint8Array(limits.messageBytesMax)],
    ["str", "é".repeat(limits.messageBytesMax / 2)],
    ["Dict[str, str]", { ["é".repeat(limits.messageBytesMax / 2)]: "" }],
  ];
  for (const [type, value] of refused) {
    const { encodeArguments } = compileSignature({ args: [type], returns: [] });
    assert.ok(thrownBy(() => encodeArguments([value])) instanceof MessageTooLarge, type);
  }
  assert.equal(signature.acceptsArguments([bomb]), false);
});

Deno.test("large values arrive whole, whatever their characters", () => {
  const signature = compileSignature({ args: ["List[str]", "bytes"], returns: [] });
  for (const text of ["a", "é", "😀", "\ufeff", "\ufffd"]) {
    for (const length of [1, 15, 16, 32, 33, 1000, 2047, 2048, 4095, 4096, 4097, 30_000]) {
      const values = [[text.repeat(length), text], new Uint8Array(length).fill(7)];
      assert.deepEqual(signature.decodeArguments(signature.encodeArguments(values)), values);
    }
  }
});

Deno.test("texts with more bytes than characters push nothing after them out of a payload", () => {
  const signature = compileSignature({ args: ["str", "bytes", "str", "List[str]"], returns: [] });
  for (const character of ["a", "é", "€", "😀"]) {
    for (const other of ["b", "ü", "漢"]) {
      for (const length of [4097, 20_000, 70_001]) {
        const values = [
          "b".repeat(length) + character,
          new Uint8Array(length).fill(9),
          character.repeat(length) + other.repeat(length),
          [other.repeat(length), character, other.repeat(5000), character.repeat(3)],
        ];
        assert.deepEqual(signature.decodeArguments(signature.encodeArguments(values)), values);
      }
    }
  }
});

Deno.test("a message holds as many bytes of text as of bytes, whatever the characters", () => {
  const signature = compileSignature({ args: ["str", "bytes"], returns: [] });
  const overheadBytes = 4 + "[0,1]".length + 4 + 4;
  for (const [character, characterBytes] of [["a", 1], ["é", 2], ["€", 3], ["😀", 4]] as const) {
    const room = limits.messageBytesMax - overheadBytes;
    const count = Math.floor(room / characterBytes) - 5;
    const text = character.repeat(count);
    const rest = room - count * characterBytes;
    const payload = signature.encodeArguments([text, new Uint8Array(rest)]);
    assert.equal(payload.length, limits.messageBytesMax);
    assert.equal(signature.decodeArguments(payload)[0], text);
    assert.ok(
      thrownBy(() => signature.encodeArguments([text, new Uint8Array(rest + 1)])) instanceof
        MessageTooLarge,
    );
  }
});

Deno.test("bytes that lie about their length, or change it, give no one else's memory away", () => {
  const { encodeArguments, decodeArguments } = compileSignature({
    args: ["bytes", "Optional[Dict[str, int]]"],
    returns: [],
  });
  const liar = bytes(1, 2, 3);
  Object.defineProperty(liar, "byteLength", { value: 1000 });
  Object.defineProperty(liar, "length", { value: 1000 });
  assert.deepEqual(decodeArguments(encodeArguments([liar, null]))[0] as Uint8Array, bytes(1, 2, 3));
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  for (const size of [4, 16]) {
    buffer.resize(8);
    const sly = {
      get a(): number {
        buffer.resize(size);
        return 1;
      },
    };
    const payload = encodeArguments([new Uint8Array(buffer), sly]);
    assert.equal((decodeArguments(payload)[0] as Uint8Array).length, size);
  }
  assert.throws(
    () => encodeArguments([new Proxy(bytes(1), {}), null]),
    { message: "argument 1: expected bytes, got an object of class Uint8Array" },
  );
  assert.throws(() => encodePayload("[0]", [new Proxy(bytes(1), {})]), TypeError);
});

Deno.test("random arguments survive a payload", () => {
  withSeeds([21, 22, 23, 24], (random: Random) => {
    for (let round = 0; round < 150; round++) {
      const types = Array.from({ length: random.below(4) }, () => randomType(random, 4));
      const signature = compileSignature({ args: types.map(formatTypeExpression), returns: [] });
      const values = types.map((type) => randomValue(random, type));
      const payload = signature.encodeArguments(values);
      assert.equal(spell(signature.decodeArguments(payload)), spell(values), signature.key);
      assert.ok(signature.acceptsArguments(values));
    }
  });
});

Deno.test("randomly mutated payloads give an exception or values, never anything else", () => {
  withSeeds([31, 32, 33], (random: Random) => {
    for (let round = 0; round < 300; round++) {
      const types = [randomType(random, 3), randomType(random, 3)];
      const signature = compileSignature({ args: types.map(formatTypeExpression), returns: [] });
      const values = types.map((type) => randomValue(random, type));
      const payload = signature.encodeArguments(values).slice();
      for (let hit = 0; hit <= random.below(4); hit++) {
        payload[random.below(payload.length)] = random.below(256);
      }
      try {
        signature.decodeArguments(payload);
      } catch (thrown) {
        const isExpected = thrown instanceof MalformedMessage || thrown instanceof InvalidArguments;
        assert.ok(isExpected, String(thrown));
      }
    }
  });
});
