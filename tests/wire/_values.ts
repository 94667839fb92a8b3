/** Helpers for the tests of values: seeded random numbers, hand-made payloads, thrown errors. */
import assert from "node:assert/strict";
import { MalformedMessage } from "../../lib/errors/mod.ts";
import type { TypeExpression } from "../../lib/types/type_expression.ts";

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A hand-made payload, as specified in docs/protocol.md. */
export function payloadOf(json: string | Uint8Array, segments: Uint8Array[] = []): Uint8Array {
  const first = typeof json === "string" ? utf8(json) : json;
  const parts = [first, ...segments];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    new DataView(bytes.buffer).setUint32(offset, part.length);
    bytes.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return bytes;
}

/**
 * A text that is equal for equal values. (Deno 2.4's `assert.deepEqual` mistakes an own property called `constructor`
 * for the class.)
 */
export function spell(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  if (value instanceof Uint8Array) return `bytes(${value})`;
  if (Array.isArray(value)) return `[${value.map(spell)}]`;
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  return `{${Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${spell(part)}`)}}`;
}

/** The error that a function throws; fails if it throws nothing. */
export function thrownBy(run: () => unknown): Error {
  let returned: unknown;
  try {
    returned = run();
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error(`expected a throw, got ${String(returned)}`);
}

/** Fails unless it refuses a malformed message, with a short text. @param what For the message. */
export function assertMalformed(decode: () => unknown, what: string): void {
  const thrown = thrownBy(decode);
  assert.ok(thrown instanceof MalformedMessage, `${what}: ${thrown}`);
  assert.ok(thrown.message.length < 300, what);
}

/** Random numbers, reproducible by seed (mulberry32, by Tommy Ettinger). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer, at least 0 and less than `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** One of several. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }
}

/** Runs a randomised test with several seeds; a failure names the seed. */
export function withSeeds(seeds: readonly number[], run: (random: Random) => void): void {
  for (const seed of seeds) {
    try {
      run(new Random(seed));
    } catch (cause) {
      throw new Error(`failed with seed ${seed}: ${String(cause)}`, { cause });
    }
  }
}

const scalars = ["int", "int53", "float", "str", "bool", "bytes", "None"] as const;

/** A random type, nested at most `depth` levels. */
export function randomType(random: Random, depth: number): TypeExpression {
  if (depth <= 1 || random.next() < 0.4) return { kind: random.pick(scalars) };
  switch (random.below(4)) {
    case 0:
      return { kind: "List", item: randomType(random, depth - 1) };
    case 1:
      return { kind: "Dict", value: randomType(random, depth - 1) };
    case 2: {
      const items = Array.from(
        { length: 1 + random.below(3) },
        () => randomType(random, depth - 1),
      );
      return { kind: "Tuple", items };
    }
    default: {
      const item = randomType(random, depth - 1);
      return item.kind === "None" || item.kind === "Optional" ? item : { kind: "Optional", item };
    }
  }
}

/** A random value of a type, as decoding returns it. */
export function randomValue(random: Random, type: TypeExpression): unknown {
  const length = random.below(4);
  switch (type.kind) {
    case "int":
      return randomInteger(random);
    case "int53":
      return random.pick([0, 1, -1, 2 ** 53 - 1, 1 - 2 ** 53, random.below(1000)]);
    case "float":
      return random.pick([
        ...[0, -0, 1, -1.5, NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 1e21],
        random.next() * 10 ** random.below(30),
      ]);
    case "str":
      return randomText(random);
    case "bool":
      return random.next() < 0.5;
    case "bytes":
      return Uint8Array.from(
        { length: random.pick([0, 1, 2, 3, 100, 5000]) },
        () => random.below(256),
      );
    case "None":
      return null;
    case "List":
      return Array.from({ length }, () => randomValue(random, type.item));
    case "Tuple":
      return type.items.map((item) => randomValue(random, item));
    case "Optional":
      return random.next() < 0.3 ? null : randomValue(random, type.item);
    case "Dict":
      return Object.fromEntries(
        Array.from({ length }, () => [randomKey(random), randomValue(random, type.value)]),
      );
  }
}

function randomInteger(random: Random): number | bigint {
  const value = random.pick([
    0n,
    2n ** 53n - 2n + BigInt(random.below(4)),
    -(2n ** 53n) - 2n + BigInt(random.below(4)),
    BigInt(random.below(2 ** 31)),
    -BigInt(random.below(1000)),
    10n ** BigInt(random.below(400)) + BigInt(random.below(10)),
  ]);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function randomKey(random: Random): string {
  return random.pick(["__proto__", "constructor", "toJSON", "", "0", "7", "-1", "ключ", '"\\'])
    .repeat(1 + random.below(2));
}

function randomText(random: Random): string {
  const part = random.pick([
    "a",
    "é",
    "€",
    "😀",
    '"',
    "\\",
    "\n",
    "\u0000",
    "\ufeff",
    "\ufffd",
    "1",
  ]);
  return part.repeat(random.pick([0, 1, 3, 40, 700, 2048, 6000])) + random.pick(["", "x", "null"]);
}
