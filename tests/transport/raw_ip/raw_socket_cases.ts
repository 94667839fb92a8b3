/** Runs in a network of its own: see raw_socket_test.ts. */
import assert from "node:assert/strict";
import { PacketSocket, parseIpv4 } from "../../../lib/transport/raw_ip/socket/mod.ts";
import { connectionCases } from "./connection_cases.ts";
import { socketCases } from "./socket_cases.ts";

socketCases("raw socket", 170);
connectionCases("raw ip", 170);

Deno.test("raw socket: a filter for a first byte passes packets with it, and no others", async () => {
  const host = parseIpv4("127.0.0.1")!;
  const arrived: number[] = [];
  const last = Promise.withResolvers<void>();
  const firstByte = "{".charCodeAt(0);
  const options = { protocol: 170, localHost: host };
  const receiver = new PacketSocket({ ...options, firstByte }, {
    onPacket: ({ bytes }) => {
      arrived.push(bytes[1]);
      if (bytes[1] === 3) last.resolve();
    },
  });
  const sender = new PacketSocket({ ...options, localPort: 0 }, { onPacket: () => {} });
  try {
    sender.sendPacket(Uint8Array.of(firstByte, 1), { host });
    sender.sendPacket(Uint8Array.of(0xf4, 2), { host });
    sender.sendPacket(Uint8Array.of(), { host });
    sender.sendPacket(Uint8Array.of(firstByte, 3), { host });
    await last.promise;
    assert.deepEqual(arrived, [1, 3]);
  } finally {
    receiver.close();
    sender.close();
  }
});
