/** What carries connections in place of a stream of the system's. Through NATS, an end's `host` is `FLEET/NAME`. */
export type Carrier = "ip" | "udp" | "nats";

/** A connection that carries bytes both ways: what tcp, unix sockets and memory have in common. */
export interface Transport {
  /** The other end, as `host:port`. */
  readonly remote: string;
  /** The remote address without port; empty if it has none. */
  readonly remoteHost: string;
  /** The remote port; 0 if it has none. */
  readonly remotePort: number;
  /** The address of this end without its port; undefined where it is not known. */
  readonly localHost?: string;
  /** The port of this end; undefined where it is not known. */
  readonly localPort?: number;
  /** What carries it, where that is packets of raw IP or of UDP, or a NATS server, in place of a stream of the system's. */
  readonly carrier?: Carrier;
  /** Whether what passes through it is encrypted. */
  readonly isSecure?: boolean;
  /** Bytes that were read and written so far; undefined if not counted. */
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
  /**
   * Makes sure of whatever comes before the first byte: the handshake of TLS, at the end that was connected to.
   *
   * @returns Whether there is more to come; false where the other end has only looked at the certificate.
   * @throws If the other end does not play along, or it was closed here.
   */
  handshake?(): Promise<boolean>;
  /**
   * Reads what has arrived into `target`, waiting for at least one byte. One read at a time.
   *
   * @returns How many bytes were read, or `null` at the end of the stream.
   * @throws If the connection broke or was closed here.
   */
  read(target: Uint8Array): Promise<number | null>;
  /**
   * Writes all of `bytes`, which must not change until then. What several writers write follows one
   * another whole, in the order of the calls.
   *
   * @throws If the connection broke or was closed here.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that nothing more will be written; reading goes on. @throws As {@linkcode write}. */
  closeWrite(): Promise<void>;
  /** Ends the connection both ways, at once. May be called again. */
  close(): void;
}

/** Accepts connections. */
export interface Listener {
  /** Where it listens; `port` is the one that the kernel chose when 0 was asked for. */
  readonly host: string;
  readonly port: number;
  /** As {@linkcode Transport.carrier}. */
  readonly carrier?: Carrier;
  /** Whether what passes through it is encrypted. */
  readonly isSecure?: boolean;
  /** Called when the system has no resources to accept a connection; the handler closes others. */
  onShortage?: () => void;
  /** The next connection, or `null` once the listener is closed. */
  accept(): Promise<Transport | null>;
  /** Stops accepting; connections already made go on. May be called again. */
  close(): void;
}
/** How to connect. */
export interface ConnectTcpOptions {
  /** Gives up after this many milliseconds. */
  timeoutMs: number;
  /** The address and port to call from; the kernel chooses where left out. */
  localHost?: string;
  localPort?: number;
  /** The address to call from if it is this machine's and the runtime can choose; in place of both. */
  preferredHost?: string;
}
