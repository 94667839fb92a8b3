/** Signatures as text for people. */
import { limits } from "../limits/mod.ts";
import type { Signature } from "./signature.ts";

/**
 * A signature for people: `add(int, int) -> int`, `log(str) -> None`; with argument names, `add(a: int, b: int) ->
 * int`.
 */
export function formatSignature(
  rpc: string,
  { args, returns, names }: Signature & { readonly names?: readonly string[] },
): string {
  const takes = names === undefined ? args : args.map((type, index) => `${names[index]}: ${type}`);
  return `${rpc}(${takes.join(", ")}) -> ${returns.length === 0 ? "None" : returns.join(", ")}`;
}

/** `valid signatures: add(int, int) -> int; …`, the end of every Invalid Arguments. A long list ends with a count. */
export function listSignatures(
  rpc: string,
  overloads: readonly { readonly signature: Signature }[],
): string {
  const texts: string[] = [];
  let length = 0;
  for (const { signature } of overloads) {
    const text = formatSignature(rpc, signature);
    length += text.length;
    if (texts.length > 0 && length > limits.exceptionMessageLengthMax / 2) break;
    texts.push(text);
  }
  const more = overloads.length - texts.length;
  if (more > 0) texts.push(`and ${more} more`);
  return `${overloads.length === 1 ? "valid signature" : "valid signatures"}: ${texts.join("; ")}`;
}
