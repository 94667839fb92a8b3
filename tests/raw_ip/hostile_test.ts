/** What strangers can do: cause no state, and no more traffic than they send themselves. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { crc32 } from "../../lib/transport/raw_ip/_crc32.ts";
import { createMemory, rawIpCarrier } from "../../lib/transport/raw_ip/engine/mod.ts";
import { Checksum } from "../../lib/transport/raw_ip/engine/packets/checksum.ts";
import { typeOf, types } from "../../lib/transport/raw_ip/engine/packets/packet.ts";
import { type Host, link, Network, Random } from "./_network.ts";

const fuzzedMax = Number(Deno.env.get("FARCALL_RAW_IP_PACKETS") ?? 25_000);
const checksum = new Checksum(rawIpCarrier(), crc32);

/** Gives a packet a valid checksum, as an attacker can. */
function seal(packet: Uint8Array, from: number, to: number): Uint8Array {
  packet.fill(0, 20, 24);
  checksum.seal(packet, from, to);
  return packet;
}

/** Two hosts after a finished call, and all its packets. */
function recorded(): { network: Network; client: Host; server: Host; packets: Uint8Array[] } {
  const network = new Network(7);
  const client = network.host(1, { isListening: false });
  const server = network.host(2);
  const packets: Uint8Array[] = [];
  network.filter = (packet, from) => {
    if (from === client) packets.push(packet.slice());
    return packet;
  };
  server.onConnection = (connection) => {
    connection.events = { onReadable: () => connection.end() };
  };
  const connection = client.connect(server);
  connection.write(new Uint8Array(3000));
  connection.end();
  network.run(1000);
  assert.equal(connection.isClosed, true);
  assert.equal(connection.failure, undefined);
  assert.equal(server.endpoint.connectionCount, 0);
  network.filter = undefined;
  return { network, client, server, packets };
}

Deno.test("a replayed handshake opens no second connection, neither at once nor later", () => {
  const { network, server, packets } = recorded();
  const ports = { from: 4000, to: 4000 };
  for (let time = 0; time < 40; time++) {
    for (const packet of packets) server.take(packet.slice(), 1, ports);
    network.run(network.now + 1000);
    assert.equal(server.accepted.length, 1);
    assert.equal(server.endpoint.connectionCount, 0);
  }
});

Deno.test("a HELLO costs no memory, and the reply goes to its source address", () => {
  const network = new Network(8);
  const memory = createMemory();
  const server = network.host(2, { memory });
  const { packets: [hello] } = recorded();
  let answered = 0;
  let asked = 0;
  network.filter = (packet) => {
    answered += packet.length;
    return packet;
  };
  for (let address = 10; address < 5000; address++) {
    const packet = seal(hello.slice(), address, 2);
    asked += packet.length;
    server.take(packet, address, { from: 4000, to: 4000 });
    if (address % 100 === 0) network.run(network.now + 1);
  }
  network.run(network.now + 1);
  assert.equal(server.endpoint.connectionCount, 0);
  assert.equal(server.accepted.length, 0);
  assert.equal(memory.heldBytes, 0);
  assert.ok(answered > 0 && answered <= asked, `${answered} bytes for ${asked}`);
});

Deno.test("an id given to one address and port is valid for that one only", () => {
  const { packets } = recorded();
  // The same seed gives the server the same secret.
  const network = new Network(7);
  network.host(1, { isListening: false });
  const server = network.host(2);
  const data = packets.find((packet) => typeOf(packet) === types.data)!;
  server.take(seal(data.slice(), 3, 2), 3, { from: 4000, to: 4000 });
  const otherPort = data.slice();
  otherPort[5] ^= 1;
  server.take(seal(otherPort, 1, 2), 1, { from: 4001, to: 4000 });
  assert.equal(server.accepted.length, 0);
  server.take(data.slice(), 1, { from: 4000, to: 4000 });
  assert.equal(server.accepted.length, 1);
});

Deno.test("packets for unknown ids are answered rarely, with fewer bytes, and never if they are RESETs", () => {
  const network = new Network(9);
  const server = network.host(2);
  let answers = 0;
  network.filter = (packet) => {
    answers += 1;
    assert.equal(typeOf(packet), types.reset);
    assert.ok(packet.length <= 25);
    return packet;
  };
  const flood = (type: number, length: number) => {
    for (let index = 0; index < 1000; index++) {
      const packet = new Uint8Array(length);
      network.random.fill(packet.subarray(8));
      packet[0] = 0xf0 | type;
      packet.set([4000 >> 8, 4000 & 255, 0, 9], 2);
      server.take(seal(packet, 1, 2), 1, { from: 9, to: 4000 });
    }
    network.run(network.now + 1);
  };
  flood(types.reset, 40);
  flood(types.data, 24);
  assert.equal(answers, 0);
  flood(types.data, 40);
  assert.ok(answers > 0 && answers <= limits.rawIp.resetsPerSecondMax, `${answers} answers`);
});

Deno.test("a RESET without the id of the connection does nothing", () => {
  const network = new Network(10);
  const client = network.host(1);
  const server = network.host(2);
  const connection = client.connect(server);
  network.run(1000);
  const random = new Random(3);
  for (let index = 0; index < 2000; index++) {
    const packet = new Uint8Array(25);
    random.fill(packet.subarray(8));
    packet[0] = 0xf0 | types.reset;
    packet[1] = index & 1;
    packet.set([4000 >> 8, 4000 & 255, 4000 >> 8, 4000 & 255], 2);
    client.take(seal(packet, 2, 1), 2, { from: 4000, to: 4000 });
  }
  assert.ok(connection.isOpen);
});

/** A network with a server, and its answers to a flood of HELLOs, by address. */
function flooded(): {
  network: Network;
  server: Host;
  answers: Map<number, number>;
  flood: (address: number, count: number) => void;
} {
  const { packets: [hello] } = recorded();
  const network = new Network(8);
  const server = network.host(2);
  const answers = new Map<number, number>();
  const send = network.send.bind(network);
  network.send = (packet, from, to, ports) => {
    if (from === server && typeOf(packet) === types.accept) {
      answers.set(to, (answers.get(to) ?? 0) + 1);
    }
    send(packet, from, to, ports);
  };
  const flood = (address: number, count: number): void => {
    for (let index = 0; index < count; index++) {
      const packet = hello.slice();
      network.random.fill(packet.subarray(24, 32));
      server.take(seal(packet, address, 2), address, { from: 4000, to: 4000 });
      if (index % 500 === 499) network.run(network.now + 1);
    }
    network.run(network.now + 1);
  };
  return { network, server, answers, flood };
}

Deno.test("in a flood of HELLOs some are answered, and one from another address is", () => {
  const { acceptsPerSecondMax, acceptsPerAddressMax } = limits.rawIp;
  const { answers, flood } = flooded();
  const floods = acceptsPerSecondMax / acceptsPerAddressMax + 1;
  for (let address = 10; address < 10 + floods; address++) flood(address, 5000);
  for (const count of answers.values()) assert.ok(count < acceptsPerAddressMax * 1.1, `${count}`);
  const all = answers.values().reduce((sum, count) => sum + count);
  assert.ok(all < acceptsPerSecondMax * 1.1, `${all}`);
  flood(100, 1);
  assert.equal(answers.get(100), 1);
});

Deno.test("packets of connections go before the answers to HELLOs", () => {
  const { network, server, flood } = flooded();
  const client = network.host(1);
  client.connect(server);
  network.run(network.now + 1000);
  const order: number[] = [];
  const send = network.send.bind(network);
  network.send = (packet, from, to, ports) => {
    if (from === server) order.push(typeOf(packet));
    send(packet, from, to, ports);
  };
  server.accepted[0].write(new Uint8Array(100));
  flood(10, 499);
  const first = order.indexOf(types.data);
  assert.ok(first >= 0 && first <= limits.rawIp.repliesFirst, `${first}`);
  assert.ok(order.length > 400, `${order.length}`);
});

Deno.test("closed connections whose peers stay are bounded", () => {
  const network = new Network(11);
  const memory = createMemory();
  const server = network.host(2, { memory });
  // A peer that acknowledges, and never ends its own stream.
  const clients = [1, 3, 4].map((address) => network.host(address));
  server.onConnection = (connection) => {
    connection.write(new Uint8Array(10));
    connection.close();
  };
  for (let count = 0; count < limits.rawIp.closingMax + 300; count++) {
    clients[count % 3].connect(server);
    if (count % 50 === 0) network.run(network.now + 50);
  }
  network.run(network.now + 1000);
  assert.equal(server.accepted.length, limits.rawIp.closingMax + 300);
  assert.equal(server.endpoint.connectionCount, limits.rawIp.closingMax);
});

Deno.test("answers that many peers do not read take bounded memory, and leave a share to others", () => {
  const { sendBytesPerProcessMax, sendBytesMin, chunkBytes } = limits.rawIp;
  const network = new Network(11);
  const memory = createMemory();
  const server = network.host(2, { memory });
  const client = network.host(1);
  const count = 2 * sendBytesPerProcessMax / sendBytesMin;
  for (let each = 0; each < count; each++) {
    client.connect(server);
    if (each % 50 === 0) network.run(network.now + 50);
  }
  network.run(network.now + 1000);
  client.way.isDown = true;
  const answer = new Uint8Array(sendBytesMin);
  let least = Infinity;
  for (const connection of server.accepted) least = Math.min(least, connection.write(answer));
  assert.equal(server.accepted.length, count);
  assert.ok(memory.heldBytes < sendBytesPerProcessMax * 1.3, `${memory.heldBytes}`);
  assert.ok(least >= chunkBytes, `${least}`);
  for (const connection of server.accepted) connection.reset();
  network.run(network.now + 1000);
  assert.equal(memory.heldBytes, 0);
});

Deno.test("one address gets a bounded number of connections, and leaves the rest to others", () => {
  const network = new Network(11);
  const memory = createMemory();
  const server = network.host(2, { way: link({ delayMs: 0.1 }) });
  const greedy = network.host(1, { way: link({ delayMs: 0.1 }), memory });
  const most = limits.rawIp.connectionsPerAddressMax;
  for (let count = 0; count < most + 50; count++) {
    greedy.connect(server);
    if (count % 100 === 0) network.run(network.now + 1);
  }
  network.run(network.now + 20_000);
  assert.equal(server.accepted.length, most);
  const other = network.host(3).connect(server);
  network.run(network.now + 1000);
  assert.ok(other.isOpen);
});

Deno.test("mutated and random packets throw nothing, open nothing and leave nothing behind", () => {
  const seed = Number(Deno.env.get("FARCALL_RAW_IP_SEED") ?? 12);
  const random = new Random(seed);
  const network = new Network(seed);
  const memories = [createMemory(), createMemory()];
  const client = network.host(1, { memory: memories[0] });
  const server = network.host(2, { memory: memories[1] });
  const packets: Uint8Array[] = [];
  network.filter = (packet, from) => {
    if (from === client && packets.length < 200) packets.push(packet.slice());
    return packet;
  };
  const begin = () => {
    const connection = client.connect(server);
    connection.write(new Uint8Array(20_000));
    network.run(network.now + 300);
    return connection;
  };
  let connection = begin();
  for (let index = 0; index < fuzzedMax; index++) {
    let packet: Uint8Array;
    if (random.chance(0.2)) {
      packet = new Uint8Array(random.below(200));
      random.fill(packet);
      if (packet.length > 5 && random.chance(0.9)) {
        packet[0] = 0xf0 | random.below(8);
        packet.set([4000 >> 8, 4000 & 255, 4000 >> 8, 4000 & 255], 2);
      }
    } else {
      packet = random.pick(packets).slice();
      // The number is often new, so that the rest is examined.
      if (random.chance(0.7) && packet.length >= 24) packet[19] = random.below(256);
      for (let times = random.below(4); times > 0; times--) {
        const at = random.chance(0.5) ? random.below(Math.min(64, packet.length)) : 1;
        packet[random.chance(0.5) ? at : random.below(packet.length)] = random.below(256);
      }
      if (random.chance(0.3)) packet = packet.slice(0, random.below(packet.length + 1));
    }
    if (packet.length >= 24 && random.chance(0.95)) seal(packet, 1, 2);
    server.take(packet, 1, { from: 4000, to: 4000 });
    if (index % 500 === 0) {
      network.run(network.now + 20);
      if (server.endpoint.connectionCount === 0 || connection.isClosed) {
        network.run(network.now + limits.rawIp.endedConnectionMs);
        client.endpoint.close(client.now);
        packets.length = 0;
        connection = begin();
      }
    }
  }
  // The forged packets come from the client's address, so they may end its connections, and no more.
  for (const host of [client, server]) host.endpoint.close(host.now);
  network.run(network.now + 1000);
  for (const connection of server.accepted) connection.close();
  assert.equal(server.endpoint.connectionCount, 0);
  assert.equal(server.endpoint.deadline, Infinity);
  assert.equal(memories[1].heldBytes, 0);
});
