/** A TLS listener whose certificate files are reloaded when they change. */
import { messageOf, whyUnreadable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import type { Listener, TlsCertificate, TlsListener, Transport } from "../transport/mod.ts";
import { listenTls } from "../transport/tls.ts";

/** The paths of a certificate and its key, both in PEM. */
export interface CertificateFiles {
  /** The certificate, followed by any intermediate ones. */
  readonly cert: string;
  /** Its private key, which only the node's user may read. */
  readonly key: string;
}

/**
 * Listens for TLS.
 *
 * @throws {TypeError} If a file is unreadable or invalid, others may read the key, or the two do not match.
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If it cannot listen there for another reason.
 */
export async function listenSecurely(
  host: string,
  port: number,
  { files, log }: { readonly files: CertificateFiles; readonly log: Log },
): Promise<Listener> {
  const stamp = await stampOf(files);
  const certificate = await read(files);
  const listener = named(files, () => listenTls(host, port, certificate));
  const { X509Certificate } = await import("node:crypto");
  const inform = ({ cert }: TlsCertificate): number => {
    const { fingerprint256, validTo } = new X509Certificate(cert);
    const fingerprint = `sha256:${fingerprint256.replaceAll(":", "").toLowerCase()}`;
    log.info("certificate.shown", { file: files.cert, fingerprint, validTo });
    return Date.parse(validTo);
  };
  return new SecureListener(listener, { files, stamp, inform, log }, inform(certificate));
}

interface WatchedFile {
  readonly files: CertificateFiles;
  /** The version of the files when they were read. */
  readonly stamp: string;
  /** Logs a certificate. @returns The end of its validity, in milliseconds since the UNIX epoch. */
  readonly inform: (certificate: TlsCertificate) => number;
  readonly log: Log;
}

class SecureListener implements Listener {
  readonly isSecure = true;
  readonly #listener: TlsListener;
  readonly #watched: WatchedFile;
  #stamp: string;
  #validUntilMs: number;
  #isWarned = false;
  readonly #timer: ReturnType<typeof setInterval>;
  #isLooking = false;

  constructor(listener: TlsListener, watched: WatchedFile, validUntilMs: number) {
    this.#listener = listener;
    this.#watched = watched;
    this.#stamp = watched.stamp;
    this.#validUntilMs = validUntilMs;
    this.#warnOfEnd();
    this.#timer = setInterval(() => this.#look(), limits.certificateLookMs);
  }

  get host(): string {
    return this.#listener.host;
  }

  get port(): number {
    return this.#listener.port;
  }

  set onShortage(onShortage: () => void) {
    this.#listener.onShortage = onShortage;
  }

  accept(): Promise<Transport | null> {
    return this.#listener.accept();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listener.close();
  }

  /** Loads the changed files. They change one after the other, so the old certificate stays until both match. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { files, inform, log } = this.#watched;
    try {
      this.#warnOfEnd();
      const stamp = await stampOf(files);
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      const certificate = await read(files);
      await this.#listener.renew(certificate);
      this.#validUntilMs = inform(certificate);
      this.#isWarned = false;
    } catch (error) {
      log.warn("certificate.not-renewed", {
        file: files.cert,
        message: `the files have changed, and the certificate of before is shown on: ${
          messageOf(error)
        }`,
      });
    } finally {
      this.#isLooking = false;
    }
  }

  #warnOfEnd(): void {
    if (this.#isWarned || this.#validUntilMs - Date.now() > limits.certificateWarnMs) return;
    this.#isWarned = true;
    const { files, log } = this.#watched;
    log.warn("certificate.ends", {
      file: files.cert,
      message:
        `it is valid until ${
          new Date(this.#validUntilMs).toISOString()
        }; replace the files with a new one and its key; ` +
        "the node then reloads them",
    });
  }
}

/** Changes whenever one of the files does. */
async function stampOf({ cert, key }: CertificateFiles): Promise<string> {
  const stamps = [];
  for (const path of [cert, key]) {
    const found = await Deno.stat(path).catch(() => undefined);
    stamps.push(`${found?.mtime?.getTime()} ${found?.size} ${found?.ino}`);
  }
  return stamps.join(" ");
}

async function read(files: CertificateFiles): Promise<TlsCertificate> {
  const cert = await readPem("certificate", files.cert);
  const key = await readPem("key", files.key);
  const { mode } = await Deno.stat(files.key);
  if (mode !== null && (mode & 0o007) !== 0) {
    throw new TypeError(
      `the key "${files.key}" may be read by everyone on this machine; chmod 600 ${files.key}`,
    );
  }
  return { cert, key };
}

async function readPem(what: string, path: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const why = whyUnreadable(
      cause,
      'there is no such file; "farcall keygen --tls HOST" makes both',
    );
    throw new TypeError(`cannot read the ${what} "${path}": ${why}`, { cause });
  }
  const isThere = what === "key"
    ? /-----BEGIN (\w+ )?PRIVATE KEY-----/.test(text)
    : text.includes("-----BEGIN CERTIFICATE-----");
  if (isThere) return text;
  throw new TypeError(
    text.includes("ENCRYPTED PRIVATE KEY")
      ? `the key "${path}" has a passphrase; openssl pkey -in ${path} takes it away`
      : `the file "${path}" has no ${what} in PEM`,
  );
}

/** Adds the names of the files to an error. */
function named<T>(files: CertificateFiles, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(
      `the certificate "${files.cert}" with the key "${files.key}": ${error.message}`,
      { cause: error },
    );
  }
}
