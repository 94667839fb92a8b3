/** Node's connections with Deno's interface. */
import { createConnection, type Socket } from "node:net";
import { connect as connectOverTls, rootCertificates, type TLSSocket } from "node:tls";
import { denoErrors, toDenoError } from "./_errors.ts";

/** The part of `Deno.NetAddr` that callers use. */
interface Address {
  readonly transport: "tcp";
  readonly hostname: string;
  readonly port: number;
}

/** A connection that is read on demand only: unread data waits in Node's own buffer. */
class SocketConn {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  readonly #socket: Socket;
  /** Data read from the socket and not yet returned. */
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

  /** The socket itself, for TLS: nothing reads from this connection any more. */
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
      // The socket retains its buffers; callers reuse theirs.
      this.#socket.write(bytes.slice(), (error) => {
        if (error) reject(this.#failure ?? toDenoError(error));
        else resolve(bytes.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    // A destroyed socket never calls back.
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

/** The replacement of `Deno.connect`. */
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

/** The replacement of `Deno.startTls`; its errors have Deno's texts. */
export function startTls(
  conn: SocketConn,
  { hostname, caCerts }: { readonly hostname: string; readonly caCerts: readonly string[] },
): Promise<SecureConn> {
  const socket = connectOverTls({
    socket: conn.release(),
    servername: isAddress(hostname) ? "" : hostname,
    // The name is checked even if it was not sent: addresses are never sent.
    host: hostname,
    ca: [...rootCertificates, ...caCerts],
    // A given certificate is trusted by itself, whatever its issuer.
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

/** Deno's texts for Node's error codes. */
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
