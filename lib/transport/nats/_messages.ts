/** The messages of a session: what kind, which number in its direction, and a body. */

/** What a message means. */
export const MessageKind = {
  /** A caller asks for a session. */
  open: 1,
  /** The node takes it. */
  accepted: 2,
  /** Bytes of the stream. */
  data: 3,
  /** So many bytes more may be sent. */
  credit: 4,
  /** The sender writes nothing more. */
  end: 5,
  /** The sender is gone. */
  close: 6,
  /** The sender has nothing to say; where nobody hears it, the server does. */
  probe: 7,
} as const;

/** The version of all that in this file. */
const version = 1;

const headerBytes = 6;

export interface SessionMessage {
  readonly kind: number;
  readonly number: number;
  /** A view. */
  readonly body: Uint8Array;
}

/** Writes a message. */
export function encodeMessage(kind: number, number: number, body?: Uint8Array): Uint8Array {
  const message = new Uint8Array(headerBytes + (body?.length ?? 0));
  const view = new DataView(message.buffer);
  message[0] = version;
  message[1] = kind;
  view.setUint32(2, number);
  if (body !== undefined) message.set(body, headerBytes);
  return message;
}

/** Reads a message. @returns undefined if it is none, or of another version. */
export function decodeMessage(bytes: Uint8Array): SessionMessage | undefined {
  if (bytes.length < headerBytes || bytes[0] !== version) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { kind: bytes[1]!, number: view.getUint32(2), body: bytes.subarray(headerBytes) };
}

/** The body of a credit. */
export function encodeCredit(bytes: number): Uint8Array {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setUint32(0, bytes);
  return body;
}

/** @returns undefined if it is none. */
export function decodeCredit(body: Uint8Array): number | undefined {
  if (body.length !== 4) return undefined;
  return new DataView(body.buffer, body.byteOffset, 4).getUint32(0);
}
