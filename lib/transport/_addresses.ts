/** Resolves a name, and connects to the first of its addresses that responds (RFC 8305, "happy eyeballs"). */
import { limits } from "../limits/mod.ts";
import { Timer } from "../timers/mod.ts";

/** Whether a host is an address, without brackets and zone. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether the system takes a host for a legacy IPv4 notation: `0` is 0.0.0.0, `127.1` and `0x7f.1` are 127.0.0.1, and
 * `010.0.0.1` is 8.0.0.1.
 */
export function isAbbreviated(host: string): boolean {
  const parts = host.split(".");
  const isWhole = parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return /^(\d+|0x[0-9a-f]*)$/i.test(parts.at(-1)!) && !isWhole;
}

/**
 * The addresses of a host, in the system's order of preference, alternating between IPv4 and IPv6. For a name that
 * cannot be resolved, the name itself: its use will report why.
 */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (isAddress(host)) return [host];
  // RFC 6761 needs no name server for it; and asking the system takes longer than a call.
  if (host.toLowerCase() === "localhost") return ["127.0.0.1", "::1"];
  // The runtime's own resolver misses sources of the system other than DNS.
  const { lookup } = await import("node:dns");
  const found = await new Promise<readonly { address: string }[]>((resolve) => {
    try {
      lookup(host, { all: true, verbatim: true }, (error, all) => resolve(error ? [] : all));
    } catch {
      resolve([]);
    }
  });
  const addresses = [...new Set(found.map(({ address }) => address))];
  return addresses.length === 0 ? [host] : inTurn(addresses);
}

/** Alternates between the families, starting with the system's first. */
function inTurn(addresses: readonly string[]): readonly string[] {
  const isLikeFirst = (address: string) => address.includes(":") === addresses[0]!.includes(":");
  const first = addresses.filter(isLikeFirst);
  const other = addresses.filter((address) => !isLikeFirst(address));
  return first.flatMap((address, index) =>
    index < other.length ? [address, other[index]!] : address
  )
    .concat(other.slice(first.length));
}

/** An attempt to connect, which ends with the signal. */
type Attempt<Conn> = (signal: AbortSignal) => Promise<Conn>;

/**
 * Connects to the first address that responds. Each has a head start of `limits.connectAttemptDelayMs` before the next,
 * unless it fails sooner. Late connections are closed.
 *
 * @param signal Ends all attempts.
 * @throws The first address's error, if all fail.
 */
export function connectToFirst<Conn extends { close(): void }>(
  addresses: readonly string[],
  connect: (address: string, signal: AbortSignal) => Promise<Conn>,
  signal: AbortSignal,
): Promise<Conn> {
  return firstOf(
    addresses.map((address): Attempt<Conn> => (signal) => connectAgain(connect, address, signal)),
    { delayMs: () => limits.connectAttemptDelayMs, isEachNew: true, signal },
  );
}

/**
 * Connects to one address. Where a packet was lost, because the other side's queue was full or on the way, another
 * attempt succeeds long before the system repeats it.
 */
function connectAgain<Conn extends { close(): void }>(
  connect: (address: string, signal: AbortSignal) => Promise<Conn>,
  address: string,
  signal: AbortSignal,
): Promise<Conn> {
  const attempt: Attempt<Conn> = (signal) => connect(address, signal);
  return firstOf(Array(limits.connectAttemptsMax).fill(attempt), {
    delayMs: (count) => limits.connectAgainMs * 2 ** (count - 1),
    isEachNew: false,
    signal,
  });
}

/**
 * The first connection of several attempts, which begin one after the other.
 *
 * @param delayMs How long it waits for `count` attempts before it begins the next.
 * @param isEachNew Whether the next may succeed where one has failed; it then begins at once.
 * @throws The first one's error, if all fail.
 */
function firstOf<Conn extends { close(): void }>(
  attempts: readonly Attempt<Conn>[],
  { delayMs, isEachNew, signal }: {
    readonly delayMs: (count: number) => number;
    readonly isEachNew: boolean;
    readonly signal: AbortSignal;
  },
): Promise<Conn> {
  if (attempts.length === 1) return attempts[0]!(signal);
  return new Promise((resolve, reject) => {
    const endings: AbortController[] = [];
    const failures: unknown[] = [];
    let failedCount = 0;
    let isDone = false;
    let timer: Timer | undefined;
    const end = (): void => {
      isDone = true;
      timer?.stop();
      signal.removeEventListener("abort", endAll);
    };
    const endAll = (): void => {
      end();
      for (const ending of endings) ending.abort();
      reject(signal.reason);
    };
    // If the program was busy meanwhile, an answer may have arrived, which counts first.
    const beginSoon = (): void => {
      timer = new Timer(begin, 1);
    };
    const begin = (): void => {
      timer?.stop();
      const index = endings.length;
      if (isDone || index === attempts.length) return;
      const ending = new AbortController();
      endings.push(ending);
      if (index + 1 < attempts.length) timer = new Timer(beginSoon, delayMs(index + 1));
      attempts[index]!(ending.signal).then((conn) => {
        if (isDone) return conn.close();
        end();
        for (const other of endings) if (other !== ending) other.abort();
        resolve(conn);
      }, (error) => {
        failures[index] = error;
        failedCount += 1;
        if (isDone) return;
        if (isEachNew && endings.length < attempts.length) return begin();
        if (failedCount < endings.length) return;
        end();
        reject(failures[0]);
      });
    };
    if (signal.aborted) return endAll();
    signal.addEventListener("abort", endAll);
    begin();
  });
}
