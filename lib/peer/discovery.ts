/** The addresses that discovery probes. */
import { limits } from "../limits/mod.ts";
import { addressBytes, AddressRange } from "../identity/mod.ts";
import { isIpv4 } from "./recipient.ts";

/**
 * The addresses to probe.
 *
 * @param network The network to search: `10.0.0.0/24`. Default: the network of each address of this machine, limited to
 *   its /24.
 * @param own The local address to consider. Default: all.
 * @throws {TypeError} If `network` is not an IPv4 network, or has too many addresses.
 */
export function searchedAddresses(network: string | undefined, own: string | undefined): string[] {
  const addresses = network === undefined
    ? ownNetworks(own).flatMap(([address, bits]) => addressesIn(address, Math.max(24, bits)))
    : addressesOfNetwork(network);
  const mine = new Set(Deno.networkInterfaces().map(({ address }) => address));
  return [...new Set(addresses)].filter((address) => !mine.has(address) && address !== own)
    .slice(0, limits.peer.discoveryAddressesMax);
}

function addressesOfNetwork(network: string): string[] {
  const range = AddressRange.parse(network);
  const [address = "", bits = "32"] = range?.text.split("/") ?? [""];
  if (!isIpv4(address)) {
    throw new TypeError(`"${network}" is not a network of IPv4 such as 10.0.0.0/24`);
  }
  const addresses = addressesIn(address, Number(bits));
  if (addresses.length <= limits.peer.discoveryAddressesMax) return addresses;
  throw new TypeError(
    `"${network}" has more than ${limits.peer.discoveryAddressesMax} addresses; search a part of it: /22 or less`,
  );
}

/** The host addresses of a network (without its first and last address), at most one more than the search limit. */
function addressesIn(address: string, bits: number): string[] {
  const size = 2 ** (32 - bits);
  const [first, end] = size <= 2 ? [0, size] : [1, size - 1];
  const base = numberOf(address) - numberOf(address) % size;
  const count = Math.min(end - first, limits.peer.discoveryAddressesMax + 1);
  return Array.from({ length: count }, (_, index) => textOf(base + first + index));
}

function ownNetworks(own: string | undefined): [string, number][] {
  return Deno.networkInterfaces()
    .filter(({ family, address, name }) =>
      family === "IPv4" && name !== "lo" && (own === undefined || address === own)
    )
    .map(({ address, cidr }) => [address, Number(cidr.split("/")[1])]);
}

function numberOf(address: string): number {
  return addressBytes(address).reduce((sum, byte) => sum * 256 + byte, 0);
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
