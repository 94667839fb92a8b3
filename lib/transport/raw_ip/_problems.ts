/** Error messages for connections over packets. */
import { AddressInUse, AddressNotAvailable, messageOf, NodeUnreachable } from "../../errors/mod.ts";
import { formatAddress } from "../mod.ts";
import type { FailureKind } from "./engine/mod.ts";
import {
  errnos,
  isPrivilegeMissing,
  meaningOf,
  SystemError,
  udpProtocol,
  Unsupported,
} from "./socket/mod.ts";

/** A connection's end, as named in messages. */
export interface End {
  readonly host: string;
  readonly port: number;
  readonly protocol: number;
}

/** `10.0.0.1:8181 over IP protocol 170`. */
export function formatEnd({ host, port, protocol }: End): string {
  const over = protocol === udpProtocol ? "UDP" : `IP protocol ${protocol}`;
  return `${formatAddress(host, port)} over ${over}`;
}

/** The address that `farcall serve` needs to listen there. */
function serveCommand({ host, port, protocol }: End): string {
  const over = protocol === udpProtocol ? "udp" : `ip:${protocol}`;
  return `farcall serve ${host} ${port} --over ${over}`;
}

const privilegeWays = "raw IP needs a privilege: run farcall as root, or let its executable " +
  'have it ("sudo setcap cap_net_raw+ep FILE"), or run it in a user namespace ("unshare -rn"); UDP ("over: udp", ' +
  "--over udp) needs none";

/** Why a socket could not be opened, for reasons common to both ends; undefined for others. */
function explainSocket(cause: unknown): string | undefined {
  if (cause instanceof Deno.errors.NotCapable) {
    return "farcall needs the system's C library for it, which this program may not call: run deno with --allow-ffi, too " +
      "(farcall's executable may)";
  }
  if (cause instanceof Unsupported) return cause.message;
  if (cause instanceof SystemError && isPrivilegeMissing(cause.errno)) return privilegeWays;
  return undefined;
}

/** The error for a failed connection attempt. */
export function cannotConnect(
  node: End,
  cause: unknown,
  from?: { readonly host?: string; readonly port?: number },
): NodeUnreachable {
  const errno = cause instanceof SystemError ? cause.errno : undefined;
  const source = `${from?.host ?? "any address"}, port ${from?.port ?? "any"}`;
  const isSourceWrong = errno === errnos.EADDRINUSE || errno === errnos.EADDRNOTAVAIL;
  const why = explainSocket(cause) ??
    (cause instanceof SystemError ? meaningOf(cause.errno) : messageOf(cause));
  return new NodeUnreachable(
    `cannot connect to ${formatEnd(node)}${isSourceWrong ? ` from ${source}` : ""}: ${why}`,
    { node: formatAddress(node.host, node.port), cause },
  );
}

/** The error for a connection that failed. */
export function unreachable(
  node: End,
  failure: FailureKind | undefined,
  { errno, timeoutMs }: { readonly errno: number | undefined; readonly timeoutMs: number },
): NodeUnreachable {
  const address = formatAddress(node.host, node.port);
  if (failure === "connectTimeout") {
    const said = errno === undefined ? "" : `; the system says: ${meaningOf(errno)}`;
    const filter = node.protocol === udpProtocol
      ? "does a firewall drop UDP there?"
      : `does a firewall drop IP protocol ${node.protocol}?`;
    return new NodeUnreachable(
      `${formatEnd(node)} did not answer within ${
        Math.ceil(timeoutMs)
      } ms; is the machine up, is the node served so ("${
        serveCommand(node)
      }"), and ${filter}${said}`,
      { node: address },
    );
  }
  const why = failure === "refused" && isAboutRoute(errno)
    ? meaningOf(errno!)
    : failure === "refused"
    ? `nothing listens there; start it with "${serveCommand(node)}"`
    : explainFailure(failure, { errno });
  return new NodeUnreachable(`cannot connect to ${formatEnd(node)}: ${why}`, { node: address });
}

/** Whether the system reports that packets do not arrive, rather than that nobody listens. */
function isAboutRoute(errno: number | undefined): boolean {
  return errno !== undefined && errno !== errnos.ECONNREFUSED && errno !== errnos.ENOPROTOOPT;
}

/** Why a connection ended. */
export function explainFailure(
  failure: FailureKind | undefined,
  { errno }: { readonly errno: number | undefined },
): string {
  const said = isAboutRoute(errno) ? `; the system says: ${meaningOf(errno!)}` : "";
  switch (failure) {
    case undefined:
    case "local":
      return "it was closed here";
    case "refused":
      return "nothing listens there";
    case "connectTimeout":
      return `no answer${said}`;
    case "silent":
      return `nothing was heard of the other end for too long: it may have vanished, or the network between${said}`;
    case "reset":
      return "the other end has ended it";
    case "busy":
      return "the other end has no room for another connection; try again later";
    case "protocol":
      return "the other end speaks another version, or is not farcall; are both up to date?";
  }
}

/** The error for a node that cannot listen. */
export function cannotListen(node: End, cause: unknown): Error {
  const address = formatEnd(node);
  const errno = cause instanceof SystemError ? cause.errno : undefined;
  if (errno === errnos.EADDRINUSE) {
    return new AddressInUse(
      `cannot listen on ${address}: another program does; stop it, or choose another port (0: any free one)`,
      { cause },
    );
  }
  const why = explainSocket(cause) ??
    (errno === errnos.EADDRNOTAVAIL
      ? `"${node.host}" is not an address of this machine; choose one of its own, or 0.0.0.0 for all of them`
      : cause instanceof SystemError
      ? meaningOf(cause.errno)
      : messageOf(cause));
  return new AddressNotAvailable(`cannot listen on ${address}: ${why}`, { cause });
}

/** The error for an IPv6 address, which these transports do not support. */
export function noIpv4(host: string): string {
  return host.includes(":")
    ? `"${host}" is an address of IPv6, and farcall's transport over IP and UDP takes IPv4 alone; use TCP, or an address ` +
      "such as 10.0.0.1"
    : `"${host}" is no address of IPv4, such as 10.0.0.1, and the system knows none of that name`;
}
