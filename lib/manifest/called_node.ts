/** A node whose services scripts of another node call, as that one reaches it. Pure. */
import { isObject } from "../encoding/mod.ts";
import {
  canonicalAddress,
  isHostName,
  isOwnProtocol,
  type Over,
  parseFingerprint,
} from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";

/** In the IP header. */
const protocolOfUdp = 17;

/** How its certificates are known: the texts themselves, as the calling node has no file of the deployer's. */
export interface CalledNodeTls {
  /** The SHA-256 of the only good certificate; in place of all else. */
  readonly fingerprint?: string;
  /** The name or address that the certificate must have. */
  readonly serverName?: string;
  /** Certificates in PEM that are good besides those of the runtime. */
  readonly authorities?: readonly string[];
}

/** A node that provides a called service. */
export interface CalledNode {
  /** Its name in init.yaml. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Left out where it is called without TLS. */
  readonly tls?: CalledNodeTls;
  /** What carries connections to it in place of TCP. */
  readonly over?: Over;
  /** The address to call it from, by which it knows the caller; left out where the system chooses. */
  readonly from?: string;
}

/** Whether a value from elsewhere is one. */
export function isCalledNode(value: unknown): value is CalledNode {
  if (!isObject(value)) return false;
  const { name, host, port, tls, over, from, ...others } = value;
  return Object.keys(others).length === 0 && isText(name) && isHost(host) &&
    Number.isInteger(port) && port as number >= 1 && port as number <= 65_535 &&
    (tls === undefined || isTls(tls)) && (over === undefined || isOver(over)) &&
    !(tls !== undefined && over !== undefined) && (from === undefined || isAddress(from));
}

function isTls(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { fingerprint, serverName, authorities, ...others } = value;
  return Object.keys(others).length === 0 &&
    (fingerprint === undefined ||
      typeof fingerprint === "string" && parseFingerprint(fingerprint) === fingerprint) &&
    (serverName === undefined || isText(serverName)) &&
    (authorities === undefined || isAuthorities(authorities));
}

function isAuthorities(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 &&
    value.every((text: unknown) =>
      typeof text === "string" && text.startsWith("-----BEGIN CERTIFICATE-----")
    ) && value.join("").length <= limits.calledNodeAuthoritiesLengthMax;
}

function isOver(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, protocol, ...others } = value;
  if (Object.keys(others).length > 0) return false;
  return typeof protocol === "number" &&
    (kind === "udp" ? protocol === protocolOfUdp : kind === "ip" && isOwnProtocol(protocol));
}

function isHost(value: unknown): boolean {
  return isAddress(value) || typeof value === "string" && isHostName(value);
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && canonicalAddress(value) === value;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= limits.nameLengthMax;
}
