/** Carriers of connections other than TCP: packets of raw IP or UDP. */

/** A carrier other than TCP. */
export interface Over {
  readonly kind: "ip" | "udp";
  /** The number in the IP header. */
  readonly protocol: number;
}

const protocolDefault = 170;
const protocolOfUdp = 17;

/** Protocol numbers that IANA has not assigned, and the experimental ones: all others belong to other protocols. */
export const ownProtocols = { first: 148, last: 254 } as const;

/** The values of `--over`, for messages. */
export const overForms = "tcp, udp, ip, or ip:PROTOCOL with a number from 148 to 254";

/** Whether farcall may use a protocol number. */
export function isOwnProtocol(protocol: number): boolean {
  return Number.isInteger(protocol) && protocol >= ownProtocols.first &&
    protocol <= ownProtocols.last;
}

/** A carrier by its kind. */
export function over(kind: Over["kind"], protocol = protocolDefault): Over {
  return { kind, protocol: kind === "udp" ? protocolOfUdp : protocol };
}

/** Reads `tcp`, `udp`, `ip` or `ip:170`. @returns undefined for any other text. */
export function parseOver(text: string): Over | "tcp" | undefined {
  const match = /^(tcp|udp|ip)(?::(\d{1,3}))?$/.exec(text);
  if (match === null) return undefined;
  const [, kind, digits] = match;
  if (kind !== "ip") return digits !== undefined ? undefined : kind === "tcp" ? kind : over("udp");
  const protocol = digits === undefined ? protocolDefault : Number(digits);
  return isOwnProtocol(protocol) ? over("ip", protocol) : undefined;
}

/** The scheme of addresses over a carrier: `ip://`, `ip+171://`, `udp://`; empty for TCP. */
export function schemeOf(carrier: Over | undefined): string {
  if (carrier === undefined) return "";
  const isDefault = carrier.kind === "udp" || carrier.protocol === protocolDefault;
  return isDefault ? `${carrier.kind}://` : `ip+${carrier.protocol}://`;
}

/**
 * Splits an address into scheme and rest.
 *
 * @returns The unchanged address if it has none of these schemes; undefined if the protocol number is not ours.
 */
export function splitScheme(
  text: string,
): { readonly over: Over | undefined; readonly rest: string } | undefined {
  const match = /^(tcp|udp|ip)(?:\+(\d{1,3}))?:\/\//.exec(text);
  if (match === null) return { over: undefined, rest: text };
  const [scheme, kind = "", digits] = match;
  const carrier = parseOver(digits === undefined ? kind : `${kind}:${digits}`);
  if (carrier === undefined) return undefined;
  return { over: carrier === "tcp" ? undefined : carrier, rest: text.slice(scheme.length) };
}

/**
 * Reads a program's option `over`.
 *
 * @returns undefined for TCP.
 * @throws {TypeError} If it is invalid.
 */
export function readOver(text: string | undefined): Over | undefined {
  if (text === undefined) return undefined;
  const carrier = parseOver(text);
  if (carrier === undefined) throw new TypeError(`over is ${overForms}; got "${text}"`);
  return carrier === "tcp" ? undefined : carrier;
}
