/** Large requests of a tenant, and large scripts of a deployer. */
import { NodeConnection } from "../../lib/client/mod.ts";
import { scriptIdOf } from "../../lib/identity/mod.ts";
import type { Load, LoadTarget } from "./_load.ts";
import { ask, bytesOf } from "./_raw.ts";

/** A request of a tenant in text for heavy.count. */
function count(type: string, value: string): Uint8Array {
  return bytesOf(
    '{"header":"RPC-REQ","value":{"client":"c2","service":"heavy","rpc":"count",' +
      `"argument-types":["${type}"],"return-types":["int"],"arguments":[${value}]}}`,
  );
}

const bigInts = `[${"123456789012345678901234567890,".repeat(450_000)}1]`;
const dict = `{${Array.from({ length: 500_000 }, (_, index) => `"k${index}":1`).join(",")}}`;

/** The largest message that the node reads itself, and the smallest for a helper. */
const mediumDicts = [31, 60].map((kilobytes) => {
  const keys = Array.from({ length: kilobytes * 90 }, (_, index) => `"k${index}":1`);
  const body = `[{${keys.join(",")}}]`;
  const head =
    "POST /heavy/count HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    `connection: close\r\nfarcall-client: c2\r\ncontent-length: ${body.length}\r\n\r\n`;
  return { kilobytes, says: bytesOf(head + body) };
});

/** Sends scripts like a deployment, until the signal. */
async function put(
  { host, port }: LoadTarget,
  signal: AbortSignal,
  { atOnce, bytes }: { atOnce: number; bytes: number },
): Promise<void> {
  let made = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    const connection = await NodeConnection.open({ host, port });
    while (!signal.aborted) {
      const line = `export const f${made++} = (a) => { if (a) { return [a, a + 1, "x"]; } };\n`;
      const script = bytesOf(
        Array.from({ length: bytes / line.length }, (_, index) => line.replace("f", `f${index}_`))
          .join(""),
      );
      const id = await scriptIdOf(script);
      const zipped = new Blob([script]).stream().pipeThrough(new CompressionStream("gzip"));
      const attachment = new Uint8Array(await new Response(zipped).arrayBuffer());
      const request = { op: "put", scripts: [{ id, bytes: script.length }] } as const;
      await connection.request(request, { timeoutMs: 60_000 }, attachment).catch(() => {});
    }
    await connection.close();
  }));
}

export const loads: readonly Load[] = [
  {
    name: "14 MB of big ints in text, 1 connection",
    memoryMiBMax: 400,
    logKiBPerSecondMax: 256,
    play: (target, signal) => ask(target, signal, { count: 1, says: count("List[int]", bigInts) }),
  },
  {
    name: "6 MB of a dict in text, 4 connections",
    memoryMiBMax: 600,
    logKiBPerSecondMax: 256,
    play: (target, signal) =>
      ask(target, signal, { count: 4, says: count("Dict[str, int]", dict) }),
  },
  ...mediumDicts.map(({ kilobytes, says }): Load => ({
    name: `${kilobytes} KB of a dict over HTTP, 20 connections`,
    memoryMiBMax: 300,
    logKiBPerSecondMax: 256,
    play: (target, signal) => ask(target, signal, { count: 20, says }),
  })),
  {
    name: "a script of 15 MB, again and again",
    memoryMiBMax: 400,
    play: (target, signal) => put(target, signal, { atOnce: 1, bytes: 15_000_000 }),
  },
  {
    name: "64 scripts of 15 KB at once",
    memoryMiBMax: 200,
    play: (target, signal) => put(target, signal, { atOnce: 64, bytes: 15_000 }),
  },
];
