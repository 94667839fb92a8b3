/** The addresses of a name, and connecting to the first of them that answers (RFC 8305, "happy eyeballs"). */
import { limits } from "../limits/mod.ts";
import { Timer } from "../timers/mod.ts";

/** Whether a host is an address already, without brackets and zone. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a host is what the system takes for an address of IPv4 and few people do: `0` is 0.0.0.0, `127.1` and
 * `0x7f.1` are 127.0.0.1, and `010.0.0.1` is 8.0.0.1.
 */
export function isAbbreviated(host: string): boolean {
  const parts = host.split(".");
  const isWhole = parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return /^(\d+|0x[0-9a-f]*)$/i.test(parts.at(-1)!) && !isWhole;
}

/**
 * The addresses that a host has, in the order in which the system prefers them, IPv4 and IPv6 in turn. Of a name that
 * the system does not know, or may not be asked for, the name itself: whatever is done with it says why.
 */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (isAddress(host)) return [host];
  // By RFC 6761 no name server is asked for it; nor is the system, whose answer takes longer than a call.
  if (host.toLowerCase() === "localhost") return ["127.0.0.1", "::1"];
  // The runtime's own resolver does not see all that the system knows, e.g. names of other services than DNS.
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

/** Both families in turn, beginning with the one that the system names first. */
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
 * Connects to the first address that answers. Each has a head start of `limits.connectAttemptDelayMs` before the next,
 * unless it fails before. Connections that come too late are closed.
 *
 * @throws What the first address failed with, where all have failed.
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
