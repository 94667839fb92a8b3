import type { LogLevel, LogRecord } from "../log/mod.ts";
import type { TlsCertificate } from "../transport/mod.ts";
import type { EmbeddedServices } from "./rpc.ts";

/** A client of an embedded node: identified by an address, a key, or both. */
export interface EmbeddedClient {
  /** The address that it calls from. Default: any, for a client with a key. */
  readonly ip?: string;
  /** The port that it calls from. Default: any. */
  readonly port?: number;
  /** The public key that it must prove, as `farcall keygen` prints it. Default: none. */
  readonly key?: string;
  /** Whether it may read the node's log with `farcall logs`. Default: false; this machine always may. */
  readonly allowLogs?: boolean;
}

/** Options of an embedded node. */
export interface ServeOptions {
  /** Its services: `{ math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } }`. */
  readonly services: EmbeddedServices;
  /** The address to listen on. Default: `127.0.0.1`. */
  readonly hostname?: string;
  /** The port to listen on; 0 lets the kernel choose. Default: 8181. */
  readonly port?: number;
  /** Its name for callers. Default: none. */
  readonly name?: string;
  /**
   * The clients, as in init.yaml: `{ c1: { ip: "127.0.0.1" }, c2: { key: "ed25519:…" } }`. A caller that names no
   * client is the first client that matches its address and key and is a tenant of the service; a caller that names an
   * unknown client is refused.
   *
   * Default: only callers on this machine (127.0.0.1 and ::1), as the client `local`, wherever the node listens.
   */
  readonly clients?: Readonly<Record<string, EmbeddedClient>>;
  /**
   * Further addresses, `IP:PORT`, at which callers reach it through a router, a container or a tunnel: a proof of a key
   * is valid only for the address that the caller connects to. Default: none.
   */
  readonly advertised?: readonly string[];
  /**
   * Names under which HTTP callers may address it, besides `hostname`, `name` and advertised addresses:
   * `["api.example.com"]`, host names or addresses. Default: none.
   */
  readonly hosts?: readonly string[];
  /**
   * Addresses and networks, besides this machine, that may read its health and metrics over HTTP (`/healthz`, `/readyz`,
   * `/metrics`): `["10.0.0.0/8"]`. Default: none.
   */
  readonly metricsAllow?: readonly string[];
  /**
   * Its certificate and private key, in PEM (not paths): callers then need TLS. A renewed certificate takes effect when
   * the node restarts. Default: no TLS.
   */
  readonly tls?: TlsCertificate;
  /**
   * Its transport: `tcp`, `udp`, `ip`, or `ip:171` for another protocol number than 170. UDP and IP work only on Linux
   * and without TLS, and need `--allow-ffi`; IP also needs a privilege. Default: `tcp`.
   */
  readonly over?: string;
  /**
   * The memory in bytes that the node may hold for its callers (arguments, results, messages); beyond it, calls are
   * `Overloaded`. Default: three quarters of V8's heap, and at most half of the machine's memory if the program may ask
   * for it (`--allow-sys=systemMemoryInfo`).
   */
  readonly memoryBytesMax?: number;
  /**
   * The least urgent level that is written to standard error; `silent` for none; or a function that receives all
   * records. Default: `warn`, which includes refused calls and failed functions with their stacks.
   */
  readonly log?: LogLevel | "silent" | ((record: LogRecord) => void);
}
