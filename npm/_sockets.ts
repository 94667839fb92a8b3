/** Connections of Node as Deno has them. */
import { createConnection, type Socket } from "node:net";
import { connect as connectOverTls, rootCertificates, type TLSSocket } from "node:tls";
import { denoErrors, toDenoError } from "./_errors.ts";

/** What callers use of a `Deno.NetAddr`. */
interface Address {
  readonly transport: "tcp";
  readonly hostname: string;
  readonly port: number;
}

/** A connection that is read when somebody asks, and not before: what has come waits in Node's own buffer. */
class SocketConn {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  readonly #socket: Socket;
  /** What was taken from the socket and not given out yet. */
  #rest: Uint8Array | undefined;
  #hasEnded = false;
  #failure: unknown;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.localAddr = addressOf(socket.localAddress, socket.localPort);
    this.remoteAddr = addressOf(socket.remoteAddress, socket.remotePort);
    const wake = (): void => this.#wake?.();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#hasEnded = true;
      wake();
    });
    socket.on("error", (error) => this.#failure = toDenoError(error));
    socket.on("close", wake);
  }

  /** The socket itself, for TLS: nothing reads from this one any more. */
  release(): Socket {
    for (const event of ["readable", "end", "error", "close"]) {
      this.#socket.removeAllListeners(event);
    }
    return this.#socket;
  }

  async read(target: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#isClosed) throw closed();
      const chunk = this.#rest ?? this.#socket.read() as Uint8Array | null;
      if (chunk !== null) {
        const count = Math.min(target.length, chunk.length);
        target.set(chunk.subarray(0, count));
        this.#rest = count === chunk.length ? undefined : chunk.subarray(count);
        return count;
      }
      if (this.#hasEnded) return null;
      if (this.#socket.destroyed) throw this.#failure ?? closed();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(closed());
      // The socket keeps what it is given; callers use their buffers again.
      this.#socket.write(bytes.slice(), (error) => {
        if (error) reject(this.#failure ?? toDenoError(error));
        else resolve(bytes.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    // Its callback is not called on a socket that is gone.
    if (this.#socket.destroyed) return Promise.reject(closed());
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  setNoDelay(isOn: boolean): void {
    this.#socket.setNoDelay(isOn);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
    this.#wake?.();
  }
}

function addressOf(hostname = "", port = 0): Address {
  return { transport: "tcp", hostname, port };
}

function closed(): Error {
  return new denoErrors.BadResource("the connection is closed");
}

/** Stands for `Deno.connect`. */
export function connect(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): Promise<SocketConn> {
  const socket = createConnection({ host: hostname, port, allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(new SocketConn(socket));
    });
    socket.once("error", fail);

    function fail(error: Error): void {
      socket.destroy();
      reject(toDenoError(error));
    }
  });
}

/** Stands for `Deno.startTls`; what it fails with says why as Deno's does. */
export function startTls(
  conn: SocketConn,
  { hostname, caCerts }: { readonly hostname: string; readonly caCerts: readonly string[] },
): Promise<SecureConn> {
  const socket = connectOverTls({
    socket: conn.release(),
    servername: isAddress(hostname) ? "" : hostname,
    // The name is checked whatever was sent: an address is none that can be sent.
    host: hostname,
    ca: [...rootCertificates, ...caCerts],
    // A certificate that was given is good by itself, whoever has signed it.
    allowPartialTrustChain: true,
  });
  return Promise.resolve(new SecureConn(socket));
}

class SecureConn extends SocketConn {
  readonly #handshake: Promise<void>;

  constructor(socket: TLSSocket) {
    super(socket);
    this.#handshake = new Promise((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", (error) => reject(tlsError(error)));
      socket.once("close", () => reject(new denoErrors.UnexpectedEof("tls handshake eof")));
    });
    this.#handshake.catch(() => {});
  }

  handshake(): Promise<void> {
    return this.#handshake;
  }
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

/** The words that Deno has for what Node has codes for. */
const wordsByCode: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "invalid peer certificate: Expired",
  CERT_NOT_YET_VALID: "invalid peer certificate: NotValidYet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "invalid peer certificate: UnknownIssuer",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "invalid peer certificate: NotValidForName: certificate not valid for name",
  ERR_SSL_WRONG_VERSION_NUMBER: "received corrupt message of type InvalidContentType",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "received corrupt message of type InvalidContentType",
  SELF_SIGNED_CERT_IN_CHAIN: "invalid peer certificate: UnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT: "invalid peer certificate: UnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "invalid peer certificate: UnknownIssuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "invalid peer certificate: UnknownIssuer",
};

function tlsError(error: Error & { code?: string }): unknown {
  const words = wordsByCode[error.code ?? ""];
  if (words === undefined) return toDenoError(error);
  return new Error(words.endsWith("name") ? `${words} (${error.message})` : words, {
    cause: error,
  });
}
