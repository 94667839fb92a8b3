/** Eviction when a node is out of connections. */
import assert from "node:assert/strict";
import { limits, limitsWith } from "../../../lib/limits/mod.ts";
import { Connections } from "../../../lib/server/_connection_table.ts";
import type { Guest, Stay } from "../../../lib/server/_visit.ts";
import { mentions } from "../../_support/mentions.ts";

class FakeGuest implements Guest {
  isKnown = false;
  isIntroduced = false;
  isIdle = false;
  usedMs = 0;
  pendingBytes = 0;
  isClosed = false;
  isToldGoodbye = false;
  /** Whether its framing has a goodbye. */
  hearsGoodbye = false;

  constructor(readonly host: string) {}

  sayGoodbye(): boolean {
    return this.isToldGoodbye = this.hearsGoodbye;
  }

  dismiss(): void {
    this.isClosed = true;
  }
}

function guests(count: number, hostOf: (index: number) => string): FakeGuest[] {
  return Array.from({ length: count }, (_, index) => new FakeGuest(hostOf(index)));
}

Deno.test("strangers of the address with the most connections are evicted, the oldest first", () => {
  const places = new Connections(limitsWith({
    strangersMax: 10,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  }));
  const alone = new FakeGuest("10.0.0.1");
  const many = guests(20, () => "10.0.0.2");
  const stays = [alone, ...many].map((guest) => places.add(guest));
  assert.ok(stays.every(({ refusal }) => refusal === undefined));
  assert.deepEqual(many.map(({ isClosed }) => isClosed), many.map((_, index) => index < 11));
  assert.equal(alone.isClosed, false);
  assert.equal(places.size, 10);
  // An IPv6 address is as cheap as the next one in its network.
  const six = guests(20, (index) => `fd00::${index + 1}`);
  stays.push(...six.map((guest) => places.add(guest)));
  assert.equal(alone.isClosed, false);
  assert.equal(places.size, 10);
  assert.equal(places.takeDismissedCount(), 31);
  for (const stay of stays) stay.end();
  assert.equal(places.size, 0);
});

Deno.test("an identified caller keeps its connection, and a refused one does not count", () => {
  const places = new Connections(limitsWith({
    refusedAtOnceMax: 2,
    connectionsMax: 5,
    connectionsPerAddressMax: 3,
    pendingBytesMax: 1e6,
  }));
  const known = guests(3, () => "10.0.0.1");
  const [first] = known.map((guest) => {
    const stay = places.add(guest);
    assert.equal(stay.refusal, undefined);
    guest.isKnown = true;
    return stay;
  });
  const late = guests(4, () => "10.0.0.1");
  for (const guest of late) {
    assert.match(places.add(guest).refusal!, mentions("10.0.0.1", "connections"));
  }
  assert.deepEqual(late.map(({ isClosed }) => isClosed), [true, true, false, false]);
  const others = guests(3, (index) => `10.0.1.${index}`);
  for (const guest of others) assert.equal(places.add(guest).refusal, undefined);
  assert.deepEqual(others.map(({ isClosed }) => isClosed), [true, false, false]);
  for (const guest of others) guest.isKnown = true;
  assert.match(places.add(new FakeGuest("10.0.2.1")).refusal!, /\b5 connections\b/);
  first.end();
  assert.equal(places.add(new FakeGuest("10.0.2.1")).refusal, undefined);
  assert.ok(known.every(({ isClosed }) => !isClosed));
});

Deno.test("an address has as many as it may, even after its last stranger was evicted", () => {
  const places = new Connections(limitsWith({
    connectionsMax: 100,
    connectionsPerAddressMax: 1,
    pendingBytesMax: 1e6,
  }));
  const [first, second, third] = guests(3, () => "10.0.0.1");
  for (const guest of [first, second]) assert.equal(places.add(guest).refusal, undefined);
  assert.ok(first.isClosed);
  second.isKnown = true;
  assert.match(places.add(third).refusal!, mentions("10.0.0.1", "connections"));
  assert.equal(second.isClosed, false);
});

Deno.test("each step towards its first call lets a connection outlive as many strangers again", () => {
  const places = new Connections(limitsWith({
    strangersMax: 10,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  }));
  const come = (count: number): { guests: FakeGuest[]; stays: Stay[] } => {
    const all = guests(count, () => "10.0.0.1");
    return { guests: all, stays: all.map((guest) => places.add(guest)) };
  };
  const { guests: [caller, silent], stays: [stay] } = come(2);
  stay.advance();
  come(9);
  assert.deepEqual([caller.isClosed, silent.isClosed], [false, true]);
  stay.advance();
  come(9);
  assert.equal(caller.isClosed, false);
  come(1);
  assert.ok(caller.isClosed);
  stay.advance();
  assert.equal(places.size, 10);
});

Deno.test("a newcomer that has said nothing yet outlives strangers that have said a hello", () => {
  const places = new Connections(limitsWith({
    strangersMax: 10,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  }));
  const strangers = guests(10, () => "10.0.0.1");
  for (const guest of strangers) places.add(guest).advance();
  const newcomers = guests(10, () => "10.0.0.1");
  for (const guest of newcomers) places.add(guest);
  assert.ok(strangers.every(({ isClosed }) => isClosed));
  assert.ok(newcomers.every(({ isClosed }) => !isClosed));
});

Deno.test("strangers that have introduced themselves leave after all others of any address, but not as a majority", () => {
  const places = new Connections(limitsWith({
    strangersMax: 10,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  }));
  const callers = guests(5, (index) => `10.0.1.${index % 2}`);
  for (const guest of callers) {
    const stay = places.add(guest);
    guest.isIntroduced = true;
    stay.advance();
  }
  // From one address or from many, they evict each other.
  const newcomers = [...guests(20, () => "10.0.0.1"), ...guests(20, (index) => `10.0.2.${index}`)];
  for (const guest of newcomers) places.add(guest);
  assert.ok(callers.every(({ isClosed }) => !isClosed));
  assert.equal(newcomers.filter(({ isClosed }) => !isClosed).length, 5);
  const [extra] = guests(1, () => "10.0.1.0");
  const stay = places.add(extra!);
  extra!.isIntroduced = true;
  stay.advance();
  assert.ok(callers.every(({ isClosed }) => !isClosed));
  // Six of ten have introduced themselves: the oldest of the address with most of them goes.
  places.add(new FakeGuest("10.0.3.1"));
  assert.deepEqual(callers.map(({ isClosed }) => isClosed), [true, false, false, false, false]);
});

Deno.test("callers that are now known do not block later ones", () => {
  const places = new Connections(limitsWith({
    strangersMax: 10,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  }));
  const come = (count: number, host: string): FakeGuest[] => {
    const all = guests(count, () => host);
    for (const guest of all) assert.equal(places.add(guest).refusal, undefined);
    return all;
  };
  const early = come(6, "10.0.0.1");
  // In the middle of their first message.
  const waiting = [...come(1, "10.0.0.1"), ...come(3, "10.0.0.2")];
  for (const guest of early) guest.isKnown = true;
  waiting.push(...come(6, "10.0.0.1"));
  assert.ok(waiting.every(({ isClosed }) => !isClosed));
  come(1, "10.0.0.1");
  assert.deepEqual(waiting.map(({ isClosed }) => isClosed), waiting.map((_, index) => index === 0));
});

/** Callers with answered requests, the most recent first. */
function idleGuests(count: number, hostOf = (index: number) => `10.0.${index}.1`): FakeGuest[] {
  const all = guests(count, hostOf);
  for (const [index, guest] of all.entries()) {
    guest.isKnown = guest.isIdle = true;
    guest.usedMs = -1000 * index - limits.idleKeptMs;
  }
  return all;
}

Deno.test("idle known callers are evicted, the least recently used first, and never a busy one", () => {
  let room = 50;
  const bounds = limitsWith({
    connectionsMax: 1000,
    connectionsPerAddressMax: 1000,
    pendingBytesMax: 1e6,
  });
  const places = new Connections(bounds, () => room);
  const known = idleGuests(50);
  for (const guest of known) assert.equal(places.add(guest).refusal, undefined);
  known[49].isIdle = false;
  for (let count = 1; count <= 49; count++) {
    const [guest] = idleGuests(1);
    guest.isIdle = false;
    assert.equal(places.add(guest).refusal, undefined);
    const closed = known.map(({ isClosed }, index) => isClosed ? index : -1).filter((i) => i >= 0);
    assert.deepEqual(closed, Array.from({ length: count }, (_, index) => 49 - count + index));
  }
  assert.match(
    places.add(new FakeGuest("10.9.9.9")).refusal!,
    mentions("50", "ulimit -n", "descriptors"),
  );
  room = 40;
  places.trim();
  assert.equal(places.size, 50, "busy ones stay, a refused one does not");
});

Deno.test("a peer told goodbye may leave by itself, but others do not wait for it", () => {
  const bounds = limitsWith({
    connectionsMax: 1000,
    connectionsPerAddressMax: 1000,
    pendingBytesMax: 1e6,
  });
  const places = new Connections(bounds, () => 20);
  const known = idleGuests(20);
  for (const guest of known) {
    guest.hearsGoodbye = true;
    places.add(guest);
  }
  const come = (): void => {
    const guest = new FakeGuest("10.9.9.9");
    assert.equal(places.add(guest).refusal, undefined);
    guest.isKnown = true;
  };
  for (let count = 1; count <= limits.leavingAtOnceMax; count++) come();
  assert.ok(known.every(({ isClosed }) => !isClosed), "they are told only");
  assert.equal(known.filter((guest) => guest.isToldGoodbye).length, limits.leavingAtOnceMax);
  come();
  assert.equal(known.filter(({ isClosed }) => isClosed).length, 1);
  assert.ok(known[19].isClosed, "who was told first");
});

Deno.test("peers told to leave, or refused, make room when descriptors are needed, busy callers do not", () => {
  let room = 10;
  const places = new Connections(limitsWith({ leavingAtOnceMax: 8 }), () => room);
  const stayings = guests(10, () => "10.0.0.1");
  for (const guest of stayings) {
    places.add(guest);
    Object.assign(guest, { isKnown: true, isIdle: true, hearsGoodbye: true });
  }
  const newcomers = guests(4, () => "10.0.0.2");
  for (const guest of newcomers) places.add(guest);
  const told = stayings.filter(({ isToldGoodbye }) => isToldGoodbye);
  assert.deepEqual([told.length, places.size], [4, 14]);
  told[0]!.isIdle = false;
  places.trim();
  assert.equal(places.size, 11);
  assert.deepEqual(told.map(({ isClosed }) => isClosed), [false, true, true, true]);
  for (const guest of [...stayings, ...newcomers]) {
    Object.assign(guest, { isKnown: true, isIdle: false });
  }
  const refused = guests(3, () => "10.0.0.3");
  for (const guest of refused) assert.notEqual(places.add(guest).refusal, undefined);
  // A deployer, which has a slot beyond the limit.
  refused[0]!.isKnown = true;
  room = 12;
  places.trim();
  assert.deepEqual(refused.map(({ isClosed }) => isClosed), [false, true, true]);
  assert.ok(newcomers.every(({ isClosed }) => !isClosed));
});

Deno.test("at the operator's own bound, a briefly idle caller keeps its connection", () => {
  const bounds = limitsWith({
    connectionsMax: 2,
    connectionsPerAddressMax: 1,
    pendingBytesMax: 1e6,
  });
  const places = new Connections(bounds);
  const [first, second] = idleGuests(2);
  for (const guest of [first, second]) {
    guest.usedMs = performance.now();
    assert.equal(places.add(guest).refusal, undefined);
  }
  assert.match(places.add(new FakeGuest("10.9.9.9")).refusal!, /--limit connections=4$/);
  assert.match(places.add(new FakeGuest(second.host)).refusal!, /connections-per-address=2$/);
  second.usedMs = performance.now() - limits.idleKeptMs;
  assert.equal(places.add(new FakeGuest(second.host)).refusal, undefined);
  assert.ok(second.isClosed && !first.isClosed);
});

Deno.test("neither a burst of callers nor a flood of strangers evicts all others", () => {
  const bounds = limitsWith({
    connectionsMax: 1000,
    connectionsPerAddressMax: 1000,
    pendingBytesMax: 1e6,
  });
  const places = new Connections(bounds, () => 40);
  const known = idleGuests(40, () => "10.0.0.1");
  for (const guest of known) places.add(guest);
  // Their first messages have not been read yet.
  const burst = guests(20, () => "10.0.0.2");
  for (const guest of burst) assert.equal(places.add(guest).refusal, undefined);
  assert.ok(burst.every(({ isClosed }) => !isClosed));
  assert.equal(known.filter(({ isClosed }) => isClosed).length, 20);
  for (const guest of guests(1000, () => "10.0.0.3")) places.add(guest);
  assert.equal(known.filter(({ isClosed }) => isClosed).length, 20);
  assert.equal(places.size, 40);
});
