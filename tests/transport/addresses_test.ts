/** Names with several addresses: callers use the first that responds, nodes listen on all. */
import assert from "node:assert/strict";
import { connect, rpc, serve } from "../../mod.ts";
import { AddressInUse } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { addressesOf, connectToFirst } from "../../lib/transport/_addresses.ts";
import { connectTcp, type Listener, listenOnAll, listenTcp } from "../../lib/transport/mod.ts";
import { hasIpv6 } from "../_support/ipv6.ts";

const ipv6 = hasIpv6() ? {} : { ignore: true };

/** A test's connection, which only records whether it was closed. */
class FakeConn {
  isClosed = false;
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  close(): void {
    this.isClosed = true;
  }
}

const untilEnd = new AbortController().signal;

/** An attempt without an answer. */
function silent(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("an address resolves to itself, localhost to both loopbacks, and no name is lost", async () => {
  for (const address of ["127.0.0.1", "::1", "fe80::1"]) {
    assert.deepEqual(await addressesOf(address), [address]);
  }
  assert.deepEqual(await addressesOf("LocalHost"), ["127.0.0.1", "::1"]);
  assert.deepEqual(await addressesOf("nowhere.invalid"), ["nowhere.invalid"]);
});

Deno.test("the first address that responds wins, and a later connection is closed", async () => {
  const slow = Promise.withResolvers<FakeConn>();
  const conn = await connectToFirst(
    ["slow", "quick", "unused"],
    (address) => address === "slow" ? slow.promise : Promise.resolve(new FakeConn(address)),
    untilEnd,
  );
  assert.deepEqual([conn.address, conn.isClosed], ["quick", false]);
  const late = new FakeConn("slow");
  slow.resolve(late);
  await slow.promise;
  await Promise.resolve();
  assert.ok(late.isClosed);
});

Deno.test("a failing address is replaced at once, and if all fail the first gives the reason", async () => {
  const asked: string[] = [];
  const failing = (address: string): Promise<FakeConn> => {
    asked.push(address);
    return Promise.reject(new Error(address));
  };
  await assert.rejects(connectToFirst(["a", "b", "c"], failing, untilEnd), /^Error: a$/);
  assert.deepEqual(asked, ["a", "b", "c"]);
  const conn = await connectToFirst(
    ["a", "b"],
    (address) => address === "a" ? failing(address) : Promise.resolve(new FakeConn(address)),
    untilEnd,
  );
  assert.equal(conn.address, "b");
});

Deno.test("a silent address is tried again beside the first attempt, which ends when one succeeds", async () => {
  for (const lostCount of [1, 2]) {
    const signals: AbortSignal[] = [];
    const conn = await connectToFirst(["a"], (address, signal) => {
      signals.push(signal);
      return signals.length > lostCount ? Promise.resolve(new FakeConn(address)) : silent(signal);
    }, untilEnd);
    assert.ok(!conn.isClosed);
    assert.deepEqual(signals.map(({ aborted }) => aborted), [
      ...Array(lostCount).fill(true),
      false,
    ]);
  }
});

Deno.test("an address whose first attempt is slow, and whose second fails, is still reached", async () => {
  const slow = Promise.withResolvers<FakeConn>();
  let count = 0;
  const connecting = connectToFirst(["a"], () => {
    count += 1;
    if (count === 1) return slow.promise;
    slow.resolve(new FakeConn("a"));
    return Promise.reject(new Error("no descriptor left"));
  }, untilEnd);
  assert.ok(!(await connecting).isClosed);
});

Deno.test("a busy program takes the answer that has arrived meanwhile, and does not try again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const rounds = 10;
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    const connecting = connectToFirst(["127.0.0.1"], (hostname, signal) => {
      count += 1;
      return Deno.connect({ hostname, port, signal });
    }, untilEnd);
    const untilMs = performance.now() + limits.connectAgainMs + 5;
    while (performance.now() < untilMs);
    (await connecting).close();
  }
  // The system may still interrupt it between two looks.
  assert.ok(count < 1.5 * rounds, `${count} attempts for ${rounds} connections`);
});

Deno.test("all attempts end with the signal", async () => {
  const ending = new AbortController();
  const signals: AbortSignal[] = [];
  const connecting = connectToFirst(["a", "b"], (_, signal) => {
    signals.push(signal);
    if (signals.length === 4) ending.abort(new Error("expired"));
    return silent(signal);
  }, ending.signal);
  await assert.rejects(connecting, /expired/);
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true, true, true]);
  await assert.rejects(
    connectToFirst(["a", "b"], () => assert.fail("it has ended"), ending.signal),
    /expired/,
  );
});

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test({
    ...ipv6,
    name: `localhost reaches a node that listens on ${address} alone`,
    async fn() {
      const services = { m: { one: rpc([], ["int"], () => 1) } };
      await using node = await serve({ hostname: address, port: 0, services, log: "silent" });
      for (const oneShot of [false, true]) {
        await using farcall = await connect(`localhost:${node.port}`, { oneShot });
        assert.equal(await farcall.call("m", "one"), 1);
      }
    },
  });
}

Deno.test({
  ...ipv6,
  name: "a node that serves localhost is there on both addresses, for the client localhost",
  async fn() {
    await using node = await serve({
      hostname: "localhost",
      port: 0,
      clients: { me: { ip: "localhost" } },
      services: { m: { who: rpc([], ["int"], () => 2) } },
      log: "silent",
    });
    for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
      await using farcall = await connect(`${host}:${node.port}`);
      assert.equal(await farcall.call("m", "who"), 2, host);
    }
  },
});

Deno.test({
  ...ipv6,
  name: "listening on all addresses takes all or none",
  async fn() {
    const opened: Listener[] = [];
    const open = (address: string, port: number): Listener => {
      const listener = listenTcp(address, port);
      opened.push(listener);
      return listener;
    };
    const both = await listenOnAll("localhost", 0, open);
    assert.deepEqual(opened.map(({ port }) => port), [both.port, both.port]);
    for (const { host } of opened) {
      const accepting = both.accept();
      const conn = await connectTcp(host, both.port, { timeoutMs: 10_000 });
      (await accepting)!.close();
      conn.close();
    }
    const pending = both.accept();
    both.close();
    assert.equal(await pending, null);

    // Another program has the port on one of them.
    using taken = Deno.listen({ hostname: "::1", port: 0 });
    await assert.rejects(listenOnAll("localhost", taken.addr.port, open), AddressInUse);
    Deno.listen({ hostname: "127.0.0.1", port: taken.addr.port }).close();

    // One that this machine does not have.
    const absent = (address: string, port: number): Listener =>
      open(address === "::1" ? "192.0.2.1" : address, port);
    const one = await listenOnAll("localhost", 0, absent);
    assert.equal(one.host, "127.0.0.1");
    one.close();
  },
});

Deno.test("a number is not accepted as the address to listen on", async () => {
  for (
    const host of ["0", "8181", "127.1", "0x7f.1", "0x0", "010.0.0.1", "1.2.3.256", "1.2.3.4.5"]
  ) {
    const listening = listenOnAll(host, 0, () => assert.fail(`listens on ${host}`));
    await assert.rejects(listening, TypeError, host);
  }
});

Deno.test("an unused address retains nothing of callers of another", async () => {
  const size = 1000;
  const count = 20_000;
  let waits: (() => void) | undefined;
  let left = count;
  const busy = {
    accept: () => Promise.resolve(left-- > 0 ? { of: Array(size).fill(0.5) } : null),
    close: () => {},
  };
  const silent = {
    accept: () => new Promise((resolve) => waits = () => resolve(null)),
    close: () => waits!(),
  };
  const listeners = [busy, silent] as unknown as Listener[];
  const group = await listenOnAll("localhost", 0, () => listeners.shift()!);
  const before = Deno.memoryUsage().heapUsed;
  for (let accepted = 0; accepted < count; accepted++) assert.ok(await group.accept());
  const keptShare = (Deno.memoryUsage().heapUsed - before) / (count * size * 8);
  assert.ok(keptShare < 0.5, `${keptShare}`);
  group.close();
  assert.equal(await group.accept(), null);
});
