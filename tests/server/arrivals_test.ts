/** How a node accepts many connections at once. */
import assert from "node:assert/strict";
import { Turns } from "../../lib/channel/mod.ts";
import { limits, limitsWith } from "../../lib/limits/mod.ts";
import { Connections } from "../../lib/server/_connection_table.ts";
import { acceptAll } from "../../lib/server/_doors.ts";
import { MemoryListener } from "../../lib/transport/mod.ts";

/** Accepts connections that wait already. @returns How many in each turn of the event loop. */
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

Deno.test("where there is room, a turn of the event loop accepts many of the connections that wait", async () => {
  const accepted = await acceptedInTurns(4000, 16_384);
  assert.equal(accepted.reduce((sum, count) => sum + count), 4000);
  assert.ok(accepted.length > 1, "all else has its turn in between");
  assert.ok(accepted.length < 4000 / 16, `it took ${accepted.length} turns`);
});

Deno.test("where there is little room, what was accepted is read before it could be driven out", async () => {
  const accepted = await acceptedInTurns(200, 64);
  assert.ok(Math.max(...accepted) <= limits.arrivalsPerTurnLeast, accepted.join());
});
