/**
 * Whether the time of a refusal reveals forbidden rpcs: missing ones against forbidden ones, requested alternately,
 * many times, from outside. Linux, two processors.
 *
 *   deno task bench refusals
 */
import { encodeJson } from "../lib/encoding/mod.ts";
import { FrameKind } from "../lib/protocol/mod.ts";
import { frameBytes, opening } from "./systems/frames.ts";
import { denoArguments, pinTo, runInit, Target } from "./measure/processes.ts";
import { formatTable, percentile } from "./measure/stats.ts";

const times = Number(Deno.env.get("TIMES") ?? 20_000);

/** Two requests that must be indistinguishable. Names have the same length. */
interface Pair {
  readonly client: string;
  readonly missing: string;
  readonly forbidden: string;
}

const pairs: Record<string, Pair> = {
  "(twice what is missing)": { client: "c1", missing: "open.nobod1", forbidden: "open.nobod2" },
  "a tenant that allow leaves out": {
    client: "c1",
    missing: "open.nobod1",
    forbidden: "open.nobody",
  },
  "a client that is no tenant": { client: "c1", missing: "shut.nobod1", forbidden: "shut.nobody" },
  "an unknown name": { client: "xx", missing: "shux.nobody", forbidden: "shut.nobody" },
};

const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
const rows = [[
  "who asks",
  "by",
  "missing, µs",
  "forbidden, µs",
  "difference, µs",
  "missing was quicker, of 1000",
]];
await pinTo("0");
try {
  const serve = ["serve", "127.0.0.1", "0", "--root", `${folder}/root`, "--log-level", "error"];
  await using node = await Target.start("1", denoArguments("mod.ts", ...serve));
  await deploy(node.port);
  for (const [name, pair] of Object.entries(pairs)) {
    for (const [by, open] of Object.entries({ frames, HTTP: http })) {
      const ask = await open(node.port, pair.client);
      for (let warm = 0; warm < 2000; warm++) await ask(warm % 2 ? pair.missing : pair.forbidden);
      const tookUs: [missing: number[], forbidden: number[]] = [[], []];
      let quicker = 0;
      for (let index = 0; index < times; index++) {
        const took = [0, 0];
        // The order changes at random, so that it has no effect.
        const first = Math.random() < 0.5 ? 0 : 1;
        for (const which of [first, 1 - first]) {
          const startedMs = performance.now();
          await ask(which === 0 ? pair.missing : pair.forbidden);
          took[which] = (performance.now() - startedMs) * 1000;
          tookUs[which].push(took[which]);
        }
        if (took[0] < took[1]) quicker += 1;
      }
      const [missing, forbidden] = tookUs.map((values) => percentile(values, 0.5));
      rows.push([
        name,
        by,
        missing.toFixed(1),
        forbidden.toFixed(1),
        (forbidden - missing).toFixed(1),
        (1000 * quicker / times).toFixed(0),
      ]);
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.stdout.writeSync(new TextEncoder().encode(`${formatTable(rows)}\n`));

type Ask = (target: string) => Promise<void>;

/** One frame connection: each request has a route of its own, so that each is decided anew. */
async function frames(port: number, client: string): Promise<Ask> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(64 * 1024);
  await connection.write(opening(client));
  await connection.read(buffer);
  const call = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 0x5b, 0x5d);
  let number = 0;
  return async (target) => {
    const [service, rpc] = target.split(".");
    const route = { service, rpc, argumentTypes: [], returnTypes: [] };
    number += 1;
    await connection.write(Uint8Array.of(
      ...frameBytes(FrameKind.route, 0, encodeJson(route)),
      ...frameBytes(FrameKind.call, number, call),
    ));
    await connection.read(buffer);
    if (buffer[4] !== FrameKind.exception) throw new Error(`${target} was not refused`);
  };
}

async function http(port: number, client: string): Promise<Ask> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(64 * 1024);
  return async (target) => {
    const path = target.replace(".", "/");
    await connection.write(new TextEncoder().encode(
      `POST /${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
        `farcall-client: ${client}\r\ncontent-length: 2\r\n\r\n[]`,
    ));
    await connection.read(buffer);
    if (buffer[9] !== 0x34) throw new Error(`${target} was not refused`); // HTTP/1.1 4…
  };
}

async function deploy(port: number): Promise<void> {
  await Deno.writeTextFile(`${folder}/nobody.ts`, "export const nobody = () => {};\n");
  await Deno.writeTextFile(
    `${folder}/init.yaml`,
    `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 }, c2: { ip: 127.0.0.1 } }
services:
  open:
    providers: [s1]
    tenants: [c1, c2]
    rpcs: { nobody: { args: [], returns: [], src: nobody.ts, allow: [c2] } }
  shut:
    providers: [s1]
    tenants: [c2]
    rpcs: { nobody: { args: [], returns: [], src: nobody.ts } }
`,
  );
  await runInit(`${folder}/init.yaml`);
}
