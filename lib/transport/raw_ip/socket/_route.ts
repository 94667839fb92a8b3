/** Routes of the system: a connected UDP socket reveals them without a packet. */
import { c, checked, getOption, openLibc } from "./_libc.ts";
import { anyAddress, socketAddress, socketAddressBytes } from "./ipv4.ts";

/** A route to an address. */
export interface Route {
  /** The source address of packets. */
  readonly localHost: number;
  /** The interface's MTU, or the known path MTU. */
  readonly mtu: number;
}

/** Any port: nothing is sent to it. */
const discardPort = 9;

/**
 * The route to an address.
 *
 * @param from The source address, if the system shall not choose it.
 * @throws {SystemError} If there is no route, or `from` is not this machine's.
 */
export function routeTo(host: number, from = anyAddress): Route {
  const libc = openLibc();
  const fd = checked(libc.socket(c.AF_INET, c.SOCK_DGRAM | c.SOCK_CLOEXEC, 0), "socket");
  try {
    if (from !== anyAddress) {
      checked(libc.bind(fd, socketAddress(from, 0), socketAddressBytes), "bind");
    }
    checked(libc.connect(fd, socketAddress(host, discardPort), socketAddressBytes), "connect");
    return {
      localHost: localAddressOf(fd).host,
      mtu: getOption(fd, c.SOL_IP, c.IP_MTU) ?? 1500,
    };
  } finally {
    libc.close(fd);
  }
}

/** A socket's local address. */
export function localAddressOf(fd: number): { readonly host: number; readonly port: number } {
  const address = new Uint8Array(socketAddressBytes);
  const length = Uint32Array.of(socketAddressBytes);
  checked(openLibc().getsockname(fd, address, length), "getsockname");
  const view = new DataView(address.buffer);
  return { host: view.getUint32(4), port: view.getUint16(2) };
}

/** All IPv4 addresses of this machine. */
export function ownAddresses(): number[] {
  const libc = openLibc();
  const head = new BigUint64Array(1);
  checked(libc.getifaddrs(new Uint8Array(head.buffer)), "getifaddrs");
  const first = Deno.UnsafePointer.create(head[0]!);
  const addresses: number[] = [];
  // struct ifaddrs: next (0), name, flags, address (24).
  for (let entry = first; entry !== null;) {
    const view = new Deno.UnsafePointerView(entry);
    const address = view.getPointer(24);
    if (address !== null) {
      const bytes = new DataView(
        Deno.UnsafePointerView.getArrayBuffer(address, socketAddressBytes),
      );
      if (bytes.getUint16(0, true) === c.AF_INET) addresses.push(bytes.getUint32(4));
    }
    entry = view.getPointer(0);
  }
  libc.freeifaddrs(first);
  return addresses;
}
