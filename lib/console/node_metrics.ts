/** Asks a node for its metrics over HTTP, on a separate connection over the same transport as its calls. */
import { messageOf } from "../errors/mod.ts";
import { connectTo, type NodeAddress } from "../client/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";

/** The metrics' text, or why it is missing. */
export type NodeMetrics =
  | { readonly text: string; readonly problem?: undefined }
  | { readonly text?: undefined; readonly problem: string };

/** Never rejects: without metrics, the console shows less. */
export async function readNodeMetrics(
  address: NodeAddress,
  signal: AbortSignal,
): Promise<NodeMetrics> {
  try {
    const transport = await connectTo(address, { timeoutMs: limits.consoleConnectTimeoutMs });
    const close = (): void => transport.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      signal.throwIfAborted();
      const { host, port } = address;
      const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const request = `GET /metrics HTTP/1.1\r\nhost: ${at}\r\nconnection: close\r\n\r\n`;
      await transport.write(new TextEncoder().encode(request));
      return metricsIn(await readToEnd(transport));
    } finally {
      signal.removeEventListener("abort", close);
      close();
    }
  } catch (error) {
    const why = signal.aborted ? "it does not answer in time" : messageOf(error);
    return { problem: `calls by client are not known: ${why}` };
  }
}

async function readToEnd(transport: Pick<Transport, "read">): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let [text, byteCount] = ["", 0];
  while (true) {
    const count = await transport.read(buffer);
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
