import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { NodeErrors } from "./_node_errors.ts";
import { preface } from "../../protocol/mod.ts";

/**
 * Reads a node's preface. A stream that ends before its first byte is left to the next reader.
 *
 * @returns The bytes after it.
 * @throws The errors that these make, if the peer is not a farcall node, or speaks TLS.
 */
export async function readPreface(
  transport: Transport,
  errors: Pick<NodeErrors, "noNode" | "speaksTls">,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(1024);
  let bytes = 0;
  while (bytes < preface.length) {
    const count = await transport.read(buffer.subarray(bytes));
    if (count === null) {
      if (bytes === 0) return buffer.subarray(0, 0);
      break;
    }
    bytes += count;
  }
  if (preface.every((byte, index) => buffer[index] === byte)) {
    return buffer.subarray(preface.length, bytes);
  }
  throw isTlsAlert(buffer) ? errors.speaksTls(await shownFingerprint(transport)) : errors.noNode();
}

/** The fingerprint of the peer's certificate; undefined if it cannot be had at once. */
export async function shownFingerprint(
  { remoteHost, remotePort }: Transport,
): Promise<string | undefined> {
  try {
    const { peerFingerprint } = await import("../../transport/tls.ts");
    return await peerFingerprint(remoteHost, remotePort, { timeoutMs: limits.certificateProbeMs });
  } catch {
    return undefined;
  }
}

/** Whether bytes are a TLS listener's fatal alert: its answer to a plain connection. */
export function isTlsAlert(bytes: Uint8Array): boolean {
  return bytes[0] === 0x15 && bytes[1] === 0x03;
}
