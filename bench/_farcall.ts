/** farcall's own client, as programs use it. */
import { connect } from "../mod.ts";
import type { Connection } from "./systems/contender.ts";

const request = new TextEncoder().encode(
  '{"header":"RPC-REQ","value":{"client":"c1","service":"bench","rpc":"add","arguments":["20","22"],' +
    '"argument-types":["int","int"],"return-types":["int"]}}',
);
const decoder = new TextDecoder();

/** Connects. */
export async function open(port: number): Promise<Connection> {
  const farcall = await connect(`127.0.0.1:${port}`, { as: "c1" });
  return {
    add: (a, b) => farcall.call("bench", "add", [a, b]) as Promise<number>,
    bytes: async (payload) =>
      (await farcall.call("bench", "bytes", [payload]) as Uint8Array).length,
    text: async (payload) => (await farcall.call("bench", "text", [payload]) as string).length,
    close: () => farcall.close(),
  };
}

/** A call in the text form, as a program in any language makes it. */
export async function callOnce(port: number): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(request);
  const buffer = new Uint8Array(1024);
  let bytes = 0;
  for (let count; (count = await conn.read(buffer.subarray(bytes))) !== null;) bytes += count;
  return Number(JSON.parse(decoder.decode(buffer.subarray(0, bytes))).value["return-values"][0]);
}
