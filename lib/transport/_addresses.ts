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

/**
 * Connects to the first address that responds. Each has a head start of `limits.connectAttemptDelayMs` before the next,
 * unless it fails sooner. Late connections are closed.
 *
 * @throws The first address's error, if all fail.
 */
export function connectToFirst<Conn extends { close(): void }>(
  addresses: readonly string[],
  connect: (address: string) => Promise<Conn>,
): Promise<Conn> {
  if (addresses.length === 1) return connect(addresses[0]!);
  return new Promise((resolve, reject) => {
    const failures: unknown[] = [];
    let next = 0;
    let isDone = false;
    let timer: Timer | undefined;
    const begin = (): void => {
      timer?.stop();
      if (isDone || next === addresses.length) return;
      const index = next++;
      if (next < addresses.length) timer = new Timer(begin, limits.connectAttemptDelayMs);
      connect(addresses[index]!).then((conn) => {
        if (isDone) return conn.close();
        isDone = true;
        timer?.stop();
        resolve(conn);
      }, (error) => {
        failures[index] = error;
        if (Object.keys(failures).length < addresses.length) return begin();
        isDone = true;
        reject(failures[0]);
      });
    };
    begin();
  });
}
