// deno-lint-ignore-file no-console
/**
 * The cost of the raw IP engine alone per MiB: two endpoints, with packets passed between them in memory.
 *
 *     deno run --allow-all bench/raw_ip/engine_cpu.ts [MiB a round]
 */
import { crc32 } from "../../lib/transport/raw_ip/_crc32.ts";
import {
  type Connection,
  createEndpoint,
  createMemory,
  type Endpoint,
  packetBatch,
  rawIpCarrier,
} from "../../lib/transport/raw_ip/engine/mod.ts";

const totalBytes = Number(Deno.args[0] ?? 32) * 1024 * 1024;

/** The cost of each end, in ms per MiB. */
function run(mtu: number): { sender: number; receiver: number; packets: number } {
  let now = 1;
  let accepted: Connection | undefined;
  const make = (isServer: boolean): Endpoint =>
    createEndpoint({
      carrier: rawIpCarrier(),
      localPort: 7,
      secret: new Uint8Array(16),
      random: (target) => crypto.getRandomValues(target),
      crc32,
      startMs: now,
      memory: createMemory(),
      routeMtu: () => mtu,
      onWork: () => {},
      onConnection: isServer ? (connection) => accepted = connection : undefined,
    });
  const [client, server] = [make(false), make(true)];
  const batch = packetBatch();
  let packets = 0;
  const pass = (from: Endpoint, to: Endpoint): { sent: number; taken: number } => {
    const spent = { sent: 0, taken: 0 };
    const path = {
      remoteAddress: from === client ? 1 : 2,
      remotePort: 7,
      localAddress: from === client ? 2 : 1,
    };
    for (;;) {
      const start = performance.now();
      const isMore = from.flush(now, batch);
      const middle = performance.now();
      spent.sent += middle - start;
      if (!isMore) break;
      packets += batch.count;
      for (let index = 0; index < batch.count; index++) {
        const at = batch.offsets[index];
        to.receive(batch.bytes.subarray(at, at + batch.lengths[index]), path, now);
      }
      to.endTurn(now);
      spent.taken += performance.now() - middle;
    }
    return spent;
  };
  const data = crypto.getRandomValues(new Uint8Array(65_536));
  const buffer = new Uint8Array(65_536);
  let sent = 0;
  let received = 0;
  const spent = { sender: 0, receiver: 0 };
  const connection = client.connect({
    remoteAddress: 2,
    remotePort: 7,
    localAddress: 1,
    timeoutMs: 1000,
    events: {},
  }, now);
  while (received < totalBytes) {
    const start = performance.now();
    while (sent < totalBytes) {
      const count = connection.write(data.subarray(0, Math.min(data.length, totalBytes - sent)));
      sent += count;
      if (count < data.length) break;
    }
    spent.sender += performance.now() - start;
    const out = pass(client, server);
    const reading = performance.now();
    for (let count; accepted !== undefined && (count = accepted.read(buffer)) > 0;) {
      received += count;
    }
    spent.receiver += performance.now() - reading;
    const back = pass(server, client);
    spent.sender += out.sent + back.taken;
    spent.receiver += out.taken + back.sent;
    now += 0.1;
    client.onTimer(now);
    server.onTimer(now);
  }
  const mebibytes = totalBytes / 1024 / 1024;
  return { sender: spent.sender / mebibytes, receiver: spent.receiver / mebibytes, packets };
}

const rounds = 8;
for (const mtu of [1500, 9000, 65_535]) {
  // Other load only makes a round longer: the shortest is the most accurate.
  const runs = Array.from({ length: rounds }, () => run(mtu));
  const least = (kind: "sender" | "receiver") =>
    Math.min(...runs.map((run) => run[kind])).toFixed(2);
  console.log(
    `MTU ${mtu}: ${least("sender")} ms a MiB for the sender, ${least("receiver")} for the receiver`,
  );
}
