/** The library's entry to peers, which loads the rest of this room on use. */
import type { Peer, PeerOptions } from "./peer.ts";

/**
 * Starts a peer on this machine: it takes messages and files into its folder until it is stopped.
 *
 * @example
 * ```ts ignore
 * await using peer = await startPeer({ name: "press-4", folder: "/var/lib/press" });
 * await peer.sendMessage("10.0.0.7", "ready");
 * for await (const { sender, content } of peer) console.log(`${sender}: ${content}`);
 * ```
 *
 * @throws {AddressNotAvailable} If raw sockets cannot be had: root, CAP_NET_RAW or a user namespace is needed, and Linux.
 * @throws {RootInUse} If another process has the folder.
 * @throws {InvalidConfiguration} If the folder cannot be used.
 */
export async function startPeer(options: PeerOptions = {}): Promise<Peer> {
  // Loaded here: programs that import the library for calls need neither files nor raw sockets.
  const [{ Peer }, { openRawSocket }] = await Promise.all([
    import("./peer.ts"),
    import("./raw_socket.ts"),
  ]);
  return await Peer.start(options, openRawSocket);
}
