/** Asks a node for its metrics over HTTP, on a connection of their own: the proxies of a browser's settings are not asked. */
import { messageOf } from "../errors/mod.ts";
import type { NodeAddress } from "../client/mod.ts";
import { limits } from "../limits/mod.ts";

/** The metrics' text, or why it is missing. */
export type NodeMetrics =
  | { readonly text: string; readonly problem?: undefined }
  | { readonly text?: undefined; readonly problem: string };

/** Never rejects: without metrics, the console shows less. */
export async function readNodeMetrics(
  { host, port, tls, over }: NodeAddress,
  signal: AbortSignal,
): Promise<NodeMetrics> {
  if (tls !== undefined) return { problem: "calls by client are not available over TLS" };
  if (over !== undefined) return { problem: "calls by client are available over TCP only" };
  try {
    using connection = await Deno.connect({ hostname: host, port });
    const close = (): void => {
      try {
        connection.close();
      } catch {
        // It is closed already.
      }
    };
    signal.addEventListener("abort", close, { once: true });
    try {
      signal.throwIfAborted();
      const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const request = `GET /metrics HTTP/1.1\r\nhost: ${at}\r\nconnection: close\r\n\r\n`;
      await new Response(request).body!.pipeTo(connection.writable, { preventClose: true });
      return metricsIn(await readToEnd(connection));
    } finally {
      signal.removeEventListener("abort", close);
    }
  } catch (error) {
    const why = signal.aborted ? "it does not answer in time" : messageOf(error);
    return { problem: `calls by client are not known: ${why}` };
  }
}

async function readToEnd(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let [text, byteCount] = ["", 0];
  while (true) {
    const count = await connection.read(buffer);
    if (count === null) return text;
    byteCount += count;
    if (byteCount > limits.consoleMetricsBytesMax) throw new RangeError("its metrics are too long");
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

function metricsIn(response: string): NodeMetrics {
  const end = response.indexOf("\r\n\r\n");
  const status = response.split(" ", 2)[1];
  if (end >= 0 && status === "200") return { text: response.slice(end + 4) };
  if (status === "403") {
    return {
      problem: "calls by client are not shown to this machine: serve the node with --metrics-allow",
    };
  }
  return { problem: "calls by client are unknown: the node runs an older farcall" };
}
