/** The addresses that a node announces to its fleet, where callers may reach it without NATS. */
import { isUnspecified } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { formatAddress, type Listener } from "../transport/mod.ts";
import { isLoopback } from "./calls/access.ts";

/**
 * The addresses that the operator advertises, and the one that the node listens on, or all of its machine's if it
 * listens on all. Loopback addresses, which mean another machine elsewhere, are announced only if the operator
 * advertises them.
 *
 * @param listener Undefined if it does not listen, or callers need more than an address: over TLS, UDP or IP.
 */
export function announcedAddresses(
  listener: Pick<Listener, "host" | "port"> | undefined,
  advertised: readonly string[],
): string[] {
  if (listener === undefined) return [];
  const { host, port } = listener;
  const hosts = isUnspecified(host) ? addressesOfMachine(host) : [host];
  const own = hosts.filter((each) => !isLoopback(each)).map((each) => formatAddress(each, port));
  return [...new Set([...advertised, ...own])].slice(0, limits.fleet.addressesMax);
}

/** As far as the program may look: an address of IPv4 listens there alone. */
function addressesOfMachine(host: string): string[] {
  if (Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" }).state !== "granted") {
    return [];
  }
  return Deno.networkInterfaces()
    .filter(({ family, address }) =>
      (family === "IPv4" || host.includes(":")) && !address.startsWith("fe80:")
    )
    .map(({ address }) => address);
}
