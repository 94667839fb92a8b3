/** The last word of a node on a connection has to arrive, whatever the other side is still sending. */
import { limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";

/** Where what nobody reads is read to, on all connections. */
const unread = new Uint8Array(16 * 1024);

/**
 * Ends the node's direction and reads on until the other side ends its own, for a bounded time: a close
 * with unread bytes would make the system throw away what is on its way. Never rejects.
 */
export async function linger(transport: Transport): Promise<void> {
  const timer = setTimeout(() => transport.close(), limits.lingerMs);
  try {
    await transport.closeWrite();
    for (let bytes = 0; bytes < limits.lingerBytesMax;) {
      const count = await transport.read(unread);
      if (count === null) return;
      bytes += count;
    }
  } catch {
    // The other side is gone, and so is whom it could be told.
  } finally {
    clearTimeout(timer);
  }
}
