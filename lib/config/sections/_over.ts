/** The `over` and `protocol` of a server: its transport. */
import { isOwnProtocol, type Over, over, ownProtocols } from "../../identity/mod.ts";
import type { Check, Fields } from "./fields.ts";
import { describe, type Entry, isNothing } from "../yaml/nodes.ts";

const sample = "over: udp, over: ip, or over: ip with protocol: 170";

/**
 * Reads both; undefined for TCP, and if they are invalid (noted).
 *
 * @param ip The server's, if valid.
 */
export function readOver(check: Check, server: Fields, ip: string | undefined): Over | undefined {
  const kind = readKind(check, server.get("over"));
  const protocolField = server.get("protocol");
  if (protocolField !== undefined && kind !== "ip") {
    if (kind === undefined && server.has("over")) return undefined;
    check.findings.add({
      at: protocolField.key,
      message: '"protocol" is the number in the IP header, so it needs "over: ip"',
      hint: `write ${sample}`,
    });
    return undefined;
  }
  if (kind === undefined || kind === "tcp") return undefined;
  const protocol = protocolField && readProtocol(check, protocolField);
  noteUnfit(check, server, ip);
  return over(kind, protocol);
}

function readKind(check: Check, entry: Entry | undefined): Over["kind"] | "tcp" | undefined {
  if (entry === undefined || entry.value.kind === "broken") return undefined;
  const { key, value } = entry;
  const text = value.kind === "scalar" ? value.text : "";
  if (text === "ip" || text === "udp" || text === "tcp") return text;
  const isWithProtocol = /^ip:\d{1,3}$/.test(text);
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `expected tcp, udp or ip as "over", got ${describe(value)}`,
    hint: isWithProtocol ? `write over: ip, protocol: ${text.slice(3)}` : `write ${sample}`,
  });
  return undefined;
}

function readProtocol(check: Check, { key, value }: Entry): number | undefined {
  if (value.kind === "broken") return undefined;
  const protocol = value.kind === "scalar" && /^\d{1,3}$/.test(value.text)
    ? Number(value.text)
    : undefined;
  if (protocol !== undefined && isOwnProtocol(protocol)) return protocol;
  const { first, last } = ownProtocols;
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `expected a protocol number from ${first} to ${last}, got ${describe(value)}`,
    hint: "all others belong to other protocols; leave it out for 170",
  });
  return undefined;
}

/** Notes what packets do not support: TLS and IPv6. */
function noteUnfit(check: Check, server: Fields, ip: string | undefined): void {
  const tls = server.get("tls");
  const isWithTls = tls !== undefined && tls.value.kind !== "broken" &&
    !(tls.value.kind === "scalar" && /^f/i.test(tls.value.text));
  if (isWithTls) {
    check.findings.add({
      at: tls.key,
      message: '"tls" works only over TCP: over IP and UDP farcall has no encryption',
      hint: 'remove "tls" or "over"; clients with a "key" are recognised without TLS, too',
    });
  }
  const ipField = server.get("ip");
  if (ip?.includes(":") && ipField !== undefined) {
    check.findings.add({
      at: ipField.value,
      message: `over IP and UDP a server needs an IPv4 address, got ${describe(ipField.value)}`,
      hint: 'write an address such as 10.0.0.1, or remove "over"',
    });
  }
}
