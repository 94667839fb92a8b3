/** Admits only requests of the console's own page, which knows the token. Pure, except for random tokens. */
import { toBase64 } from "../encoding/mod.ts";

/** A secret of 192 bits, fit for an address. */
export function drawToken(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(24)))
    .replaceAll("+", "-").replaceAll("/", "_");
}

/** A request's headers that identify its page. */
export type RequestFields = Pick<Headers, "get">;

/**
 * Checks a browser's headers. A page of another site shows its name in `Host` if its DNS name points here (rebinding),
 * and in `Origin` or `Sec-Fetch-Site` if it sends a request here.
 *
 * @param hosts The names and ports that the console has.
 * @returns Why it is refused; undefined if it is admitted.
 */
export function refusalOf(fields: RequestFields, hosts: readonly string[]): string | undefined {
  const host = fields.get("host");
  if (host === null || !hosts.includes(host.toLowerCase())) {
    return "the console serves only its own address: open the one that farcall console printed";
  }
  const origin = fields.get("origin");
  if (origin !== null && origin !== `http://${host.toLowerCase()}`) {
    return "the console serves only its own page: open the address that farcall console printed";
  }
  const site = fields.get("sec-fetch-site");
  if (site !== null && !["same-origin", "none"].includes(site)) {
    return "the console serves only its own page: open the address that farcall console printed";
  }
  return undefined;
}

/** The rest of a path after `/TOKEN/`; undefined if the token is wrong. Takes constant time. */
export function pathBehind(token: string, path: string): string | undefined {
  const given = path.slice(1, 1 + token.length);
  let difference = given.length === token.length && path[1 + token.length] === "/" ? 0 : 1;
  for (let index = 0; index < token.length; index++) {
    difference |= token.charCodeAt(index) ^ (given.charCodeAt(index) || 0);
  }
  return difference === 0 ? path.slice(token.length + 2) : undefined;
}

/** The headers of every response: forbid caching, framing, sniffing, and loading from elsewhere. */
export const securityFields: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    ...["script-src", "style-src", "img-src", "connect-src"].map((kind) => `${kind} 'self'`),
    ...["base-uri", "form-action", "frame-ancestors"].map((kind) => `${kind} 'none'`),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
