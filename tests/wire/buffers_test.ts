import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { giveBuffer, lend, reclaim, takeBuffer, takeOver } from "../../lib/encoding/mod.ts";

const MiB = 1024 * 1024;

Deno.test("a large buffer is reused, by one owner at a time, and the smallest are always new", () => {
  const first = takeBuffer(MiB);
  giveBuffer(first);
  const again = takeBuffer(MiB - 5);
  assert.equal(again, first);
  assert.notEqual(takeBuffer(MiB - 5), first, "it is in use");
  const small = takeBuffer(100);
  assert.equal(small.length, 100);
  giveBuffer(small);
  assert.notEqual(takeBuffer(100), small);
});

Deno.test("a buffer is at least as long as asked for, and no small message holds a huge one", () => {
  giveBuffer(new Uint8Array(8 * MiB));
  for (
    const bytes of [
      2000,
      4096,
      5000,
      17_000,
      64 * 1024,
      64 * 1024 + 1,
      MiB,
      MiB + 1,
      3 * MiB,
      20 * MiB,
    ]
  ) {
    const buffer = takeBuffer(bytes);
    assert.ok(buffer.length >= bytes && buffer.length <= 4 * bytes, `${bytes}: ${buffer.length}`);
  }
});

Deno.test("retained buffers are bounded", () => {
  const many = Array.from({ length: 20 }, () => new Uint8Array(MiB));
  for (const buffer of many) giveBuffer(buffer);
  giveBuffer(new Uint8Array(limits.spareBuffersBytesMax + 1));
  const kept = new Set(Array.from({ length: 20 }, () => takeBuffer(MiB)));
  const bytes = many.filter((buffer) => kept.has(buffer)).length * MiB;
  assert.ok(bytes > 0 && bytes <= limits.spareBuffersBytesMax, `${bytes} were kept`);
});

Deno.test("memory is taken over once, only while it is lent, and never from within another's", () => {
  const [outer, inner, other] = [1, 2, 3].map(() => new Uint8Array(100));
  assert.ok(!takeOver(outer!), "nothing is lent");
  const beforeOuter = lend(outer!);
  assert.ok(!takeOver(other!));
  const beforeInner = lend(inner!);
  assert.ok(!takeOver(outer!), "the innermost lender's alone may be taken");
  assert.ok(takeOver(inner!.subarray(10, 20)));
  assert.ok(!takeOver(inner!));
  assert.ok(!reclaim(inner!, beforeInner));
  assert.ok(reclaim(outer!, beforeOuter));
  assert.ok(!takeOver(outer!), "it was given back");
});
