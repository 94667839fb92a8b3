/** A node that scripts of another node call, and how that node reaches it. Pure. */
import { isObject } from "../encoding/mod.ts";
import {
  canonicalAddress,
  isHostName,
  isOwnProtocol,
  type Over,
  parseFingerprint,
} from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";

/** The IP header's protocol number. */
const protocolOfUdp = 17;

/**
 * How to verify its certificate: the PEM texts themselves, because the calling node has none of the deployer's files.
 */
export interface CalledNodeTls {
  /** The SHA-256 of the only accepted certificate; replaces all other checks. */
  readonly fingerprint?: string;
  /** The name or address that the certificate must have. */
  readonly serverName?: string;
  /** Accepted certificates in PEM, besides the runtime's own. */
  readonly authorities?: readonly string[];
}

/** A node that provides a called service. */
export interface CalledNode {
  /** Its name in init.yaml. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Undefined if it is called without TLS. */
  readonly tls?: CalledNodeTls;
  /** The transport, if not TCP. */
  readonly over?: Over;
  /** The source address for connections, by which the node recognizes the caller; undefined if the system chooses. */
  readonly from?: string;
}

/** Whether a value from another machine is a called node. */
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
