/**
 * Where a connection of a script leads. A grant names a host; what that resolves to, its DNS decides. A name that
 * leads to this machine, or to what is only reached from it, is refused unless that address was granted as well.
 */
import { AddressRange, canonicalAddress } from "../../../../identity/ip_address.ts";

/** Addresses of this machine, and those that have a meaning only on it or on its link. */
const ranges = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "::/128", "::1/128", "fe80::/10"]
  .map((text) => AddressRange.parse(text)!);

/** A connection, as far as it tells where it leads. */
interface Ends {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
}

/** Knows what was granted. */
export class GrantedAddresses {
  readonly #granted: ReadonlySet<string>;

  /** @param granted `host` or `host:port`, each in its one spelling. */
  constructor(granted: readonly string[]) {
    this.#granted = new Set(granted);
  }

  /** Whether a host is a name whose addresses have to be looked at; `localhost` says where it leads. */
  isChecked(hostname: string): boolean {
    const host = bare(hostname);
    return canonicalAddress(host) === undefined && !/^(.+\.)?localhost\.?$/i.test(host);
  }

  /** @throws {Deno.errors.NotCapable} Closes the connection if it leads to where a name must not. */
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
    // What connects to an address of its own machine gets that very address for its own end.
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
