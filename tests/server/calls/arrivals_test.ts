/** A node's acceptance of many simultaneous connections. */
import assert from "node:assert/strict";
import { Turns } from "../../../lib/channel/mod.ts";
import { limits, limitsWith } from "../../../lib/limits/mod.ts";
import { Connections } from "../../../lib/server/_connection_table.ts";
import { acceptAll } from "../../../lib/server/_listeners.ts";
import { MemoryListener } from "../../../lib/transport/mod.ts";

/** Accepts waiting connections. @returns The number accepted in each turn of the event loop. */
async function acceptedInTurns(waiting: number, connectionsMax: number): Promise<number[]> {
  const listener = new MemoryListener();
  for (let count = 0; count < waiting; count++) listener.connect();
  const turns = new Turns();
  const bounds = { connectionsMax, connectionsPerAddressMax: Infinity, pendingBytesMax: Infinity };
  const places = new Connections(limitsWith(bounds));
  const accepted = new Map<number, number>();
  let left = waiting;
  await acceptAll({ listener, places }, turns, (transport) => {
    accepted.set(turns.number, 1 + (accepted.get(turns.number) ?? 0));
    transport.close();
    left -= 1;
    if (left === 0) listener.close();
  });
  turns.close();
  return [...accepted.values()];
}

Deno.test("with room to spare, a turn of the event loop accepts many waiting connections", async () => {
  const accepted = await acceptedInTurns(4000, 16_384);
  assert.equal(accepted.reduce((sum, count) => sum + count), 4000);
  assert.ok(accepted.length > 1, "all else has its turn in between");
  assert.ok(accepted.length < 4000 / 16, `it took ${accepted.length} turns`);
});

Deno.test("with little room, accepted connections are read before they can be evicted", async () => {
  const accepted = await acceptedInTurns(200, 64);
  assert.ok(Math.max(...accepted) <= limits.arrivalsPerTurnLeast, accepted.join());
});

/** Accepts waiting TLS connections, which stay. @returns How often timers had their turn meanwhile. */
async function timersBeside(
  waiting: number,
  { connectionsMax, handshakeLeastMs, timerMs }: {
    readonly connectionsMax: number;
    readonly handshakeLeastMs: number;
    /** The work of a timer. */
    readonly timerMs: number;
  },
): Promise<number> {
  const listener = Object.assign(new MemoryListener(), { isSecure: true });
  for (let count = 0; count < waiting; count++) listener.connect();
  const turns = new Turns();
  const places = new Connections(
    limitsWith({ connectionsMax, handshakeLeastMs, strangersMax: connectionsMax }),
  );
  let left = waiting;
  let timers = 0;
  const working = setInterval(() => {
    timers += 1;
    const startMs = performance.now();
    while (performance.now() - startMs < timerMs);
  }, 0);
  await acceptAll({ listener, places }, turns, (transport) => {
    places.add({
      ...{
        host: "10.0.0.1",
        isKnown: false,
        isIntroduced: false,
        isIdle: false,
        usedMs: 0,
        pendingBytes: 0,
      },
      sayGoodbye: () => false,
      dismiss: () => transport.close(),
    });
    left -= 1;
    if (left === 0) listener.close();
  });
  clearInterval(working);
  turns.close();
  return timers;
}

Deno.test("over TLS, newcomers wait if they would evict others in the middle of their handshakes", async () => {
  const timers = await timersBeside(400, {
    connectionsMax: 64,
    handshakeLeastMs: 60_000,
    timerMs: 0,
  });
  // After the first 64, eight after each pause.
  assert.ok(timers > 20, `${timers}`);
});

Deno.test("and after a longer pause, more of them are accepted", async () => {
  const timers = await timersBeside(400, {
    connectionsMax: 64,
    handshakeLeastMs: 25,
    timerMs: 20,
  });
  assert.ok(timers < 20, `${timers}`);
});
