/** Frames of a caller other than the library. */
import { encodeJson } from "../../lib/encoding/mod.ts";
import { frameHeaderBytes, FrameKind, preface, writeFrameHeader } from "../../lib/protocol/mod.ts";

/** An encoded frame. */
export function frameBytes(kind: number, call: number, body: Uint8Array, route = 0): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + body.length);
  writeFrameHeader(bytes, 0, { bodyBytes: body.length, kind, route, call });
  bytes.set(body, frameHeaderBytes);
  return bytes;
}

/** The first bytes of a connection: the preface and a hello. @param client The client's name; undefined for none. */
export function opening(client?: string): Uint8Array {
  const hello = { version: 1, software: "bench", messageBytesMax: 1 << 20, client };
  return Uint8Array.of(...preface, ...frameBytes(FrameKind.hello, 0, encodeJson(hello)));
}
