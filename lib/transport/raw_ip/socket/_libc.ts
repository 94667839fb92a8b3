/**
 * The C library's system calls for these sockets (`Deno.dlopen`; needs `--allow-ffi`). Constants and structures are
 * those of Linux on x86_64 and aarch64, which differ only in `epoll_event`.
 */

const symbols = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32", nonblocking: true },
  getifaddrs: { parameters: ["buffer"], result: "i32" },
  freeifaddrs: { parameters: ["pointer"], result: "void" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** The calls, each as in its manual page. */
export type Libc = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** Constants of Linux, by their names in its headers. */
export const c = {
  AF_UNIX: 1,
  AF_INET: 2,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_CLOEXEC: 0o2000000,
  SOCK_NONBLOCK: 0o4000,
  SOL_IP: 0,
  SOL_SOCKET: 1,
  SOL_UDP: 17,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_ATTACH_FILTER: 26,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_RECVERR: 11,
  IP_MTU: 14,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  MSG_ERRQUEUE: 0x2000,
  EPOLLIN: 1,
  EPOLLOUT: 4,
  EPOLLERR: 8,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  IFF_UP: 1,
} as const;

/** The errno values that this room distinguishes. */
export const errnos = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EACCES: 13,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
} as const;

const errorNames: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  1: ["EPERM", "not permitted"],
  4: ["EINTR", "interrupted"],
  5: ["EIO", "input/output error"],
  11: ["EAGAIN", "try again"],
  12: ["ENOMEM", "the system is out of memory"],
  13: ["EACCES", "not permitted"],
  19: ["ENODEV", "the interface is gone"],
  22: ["EINVAL", "the route or the local address is gone"],
  23: ["ENFILE", "the system has too many open files"],
  24: ["EMFILE", "too many open files"],
  71: ["EPROTO", "protocol error"],
  90: ["EMSGSIZE", "the packet is larger than the interface takes"],
  92: ["ENOPROTOOPT", "that machine does not accept packets of this protocol"],
  93: ["EPROTONOSUPPORT", "this system does not support the protocol"],
  97: ["EAFNOSUPPORT", "this system has no IPv4"],
  98: ["EADDRINUSE", "the address is in use"],
  99: ["EADDRNOTAVAIL", "not an address of this machine"],
  100: ["ENETDOWN", "the interface is down"],
  101: ["ENETUNREACH", "no route to that network"],
  105: ["ENOBUFS", "the system has no room for packets"],
  111: ["ECONNREFUSED", "nothing listens there"],
  113: ["EHOSTUNREACH", "no route to that machine"],
};

/** The error of a failed system call. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** `ECONNREFUSED` and the like; `E` and the number for names not listed here. */
  readonly code: string;

  constructor(readonly errno: number, call: string) {
    super(`${meaningOf(errno)} (${codeOf(errno)}, ${call})`);
    this.code = codeOf(errno);
  }
}

/** An error's name, as in errno.h. */
export function codeOf(errno: number): string {
  return errorNames[errno]?.[0] ?? `E${errno}`;
}

/** An error's description. */
export function meaningOf(errno: number): string {
  return errorNames[errno]?.[1] ?? `error ${errno} of the system`;
}

let loaded: { readonly libc: Libc; readonly errno: Int32Array } | undefined;

/**
 * The C library, opened on first use.
 *
 * @throws {Unsupported} If this is not Linux on one of the two processors, or its library cannot be opened.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 */
export function openLibc(): Libc {
  return open().libc;
}

/** The system has no such sockets, whatever the privileges. */
export class Unsupported extends Error {}

function open(): NonNullable<typeof loaded> {
  if (loaded !== undefined) return loaded;
  const { os, arch } = Deno.build;
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) {
    throw new Unsupported(
      `farcall's transport over IP and UDP needs Linux on x86_64 or aarch64, and this is ${os} on ${arch}; use TCP`,
    );
  }
  let libc: Libc;
  try {
    libc = Deno.dlopen("libc.so.6", symbols).symbols;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new Unsupported("the C library (glibc, libc.so.6) cannot be opened here; use TCP", {
      cause,
    });
  }
  // errno is per thread, and the program stays on its own thread.
  const location = libc.__errno_location()!;
  const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  return loaded = { libc, errno };
}

/** Why the last call failed; read it immediately. */
export function lastErrno(): number {
  return open().errno[0]!;
}

/** A call's result. @throws {SystemError} If it is negative. */
export function checked(result: number, call: string): number {
  if (result < 0) throw new SystemError(lastErrno(), call);
  return result;
}

/** Sets an integer socket option. @throws {SystemError} */
export function setOption(fd: number, level: number, option: number, value: number): void {
  checked(trySetOption(fd, level, option, value), "setsockopt");
}

/** As {@linkcode setOption}. @returns A negative number if the system refuses. */
export function trySetOption(fd: number, level: number, option: number, value: number): number {
  return openLibc().setsockopt(fd, level, option, Int32Array.of(value), 4);
}

/** An integer socket option; undefined if the system refuses. */
export function getOption(fd: number, level: number, option: number): number | undefined {
  const value = new Int32Array(1);
  const length = Uint32Array.of(4);
  return openLibc().getsockopt(fd, level, option, value, length) < 0 ? undefined : value[0];
}
