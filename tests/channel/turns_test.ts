import assert from "node:assert/strict";
import { Channel, type Priority, type Slice, Turns } from "../../lib/channel/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { frameHeaderBytes, writeFrameHeader } from "../../lib/protocol/mod.ts";
import { FakeTransport } from "./_fake_transport.ts";

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Works without a pause until it is stopped, like a connection whose data has already arrived. */
class Worker {
  workedMs = 0;
  isStopped = false;
  readonly #slice: Slice;
  readonly ended: Promise<void>;

  constructor(turns: Turns, priority: Priority) {
    this.#slice = turns.slice(() => priority);
    this.ended = this.#work();
  }

  async #work(): Promise<void> {
    while (!this.isStopped) {
      this.#slice.begin();
      const startMs = performance.now();
      while (performance.now() - startMs < 0.05);
      this.workedMs += performance.now() - startMs;
      if (this.#slice.settle()) await this.#slice.next();
      else await Promise.resolve();
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.#slice.end();
    await this.ended;
  }
}

Deno.test("the loop turns, however many connections work without a pause", async (t) => {
  for (const priority of ["executor", "known", "guest", "stranger"] as const) {
    for (const count of [1, 50]) {
      await t.step(`${count} of ${priority}`, async () => {
        const turns = new Turns();
        const workers = Array.from({ length: count }, () => new Worker(turns, priority));
        for (let turn = 0; turn < 20; turn++) await nextTurn();
        assert.ok(workers.every(({ workedMs }) => workedMs > 0), "each has its slice");
        await Promise.all(workers.map((worker) => worker.stop()));
        turns.close();
      });
    }
  }
});

Deno.test("each turn polls the sockets, however many connections work without a pause", async () => {
  const turns = new Turns();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const workers = Array.from({ length: 20 }, () => new Worker(turns, "known"));
  const counts: number[] = [];
  const buffer = new Uint8Array(8);
  for (let echo = 0; echo < 9; echo++) {
    const before = turns.number;
    const answer = near.read(buffer);
    const question = far.read(new Uint8Array(8));
    await near.write(Uint8Array.of(1));
    await question;
    await far.write(Uint8Array.of(2));
    await answer;
    counts.push(turns.number - before);
  }
  await Promise.all(workers.map((worker) => worker.stop()));
  turns.close();
  for (const end of [near, far, listener]) end.close();
  // One for the request, and one for the reply.
  assert.ok(counts.sort((a, b) => a - b)[4] <= 3, counts.join());
});

Deno.test("however many connections begin a request, one that has made a request before waits only for the next turn", async () => {
  const turns = new Turns();
  const guests = Array.from({ length: 100 }, () => new Worker(turns, "guest"));
  const slice = turns.slice(() => "known");
  const waited: number[] = [];
  for (let time = 0; time < 9; time++) {
    slice.begin();
    // It has worked more than any of them.
    assert.ok(slice.settle(10 * limits.sliceMs));
    const before = turns.number;
    await slice.next();
    waited.push(turns.number - before);
  }
  await Promise.all(guests.map((guest) => guest.stop()));
  turns.close();
  assert.ok(waited.sort((a, b) => a - b)[4] <= 2, waited.join());
});

Deno.test("a connection that has worked is not overtaken by all that come while it waits", async () => {
  const turns = new Turns();
  const slice = turns.slice(() => "guest");
  slice.begin();
  assert.ok(slice.settle(limits.guestsTurnMs));
  const workers: Worker[] = [];
  let isOver = false;
  const waiting = slice.next().then(() => isOver = true);
  // In each turn more come than a turn has time for, and each has worked less.
  while (!isOver) {
    for (let count = 0; count < 40; count++) workers.push(new Worker(turns, "guest"));
    await nextTurn();
    for (const worker of workers.splice(0, workers.length - 40)) await worker.stop();
    assert.ok(turns.number < 2000, "it waits for ever");
  }
  await waiting;
  await Promise.all(workers.map((worker) => worker.stop()));
  turns.close();
});

Deno.test("a connection that ends pays for no time in which it waited for its peer", async () => {
  const turns = new Turns();
  const [busy, waiting, late] = [1, 2, 3].map(() => turns.slice(() => "guest"));
  const useTurn = (slice: Slice): void => {
    slice.begin();
    slice.settle(limits.guestsTurnMs);
  };
  useTurn(busy);
  // It goes on in the next turn, with a read for which nothing has arrived.
  await waiting.beginInTurn();
  await new Promise((resolve) => setTimeout(resolve, 20));
  useTurn(busy);
  await late.next();
  waiting.end();
  let hasTurn = false;
  void late.beginInTurn().then(() => hasTurn = true);
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(hasTurn);
  turns.close();
});

Deno.test("deferrable work waits once its group has used up its share of the turn", async () => {
  for (const claim of ["guest", "stranger"] as const) {
    const turns = new Turns();
    const [busy, late] = [turns.slice(() => claim), turns.slice(() => claim)];
    busy.begin();
    busy.settle(limits.guestsTurnMs);
    const before = turns.number;
    await late.beginInTurn();
    assert.ok(turns.number > before, claim);
    turns.close();
  }
});

Deno.test("while connections wait to be accepted, incomplete messages have less of the turn", async () => {
  const turns = new Turns();
  const [arrivals, half, guest] = (["arrival", "guest", "guest"] as const).map((priority) =>
    turns.slice(() => priority)
  );
  const use = (slice: Slice, ms: number): void => {
    slice.begin();
    slice.settle(ms);
  };
  const waits = async (slice: Slice): Promise<boolean> => {
    let hasTurn = false;
    void slice.beginInTurn().then(() => hasTurn = true);
    await Promise.resolve();
    await Promise.resolve();
    return !hasTurn;
  };
  // Without such connections, first.
  use(arrivals, limits.arrivalsTurnMs);
  await half.next();
  use(guest, limits.patientsTurnMs);
  const waitsAlone = await waits(half);
  use(arrivals, limits.arrivalsTurnMs);
  await arrivals.next();
  use(guest, limits.patientsTurnMs);
  const waitsBeside = await waits(half);
  for (const slice of [arrivals, half, guest]) slice.end();
  turns.close();
  assert.deepEqual([waitsAlone, waitsBeside], [false, true]);
});

Deno.test("deferred work is charged to the connection that caused it", () => {
  const turns = new Turns();
  const slice = turns.slice(() => "known");
  slice.begin();
  assert.ok(!slice.isSpent(1));
  slice.owe(limits.sliceMs);
  assert.ok(slice.isSpent(1), "before many more frames are looked at");
  slice.end();
  turns.close();
});

Deno.test("strangers share a part of the loop, and leave the rest to clients", async () => {
  const turns = new Turns();
  const strangers = Array.from({ length: 50 }, () => new Worker(turns, "stranger"));
  const clients = [new Worker(turns, "known"), new Worker(turns, "known")];
  const workedMs = (workers: Worker[]) => workers.reduce((sum, worker) => sum + worker.workedMs, 0);
  // The first slices of simultaneous arrivals exceed the share.
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  const before = [workedMs(strangers), workedMs(clients)];
  while (workedMs(clients) - before[1] < 300) await nextTurn();
  const [ofStrangers, ofClients] = [workedMs(strangers) - before[0], workedMs(clients) - before[1]];
  await Promise.all([...strangers, ...clients].map((worker) => worker.stop()));
  turns.close();
  assert.ok(ofStrangers > 0, "they are not kept out");
  assert.ok(
    ofStrangers < 0.4 * (ofStrangers + ofClients),
    `strangers worked ${ofStrangers} ms, clients ${ofClients} ms`,
  );
});

Deno.test("a waiting turn ends with its connection or with all of them", async () => {
  const turns = new Turns();
  const slices = [1, 2].map(() => turns.slice(() => "stranger"));
  for (const slice of slices) {
    slice.begin();
    assert.ok(slice.settle(limits.strangerSliceMs));
  }
  const waiting = slices.map((slice) => slice.next());
  slices[0].end();
  await waiting[0];
  turns.close();
  await waiting[1];
});

Deno.test("connections that end without more work let the next one of the turn go on", async () => {
  const turns = new Turns();
  const busy = turns.slice(() => "guest");
  busy.begin();
  busy.settle(limits.guestsTurnMs);
  const before = turns.number;
  const count = 1000;
  await Promise.all(Array.from({ length: count }, async () => {
    const slice = turns.slice(() => "guest");
    await slice.beginInTurn();
    // Its last word is a stranger's work.
    slice.demote();
    slice.end();
  }));
  assert.ok(turns.number - before < count / 4, `${turns.number - before} turns`);
  turns.close();
});

Deno.test("one that has said more does not wait behind all that are in the middle of a first message", async () => {
  const turns = new Turns();
  const slices = Array.from({ length: 1000 }, () => turns.slice(() => "guest"));
  slices[0].begin();
  slices[0].settle(limits.guestsTurnMs);
  let resumed = 0;
  const waiting = slices.map(async (slice) => {
    await slice.beginInTurn();
    resumed += 1;
    slice.settle(0.05);
    slice.end();
  });
  const caller = turns.slice(() => "guest");
  caller.begin();
  // It has worked more than each of them.
  assert.ok(caller.settle(limits.guestsTurnMs));
  await caller.next();
  assert.ok(resumed < slices.length / 2, `${resumed} before it`);
  caller.pause();
  await Promise.all(waiting);
  turns.close();
});

Deno.test("frames that come faster than they are read do not keep the loop from turning", async () => {
  const bytes = new Uint8Array(1000 * frameHeaderBytes);
  for (let index = 0; index < 1000; index++) {
    const header = { bodyBytes: 0, kind: 8, route: 0, call: index };
    writeFrameHeader(bytes, index * frameHeaderBytes, header);
  }
  /** Always has something to read. */
  class Flood extends FakeTransport {
    override read(target: Uint8Array): Promise<number> {
      target.set(bytes.subarray(0, target.length));
      // Only whole frames.
      const most = Math.min(target.length, bytes.length);
      return Promise.resolve(most - most % frameHeaderBytes);
    }
  }
  const turns = new Turns();
  const channel = new Channel(new Flood(), { slice: turns.slice(() => "known") });
  let count = 0;
  const running = channel.run(() => void count++);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  assert.ok(count > 1000);
  channel.close();
  await running;
  turns.close();
});

Deno.test("input after a frame that must be awaited is handled afterwards, in order", async () => {
  const bytes = new Uint8Array(5 * frameHeaderBytes);
  for (let index = 0; index < 5; index++) {
    const header = { bodyBytes: 0, kind: 8, route: 0, call: index };
    writeFrameHeader(bytes, index * frameHeaderBytes, header);
  }
  for (const slice of [undefined, new Turns().slice(() => "stranger")]) {
    const channel = new Channel(new FakeTransport(), { slice });
    const { promise, resolve } = Promise.withResolvers<void>();
    const calls: number[] = [];
    const running = channel.run((_kind, _route, call) => {
      calls.push(call);
      if (call === 1) channel.holdUntil(promise);
      if (call === 4) channel.close();
    }, bytes.slice());
    await nextTurn();
    assert.deepEqual(calls, [0, 1]);
    resolve();
    await running;
    assert.deepEqual(calls, [0, 1, 2, 3, 4]);
  }
});

Deno.test("a connection is charged for its own work only, not for that of others in the same turn", () => {
  const turns = new Turns();
  const [busy, quiet] = [turns.slice(() => "known"), turns.slice(() => "known")];
  // The system may preempt this process in between, but hardly every time.
  const spent = Array.from({ length: 50 }, () => {
    busy.begin();
    const startMs = performance.now();
    while (performance.now() - startMs < 1);
    busy.settle();
    quiet.begin();
    return quiet.settle();
  });
  turns.close();
  // From the tenth on, the group's share is used up.
  assert.ok(spent.slice(10).includes(false), "the quiet one had to wait, every time");
});

Deno.test("reading large frames is work: others have their turns meanwhile, and no read takes long", async () => {
  const turns = new Turns();
  const frame = new Uint8Array(frameHeaderBytes + 1024 * 1024);
  writeFrameHeader(frame, 0, {
    bodyBytes: frame.length - frameHeaderBytes,
    kind: 1,
    route: 0,
    call: 1,
  });
  const framesMax = 40;
  let sentBytes = 0;
  let longest = 0;
  // Whatever is read has arrived already.
  const transport = Object.assign(new FakeTransport(), {
    read(target: Uint8Array): Promise<number | null> {
      longest = Math.max(longest, target.length);
      if (sentBytes === framesMax * frame.length) return Promise.resolve(null);
      const start = sentBytes % frame.length;
      const bytes = frame.subarray(start, start + target.length);
      target.set(bytes);
      sentBytes += bytes.length;
      return Promise.resolve(bytes.length);
    },
  });
  const channel = new Channel(transport, { slice: turns.slice(() => "known") });
  let frames = 0;
  await channel.run(() => {
    frames += 1;
  });
  assert.equal(frames, framesMax);
  assert.ok(longest <= 256 * 1024, `${longest} bytes at once`);
  // Each MiB counts as a quarter of a millisecond, whatever the clock says.
  const leastTurns = framesMax / 4 / limits.sliceMs - 1;
  assert.ok(turns.number >= leastTurns, `${turns.number} turns`);
  turns.close();
});
