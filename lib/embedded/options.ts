import type { LogLevel, LogRecord } from "../log/mod.ts";
import type { TlsCertificate } from "../transport/mod.ts";
import type { EmbeddedServices } from "./rpc.ts";

/** A client of a program's node: it has an address, or a key, or both. */
export interface EmbeddedClient {
  /** The address that it calls from. Default: any, where it has a key. */
  readonly ip?: string;
  /** The port that it calls from. Default: any. */
  readonly port?: number;
  /** The public key that it has to prove, as `farcall keygen` prints it. Default: none. */
  readonly key?: string;
  /** Whether it may read the node's records with `farcall logs`. Default: false; this machine may anyway. */
  readonly allowLogs?: boolean;
}

/** How a program's node is started. */
export interface ServeOptions {
  /** What it offers: `{ math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } }`. */
  readonly services: EmbeddedServices;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly hostname?: string;
  /** The port to listen on; 0 lets the kernel choose. Default 8181. */
  readonly port?: number;
  /** Its name, as callers hear it. Default: none. */
  readonly name?: string;
  /**
   * Who may call, as in init.yaml: `{ c1: { ip: "127.0.0.1" }, c2: { key: "ed25519:…" } }`. A caller who names no
   * client is the first that matches its address and key and is a tenant of the service; one that names another than
   * these is refused.
   *
   * Default: everyone on this machine (127.0.0.1 and ::1) as the client `local`, and nobody else, wherever the node
   * listens.
   */
  readonly clients?: Readonly<Record<string, EmbeddedClient>>;
  /**
   * Addresses, `IP:PORT`, at which callers reach it through a router, a container or a tunnel: proofs of keys are
   * for the address that a caller connects to. Default: none.
   */
  readonly advertised?: readonly string[];
  /**
   * What callers may call it over HTTP besides `hostname` and `name`: `["api.example.com"]`, names of hosts or
   * addresses; an address that is advertised is one of them. Default: none.
   */
  readonly hosts?: readonly string[];
  /**
   * Addresses and networks, besides this machine, that may read its health and metrics over HTTP (`/healthz`, `/readyz`,
   * `/metrics`): `["10.0.0.0/8"]`. Default: none.
   */
  readonly metricsAllow?: readonly string[];
  /**
   * The certificate to show, and its private key, as texts in PEM (not their paths): callers then need TLS. A renewed
   * one is used once the node restarts. Default: no TLS.
   */
  readonly tls?: TlsCertificate;
  /**
   * What carries its connections: `tcp`, `udp`, `ip`, or `ip:171` with another protocol than 170. Over UDP and IP, on Linux
   * alone, the program needs `--allow-ffi`, over IP a privilege, too, and there is no TLS. Default: `tcp`.
   */
  readonly over?: string;
  /**
   * Bytes that the node holds for its callers: arguments, results, messages; beyond, calls are `Overloaded`. Default: half
   * of the machine's memory where the program may ask for it (`--allow-sys=systemMemoryInfo`), and at most three quarters
   * of V8's heap.
   */
  readonly memoryBytesMax?: number;
  /**
   * The least urgent level that is written to standard error; `silent` for none; or a function that takes all records. Default
   * `warn`: refused calls, and functions that failed, with their stacks.
   */
  readonly log?: LogLevel | "silent" | ((record: LogRecord) => void);
}
