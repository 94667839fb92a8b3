/** Checks of a `key`. */
import { isPublicKey, type PublicKey, publicKeyForm } from "../../identity/mod.ts";
import type { Check } from "./fields.ts";
import { type Entry, isNothing } from "../yaml/nodes.ts";

/** Reads a client's `key`. `undefined` if it is not one (noted, without showing what may be secret). */
export function readKey(check: Check, { value }: Entry): PublicKey | undefined {
  if (value.kind === "broken") return undefined;
  const text = value.kind === "scalar" && !isNothing(value) ? value.text : "";
  if (isPublicKey(text)) return text;
  const isPrivate = text.includes("PRIVATE KEY");
  check.findings.add({
    at: value,
    message: `expected ${publicKeyForm}` + (isPrivate ? ", got a private key" : ""),
    hint: isPrivate
      ? "a private key stays with its client; if others could read this file, make another"
      : /\.(pub|key)$/.test(text)
      ? "write the contents of the .pub file, not its path"
      : "farcall keygen NAME makes a key and prints its public half",
    isSecret: true,
  });
  return undefined;
}
