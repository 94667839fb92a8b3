/** Recently heard machines. */
import { limits } from "../limits/mod.ts";
import type { FileEntrance, Introduction } from "./original/packet.ts";

/** A known machine. */
export interface KnownPeer {
  /** Its IPv4 address. */
  readonly address: string;
  /** Its name, if it has introduced itself. */
  readonly name: string | undefined;
  /** `farcall` if it has introduced itself; `original` if it answers without an introduction; otherwise `unknown`. */
  readonly kind: "farcall" | "original" | "unknown";
  /** The id of its process. */
  readonly machineId: string | undefined;
  /** When it was last heard, in milliseconds since the UNIX epoch. */
  readonly seenMs: number;
}

interface Entry extends KnownPeer {
  readonly files: readonly FileEntrance[];
  /** When it last answered, or failed to answer, an introduction. */
  readonly toldMs: number | undefined;
}

export class KnownPeers {
  readonly #peers = new Map<string, Entry>();

  /** All of them, the most recently heard last. */
  list(): KnownPeer[] {
    return [...this.#peers.values()].map(({ files: _files, toldMs: _toldMs, ...peer }) => peer);
  }

  get(address: string): KnownPeer | undefined {
    return this.#peers.get(address);
  }

  /** The address of the only peer with a name; undefined for none or several. */
  addressOf(name: string): string | undefined {
    const found = this.list().filter((peer) => peer.name === name);
    return found.length === 1 ? found[0]!.address : undefined;
  }

  /** A machine's recently observed program; undefined if it must be asked. */
  recent(
    address: string,
    nowMs: number,
  ): { kind: "farcall" | "original"; files: readonly FileEntrance[] } | undefined {
    const peer = this.#peers.get(address);
    if (peer?.toldMs === undefined || peer.kind === "unknown") return undefined;
    if (nowMs - peer.toldMs > limits.peer.knownPeerMs) return undefined;
    return { kind: peer.kind, files: peer.files };
  }

  /** Whether a machine has introduced itself. */
  hasIntroducedItself(address: string): boolean {
    return this.#peers.get(address)?.kind === "farcall";
  }

  heard(address: string, machineId: string | undefined, nowMs: number): void {
    const before = this.#peers.get(address);
    const isAnother = before !== undefined && machineId !== undefined &&
      before.machineId !== machineId;
    this.#set({
      ...before ?? { name: undefined, kind: "unknown", files: [], toldMs: undefined },
      // A new process may be another program.
      ...isAnother ? { toldMs: undefined } : {},
      address,
      machineId: machineId ?? before?.machineId,
      seenMs: nowMs,
    });
  }

  /** @returns Whether that is new. */
  introduced(address: string, { name, files }: Introduction, nowMs: number): boolean {
    const before = this.#peers.get(address);
    this.#set({
      address,
      name,
      kind: "farcall",
      machineId: before?.machineId,
      files,
      seenMs: nowMs,
      toldMs: nowMs,
    });
    return before?.kind !== "farcall" || before.name !== name;
  }

  /** It acknowledged an introduction without sending its own. */
  isOriginal(address: string, nowMs: number): void {
    const before = this.#peers.get(address);
    this.#set({
      address,
      name: undefined,
      kind: "original",
      machineId: before?.machineId,
      files: [],
      seenMs: nowMs,
      toldMs: nowMs,
    });
  }

  #set(peer: Entry): void {
    this.#peers.delete(peer.address);
    this.#peers.set(peer.address, peer);
    if (this.#peers.size <= limits.peer.knownPeersMax) return;
    const [oldest] = this.#peers.keys();
    if (oldest !== undefined) this.#peers.delete(oldest);
  }
}
