/** Requirements of every listener. */
import assert from "node:assert/strict";
import type { Listener, Transport } from "../../lib/transport/mod.ts";

/** A listener and a function that connects to it. */
export interface Listening {
  readonly listener: Listener;
  connect(): Promise<Transport>;
}

/** Registers the suite for one kind of listener. */
export function listenerSuite(kind: string, listen: () => Listening | Promise<Listening>): void {
  Deno.test(`${kind}: connections are accepted whether or not anyone waits for them`, async () => {
    const { listener, connect } = await listen();
    const waiting = listener.accept();
    const ends = [await connect(), await waiting, await connect(), await connect()];
    ends.push(await listener.accept(), await listener.accept());
    listener.close();
    assert.ok(ends.every((end) => end !== null));
    for (const end of ends) end?.close();
  });

  Deno.test(`${kind}: a connection outlives the listener that accepted it`, async () => {
    const { listener, connect } = await listen();
    const [near, far] = [await connect(), await listener.accept()];
    listener.close();
    await near.write(Uint8Array.of(1));
    assert.equal(await far?.read(new Uint8Array(1)), 1);
    near.close();
    far?.close();
  });

  Deno.test(`${kind}: closing ends the wait for connections, and may be done twice`, async () => {
    const { listener } = await listen();
    const waiting = listener.accept();
    listener.close();
    listener.close();
    assert.equal(await waiting, null);
    assert.equal(await listener.accept(), null);
  });
}
