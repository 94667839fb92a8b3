/** Addresses: what an `ip` and a `port` may be. */
import { AddressRange, canonicalAddress, isHostName, isUnspecified } from "../../identity/mod.ts";
import type { Check } from "./fields.ts";
import { describe, type Entry, isNothing, quote, type YamlNode } from "../yaml/nodes.ts";

/** Reads a server's `ip`: an address or a host name. `undefined` if it is not one (noted). */
export function readServerHost(check: Check, entry: Entry): string | undefined {
  const text = readAddressText(check, entry.value);
  if (text === undefined) return undefined;
  const address = canonicalAddress(text);
  if (address !== undefined && isUnspecified(address)) {
    noteUnspecified(check, entry.value, "write the address at which clients reach this server");
    return undefined;
  }
  if (address !== undefined) return address;
  if (isHostName(text)) return text.toLowerCase();
  noteNoAddress(check, entry.value, "an IP address or a host name");
  return undefined;
}

/**
 * Reads a client's `ip`: an address, a network such as 10.0.0.0/8, or `localhost`. `undefined`
 * if it is not one (noted).
 */
export function readClientAddress(check: Check, entry: Entry): string | undefined {
  const text = readAddressText(check, entry.value);
  if (text === undefined) return undefined;
  const range = AddressRange.parse(text.toLowerCase() === "localhost" ? "localhost" : text);
  if (range !== undefined && isUnspecified(range.text)) {
    const hint =
      "write the address that this client calls from; 0.0.0.0/0 and ::/0 mean every address";
    noteUnspecified(check, entry.value, hint);
    return undefined;
  }
  if (range !== undefined) {
    noteHostInNetwork(check, entry.value, { text, range });
    return range.text;
  }
  if (isHostName(text)) {
    const message = `expected an IP address, got the host name ${quote(text)}`;
    const hint = "nodes compare it with a connection's source address: write that address";
    check.findings.add({ at: entry.value, message, hint });
  } else noteNoAddress(check, entry.value, "an IP address or a network");
  return undefined;
}

/** `0.0.0.0` and `::` mean every address to a listener; no machine has them, or calls from them. */
function noteUnspecified(check: Check, at: YamlNode, hint: string): void {
  const message = `expected an address, got ${describe(at)}, which no machine has`;
  check.findings.add({ at, message, hint });
}

/** `10.1.2.3/8` may mean that one address, or its network: access is not guessed. */
function noteHostInNetwork(
  check: Check,
  at: YamlNode,
  { text, range }: { text: string; range: AddressRange },
): void {
  const [address = ""] = text.split("/");
  if (!text.includes("/") || range.text.split("/")[0] === canonicalAddress(address)) return;
  const message = `${quote(text)} is an address inside a network, expected one of the two`;
  check.findings.add({ at, message, hint: `write ${range.text}, or ${address} alone` });
}

/** Reads a `port`. `undefined` if it is not one (noted). */
export function readPort(check: Check, entry: Entry): number | undefined {
  const { value } = entry;
  if (value.kind === "broken") return undefined;
  const digits = value.kind === "scalar" && value.type === "string" && /^\d{1,9}$/.test(value.text);
  const port = value.kind !== "scalar" ? undefined : digits ? Number(value.text) : value.number;
  if (port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  const message = `expected a port, a whole number from 1 to 65535, got ${describe(value)}`;
  check.findings.add({ at: value, message, hint: "write port: 8181" });
  return undefined;
}

/** The address as two servers are compared by it. */
export function comparableAddress(host: string, port: number): string {
  return `${host === "localhost" ? "127.0.0.1" : host} ${port}`;
}

/** `127.0.0.1:8181` or `[::1]:8181`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function readAddressText(check: Check, value: YamlNode): string | undefined {
  if (value.kind === "broken") return undefined;
  if (value.kind === "scalar" && value.type === "string") return value.text;
  const message = `expected an IP address, got ${describe(value)}`;
  // `[::1]`, the brackets of a URL, is a list to YAML.
  const hint = value.kind === "list"
    ? "write an IPv6 address without brackets, in quotes"
    : isNothing(value)
    ? "write ip: 127.0.0.1"
    : "an IPv4 address has four numbers, such as 127.0.0.1";
  check.findings.add({ at: value, message, hint });
  return undefined;
}

function noteNoAddress(check: Check, value: YamlNode, expected: string): void {
  const text = value.kind === "scalar" ? value.text : "";
  const slash = text.indexOf("/");
  let hint = "write ip: 127.0.0.1";
  if (/^\S+:\d+$/.test(text) && !/:.*:/.test(text)) hint = "the port has a key of its own, port";
  else if (/^\[.*\]/.test(text)) hint = "write an IPv6 address without brackets";
  else if (/^[\d.]+$/.test(text)) hint = "an IPv4 address has four numbers from 0 to 255";
  else if (text.includes("://")) hint = "write only the host, without the scheme";
  else if (slash > 0 && (/^[\d.]+\//.test(text) || text.slice(0, slash).includes(":"))) {
    hint = expected.includes("network")
      ? "write a network as its first address and the bits that count: 10.0.0.0/8, fd00::/8"
      : "write one address";
  } else if (slash >= 0) hint = "write one address";
  else if (text.includes("%")) hint = "write the address without its zone";
  check.findings.add({ at: value, message: `expected ${expected}, got ${describe(value)}`, hint });
}
