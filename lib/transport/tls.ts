/** TLS: TCP connections, encrypted and authenticated by certificate. */
import { messageOf, NodeUnreachable } from "../errors/mod.ts";
import { Timer } from "../timers/mod.ts";
import { ConnTransport, formatAddress, plainHost } from "./conn.ts";
import { endHandshake, readPeerCertificate } from "./_peer_certificate.ts";
import { endSocket } from "./_abandoned_sockets.ts";
import { ConnListener, openListener, type RuntimeListener } from "./_listener.ts";
import { OwnSockets } from "./_own_sockets.ts";
import { openTcp } from "./tcp.ts";
import type { Listener, Transport } from "./transport.ts";

/** A listener's certificate and key. */
export interface TlsCertificate {
  /** The certificate in PEM, followed by its intermediate certificates. */
  readonly cert: string;
  /** Its private key in PEM. */
  readonly key: string;
}

/** The accepted certificates. */
export interface TlsTrust {
  /** Certificates in PEM, besides the authorities trusted by the runtime. */
  readonly authorities?: readonly string[];
  /** The name that the certificate must have. Default: the host. */
  readonly serverName?: string;
  /** The SHA-256 of the only accepted certificate, `sha256:` and 64 hex digits; replaces all of the above. */
  readonly fingerprint?: string;
}

/** Options for connecting. */
export interface ConnectTlsOptions {
  /** The time limit in milliseconds, including the handshake. */
  readonly timeoutMs: number;
  readonly trust: TlsTrust;
}

/**
 * The name in certificates that can be pinned by fingerprint. No authority certifies this top-level domain (RFC 6761),
 * so only the certificate's own key can prove the name.
 */
export const pinnedName = "farcall.invalid";

/** Certificates by fingerprint, in PEM: a certificate is public, and its fingerprint authenticates it. */
const pinned = new Map<string, string>();

/** A program only meets fingerprints that somebody wrote down, so the cache needs no bound. */
const pinnedMax = 1024;

/**
 * Connects to a node over TLS. Nothing is sent if the certificate is not accepted.
 *
 * @throws {NodeUnreachable} If it cannot connect, or the certificate is not trusted; the message says why.
 */
export async function connectTls(
  host: string,
  port: number,
  { timeoutMs, trust }: ConnectTlsOptions,
): Promise<Transport> {
  const endMs = performance.now() + timeoutMs;
  const address = formatAddress(host, port);
  const { fingerprint } = trust;
  if (fingerprint === undefined) {
    const { serverName = host, authorities = [] } = trust;
    return await secure(host, port, { endMs, serverName, authorities });
  }
  let authority = pinned.get(fingerprint);
  if (authority === undefined) {
    authority = await certificateOf(host, port, { fingerprint, endMs });
    if (pinned.size < pinnedMax) pinned.set(fingerprint, authority);
  }
  try {
    const options = { endMs, serverName: pinnedName, authorities: [authority] };
    return await secure(host, port, options);
  } catch (error) {
    // The node may have renewed its certificate since.
    pinned.delete(fingerprint);
    if (isAboutCertificate(error)) {
      await certificateOf(host, port, { fingerprint, endMs });
      if (/not valid for name/.test(messageOf(error.cause))) {
        throw untrusted(
          address,
          `has the certificate of the fingerprint, but that does not name "${pinnedName}", as ` +
            `those of "farcall keygen --tls" do; trust it with "ca" instead, or make another`,
          error.cause,
        );
      }
    }
    throw error;
  }
}

/**
 * The fingerprint of the certificate that a node presents. Does not prove that the node has its key.
 *
 * @throws {NodeUnreachable} If it presents none.
 */
export async function peerFingerprint(
  host: string,
  port: number,
  { timeoutMs }: Pick<ConnectTlsOptions, "timeoutMs">,
): Promise<string> {
  const { shown } = await lookAtCertificate(host, port, {
    endMs: performance.now() + timeoutMs,
    isGood: () => true,
  });
  return shown;
}

/** The certificate with that fingerprint, in PEM. @throws {NodeUnreachable} If another one is presented. */
async function certificateOf(
  host: string,
  port: number,
  { fingerprint, endMs }: { fingerprint: string; endMs: number },
): Promise<string> {
  const { certificate, shown } = await lookAtCertificate(host, port, {
    endMs,
    isGood: (shown) => shown === fingerprint,
  });
  if (shown === fingerprint) return pemOf(certificate);
  throw untrusted(
    formatAddress(host, port),
    `shows another certificate, ${shown}, than that of the fingerprint, ${fingerprint}; if the node has a ` +
      "new one, write its fingerprint; if not, someone may be intercepting the connection",
  );
}

/** Requests only the certificate, and ends the handshake with an alert that says whether it is accepted. */
async function lookAtCertificate(
  host: string,
  port: number,
  { endMs, isGood }: { endMs: number; isGood: (fingerprint: string) => boolean },
): Promise<{ certificate: Uint8Array<ArrayBuffer>; shown: string }> {
  const address = formatAddress(host, port);
  const conn = await openTcp(host, port, leftMs(endMs));
  try {
    const certificate = await inTime(address, endMs, readPeerCertificate(conn, pinnedName));
    const shown = await fingerprintOf(certificate);
    await endHandshake(conn, isGood(shown) ? "looked" : "untrusted");
    return { certificate, shown };
  } catch (cause) {
    if (cause instanceof NodeUnreachable) throw cause;
    throw untrusted(address, reasonOf(cause), cause);
  } finally {
    conn.close();
  }
}

async function secure(
  host: string,
  port: number,
  { endMs, serverName, authorities }: {
    readonly endMs: number;
    readonly serverName: string;
    readonly authorities: readonly string[];
  },
): Promise<Transport> {
  const address = formatAddress(host, port);
  const tcp = await openTcp(host, port, leftMs(endMs));
  let conn: Deno.TlsConn | undefined;
  try {
    conn = await Deno.startTls(tcp, { hostname: serverName, caCerts: [...authorities] });
    await inTime(address, endMs, conn.handshake());
    const { hostname, port: remotePort } = conn.remoteAddr;
    return new SecureTransport(conn, plainHost(hostname), remotePort);
  } catch (cause) {
    // If TLS was never reached, the connection is still the plain one.
    try {
      (conn ?? tcp).close();
    } catch {
      // Already closed.
    }
    if (cause instanceof NodeUnreachable) {
      const { remoteAddr, localAddr } = tcp;
      const remote = { remoteHost: plainHost(remoteAddr.hostname), remotePort: remoteAddr.port };
      endSocket({ ...remote, localPort: localAddr.port });
      throw cause;
    }
    throw untrusted(address, reasonOf(cause), cause);
  }
}

function leftMs(endMs: number): number {
  return Math.max(1, endMs - performance.now());
}

async function inTime<T>(address: string, endMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = new Timer(() => {
    const why = "accepted the connection, but did not answer in time; does that port speak TLS?";
    reject(untrusted(address, why));
  }, leftMs(endMs));
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.stop();
  }
}

function untrusted(address: string, why: string, cause?: unknown): NodeUnreachable {
  return new NodeUnreachable(`no TLS with ${address}: it ${why}`, { node: address, cause });
}

function isAboutCertificate(error: unknown): error is NodeUnreachable {
  return error instanceof NodeUnreachable &&
    /invalid peer certificate/.test(messageOf(error.cause));
}

/** Explains a failed handshake, which the runtime reports only as text. */
function reasonOf(cause: unknown): string {
  const message = messageOf(cause);
  const certificate = /^invalid peer certificate: (.*)$/s.exec(message)?.[1];
  if (certificate === undefined) {
    if (/InvalidContentType|not TLS/.test(message)) {
      return 'does not speak TLS; remove "tls", or serve there with --tls-cert and --tls-key';
    }
    if (/unexpected end|eof|reset by peer/i.test(message)) {
      return `ended the connection before it was secure (${message}); does that port speak TLS?`;
    }
    return `could not agree on TLS: ${message}`;
  }
  if (/^UnknownIssuer/.test(certificate)) {
    return 'presents a certificate of an authority that is not trusted here; name that authority in "ca", or the ' +
      'certificate\'s own "fingerprint"';
  }
  if (/not valid for name|NotValidForName/.test(certificate)) {
    return `presents a certificate for another name (${certificate}); correct the address, or "server-name"`;
  }
  if (/^CaUsedAsEndEntity/.test(certificate)) {
    return "presents an authority's certificate as its own; a node's certificate needs CA:FALSE, " +
      'as "farcall keygen --tls" writes it';
  }
  if (/expired/i.test(certificate)) {
    return `shows a certificate that has expired (${certificate}); renew it on the node`;
  }
  if (/not ?valid ?yet/i.test(certificate)) {
    return `shows a certificate that is not valid yet (${certificate}); are the clocks right?`;
  }
  return `shows a certificate that is not good: ${certificate}`;
}

/** The fingerprint of a DER certificate. */
async function fingerprintOf(certificate: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", certificate));
  return `sha256:${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function pemOf(certificate: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...certificate));
  const lines = base64.match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** A listener with a renewable certificate. */
export interface TlsListener extends Listener {
  /**
   * Presents another certificate from now on; existing connections continue. For some milliseconds nothing listens.
   *
   * @throws {TypeError} If it is invalid, or the key does not match: nothing changes then.
   */
  renew(certificate: TlsCertificate): Promise<void>;
}

/**
 * Listens for TLS on a TCP address. The first read performs the handshake, so that a slow one delays nobody else.
 *
 * @throws {TypeError} If the certificate is invalid, or the key does not match.
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If the address is not this machine's, or not permitted.
 */
export function listenTls(host: string, port: number, certificate: TlsCertificate): TlsListener {
  return new RenewableListener(host, openTls(host, port, certificate));
}

class RenewableListener extends ConnListener implements TlsListener {
  readonly isSecure = true;
  readonly #host: string;

  constructor(host: string, listener: RuntimeListener) {
    super(listener);
    this.#host = host;
  }

  async renew(certificate: TlsCertificate): Promise<void> {
    // On another port first, to detect an invalid certificate.
    openTls(this.#host, 0, certificate).close();
    await this.replace(() => openTls(this.#host, this.port, certificate));
  }

  protected override transportOf(conn: Deno.TlsConn, host: string, port: number): Transport {
    return new AcceptedTransport(conn, host, port);
  }
}

class SecureTransport extends ConnTransport {
  readonly isSecure = true;
}

/** The server's end. */
class AcceptedTransport extends SecureTransport {
  readonly #conn: Deno.TlsConn;
  #isHandshakeOver = false;

  constructor(conn: Deno.TlsConn, host: string, port: number) {
    super(conn, host, port);
    this.#conn = conn;
  }

  async handshake(): Promise<boolean> {
    try {
      await this.#conn.handshake();
      this.#isHandshakeOver = true;
      return true;
    } catch (cause) {
      this.#isHandshakeOver = true;
      const message = messageOf(cause);
      if (/alert: UserCanceled/.test(message)) return false;
      const why = /InvalidContentType/.test(message)
        ? "it did not speak TLS, which this port requires; the caller needs a server with tls in init.yaml, " +
          "--tls, or https"
        : /alert: (UnknownCA|BadCertificate|CertificateUnknown|CertificateExpired)/.test(message)
        ? `it does not trust this node's certificate (${message})`
        : message;
      throw new Error(`no TLS: ${why}`, { cause });
    }
  }

  override close(): void {
    super.close();
    const { remoteHost, remotePort, localPort } = this;
    if (this.#isHandshakeOver || localPort === undefined) return;
    this.#isHandshakeOver = true;
    endSocket({ remoteHost, remotePort, localPort });
  }
}

function openTls(host: string, port: number, { cert, key }: TlsCertificate): RuntimeListener {
  const listener = openListener(host, port, (options) => {
    try {
      return Deno.listenTls({ ...options, cert, key });
    } catch (cause) {
      throw certificateError(cause);
    }
  });
  // The runtime offers it for plain connections only. TLS tickets precede the first reply, which would wait until the
  // caller's system acknowledges them: 40 ms (Linux).
  OwnSockets.open()?.sendAtOnce(listener.addr.port);
  return listener;
}

/** Explains errors of certificates and keys; others pass unchanged. */
function certificateError(cause: unknown): unknown {
  const message = messageOf(cause);
  const why = /KeyMismatch/.test(message)
    ? "the key does not belong to the certificate"
    : /No certificates found/.test(message)
    ? "there is no certificate in PEM"
    : /No keys found/.test(message)
    ? "there is no private key in PEM, without a passphrase"
    : /invalid peer certificate|BadEncoding/.test(message)
    ? "the certificate cannot be read"
    : undefined;
  return why === undefined ? cause : new TypeError(why, { cause });
}
