/** How a node closes connections after its final message. */
import assert from "node:assert/strict";
import { limitsWith } from "../../../lib/limits/mod.ts";
import { Lingering } from "../../../lib/server/peer/lingering_close.ts";

/** A connection whose peer stays. `waits`: for input, or, since it never pauses, for a turn that never comes. */
class Peer {
  isClosed = false;
  readonly #ended = Promise.withResolvers<void>();
  readonly #isOver = Promise.withResolvers<void>();
  readonly transport: Parameters<Lingering["add"]>[0];
  readonly slice: Parameters<Lingering["add"]>[1];

  constructor(waits: "for more" | "for a turn") {
    this.transport = {
      closeWrite: () => Promise.resolve(),
      read: async (target) => {
        if (waits === "for more") await this.#ended.promise;
        if (this.isClosed) throw new Deno.errors.BadResource("it is closed");
        return target.length;
      },
      close: () => {
        this.isClosed = true;
        this.#ended.resolve();
      },
    };
    this.slice = {
      demote: () => {},
      begin: () => {},
      settle: () => true,
      next: () => this.#isOver.promise,
      end: () => this.#isOver.resolve(),
    };
  }
}

for (const waits of ["for more", "for a turn"] as const) {
  Deno.test(`of too many connections that only have to end, the first ones end, though they wait ${waits}`, async () => {
    const lingering = new Lingering(limitsWith({ lingeringMax: 3 }));
    const peers = Array.from({ length: 5 }, () => new Peer(waits));
    const ended: number[] = [];
    const all = peers.map(async ({ transport, slice }, index) => {
      await lingering.add(transport, slice);
      ended.push(index);
    });
    await Promise.all(all.slice(0, 2));
    assert.deepEqual(ended, [0, 1]);
    assert.deepEqual(peers.map(({ isClosed }) => isClosed), [true, true, false, false, false]);
    lingering.sweep(Infinity);
    await Promise.all(all);
    assert.deepEqual(ended, [0, 1, 2, 3, 4]);
  });
}
