/** A script's streams and its `this` are private to it. */
import assert from "node:assert/strict";
import { Cancelled } from "../../lib/errors/mod.ts";
import { type TestDeployment, TestNode } from "../_support/nodes/node.ts";

const deployment: TestDeployment = {
  services: {
    st: {
      rpcs: {
        /** Tries to change what all scripts of a service share. */
        attack: {
          args: ["Stream[int]"],
          returns: ["List[str]"],
          source: `export async function attack(items) {
            const worked = [];
            const attempt = (what, run) => { try { run(); worked.push(what); } catch {} };
            const shared = Object.getPrototypeOf(this);
            attempt("signal", () => { shared.signal = 1; });
            attempt("define signal", () => Object.defineProperty(shared, "signal", { value: 1 }));
            attempt("new property", () => { shared.evil = 1; });
            attempt("constructor", () => { this.constructor.evil = 1; });
            for (let at = Object.getPrototypeOf(items); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
              attempt("next", () => Object.defineProperty(at, "next", { value: () => ({ done: true }) }));
              attempt("iterator", () => { at.evil = 1; });
            }
            const iterator = items[Symbol.asyncIterator]();
            await iterator.next();
            return worked;
          }`,
        },
        sum: {
          args: ["Stream[int]"],
          returns: ["int"],
          source:
            "export async function sum(items) { let s = 0; for await (const i of items) s += i; if (this.signal.aborted) throw 1; return s; }",
        },
        /** Listeners of the signal run where farcall reads its input. */
        listens: {
          args: ["str"],
          source: `export async function listens(how) {
            this.signal.addEventListener("abort", () => {
              if (how === "throw") throw new Error("from a listener");
              for (;;);
            });
            console.log("listening");
            await new Promise(() => {});
          }`,
        },
        /** A misbehaving iterator. */
        broken: {
          args: ["str"],
          returns: ["Stream[int]"],
          source: `export function broken(how) {
            const result = {
              "no object": 5,
              "getter": { get done() { throw new Error("from a getter"); } },
              "thenable": { then() { throw new Error("from then"); } },
              "no iterator": undefined,
            }[how];
            const iterator = how === "no iterator" ? 7 : { next: () => result, return() { throw new Error("from return"); } };
            return { [Symbol.asyncIterator]: () => iterator };
          }`,
        },
      },
    },
  },
};

Deno.test("a script cannot change anything that other scripts of its service see", async () => {
  await using node = await TestNode.start({ deployment });
  const st = (await node.connect()).service("st");
  assert.deepEqual(await st.attack([1, 2]), []);
  assert.equal(await st.sum([1, 2]), 3);
});

Deno.test("a listener that throws when its call is cancelled harms nobody", async () => {
  await using node = await TestNode.start({ deployment });
  const farcall = await node.connect();
  const abort = new AbortController();
  const call = farcall.call("st", "listens", ["throw"], { signal: abort.signal });
  await node.log.until("script.console", { text: "listening" });
  abort.abort();
  await assert.rejects(call, Cancelled);
  assert.equal(await farcall.call("st", "sum", [[4]]), 4);
  assert.deepEqual(node.log.all("executor.ended"), []);
});

Deno.test("a listener that never ends costs its executor, and others get another", async () => {
  await using node = await TestNode.start({ deployment });
  const farcall = await node.connect();
  const abort = new AbortController();
  const call = farcall.call("st", "listens", ["spin"], { signal: abort.signal });
  await node.log.until("script.console", { text: "listening" });
  abort.abort();
  await assert.rejects(call, Cancelled);
  assert.equal(await farcall.call("st", "sum", [[4]]), 4);
});

Deno.test("a misbehaving iterator fails its own call", async () => {
  await using node = await TestNode.start({ deployment });
  const farcall = await node.connect();
  for (const how of ["no object", "getter", "thenable", "no iterator"]) {
    await assert.rejects(
      async () => {
        for await (const _ of farcall.service("st").broken(how));
      },
      { name: "ExecutionException" },
      how,
    );
  }
  assert.equal(await farcall.call("st", "sum", [[4]]), 4);
  assert.deepEqual(node.log.all("executor.ended"), []);
});
