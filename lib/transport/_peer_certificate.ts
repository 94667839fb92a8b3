/**
 * Reads a server's certificate. The runtime's TLS does not expose it (up to Deno 2.8 at least), but in TLS 1.2 (RFC
 * 5246) a server sends it unencrypted during the handshake, which is then aborted.
 */

/** The most bytes until the certificate: a chain of certificates, each rarely over 2 KiB. */
const answerBytesMax = 64 * 1024;

const recordHeaderBytes = 5;
const contentAlert = 21;
const contentHandshake = 22;
const messageCertificate = 11;

/** TLS alerts (RFC 5246, 7.2). */
const alerts = { looked: 90, untrusted: 42 } as const; // user_canceled, bad_certificate

/**
 * Requests it. Call {@linkcode endHandshake} afterwards.
 *
 * @param serverName Selects the certificate if the server has several.
 * @returns The certificate in DER. This does not prove that the server has its key.
 * @throws {Error} If the server answers otherwise. The caller closes the connection.
 */
export async function readPeerCertificate(
  conn: Deno.Conn,
  serverName: string,
): Promise<Uint8Array<ArrayBuffer>> {
  await writeAll(conn, clientHello(serverName));
  const messages = new Messages();
  const buffer = new Uint8Array(16 * 1024);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error("unexpected end of file");
    const certificate = messages.push(buffer.subarray(0, count));
    if (certificate !== undefined) return certificate;
  }
}

/** Aborts the handshake with an alert: cancelled, or an untrusted certificate. */
export async function endHandshake(conn: Deno.Conn, why: keyof typeof alerts): Promise<void> {
  const fatal = 2;
  await writeAll(conn, Uint8Array.from(record(contentAlert, [fatal, alerts[why]])));
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await conn.write(bytes.subarray(written));
  }
}

/** Reassembles handshake messages from records. */
class Messages {
  #bytes = new Uint8Array(0);
  #messages: number[] = [];

  /** Takes bytes. @returns The first certificate, once it is complete. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    if (this.#messages.length + all.length > answerBytesMax) {
      throw new Error("its certificates are too long");
    }
    let offset = 0;
    while (offset + recordHeaderBytes <= all.length) {
      const [type, major] = all.subarray(offset);
      if (major !== 3 || (type !== contentHandshake && type !== contentAlert)) {
        throw new Error("its answer is not TLS");
      }
      const end = offset + recordHeaderBytes + number(all.subarray(offset + 3), 2);
      if (end > all.length) break;
      const body = all.subarray(offset + recordHeaderBytes, end);
      if (type === contentAlert) {
        throw new Error(
          `it refuses TLS 1.2, in which it would show its certificate (alert ${body[1]})`,
        );
      }
      this.#messages.push(...body);
      offset = end;
    }
    this.#bytes = all.slice(offset);
    return this.#certificate();
  }

  #certificate(): Uint8Array<ArrayBuffer> | undefined {
    const messages = Uint8Array.from(this.#messages);
    for (let offset = 0; offset + 4 <= messages.length;) {
      const end = offset + 4 + number(messages.subarray(offset + 1), 3);
      if (end > messages.length) return undefined;
      if (messages[offset] === messageCertificate) {
        // The length of the list, then that of the first of them.
        const start = offset + 10;
        const length = start <= end ? number(messages.subarray(offset + 7), 3) : 0;
        if (length === 0 || start + length > end) throw new Error("it presented no certificate");
        return messages.slice(start, start + length);
      }
      offset = end;
    }
    return undefined;
  }
}

/** A TLS 1.2 client hello that every current server accepts. */
function clientHello(serverName: string): Uint8Array {
  const name = [...new TextEncoder().encode(serverName)];
  const extensions = [
    // server_name: a list of one host name.
    ...extension(0, counted(2, [0, ...counted(2, name)])),
    // supported_groups: x25519, secp256r1, secp384r1; ec_point_formats: uncompressed.
    ...extension(10, counted(2, [0x00, 0x1d, 0x00, 0x17, 0x00, 0x18])),
    ...extension(11, [1, 0]),
    // signature_algorithms: ECDSA, RSA-PSS and RSA with SHA-256 to SHA-512, Ed25519.
    ...extension(13, counted(2, [4, 3, 5, 3, 8, 7, 8, 4, 8, 5, 8, 6, 4, 1, 5, 1, 6, 1])),
    // extended_main_secret, and renegotiation_info: none before.
    ...extension(23, []),
    ...extension(0xff01, [0]),
  ];
  // ECDHE with ECDSA or RSA; AES-GCM or ChaCha20.
  const suites = [0xc02b, 0xc02c, 0xcca9, 0xc02f, 0xc030, 0xcca8];
  const hello = [
    3,
    3,
    ...crypto.getRandomValues(new Uint8Array(32)),
    0, // no session
    ...counted(2, suites.flatMap((suite) => [suite >> 8, suite & 255])),
    1, // compression: none
    0,
    ...counted(2, extensions),
  ];
  return Uint8Array.from(record(contentHandshake, [1, ...counted(3, hello)]));
}

function record(type: number, body: readonly number[]): number[] {
  return [type, 3, 3, ...counted(2, body)];
}

function extension(type: number, body: readonly number[]): number[] {
  return [type >> 8, type & 255, ...counted(2, body)];
}

/** A body prefixed by its length, big-endian. */
function counted(lengthBytes: number, body: readonly number[]): number[] {
  const length = Array.from(
    { length: lengthBytes },
    (_, index) => (body.length >> (8 * (lengthBytes - 1 - index))) & 255,
  );
  return [...length, ...body];
}

function number(bytes: Uint8Array, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 256 + bytes[index]!;
  return value;
}
