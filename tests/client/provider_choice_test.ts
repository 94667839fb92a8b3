/** The choice of a call's provider, and of nodes to connect to meanwhile. */
import assert from "node:assert/strict";
import { chooseProvider, type ProviderSigns } from "../../lib/client/calls/provider_choice.ts";

const nowMs = 1000;

/** `a3`: 3 in flight; `b-3`: not connected; `c0!5`: skipped for 5 ms more; `d-0!5`: both. */
function provider(text: string): ProviderSigns & { readonly name: string } {
  const [, name, absent, load, skip] = /^([a-z])(-?)(\d+)(?:!(-?\d+))?$/.exec(text)!;
  return {
    name,
    isConnected: absent === "",
    inFlight: Number(load),
    skippedUntilMs: skip === undefined ? 0 : nowMs + Number(skip),
  };
}

const cases: readonly (readonly [what: string, providers: string, chosen: string])[] = [
  ["the only one", "a0", "a"],
  ["the only one, whatever is known of it", "a-0!5", "a"],
  ["the one with the fewest in flight", "a2 b1 c3", "b"],
  ["of equals the first", "a1 b1 c1", "a"],
  ["before any connection the first, which is waited for", "a-0 b-0 c-0", "a"],
  ["of those that calls wait for already, the one with the fewest", "a-2 b-1 c-1", "b"],
  ["a connection that stands, however much is on it; the other is connected to", "a7 b-0", "a, b"],
  ["no other connection while the first has nothing to do", "a0 b-0", "a"],
  ["one that would come first is connected to, and not waited for", "a-0 b0", "b, a"],
  ["of several only the first that is not connected", "a-0 b-0 c4", "c, a"],
  ["one that is not connected and comes before the least busy", "a3 b-0 c0", "c, b"],
  ["not one that failed lately", "a0!5 b3", "b"],
  ["not even to connect to it", "a-0!5 b3", "b"],
  ["it is connected to as soon as that is over", "a-0!0 b3", "b, a"],
  ["one that was never tried before one that failed", "a0!5 b-0", "b"],
  ["if all have failed, the one whose time is over first", "a-0!9 b0!5 c-0!7", "b"],
];

for (const [what, providers, chosen] of cases) {
  Deno.test(`a call goes to: ${what} (${providers})`, () => {
    const { provider: best, probe } = chooseProvider(providers.split(" ").map(provider), nowMs);
    assert.equal(probe === undefined ? best.name : `${best.name}, ${probe.name}`, chosen);
  });
}
