/** Raw connections that behave as no library does. */
import type { LoadTarget } from "./_load.ts";

/** What this process has put on the node through the functions below. */
export const played = {
  connections: 0,
  /** When the last of them was opened, on the clock of `performance.now()`. */
  openedAtMs: 0,
  bytes: 0,
};

/** UTF-8. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** Concatenates bytes. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Connects; undefined if that fails, as it may when the node is at its limit. */
export async function open({ host, port }: LoadTarget): Promise<Deno.TcpConn | undefined> {
  try {
    const conn = await Deno.connect({ hostname: host, port });
    conn.setNoDelay(true);
    played.connections += 1;
    played.openedAtMs = performance.now();
    return conn;
  } catch {
    return undefined;
  }
}

/** Writes all bytes. @returns Whether the node has accepted them. */
export async function say(conn: Deno.Conn, bytes: Uint8Array): Promise<boolean> {
  try {
    for (let offset = 0; offset < bytes.length;) {
      const count = await conn.write(bytes.subarray(offset));
      offset += count;
      played.bytes += count;
    }
    return true;
  } catch {
    return false;
  }
}

/** Reads and drops input until the connection ends. */
export async function drain(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch {
    // Already closed, which is how these end.
  }
}

/** Closes a connection that may already be closed. */
export function close(conn: Deno.Conn | undefined): void {
  try {
    conn?.close();
  } catch {
    // Already closed.
  }
}

/** Holds `count` connections, each of which has sent something, until the signal. */
export async function hold(
  target: LoadTarget,
  signal: AbortSignal,
  { count, says }: { count: number; says: Uint8Array },
): Promise<void> {
  const held: Deno.TcpConn[] = [];
  for (let index = 0; index < count && !signal.aborted; index++) {
    const conn = await open(target);
    if (conn === undefined) continue;
    held.push(conn);
    if (says.length > 0) void say(conn, says);
  }
  await until(signal);
  // All at once would take this machine's network for 0.1 s; strangers elsewhere would not.
  for (const [index, conn] of held.entries()) {
    close(conn);
    if (index % 32 === 31) await pause(1);
  }
}

/** Keeps `count` connections at once until the signal: each is used once, closed, and replaced. */
export async function keepOpen(
  target: LoadTarget,
  signal: AbortSignal,
  { count, use }: { count: number; use: (conn: Deno.TcpConn) => Promise<void> },
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => {
    while (!signal.aborted) {
      const conn = await open(target);
      if (conn === undefined) {
        await pause(10);
        continue;
      }
      const onEnough = () => close(conn);
      signal.addEventListener("abort", onEnough);
      await use(conn);
      signal.removeEventListener("abort", onEnough);
      close(conn);
    }
  }));
}

/** Repeats the same bytes on `count` connections at once, each replaced when it ends, until the signal. */
export async function repeat(
  target: LoadTarget,
  signal: AbortSignal,
  { count, first, again }: { count: number; first: Uint8Array; again: Uint8Array },
): Promise<void> {
  const use = async (conn: Deno.TcpConn): Promise<void> => {
    void drain(conn);
    if (await say(conn, first)) { while (!signal.aborted && await say(conn, again)); }
  };
  await keepOpen(target, signal, { count, use });
}

/**
 * Sends requests on new connections, the same one or one made for each, `count` at once, each until its reply or the
 * signal.
 */
export async function ask(
  target: LoadTarget,
  signal: AbortSignal,
  { count, says }: { count: number; says: Uint8Array | (() => Promise<Uint8Array>) },
): Promise<void> {
  const use = async (conn: Deno.TcpConn): Promise<void> => {
    const drained = drain(conn);
    if (await say(conn, typeof says === "function" ? await says() : says)) await drained;
  };
  await keepOpen(target, signal, { count, use });
}

/** Resolves when the signal is raised. */
export function until(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

export function pause(waitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}
