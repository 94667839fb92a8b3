import assert from "node:assert/strict";
import { MemoryListener, memoryPair } from "../../lib/transport/mod.ts";
import { listenerSuite } from "./listener_suite.ts";
import { transportSuite } from "./transport_suite.ts";

transportSuite("memory", () => Promise.resolve(memoryPair()));

transportSuite("memory, over a listener", async () => {
  const listener = new MemoryListener();
  const near = listener.connect();
  const far = await listener.accept();
  listener.close();
  assert.ok(far !== null);
  return [near, far];
});

listenerSuite("memory", () => {
  const listener = new MemoryListener();
  return { listener, connect: () => Promise.resolve(listener.connect()) };
});

Deno.test("memory: a caller may come from any address", async () => {
  const listener = new MemoryListener();
  const near = listener.connect("203.0.113.7", 4711);
  const far = await listener.accept();
  assert.equal(far?.remote, "203.0.113.7:4711");
  assert.deepEqual([far?.remoteHost, far?.remotePort], ["203.0.113.7", 4711]);
  assert.equal(near.remoteHost, listener.host);
  listener.close();
  assert.throws(() => listener.connect());
});

Deno.test("memory: a writer may reuse its buffer immediately", async () => {
  const [near, far] = memoryPair();
  const bytes = Uint8Array.of(1);
  await near.write(bytes);
  bytes[0] = 2;
  const target = new Uint8Array(1);
  await far.read(target);
  assert.equal(target[0], 1);
});
