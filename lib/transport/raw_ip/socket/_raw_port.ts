/**
 * Ownership of ports of a protocol whose ports the kernel does not know. A listening or calling program holds an
 * abstract Unix socket named after the port, which has the same network namespace as the protocol and ends with the
 * process. Any program of this machine can take a name, as it can take a TCP port.
 */
import { c, checked, errnos, lastErrno, openLibc, SystemError } from "./_libc.ts";
import { ownAddresses } from "./_route.ts";
import { anyAddress, formatIpv4 } from "./ipv4.ts";

/** A protocol's port on one of this machine's addresses, or on all of them. */
export interface RawPort {
  readonly protocol: number;
  readonly host: number;
  readonly port: number;
}

/** Ephemeral ports, in the range that most systems use for TCP. */
const firstCallerPort = 32_768;
const lastCallerPort = 60_999;
const freePortTries = 64;

/** A port held by this program until it is released. */
export class HeldPort {
  readonly #fd: number;
  readonly port: number;

  /**
   * Takes a port.
   *
   * @param port 0 for any free one.
   * @throws {SystemError} EADDRINUSE if another program has it.
   */
  static take({ protocol, host, port }: RawPort): HeldPort {
    if (port !== 0) return new HeldPort({ protocol, host, port });
    for (let tries = 1;; tries++) {
      const random = crypto.getRandomValues(new Uint32Array(1))[0]!;
      const any = firstCallerPort + random % (lastCallerPort - firstCallerPort + 1);
      try {
        return new HeldPort({ protocol, host, port: any });
      } catch (error) {
        const isTaken = error instanceof SystemError && error.errno === errnos.EADDRINUSE;
        if (!isTaken || tries === freePortTries) throw error;
      }
    }
  }

  private constructor(port: RawPort) {
    const libc = openLibc();
    this.port = port.port;
    this.#fd = openUnixSocket();
    try {
      const name = nameOf(port);
      checked(libc.bind(this.#fd, name, name.length), "bind");
      const others = port.host === anyAddress ? ownAddresses() : [anyAddress];
      for (const host of others) {
        if (isHeld({ ...port, host })) throw new SystemError(errnos.EADDRINUSE, "bind");
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }

  release(): void {
    openLibc().close(this.#fd);
  }
}

/** Whether a program of this machine listens on one of its addresses. */
export function isListenedOn(port: RawPort): boolean {
  return isHeld(port) || isHeld({ ...port, host: anyAddress });
}

function isHeld(port: RawPort): boolean {
  const libc = openLibc();
  const fd = openUnixSocket();
  try {
    const name = nameOf(port);
    return libc.connect(fd, name, name.length) >= 0 || lastErrno() !== errnos.ECONNREFUSED;
  } finally {
    libc.close(fd);
  }
}

function openUnixSocket(): number {
  return checked(openLibc().socket(c.AF_UNIX, c.SOCK_DGRAM | c.SOCK_CLOEXEC, 0), "socket");
}

/** A `sockaddr_un` of the abstract namespace: its path begins with a zero byte. */
function nameOf({ protocol, host, port }: RawPort): Uint8Array<ArrayBuffer> {
  const path = new TextEncoder().encode(`\0farcall:ip:${protocol}:${formatIpv4(host)}:${port}`);
  const name = new Uint8Array(2 + path.length);
  new DataView(name.buffer).setUint16(0, c.AF_UNIX, true);
  name.set(path, 2);
  return name;
}
