/**
 * Socket operations that the runtime lacks, through the C library: on Linux, if the program may use FFI
 * (`--allow-ffi`). The runtime does not reveal descriptors, but the system knows each one's addresses.
 */
const symbols = {
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  getdtablesize: { parameters: [], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof symbols>["symbols"];

const [ipv4, ipv6] = [2, 10];
const shutBothWays = 2;
const [protocolTcp, tcpNoDelay] = [6, 1];
const on = Uint32Array.of(1);

/** The sockets of this process. */
export class OwnSockets {
  static #opened: OwnSockets | undefined;
  readonly #libc: Libc;
  /** A `sockaddr_in` or `sockaddr_in6`, and its length. */
  readonly #address = new Uint8Array(28);
  readonly #addressView = new DataView(this.#address.buffer);
  readonly #addressLength = new Uint32Array(1);

  private constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Opened on demand, without prompting: undefined if the program cannot use it. */
  static open(): OwnSockets | undefined {
    if (Deno.build.os !== "linux") return undefined;
    if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
    try {
      return OwnSockets.#opened ??= new OwnSockets(Deno.dlopen("libc.so.6", symbols).symbols);
    } catch {
      // Another C library.
      return undefined;
    }
  }

  /** An upper bound of descriptors' numbers. */
  slots(): number {
    const text = new Uint8Array(4096);
    const file = this.#libc.open(statusPath, 0);
    // When no descriptor is left, which is when sockets must be closed, the whole range is in use.
    if (file < 0) return this.#libc.getdtablesize();
    const count = Number(this.#libc.read(file, text, BigInt(text.length)));
    this.#libc.close(file);
    const status = new TextDecoder().decode(text.subarray(0, Math.max(0, count)));
    return Number(/^FDSize:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }

  /** The remote port of a socket; undefined if it is not connected, or not an IP socket. */
  peerPort(descriptor: number): number | undefined {
    return this.#portOf(this.#libc.getpeername, descriptor);
  }

  /** The local port; undefined if it is not an IP socket. */
  port(descriptor: number): number | undefined {
    return this.#portOf(this.#libc.getsockname, descriptor);
  }

  /** The host of the last address read, in the runtime's notation. */
  get foundHost(): string {
    const address = this.#address;
    if (this.#addressLength[0]! < address.length) return address.subarray(4, 8).join(".");
    const groups = Array.from(
      { length: 8 },
      (_, index) => this.#addressView.getUint16(8 + 2 * index),
    );
    if (groups.slice(0, 6).join() === "0,0,0,0,0,65535") return address.subarray(20, 24).join(".");
    const hex = groups.map((group) => group.toString(16)).join(":");
    // The runtime compresses zeros in the same way.
    return new URL(`tcp://[${hex}]`).hostname.slice(1, -1);
  }

  /** Shuts down both directions. */
  shutDown(descriptor: number): void {
    this.#libc.shutdown(descriptor, shutBothWays);
  }

  /**
   * Makes all sockets with a local port send small writes immediately, without waiting for acknowledgements of earlier
   * ones. A listening socket passes the option on to connections that it accepts.
   */
  sendAtOnce(port: number): void {
    for (const descriptor of this.#withPort(port)) {
      this.#libc.setsockopt(descriptor, protocolTcp, tcpNoDelay, on, on.byteLength);
    }
  }

  /** Sets the places in the accept queues of sockets that listen on a port; others stay as they are. */
  setBacklog(port: number, places: number): void {
    for (const descriptor of this.#withPort(port)) this.#libc.listen(descriptor, places);
  }

  *#withPort(port: number): Iterable<number> {
    const count = this.slots();
    for (let descriptor = 0; descriptor < count; descriptor++) {
      if (this.port(descriptor) === port) yield descriptor;
    }
  }

  #portOf(ask: Libc["getpeername"], descriptor: number): number | undefined {
    this.#addressLength[0] = this.#address.length;
    if (ask(descriptor, this.#address, this.#addressLength) !== 0) return undefined;
    const family = new Uint16Array(this.#address.buffer, 0, 1)[0];
    return family === ipv4 || family === ipv6 ? this.#addressView.getUint16(2) : undefined;
  }
}

const statusPath = new TextEncoder().encode("/proc/self/status\0");
