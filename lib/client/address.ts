import type { NatsAddress, ServerEntry, TlsSettings } from "../config/mod.ts";
import {
  canonicalAddress,
  isHostName,
  type Over,
  ownProtocols,
  schemeOf,
  splitScheme,
} from "../identity/mod.ts";
import { formatAddress } from "../transport/conn.ts";

export type { NatsAddress };

/** Which certificates of a node to trust. */
export interface NodeTls extends TlsSettings {
  /** Trusted certificates in PEM, in place of a file. */
  readonly authorities?: readonly string[];
}

/** A node to connect to. */
export interface NodeAddress {
  /** Its name in init.yaml, where it has one. */
  readonly name?: string;
  readonly host: string;
  readonly port: number;
  /** Which of its certificates to trust; undefined if it is called without TLS. */
  readonly tls?: NodeTls;
  /** The transport in place of TCP. */
  readonly over?: Over;
  /** The local address to call it from, if this machine has it. Default: the system chooses. */
  readonly from?: string;
  /** Its NATS route, for a node without a `host` or whose `host` does not answer. */
  readonly nats?: NatsAddress;
}

/** The node of an init.yaml's server. */
export function addressOf(
  { name, ip, port, tls, over, nats }: ServerEntry,
): NodeAddress & { readonly name: string } {
  return { name, host: ip, port, tls, over, nats };
}

/**
 * Reads `HOST:PORT`, with IPv6 addresses in brackets: `[::1]:8181`. A scheme chooses another transport than TCP:
 * `udp://`, `ip://`, or `ip+171://` for another protocol number than 170.
 *
 * @returns The address, or undefined if the text does not look like one (a file's path).
 * @throws {TypeError} If it looks like one, but its port or protocol is invalid.
 */
export function parseAddress(text: string): NodeAddress | undefined {
  const split = splitScheme(text);
  const rest = split?.rest ?? text.slice(text.indexOf("://") + 3);
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:/\\[\]\s]+)):(\d+)$/.exec(rest);
  if (match === null) {
    const port = rest.slice(rest.lastIndexOf(":") + 1);
    if (rest === `:${port}`) {
      throw new TypeError(`"${text}" names no host; is a variable unset? Write HOST:PORT`);
    }
    // A scheme is never followed by a file's path.
    if (rest === text || port === rest || port === "" || rest.endsWith("]")) return undefined;
    throw new TypeError(`"${text}": "${port}" is not a port; ports go from 1 to 65535`);
  }
  if (split === undefined) {
    const { first, last } = ownProtocols;
    throw new TypeError(
      `"${text}": farcall's protocols are ip+${first}:// to ip+${last}://, and ip:// means 170; other numbers belong to other programs`,
    );
  }
  const { over } = split;
  const port = Number(match[3]);
  if (port >= 1 && port <= 65535) {
    return { host: match[1] ?? match[2]!, port, ...(over && { over }) };
  }
  throw new TypeError(`"${text}": ${match[3]} is not a port; ports go from 1 to 65535`);
}

/** A node's address with its transport: `10.0.0.1:8181`, `ip://10.0.0.1:8181`, `nats:lab/s7`. */
export function formatNodeAddress(
  { host, port, over, nats }: Pick<NodeAddress, "host" | "port" | "over" | "nats">,
): string {
  if (host === "" && nats !== undefined) return `nats:${nats.fleet}/${nats.node}`;
  return `${schemeOf(over)}${formatAddress(host, port)}`;
}

/** The default port of nodes. */
const defaultPort = 8181;

/** The `HOST:PORT` meant by a text without a port or with a scheme; undefined for a file's path. */
export function addressMeantBy(text: string): string | undefined {
  const { over, rest } = splitScheme(text) ?? { over: undefined, rest: text };
  const scheme = schemeOf(over);
  const authority = /^[a-z]+:\/\/([^/]+)\/?$/i.exec(rest)?.[1];
  if (authority !== undefined && parseAddress(authority) !== undefined) return authority;
  const named = (authority ?? rest).replace(/^\[(.*)\]$/, "$1");
  // `fd00::` ends with no colon too many.
  const host = canonicalAddress(named) === undefined ? named.replace(/:$/, "") : named;
  if (/\.ya?ml$/i.test(host)) return undefined;
  const isHost = canonicalAddress(host) !== undefined || isHostName(host);
  return isHost ? scheme + formatAddress(host, defaultPort) : undefined;
}

/** A node for messages: `s1 (10.0.0.1:8181)`, or its address alone. */
export function formatNode(address: NodeAddress): string {
  const text = formatNodeAddress(address);
  return address.name === undefined ? text : `${address.name} (${text})`;
}

/** A node for messages, with the route of its connection if that differs from its address. */
export function formatWay(
  address: NodeAddress,
  { carrier, remote }: { readonly carrier?: string; readonly remote: string },
): string {
  const isDirect = carrier !== "nats";
  if (isDirect === (address.host !== "")) return formatNode(address);
  const way = isDirect ? remote : `${formatNodeAddress(address)} through ${remote}`;
  return address.name === undefined ? way : `${address.name} (${way})`;
}

/** A node's name in the file, else its address. */
export function shortName({ name, host, port }: NodeAddress): string {
  return name ?? formatAddress(host, port);
}
