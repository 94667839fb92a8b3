/** The messages of a session: kind, number in its direction, body. */

/** The kinds of messages. */
export const MessageKind = {
  /** A caller opens a session. */
  open: 1,
  /** The node accepts it. */
  accepted: 2,
  /** Bytes of the stream. */
  data: 3,
  /** Credit in bytes. */
  credit: 4,
  /** The sender has closed its direction. */
  end: 5,
  /** The sender has closed the session. */
  close: 6,
  /** A keep-alive; the server reports if it has no receiver. */
  probe: 7,
} as const;

/** The version of this format. */
const version = 1;

const headerBytes = 6;

export interface SessionMessage {
  readonly kind: number;
  readonly number: number;
  /** A view. */
  readonly body: Uint8Array;
}

/** Encodes a message. */
export function encodeMessage(kind: number, number: number, body?: Uint8Array): Uint8Array {
  const message = new Uint8Array(headerBytes + (body?.length ?? 0));
  const view = new DataView(message.buffer);
  message[0] = version;
  message[1] = kind;
  view.setUint32(2, number);
  if (body !== undefined) message.set(body, headerBytes);
  return message;
}

/** Decodes a message. @returns undefined if it is malformed, or of another version. */
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

/** @returns undefined if malformed. */
export function decodeCredit(body: Uint8Array): number | undefined {
  if (body.length !== 4) return undefined;
  return new DataView(body.buffer, body.byteOffset, 4).getUint32(0);
}
