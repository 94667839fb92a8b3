import type { JsonText } from "../../helper/mod.ts";

const encoder = new TextEncoder();

/** JSON with its prefix and suffix, in UTF-8. */
export function between(
  frame: { readonly before: string; readonly after: string },
  json: JsonText,
): Uint8Array {
  if (typeof json === "string") return encoder.encode(frame.before + json + frame.after);
  const [before, after] = [encoder.encode(frame.before), encoder.encode(frame.after)];
  const bytes = new Uint8Array(before.length + json.length + after.length);
  bytes.set(before);
  bytes.set(json, before.length);
  bytes.set(after, before.length + json.length);
  return bytes;
}
