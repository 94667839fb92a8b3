import assert from "node:assert/strict";
import { firstBufferBytes } from "../../../lib/encoding/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { HttpRefusal } from "../../../lib/protocol/json/mod.ts";
import { HeadReader } from "../../../lib/server/json/_http_heads.ts";
import { bytesOf } from "../../_support/nodes/node.ts";

/** Gives some bytes, as many at once as are asked for or arrive together, and ends. */
class Source {
  /** How much room each read had. */
  readonly rooms: number[] = [];
  #rest: Uint8Array;

  constructor(text: string, readonly together = Infinity) {
    this.#rest = bytesOf(text);
  }

  read(target: Uint8Array): Promise<number | null> {
    this.rooms.push(target.length);
    const part = this.#rest.subarray(0, Math.min(target.length, this.together));
    this.#rest = this.#rest.subarray(part.length);
    target.set(part);
    return Promise.resolve(part.length === 0 ? null : part.length);
  }
}

/** Counts what is held. */
class Budget {
  bytes = 0;
  mostBytes = 0;

  add(bytes: number): void {
    this.bytes += bytes;
    this.mostBytes = Math.max(this.mostBytes, this.bytes);
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }
}

const nothing = new Uint8Array(0);
const slice = { beginInTurn: () => Promise.resolve(), pause: () => {} };
const headOf = (fieldBytes: number) =>
  `POST /a/b HTTP/1.1\r\nhost: node\r\nx: ${"y".repeat(fieldBytes)}\r\n\r\n`;

Deno.test("heads are read whole, however they are cut, and what follows them is kept", async () => {
  for (const fieldBytes of [1, 900, 1100, 5000, limits.httpHeadBytesMax - 100]) {
    for (const [firstBytes, together] of [[0, 1], [1, 7], [1, Infinity], [1500, 1000]]) {
      const text = `${headOf(fieldBytes)}body`;
      const budget = new Budget();
      let begun = 0;
      const heads = new HeadReader({ budget, slice }, () => begun++);
      const first = bytesOf(text).subarray(0, firstBytes);
      const source = new Source(text.slice(first.length), together);
      const { head, rest } = (await heads.read(first, source))!;
      assert.equal(head.fields.get("x")!.length, fieldBytes);
      assert.ok("body".startsWith(new TextDecoder().decode(rest)));
      assert.equal(begun, firstBytes === 0 ? 1 : 0);
      assert.equal(budget.bytes, 0);
    }
  }
});

Deno.test("a connection that waits in a head, or for one, keeps a small buffer", () => {
  for (const said of ["", "P"]) {
    const budget = new Budget();
    const source = { read: () => new Promise<number | null>(() => {}) };
    void new HeadReader({ budget, slice }, () => {}).read(bytesOf(said), source);
    assert.ok(budget.bytes <= 2 * firstBufferBytes, `${budget.bytes} bytes`);
  }
});

Deno.test("large heads get more room, the next ones at once, and none beyond the limit", async () => {
  const budget = new Budget();
  const heads = new HeadReader({ budget, slice }, () => {});
  await heads.read(nothing, new Source(headOf(5000)));
  const second = new Source(headOf(5000));
  await heads.read(nothing, second);
  assert.equal(second.rooms.length, 1, second.rooms.join());
  const endless = new Source("P".repeat(2 * limits.httpHeadBytesMax));
  await assert.rejects(heads.read(nothing, endless), HttpRefusal);
  // While a buffer is replaced, both are counted.
  assert.ok(budget.mostBytes <= 2 * limits.httpHeadBytesMax, `${budget.mostBytes} bytes`);
  assert.equal(budget.bytes, 0);
});
