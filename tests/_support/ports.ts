/** Ports for tests that must name one before anything listens on it. */

/** Below the ephemeral range, so that no other program is given one of these. */
const [first, count] = [20_000, 12_000];

/**
 * A port of loopback where nothing listens now. It comes up again after all others have: no test that runs beside is
 * given the one that this test wants to be closed.
 */
export function freePort(): number {
  for (;;) {
    const port = first + nextNumber() % count;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Counts up, across all processes of this user: the file of another one cannot be written. */
function nextNumber(): number {
  const folder = Deno.env.get("TMPDIR") ?? "/tmp";
  using file = Deno.openSync(`${folder}/farcall-test-ports-${Deno.uid() ?? 0}`, {
    read: true,
    write: true,
    create: true,
  });
  file.lockSync(true);
  const buffer = new Uint8Array(16);
  const said = new TextDecoder().decode(buffer.subarray(0, file.readSync(buffer) ?? 0));
  const number = Number(said) || Math.floor(Math.random() * count);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(`${number + 1}`));
  return number;
}
