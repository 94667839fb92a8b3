/**
 * Checks where a script's connection leads. A grant names a host, but DNS decides what it resolves to. A name that
 * resolves to this machine, or to addresses reachable only from it, is refused unless that address was granted as well.
 */
import { AddressRange, canonicalAddress } from "../../../../identity/ip_address.ts";

/** Addresses of this machine, and those with a meaning only on it or on its link. */
const ranges = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "::/128", "::1/128", "fe80::/10"]
  .map((text) => AddressRange.parse(text)!);

/** A connection's addresses. */
interface Ends {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
}

/** Knows the grants. */
export class GrantedAddresses {
  readonly #granted: ReadonlySet<string>;

  /** @param granted `host` or `host:port` in canonical spelling. */
  constructor(granted: readonly string[]) {
    this.#granted = new Set(granted);
  }

  /** Whether a host is a name whose addresses must be checked; `localhost` is explicit. */
  isChecked(hostname: string): boolean {
    const host = bare(hostname);
    return canonicalAddress(host) === undefined && !/^(.+\.)?localhost\.?$/i.test(host);
  }

  /** @throws {Deno.errors.NotCapable} If the connection leads to an address that a name must not reach; closes it. */
  check(hostname: string, connection: Ends & { close(): void }): void {
    if (!this.isChecked(hostname) || !this.#isRefused(connection)) return;
    connection.close();
    throw new NotCapable(
      `"${hostname}" leads to ${
        hostOf(connection.remoteAddr)
      }, an address of this machine or its link, ` +
        "which was not granted as an address; ask for it under permissions: in init.yaml",
    );
  }

  #isRefused({ localAddr, remoteAddr }: Ends): boolean {
    const address = hostOf(remoteAddr);
    const port = (remoteAddr as Deno.NetAddr).port;
    const shown = address.includes(":") ? `[${address}]` : address;
    if (this.#granted.has(shown) || this.#granted.has(`${shown}:${port}`)) return false;
    // A connection to one's own address has that very address at its own end.
    return hostOf(localAddr) === address || ranges.some((range) => range.holds(address));
  }
}

const { NotCapable } = Deno.errors;

function hostOf(address: Deno.Addr): string {
  const { hostname } = address as Deno.NetAddr;
  return canonicalAddress(hostname.split("%", 1)[0]!) ?? hostname;
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
