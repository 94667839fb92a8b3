/** How connections begin and end, and their timers. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import {
  type Connection,
  createMemory,
  type FailureKind,
} from "../../lib/transport/raw_ip/engine/mod.ts";
import { type Host, link, Network } from "./_network.ts";

/** Two hosts, one open connection, and its events. */
function opened(options: { delayMs?: number; mtu?: number; routeMtu?: number } = {}) {
  const network = new Network(1);
  const way = () =>
    link({ delayMs: options.delayMs ?? 10, mtu: options.mtu ?? 1500, bytesPerMs: 250 });
  const memory = createMemory();
  const { routeMtu } = options;
  const client = network.host(1, { way: way(), memory, routeMtu });
  const server = network.host(2, { way: way(), routeMtu });
  const connection = client.connect(server);
  network.run(100 + 10 * (options.delayMs ?? 0));
  const [accepted] = server.accepted;
  const ends: (FailureKind | undefined | "open")[] = ["open", "open"];
  [connection, accepted].forEach((end, index) => {
    end.events = { onClosed: (failure) => ends[index] = failure };
  });
  return { network, client, server, connection, accepted, ends, memory };
}

function readAll(connection: Connection): number {
  const buffer = new Uint8Array(65_536);
  let all = 0;
  for (let count; (count = connection.read(buffer)) > 0;) all += count;
  return all;
}

Deno.test("a stream that has ended leaves the other one open", () => {
  const { network, connection, accepted, ends } = opened();
  connection.write(new Uint8Array(100));
  connection.end();
  network.run(network.now + 100);
  assert.equal(readAll(accepted), 100);
  assert.ok(accepted.isReadEnded && accepted.isOpen);
  assert.equal(connection.write(new Uint8Array(1)), 0);
  for (let time = 0; time < 5; time++) {
    accepted.write(new Uint8Array(1000));
    network.run(network.now + 100_000);
    assert.equal(readAll(connection), 1000);
  }
  assert.deepEqual(ends, ["open", "open"]);
  accepted.end();
  network.run(network.now + 100);
  assert.deepEqual(ends, [undefined, undefined]);
  assert.ok(connection.isReadEnded);
});

Deno.test("data written before close arrives; a reset reaches the peer at once", () => {
  const { network, connection, accepted, ends } = opened();
  connection.write(new Uint8Array(50_000));
  connection.close();
  network.run(network.now + 300);
  assert.equal(readAll(accepted), 50_000);
  assert.ok(accepted.isReadEnded);
  accepted.end();
  network.run(network.now + 100);
  assert.deepEqual(ends, [undefined, undefined]);

  const other = opened();
  other.connection.reset();
  other.network.run(other.network.now + 11);
  assert.deepEqual(other.ends, ["open", "reset"]);
});

Deno.test("a peer that never reads cannot keep a closed connection", () => {
  const { network, client, connection, accepted, memory } = opened();
  while (connection.write(new Uint8Array(65_536)) === 65_536);
  connection.close();
  network.run(network.now + limits.rawIp.closeLingerMs + 1000);
  assert.equal(client.endpoint.connectionCount, 0);
  assert.equal(memory.heldBytes, 0);
  assert.equal(accepted.failure, "reset");
});

Deno.test("no machine, no listener, and no room are distinguished", () => {
  const network = new Network(1);
  const client = network.host(1);
  const deaf = network.host(2, { isListening: false });
  const failures: unknown[] = [];
  const connect = (to: Host) => {
    const connection = client.connect(to, 5000);
    connection.events = {
      onClosed: (failure) => failures.push([failure, Math.floor(network.now)]),
    };
  };
  connect(deaf);
  network.run(1000);
  connect({ address: 99, port: 1 } as Host);
  network.run(10_000);
  connect({ address: 99, port: 1 } as Host);
  network.filter = () => {
    client.endpoint.unreachable(99, client.now);
    return undefined;
  };
  network.run(20_000);
  const { unreachableRetryMs } = limits.rawIp;
  assert.deepEqual(failures, [["refused", 20], ["connectTimeout", 6000], [
    "refused",
    10_000 + 3 * unreachableRetryMs,
  ]]);
});

Deno.test("reports that a node is unreachable, which a full socket causes too, do not end a connection that gets through", () => {
  const network = new Network(1);
  const client = network.host(1);
  const server = network.host(2);
  let reports = 0;
  network.filter = (packet, from) => {
    if (from !== client || reports === limits.rawIp.unreachableReportsMax - 1) return packet;
    reports += 1;
    client.endpoint.unreachable(2, client.now);
    return undefined;
  };
  const connection = client.connect(server);
  network.run(limits.rawIp.helloRetryMs);
  assert.ok(connection.isOpen);
});

Deno.test("a vanished peer is given up after 15 s if it owes a reply, and not before", () => {
  const { network, server, connection, ends } = opened();
  server.way.isDown = true;
  connection.write(new Uint8Array(10));
  const start = network.now;
  network.run(start + limits.rawIp.silentMs - 100);
  assert.deepEqual(ends[0], "open");
  network.run(start + limits.rawIp.silentMs + 2500);
  assert.deepEqual(ends[0], "silent");
});

Deno.test("a vanished client is detected although it owes nothing; a living one is not given up", () => {
  const { network, client, server, ends } = opened();
  network.run(network.now + 10 * limits.rawIp.idlePingMs);
  assert.deepEqual(ends, ["open", "open"]);
  client.way.isDown = true;
  network.run(network.now + limits.rawIp.idlePingMs + 2 * limits.rawIp.silentMs);
  assert.equal(ends[1], "silent");
  assert.equal(server.endpoint.connectionCount, 0);
});

Deno.test("a restarted peer is detected at once", () => {
  const { network, client, connection, ends } = opened();
  const again = network.host(2);
  connection.write(new Uint8Array(10));
  network.run(network.now + 100);
  assert.equal(ends[0], "reset");
  assert.equal(again.endpoint.connectionCount + client.endpoint.connectionCount, 0);
});

Deno.test("ICMP, which anyone can forge, ends no open connection", () => {
  const { network, client, connection, ends } = opened();
  client.endpoint.unreachable(2, client.now);
  network.run(network.now + 1000);
  assert.ok(connection.isOpen);
  assert.deepEqual(ends, ["open", "open"]);
});

Deno.test("a lost answer is probed for, with the oldest unacknowledged bytes or with a ping", () => {
  const { network, client, connection, accepted } = opened();
  connection.ping();
  let isLost = false;
  network.filter = (packet, from) => {
    if (from !== client || isLost) return packet;
    isLost = true;
    return undefined;
  };
  network.run(network.now + 500);
  assert.ok(isLost);
  const before = accepted.statistics.packetsReceived;
  assert.ok(before >= 1, "another ping has arrived");
  assert.equal(connection.statistics.bytesInFlight, 0);
  isLost = false;
  connection.write(new Uint8Array(10));
  network.run(network.now + 500);
  assert.equal(readAll(accepted), 10);
});

Deno.test("a round trip longer than the first timer does not cause a full retransmission", () => {
  const { network, connection, accepted } = opened({ delayMs: 200 });
  accepted.write(new Uint8Array(5000));
  connection.write(new Uint8Array(5000));
  network.run(network.now + 3000);
  assert.equal(readAll(connection) + readAll(accepted), 10_000);
  assert.equal(connection.statistics.packetsLost + accepted.statistics.packetsLost, 0);
  assert.ok(accepted.statistics.packetsSent < 12, `${accepted.statistics.packetsSent} packets`);
});

Deno.test("a pure receiver knows the round trip, and lets packets wait for a small part of it", () => {
  const { network, server, connection, accepted } = opened();
  const send = () => {
    while (connection.write(new Uint8Array(65_536)) === 65_536);
  };
  connection.events.onWritable = send;
  accepted.events.onReadable = () => readAll(accepted);
  assert.equal(server.endpoint.coalesceMs, 0);
  send();
  let coalesceMs = 0;
  for (let time = 0; time < 100; time++) {
    network.run(network.now + 10);
    coalesceMs = Math.max(coalesceMs, server.endpoint.coalesceMs);
  }
  const { smoothedRttMs } = accepted.statistics;
  assert.ok(smoothedRttMs > 19 && smoothedRttMs < 40, `${smoothedRttMs}`);
  assert.ok(coalesceMs >= 1 && coalesceMs < smoothedRttMs / 8, `${coalesceMs}`);
});

Deno.test("a window update gets through although its packet is lost", () => {
  const { network, server, connection, accepted } = opened();
  while (connection.write(new Uint8Array(65_536)) === 65_536);
  network.run(network.now + 5000);
  let got = 0;
  server.way.isDown = true;
  got += readAll(accepted);
  network.run(network.now + 100);
  server.way.isDown = false;
  network.run(network.now + 3000);
  got += readAll(accepted);
  assert.ok(got > limits.rawIp.windowBytesFirst);
});

Deno.test("memory for a peer whose data is not read is bounded by its window", () => {
  const { network, connection, accepted } = opened();
  const send = () => {
    while (connection.write(new Uint8Array(65_536)) === 65_536);
  };
  connection.events.onWritable = send;
  send();
  network.run(network.now + 30_000);
  assert.equal(accepted.readableBytes, limits.rawIp.windowBytesFirst);
  assert.ok(connection.unacknowledgedBytes <= limits.rawIp.sendBytesMax);
});

Deno.test("the path's MTU is discovered, and lowered when the path's MTU shrinks", () => {
  for (
    const [mtu, routeMtu, expected] of [
      [1500, 1500, 1500],
      [9000, 9000, 9000],
      [1400, 1500, 1336],
      [1280, 9000, 1280],
    ]
  ) {
    const { network, client, connection, accepted } = opened({ mtu, routeMtu });
    let got = 0;
    accepted.events.onReadable = () => got += readAll(accepted);
    const send = () => {
      while (connection.write(new Uint8Array(65_536)) === 65_536);
    };
    connection.events.onWritable = send;
    send();
    network.run(network.now + 3000);
    const { pathMtu, packetsLost } = connection.statistics;
    assert.ok(pathMtu >= expected && pathMtu <= mtu, `${pathMtu} of ${mtu}`);
    assert.equal(packetsLost, 0, "what was lost by its size is no loss");
    client.way.mtu = 1280;
    const before = got;
    network.run(network.now + 5000);
    assert.ok(got > before, "it goes on");
    assert.equal(connection.statistics.pathMtu, 1280);
    client.way.mtu = 1500;
    if (mtu < 1500) continue;
    network.run(network.now + 2 * limits.rawIp.mtuBlackHoleMs);
    assert.ok(connection.statistics.pathMtu >= Math.min(mtu, 1500) - 64);
  }
});

Deno.test("an interface's MTU is heeded at once", () => {
  const { network, client, connection, accepted } = opened({ mtu: 9000, routeMtu: 9000 });
  connection.write(new Uint8Array(200_000));
  network.run(network.now + 1000);
  readAll(accepted);
  client.way.mtu = 600;
  client.endpoint.limitMtu(2, 600, client.now);
  connection.write(new Uint8Array(50_000));
  network.run(network.now + 1000);
  assert.ok(readAll(accepted) >= 50_000);
});
