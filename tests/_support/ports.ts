/** Ports for tests that name one before anything listens there. */

/** Below the ports that systems choose by themselves: no program that runs beside is given one of these. */
const [first, count] = [20_000, 12_000];

/** A port of loopback at which nothing listens now. */
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
