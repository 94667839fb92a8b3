import type { ServerEntry, TlsSettings } from "../config/mod.ts";
import { formatAddress } from "../transport/mod.ts";

/** A node to connect to. */
export interface NodeAddress {
  /** Its name in init.yaml, where it has one. */
  readonly name?: string;
  readonly host: string;
  readonly port: number;
  /** Which of its certificates are good; undefined where it is called without TLS. */
  readonly tls?: TlsSettings;
}

/** The node of an init.yaml's server. */
export function addressOf(
  { name, ip, port, tls }: ServerEntry,
): NodeAddress & { readonly name: string } {
  return { name, host: ip, port, tls };
}

/**
 * Reads `HOST:PORT`; IPv6 addresses stand in brackets: `[::1]:8181`.
 *
 * @returns The address, or undefined if the text does not look like one (a file's path).
 * @throws {TypeError} If it looks like one and its port is none.
 */
export function parseAddress(text: string): NodeAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:/\\[\]\s]+)):(\d+)$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port >= 1 && port <= 65535) return { host: match[1] ?? match[2], port };
  throw new TypeError(`"${text}": ${match[3]} is not a port; ports go from 1 to 65535`);
}

/** A node as a person names it: `s1 (10.0.0.1:8181)`, or its address alone. */
export function formatNode(address: NodeAddress): string {
  const text = formatAddress(address.host, address.port);
  return address.name === undefined ? text : `${address.name} (${text})`;
}
