import assert from "node:assert/strict";
import { DOMException as OurDOMException } from "../../lib/executor/sandbox/facades/dom_exception.ts";
import { structuredClone as ours } from "../../lib/executor/sandbox/_structured_clone.ts";

const theirs = globalThis.structuredClone;

/** Values, fresh for each test, by their peculiarity. */
function values(): Record<string, unknown> {
  const cyclic: Record<string, unknown> = { name: "cyclic" };
  cyclic.self = cyclic;
  const shared = { shared: true };
  const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
  // deno-lint-ignore no-sparse-arrays -- the holes are the test
  const holes = [1, , 3];
  const named = Object.assign([1, 2], { extra: "x" });
  return {
    nothing: undefined,
    null: null,
    number: -0,
    bigint: 10n ** 30n,
    text: "ü",
    object: { a: { b: [1, "2", { c: null }] }, [Symbol("lost")]: 1 },
    cyclic,
    shared: [shared, shared],
    holes,
    named,
    date: new Date(5),
    invalidDate: new Date(NaN),
    regExp: /a(?<n>b)/giu,
    map: new Map<unknown, unknown>([[{ key: 1 }, new Map([[1, 2]])], ["x", shared]]),
    set: new Set([1, "2", { three: 3 }]),
    wrapped: [Object(true), Object(1), Object("s"), Object(1n)],
    buffer,
    views: [
      new Uint8Array(buffer, 1, 2),
      new Float64Array(buffer),
      new DataView(buffer, 2, 4),
      new BigInt64Array(buffer),
    ],
    error: new RangeError("message", { cause: { why: 1 } }),
    ofClass: new (class Point {
      x = 1;
      #y = 2;
      get y(): number {
        return this.#y;
      }
    })(),
    withoutPrototype: Object.assign(Object.create(null), { a: 1 }),
    special: JSON.parse('{"__proto__": 1, "constructor": 2}'),
    accessor: {
      get a(): number {
        return 1;
      },
    },
  };
}

Deno.test("structuredClone() gives scripts the same copies as the runtime", async (t) => {
  for (const name of Object.keys(values())) {
    await t.step(name, () => {
      const original = values()[name];
      const [copy, expected] = [ours(original), theirs(original)];
      assert.deepEqual(copy, expected);
      if (typeof original === "object" && original !== null) assert.notEqual(copy, original);
    });
  }
  const cyclic = ours(values().cyclic) as { self: unknown };
  assert.equal(cyclic.self, cyclic);
  const [first, second] = ours(values().shared) as unknown[];
  assert.equal(first, second);
  const views = ours(values().views) as Uint8Array[];
  assert.equal(views[0].buffer, views[1].buffer);
});

Deno.test("structuredClone() refuses what cannot be copied, as the runtime does", () => {
  const refused = [
    () => {},
    Symbol("s"),
    { deep: [() => {}] },
    new WeakMap(),
    Promise.resolve(),
    new WeakRef({}),
    (function* () {})(),
    new Map([[1, Symbol("s")]]),
  ];
  for (const value of refused) {
    for (const [clone, Exception] of [[ours, OurDOMException], [theirs, DOMException]] as const) {
      assert.throws(
        () => clone(value),
        (error) =>
          error instanceof Exception && error.name === "DataCloneError" && error.code === 25,
      );
    }
  }
});

Deno.test("structuredClone() empties the buffers that it transfers, and no others", () => {
  const moved = new ArrayBuffer(4);
  const kept = new ArrayBuffer(4);
  const copy = ours({ moved, kept }, { transfer: [moved] }) as { moved: ArrayBuffer };
  assert.deepEqual([moved.byteLength, kept.byteLength, copy.moved.byteLength], [0, 4, 4]);
  for (const transfer of [[moved], [kept, kept], ["x"]]) {
    assert.throws(() => ours(1, { transfer }), { name: "DataCloneError" });
  }
  assert.equal(kept.byteLength, 4);
});

Deno.test("structuredClone() creates no runtime object from a mark", () => {
  const marked = { [Symbol.for("Deno.core.hostObject")]: () => ({ type: "Blob" }), a: 1 };
  assert.deepEqual(ours(marked), { a: 1 });
});
