/** Which requests the console answers: those of its own page, which knows the token. Pure, but for drawing tokens. */
import { toBase64 } from "../encoding/mod.ts";

/** A secret of 192 bits, fit for an address. */
export function drawToken(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(24)))
    .replaceAll("+", "-").replaceAll("/", "_");
}

/** What a request says of itself that is not in its path. */
export type RequestFields = Pick<Headers, "get">;

/**
 * Checks what a browser says of a request, whichever page made it. A page of another site that has its name lead here shows
 * it in `Host`; one that sends a request here, in `Origin`, or in `Sec-Fetch-Site`.
 *
 * @param hosts The names and ports that the console has.
 * @returns Why it is refused; undefined where it is not.
 */
export function refusalOf(fields: RequestFields, hosts: readonly string[]): string | undefined {
  const host = fields.get("host");
  if (host === null || !hosts.includes(host.toLowerCase())) {
    return "the console answers only to its own address";
  }
  const origin = fields.get("origin");
  if (origin !== null && origin !== `http://${host.toLowerCase()}`) {
    return "the console answers only its own page";
  }
  const site = fields.get("sec-fetch-site");
  if (site !== null && !["same-origin", "none"].includes(site)) {
    return "the console answers only its own page";
  }
  return undefined;
}

/** The rest of a path behind `/TOKEN/`; undefined where the token is another. Takes as long for any token. */
export function pathBehind(token: string, path: string): string | undefined {
  const given = path.slice(1, 1 + token.length);
  let difference = given.length === token.length && path[1 + token.length] === "/" ? 0 : 1;
  for (let index = 0; index < token.length; index++) {
    difference |= token.charCodeAt(index) ^ (given.charCodeAt(index) || 0);
  }
  return difference === 0 ? path.slice(token.length + 2) : undefined;
}

/** What every answer says: nothing is stored, framed, guessed, or loaded from elsewhere. */
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
