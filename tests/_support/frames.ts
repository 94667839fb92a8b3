/** Encodes frames by hand. */
import { frameHeaderBytes, writeFrameHeader } from "../../lib/protocol/mod.ts";

/** The fields of a frame besides its kind; by default empty, on route 0 and for no call. */
export interface FrameParts {
  readonly call?: number;
  readonly route?: number;
  readonly body?: Uint8Array;
}

/** Encodes a frame of a kind. */
export function frame(
  kind: number,
  { call = 0, route = 0, body = new Uint8Array(0) }: FrameParts = {},
): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + body.length);
  writeFrameHeader(bytes, 0, { bodyBytes: body.length, kind, route, call });
  bytes.set(body, frameHeaderBytes);
  return bytes;
}
