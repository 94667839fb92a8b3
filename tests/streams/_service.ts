/** A service of streams. */
import type { TestDeployment, TestOverload } from "../_support/nodes/node.ts";

const rpcs: Record<string, TestOverload | TestOverload[]> = {
  count: {
    args: ["int"],
    returns: ["Stream[int]"],
    source: "export async function* count(n) { for (let i = 0; i < n; i++) yield i; }",
  },
  /** Reports its progress, and how it ended. */
  chunks: {
    args: ["int"],
    returns: ["Stream[bytes]"],
    source: `export async function* chunks(size) {
      try {
        for (let i = 0;; i++) { console.log("chunk " + i); yield new Uint8Array(size).fill(i); }
      } finally { console.log("ended, signal " + this.signal.aborted); }
    }`,
  },
  /** Waits for a long time between two items. */
  slow: {
    returns: ["Stream[int]"],
    source: `export async function* slow() {
      console.log("begun");
      try {
        yield 1;
        await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
        yield 2;
      } finally { console.log("ended"); }
    }`,
  },
  fails: {
    returns: ["Stream[str]"],
    source: 'export async function* fails() { yield "a"; throw new Error("midway"); }',
  },
  lies: {
    returns: ["Stream[int]"],
    source: 'export async function* lies() { yield 1; yield "two"; }',
  },
  no_stream: { returns: ["Stream[int]"], source: "export const no_stream = () => 5;" },
  list: { returns: ["Stream[int]"], source: "export const list = () => [1, 2, 3];" },
  spins: {
    returns: ["Stream[int]"],
    source: "export async function* spins() { yield 1; for (;;); }",
  },
  endless: {
    returns: ["Stream[int]"],
    source: "export async function* endless() { for (let i = 0;; i++) yield i; }",
  },
  /** Computes for a while, yields an item, and computes for much longer. */
  busy: {
    returns: ["Stream[int]"],
    source: `export async function* busy() {
      const compute = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };
      compute(20);
      yield 0;
      compute(60_000);
      yield 1;
    }`,
  },
  sum: {
    args: ["Stream[int]"],
    returns: ["int"],
    source:
      "export async function sum(items) { let s = 0; for await (const i of items) s += i; return s; }",
  },
  /** Reads one item, and returns. */
  first: {
    args: ["Stream[int]"],
    returns: ["int"],
    source: "export async function first(items) { for await (const i of items) return i; }",
  },
  /** Reads one item, and waits. */
  hold: {
    args: ["Stream[bytes]"],
    returns: ["int"],
    source: `export async function hold(items) {
      const iterator = items[Symbol.asyncIterator]();
      await iterator.next();
      console.log("holding");
      await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
      let left = 0;
      try { while (!(await iterator.next()).done) left++; }
      catch (error) { console.log("items ended: " + error.name + ": " + error.message + ", left " + left); }
      return 0;
    }`,
  },
  size: {
    args: ["Stream[bytes]"],
    returns: ["int"],
    source:
      "export async function size(items) { let s = 0; for await (const i of items) s += i.length; return s; }",
  },
  upper: {
    args: ["Stream[str]"],
    returns: ["Stream[str]"],
    source:
      "export async function* upper(lines) { for await (const line of lines) yield line.toUpperCase(); }",
  },
  zip: {
    args: ["Stream[int]", "str", "Stream[str]"],
    returns: ["Stream[Tuple[int, str]]"],
    source: `export async function* zip(numbers, between, texts) {
      const other = texts[Symbol.asyncIterator]();
      for await (const number of numbers) {
        const { done, value } = await other.next();
        if (done) return;
        yield [number, between + value];
      }
    }`,
  },
  add: { args: ["int", "int"], returns: ["int"], source: "export const add = (a, b) => a + b;" },
};

/** The deployment. */
export const streams: TestDeployment = { services: { st: { rpcs } } };
