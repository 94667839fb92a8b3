/** The carrier of a connection, if not a stream of the system's. Through NATS, an end's `host` is `FLEET/NAME`. */
export type Carrier = "ip" | "udp" | "nats";

/** A bidirectional byte stream: the common interface of TCP, Unix sockets and memory. */
export interface Transport {
  /** The other end, as `host:port`. */
  readonly remote: string;
  /** The remote address without its port; empty if it has none. */
  readonly remoteHost: string;
  /** The remote port; 0 if it has none. */
  readonly remotePort: number;
  /** The local address without its port; undefined if unknown. */
  readonly localHost?: string;
  /** The local port; undefined if unknown. */
  readonly localPort?: number;
  /** Its carrier, if that is raw IP, UDP or a NATS server instead of a stream of the system's. */
  readonly carrier?: Carrier;
  /** Whether it is encrypted. */
  readonly isSecure?: boolean;
  /** Bytes read and written so far; undefined if not counted. */
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
  /**
   * Completes what precedes the first byte: for TLS, the handshake at the accepting end.
   *
   * @returns Whether more follows; false if the peer has only fetched the certificate.
   * @throws If the peer fails the handshake, or it was closed here.
   */
  handshake?(): Promise<boolean>;
  /**
   * Reads available bytes into `target`, waiting for at least one. One read at a time.
   *
   * @returns The number of bytes read, or `null` at the end of the stream.
   * @throws If the connection broke or was closed here.
   */
  read(target: Uint8Array): Promise<number | null>;
  /**
   * Writes all of `bytes`, which must not change until it resolves. Concurrent writes stay whole and in the order of
   * the calls.
   *
   * @throws If the connection broke or was closed here.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes our direction; reading continues. @throws As {@linkcode write}. */
  closeWrite(): Promise<void>;
  /** Closes the connection in both directions immediately. Idempotent. */
  close(): void;
  /** As {@linkcode close}, but without delivering what was written. Missing where the system decides that. */
  reset?(): void;
}

/** Accepts connections. */
export interface Listener {
  /** The local address; `port` is the one that the kernel chose for port 0. */
  readonly host: string;
  readonly port: number;
  /** As {@linkcode Transport.carrier}. */
  readonly carrier?: Carrier;
  /** Whether connections are encrypted. */
  readonly isSecure?: boolean;
  /** Called when the system lacks resources to accept a connection; the handler closes others. */
  onShortage?: () => void;
  /** The next connection, or `null` once the listener is closed. */
  accept(): Promise<Transport | null>;
  /** Stops accepting; existing connections continue. Idempotent. */
  close(): void;
}
/** Options for connecting. */
export interface ConnectTcpOptions {
  /** The time limit in milliseconds. */
  timeoutMs: number;
  /** The local address and port; the kernel chooses if undefined. */
  localHost?: string;
  localPort?: number;
  /** The local address, if it is this machine's and the runtime can bind it; replaces both. */
  preferredHost?: string;
}
