/** Peers' packets over raw IPv4. */
import { AddressNotAvailable, messageOf } from "../errors/mod.ts";
import {
  anyAddress,
  formatIpv4,
  isPrivilegeMissing,
  meaningOf,
  PacketSocket,
  parseIpv4,
  SystemError,
  Unsupported,
} from "../transport/raw_ip/socket/mod.ts";
import { fileProtocol, messageProtocol, type PeerProtocol } from "./original/packet.ts";
import type { PeerSocket, PeerSocketHandler, PeerSocketOptions } from "./packet_socket.ts";

/** The first byte of every packet of the original protocol; farcall's own transport uses other values. */
const openingBrace = 0x7b;

/** Opens a raw socket for each of the two protocols. @throws {AddressNotAvailable} If the system refuses. */
export function openRawSocket(
  { address }: PeerSocketOptions,
  handler: PeerSocketHandler,
): PeerSocket {
  const sockets = new Map<PeerProtocol, PacketSocket>();
  const close = (): void => {
    for (const socket of sockets.values()) socket.close();
  };
  try {
    for (const protocol of [messageProtocol, fileProtocol] as const) {
      sockets.set(protocol, openOne(protocol, address, handler));
    }
  } catch (error) {
    close();
    throw explained(error, address);
  }
  return {
    send: ({ protocol, to, from, bytes }) => {
      const hasRoom = sockets.get(protocol)!.sendPacket(bytes, {
        host: parseIpv4(to)!,
        localHost: from === undefined ? undefined : parseIpv4(from),
        // A message may exceed the path's MTU: the original has no other way to send it.
        mayBeCut: true,
      });
      if (!hasRoom) handler.onRefused({ to, reason: "the system has no room for more packets" });
    },
    close,
  };
}

function openOne(
  protocol: PeerProtocol,
  address: string | undefined,
  handler: PeerSocketHandler,
): PacketSocket {
  const localHost = address === undefined ? anyAddress : parseIpv4(address)!;
  return new PacketSocket({ protocol, localHost, firstByte: openingBrace }, {
    onPacket: ({ bytes, host, localHost: to }) =>
      handler.onPacket({ protocol, from: formatIpv4(host), to: formatIpv4(to), payload: bytes }),
    onError: ({ errno, remoteHost }) =>
      handler.onRefused({
        to: remoteHost === undefined ? undefined : formatIpv4(remoteHost),
        reason: meaningOf(errno),
      }),
  });
}

function explained(error: unknown, address: string | undefined): AddressNotAvailable {
  const options = { cause: error };
  if (error instanceof Deno.errors.NotCapable) {
    return new AddressNotAvailable(
      "peers need raw sockets, which need --allow-ffi: add it to deno run, or use the executable",
      options,
    );
  }
  if (error instanceof SystemError && isPrivilegeMissing(error.errno)) {
    return new AddressNotAvailable(
      "peers need raw sockets, which this user may not open: run it as root, or give the executable the " +
        "privilege once (sudo setcap cap_net_raw+ep FARCALL), or try it in a namespace of your own (unshare -rn)",
      options,
    );
  }
  if (error instanceof Unsupported) return new AddressNotAvailable(messageOf(error), options);
  const where = address === undefined ? "" : ` at "${address}"`;
  return new AddressNotAvailable(`cannot open raw sockets${where}: ${messageOf(error)}`, options);
}
