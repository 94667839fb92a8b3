// deno-lint-ignore-file no-console
/**
 * Goodput of the raw IP engine over simulated links, in virtual time: Mbit/s of the stream, by loss.
 *
 *     deno run --allow-all bench/raw_ip/goodput.ts [seconds]
 */
import { link, Network } from "../../tests/raw_ip/_network.ts";

interface Result {
  mbits: number;
  resent: number;
  rttMs: number;
}

const seconds = Number(Deno.args[0] ?? 10);

/** One endless bulk transfer. */
function goodput(rttMs: number, mbits: number, loss: number, seed: number): Result {
  const network = new Network(seed);
  const bytesPerMs = mbits * 125;
  // A queue of half a round trip, and at least 20 ms, as in routers.
  const queueBytes = bytesPerMs * Math.max(rttMs, 40) / 2;
  const way = () => link({ delayMs: rttMs / 2, bytesPerMs, queueBytes, loss });
  const client = network.host(1, { way: way() });
  const server = network.host(2, { way: { ...way(), loss: 0 } });
  const data = new Uint8Array(65_536);
  const buffer = new Uint8Array(65_536);
  let received = 0;
  server.onConnection = (connection) => {
    connection.events = {
      onReadable: () => {
        for (let count; (count = connection.read(buffer)) > 0;) received += count;
      },
    };
  };
  const connection = client.connect(server);
  const write = () => {
    while (connection.write(data) === data.length);
  };
  connection.events = { onOpened: write, onWritable: write };
  network.run(seconds * 1000);
  const { packetsSent, packetsLost, smoothedRttMs } = connection.statistics;
  return {
    mbits: received * 8 / 1e6 / seconds,
    resent: packetsLost / packetsSent,
    rttMs: smoothedRttMs,
  };
}

for (const [rttMs, mbits] of [[20, 100], [200, 50], [600, 10], [2, 1000], [0.2, 1000]]) {
  const cells = [0, 0.01, 0.05, 0.2, 0.4].map((loss) => {
    const runs = [1, 2, 3].map((seed) => goodput(rttMs, mbits, loss, seed))
      .sort((one, other) => one.mbits - other.mbits);
    const { mbits: rate, resent, rttMs: rtt } = runs[1];
    return `${(loss * 100).toFixed(0)}%: ${rate.toFixed(1)} (lost ${
      (resent * 100).toFixed(1)
    }%, rtt ${rtt.toFixed(0)})`;
  });
  console.log(`${rttMs} ms, ${mbits} Mbit/s, ${seconds} s: ${cells.join("; ")}`);
}
