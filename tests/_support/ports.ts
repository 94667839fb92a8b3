/** Ports for tests that must name one before anything listens on it. */

/** Below the ephemeral range, so that no other program is given one of these. */
const [first, count] = [20_000, 12_000];

/** A free loopback port. */
export function freePort(): number {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
