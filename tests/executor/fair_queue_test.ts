/** Sharing of a service's call slots among its clients, whatever their order and numbers. */
import assert from "node:assert/strict";
import { FairQueue } from "../../lib/executor/fair_queue.ts";
import { compileSignature } from "../../lib/types/mod.ts";
import { type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";

const nothing = new Uint8Array(0);

Deno.test("a single client gets seven of eight slots, and others always find some", () => {
  const queue = new FairQueue<number>();
  const run = (name: string, places: number): number => {
    const client = queue.of(name);
    const running = ["a", "b", "c", "d"].map((each) => queue.of(each).running);
    let free = places - running.reduce((sum, each) => sum + each);
    while (free > 0 && queue.mayRun(client, free)) {
      client.begin();
      free -= 1;
    }
    return client.running;
  };
  assert.deepEqual(["a", "b", "c", "d"].map((name) => run(name, 1024)), [896, 112, 14, 1]);
  const few = new FairQueue<number>();
  const client = few.of("a");
  for (let free = 7; free > 0; free--) {
    assert.ok(few.mayRun(client, free), `${free}`);
    client.begin();
  }
});

Deno.test("clients that take all they can leave a slot for each that has called before, and for a new one", () => {
  for (const places of [8, 16, 40, 1024]) {
    const queue = new FairQueue<number>();
    // As many as a quarter of the slots, but for the new one and the greedy one.
    const known = Array.from({ length: 2 * Math.floor(places / 8) }, (_, index) => `c${index}`);
    for (const name of known) queue.of(name);
    let free = places;
    const order = [...known, "new"];
    for (const name of order) {
      const client = queue.of(name);
      while (queue.mayRun(client, free)) {
        client.begin();
        free -= 1;
      }
      assert.ok(client.running > 0, `${name} of ${places}`);
    }
    for (const name of order) {
      for (const client = queue.of(name); client.running > 0;) client.end();
    }
    assert.ok(queue.mayRun(queue.of("c0"), 1));
  }
});

Deno.test("waiting clients get slots in turn, each for its calls in order", () => {
  const queue = new FairQueue<string>();
  for (const call of ["a1", "a2", "a3", "b1", "c1", "c2"]) {
    queue.add(call, queue.of(call[0]), nothing);
  }
  const order = [];
  for (let next; (next = queue.next(10)) !== undefined;) order.push(next.call);
  assert.deepEqual(order, ["a1", "b1", "c1", "a2", "c2", "a3"]);
  assert.equal(queue.size, 0);
});

Deno.test("the last call of the client with the most waiting calls is evicted for a client with fewer, and only for that", () => {
  const queue = new FairQueue<string>();
  const [many, few] = [queue.of("many"), queue.of("few")];
  const tickets = [1, 2, 3, 4].map((number) =>
    queue.add(`m${number}`, many, new Uint8Array(number))
  );
  assert.equal(queue.yielding(many), undefined);
  queue.remove(tickets[3]);
  assert.equal(queue.yielding(few)?.call, "m3");
  queue.add("f1", few, new Uint8Array(100));
  queue.remove(queue.yielding(few)!);
  assert.equal(queue.yielding(few), undefined, "both would have as many");
  assert.equal(queue.yielding(many, 50)?.call, "f1", "who has the most bytes");
  assert.equal(queue.yielding(many, 100), undefined);
  assert.deepEqual([queue.size, queue.bytes], [3, 103]);
});

const deployment: TestDeployment = {
  clients: [{ name: "greedy", ip: "127.0.0.1" }, { name: "modest", ip: "127.0.0.1" }],
  services: {
    shared: {
      tenants: ["greedy", "modest"],
      rpcs: {
        wait: {
          args: ["Stream[int]"],
          returns: ["int"],
          source: "export const wait = async (ints) => { let sum = 0; " +
            "for await (const each of ints) sum += each; return sum; };\n",
        },
        one: { returns: ["int"], source: "export const one = () => 1;\n" },
      },
    },
  },
};

Deno.test("a client that fills a service with endless calls does not lock others out", async (t) => {
  const limits = ["calls=32", "queue=64"];
  await using node = await TestNode.start({ isWarm: true, deployment, limits });
  await using modest = await node.connection("modest");
  await using greedy = await node.connection("greedy");
  const route = {
    service: "shared",
    rpc: "wait",
    argumentTypes: ["Stream[int]"],
    returnTypes: ["int"],
  };
  const signature = compileSignature({ args: route.argumentTypes, returns: route.returnTypes });
  const given = new AbortController();
  const refused: string[] = [];
  const ask = (): Promise<void> =>
    greedy.raw.call(route, signature.encodeArguments([[]]), {
      timeoutMs: 60_000,
      signal: given.signal,
    }).then(() => {}, ({ code }) => void refused.push(code));
  const asked = Array.from({ length: 200 }, ask);
  await until("it is full", () => refused.length >= 200 - 32 - 64);
  const [service] = (await modest.raw.request({ op: "status" }, { timeoutMs: 60_000 })).services;
  await t.step("it has seven of eight slots, and the queue", () => {
    assert.equal(service.executors[0].callsInFlight, 28);
    assert.equal(service.waiting, 64);
    assert.ok(refused.every((code) => code === "Overloaded"), refused.join());
  });
  await t.step("another one is served at once", async () => {
    const answers = Array.from(
      { length: 20 },
      () => modest.call("shared.one", [], { returns: ["int"], timeoutMs: 60_000 }),
    );
    assert.deepEqual(await Promise.all(answers), Array(20).fill(1));
  });
  await t.step("beyond the slots, the first client is evicted from the queue", () => {
    assert.ok(refused.length > 200 - 28 - 64, `${refused.length} were refused`);
    assert.ok(refused.every((code) => code === "Overloaded"), refused.join());
  });
  given.abort();
  await Promise.all(asked);
});
