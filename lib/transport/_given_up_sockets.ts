/**
 * Ends sockets that the runtime keeps: closing a TLS connection in the middle of its handshake leaves the socket open
 * until the peer leaves, which may be never. The system is asked to shut it down, through the C library; the runtime
 * then finds it ended and lets go of it.
 *
 * On Linux, and where the program may use FFI (`--allow-ffi`); elsewhere such sockets stay.
 */
import { limits } from "../limits/mod.ts";
import { formatAddress } from "./_conn.ts";

/** Both ends of a socket. */
export interface SocketEnds {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localPort: number;
}

const symbols = {
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof symbols>["symbols"];

const shutBothWays = 2;
const [ipv4, ipv6] = [2, 10];

let libc: Libc | undefined;
let given = new Map<string, SocketEnds>();
let isEnding = false;

/** Has the socket ended soon, if it is still there then. */
export function endSocket(ends: SocketEnds): void {
  libc ??= openLibc();
  if (libc === undefined) return;
  given.set(formatAddress(ends.remoteHost, ends.remotePort), ends);
  if (!isEnding) void endAll(libc);
}

/** Opened once it is needed, and not asked for: a program that may not use FFI goes on without. */
function openLibc(): Libc | undefined {
  if (Deno.build.os !== "linux") return undefined;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  try {
    return Deno.dlopen("libc.so.6", symbols).symbols;
  } catch {
    // Another C library.
    return undefined;
  }
}

/** The runtime does not tell which descriptor is which: one look at all of them ends all sockets that were given up. */
async function endAll(libc: Libc): Promise<void> {
  isEnding = true;
  while (given.size > 0) {
    // Most are given up together.
    await turn();
    const sought = given;
    given = new Map();
    const ports = new Set([...sought.values()].map(({ remotePort }) => remotePort));
    const count = descriptorSlots(libc);
    for (let descriptor = 0; descriptor < count && sought.size > 0; descriptor++) {
      if ((descriptor + 1) % limits.descriptorsPerTurn === 0) await turn();
      if (!ports.has(portOf(libc.getpeername, descriptor))) continue;
      const key = formatAddress(hostInAddress(), portInAddress());
      const ends = sought.get(key);
      if (ends === undefined || portOf(libc.getsockname, descriptor) !== ends.localPort) continue;
      libc.shutdown(descriptor, shutBothWays);
      sought.delete(key);
    }
  }
  isEnding = false;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A `sockaddr_in` or `sockaddr_in6`, and its length. */
const address = new Uint8Array(28);
const addressView = new DataView(address.buffer);
const addressLength = new Uint32Array(1);

/** Reads an end of a socket into `address`. @returns Its port; -1 if it is not an IP socket. */
function portOf(ask: Libc["getpeername"], descriptor: number): number {
  addressLength[0] = address.length;
  if (ask(descriptor, address, addressLength) !== 0) return -1;
  const family = new Uint16Array(address.buffer, 0, 1)[0];
  return family === ipv4 || family === ipv6 ? portInAddress() : -1;
}

function portInAddress(): number {
  return addressView.getUint16(2);
}

/** As the runtime writes it. */
function hostInAddress(): string {
  if (addressLength[0]! < address.length) return address.subarray(4, 8).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => addressView.getUint16(8 + 2 * index));
  if (groups.slice(0, 6).join() === "0,0,0,0,0,65535") return address.subarray(20, 24).join(".");
  const hex = groups.map((group) => group.toString(16)).join(":");
  // Which writes its zeros in the same way.
  return new URL(`tcp://[${hex}]`).hostname.slice(1, -1);
}

const statusPath = new TextEncoder().encode("/proc/self/status\0");

/** No descriptor's number is as high. */
function descriptorSlots(libc: Libc): number {
  const text = new Uint8Array(4096);
  const file = libc.open(statusPath, 0);
  const count = Number(libc.read(file, text, BigInt(text.length)));
  libc.close(file);
  const status = new TextDecoder().decode(text.subarray(0, Math.max(0, count)));
  return Number(/^FDSize:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}
