/**
 * Determines whether a connection to the node was made by one of its own executors: a script that was granted the
 * node's address is on this machine, and must not be taken for another local user. On Linux `/proc` knows the owners of
 * sockets. The runtime refuses to read it unless it was started with all permissions, so `ls` and `grep` do.
 */
import { limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import { addressBytes, AddressRange, canonicalAddress } from "../../identity/mod.ts";

/** A connection's addresses. */
export interface Peer {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost?: string;
  readonly localPort?: number;
}

/** The owner of the other end: `unknown` if it is already closed, or the system does not say. */
export type SocketOwner = "executor" | "other" | "unknown";

/** A pending query. */
interface Question {
  readonly peer: Peer;
  readonly answer: (owner: SocketOwner) => void;
}

/** Distinguishes executors with a network grant from other clients on this machine. */
export class SocketOwners {
  readonly #log: Log;
  /** Running executors that may connect. */
  readonly #pids = new Set<number>();
  /** Whether there ever was one: its input may be read after it has gone. */
  #isNeeded = false;
  #waiting: Question[] = [];
  #isAsking = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** An executor that may connect was started. */
  add({ pid, status }: Pick<Deno.ChildProcess, "pid" | "status">): void {
    if (Deno.build.os !== "linux") return;
    this.#isNeeded = true;
    this.#pids.add(pid);
    status.finally(() => this.#pids.delete(pid)).catch(() => {});
  }

  /**
   * The owner of a connection's other end. Never rejects.
   *
   * @returns undefined, synchronously, if it cannot be an executor's: none may connect, or it comes from another
   *   machine.
   */
  ownerOf(peer: Peer): Promise<SocketOwner> | undefined {
    if (!this.#isNeeded || !isFromHere(peer)) return undefined;
    return new Promise((answer) => {
      this.#waiting.push({ peer, answer });
      if (!this.#isAsking) this.#askAll();
    });
  }

  /** One system query answers all that are pending when it begins. */
  async #askAll(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0, limits.socketOwnersAtOnceMax);
      let look: Look | undefined;
      try {
        look = await this.#look(asked.map(({ peer }) => peer));
      } catch (error) {
        this.#log.warn("executors.sockets-unknown", { reason: String(error) });
      }
      for (const { peer, answer } of asked) {
        answer(look === undefined ? "unknown" : this.#judge(peer, look));
      }
    }
    this.#isAsking = false;
  }

  /** An executor that has just ended shows nothing, which becomes known soon: then the query is repeated. */
  async #look(peers: readonly Peer[]): Promise<Look> {
    for (let tries = 1;; tries++) {
      // Executors started later have not made these connections.
      const look = await lookAt(peers, [...this.#pids]);
      const isWhole = !look.hidden.some((pid) => this.#pids.has(pid));
      if (isWhole || tries === limits.socketOwnersTriesMax) return { ...look, isWhole };
    }
  }

  #judge(peer: Peer, { sockets, isWhole, rows }: Look): SocketOwner {
    const here = endOf(peer.remoteHost, peer.remotePort);
    const there = endOf(peer.localHost, peer.localPort);
    const ends = rows.filter(({ local }) => here.includes(local));
    // Addresses may be translated, even within this machine: then only the local end is known.
    const exact = ends.filter(({ remote }) => there.includes(remote));
    const inodes = (exact.length > 0 ? exact : ends).map(({ inode }) => inode);
    if (inodes.some((inode) => sockets.has(inode))) return "executor";
    const isClosed = inodes.length === 0 || inodes.includes("0");
    return isClosed || !isWhole ? "unknown" : "other";
  }
}

/** The result of a system query. */
interface Look {
  /** The inodes of executors' sockets. */
  readonly sockets: ReadonlySet<string>;
  /** Executors missing from the result. */
  readonly hidden: readonly number[];
  /** Whether no such process runs. */
  readonly isWhole?: boolean;
  readonly rows: readonly { local: string; remote: string; inode: string }[];
}

/**
 * Lists the executors' descriptors first, and only then the system's sockets whose local end is one of the given ones.
 * A socket closed in between has no inode in the second list, so none is attributed to somebody else because it was
 * looked up too late.
 */
async function lookAt(peers: readonly Peer[], pids: readonly number[]): Promise<Look> {
  const sockets = new Set<string>();
  const seen = new Set<number>();
  const folders = pids.map((pid) => `/proc/${pid}/fd`);
  // With one more folder than necessary, `ls` prints each folder's name before its content.
  const open = pids.length === 0 ? "" : await said("ls", ["-ln", "/proc/self/fd", ...folders]);
  let pid = 0;
  for (const line of open.split("\n")) {
    const folder = /^\/proc\/(\d+)\/fd:$/.exec(line);
    if (folder !== null) pid = Number(folder[1]);
    else if (line.includes(" -> ")) seen.add(pid);
    const socket = / -> socket:\[(\d+)\]$/.exec(line);
    if (socket !== null) sockets.add(socket[1]!);
  }
  const ends = peers.flatMap(({ remoteHost, remotePort }) => endOf(remoteHost, remotePort));
  const tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
  const table = await said("grep", ["-hsE", ` (${ends.join("|")}) `, ...tables]);
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9)
    .map((fields) => ({ local: fields[1]!, remote: fields[2]!, inode: fields[9]! }));
  return { sockets, hidden: pids.filter((pid) => !seen.has(pid)), rows };
}

/** The output of a system program. @throws If it does not exist, or takes too long. */
async function said(program: string, args: readonly string[]): Promise<string> {
  const { stdout, signal } = await new Deno.Command(`/bin/${program}`, {
    args: [...args],
    clearEnv: true,
    cwd: "/",
    stdin: "null",
    stderr: "null",
    signal: AbortSignal.timeout(limits.socketOwnersTimeoutMs),
  }).output();
  if (signal !== null) throw new Error(`"${program}" was ended by ${signal}`);
  return new TextDecoder().decode(stdout);
}

/** Whether it comes from this machine: a client that connects to a local address mostly has the same address. */
function isFromHere({ remoteHost, localHost }: Peer): boolean {
  if (remoteHost === "") return false;
  return remoteHost === localHost || loopback.some((range) => range.holds(remoteHost)) ||
    addressesOfMachine().has(remoteHost);
}

const loopback = ["127.0.0.0/8", "::1/128"].map((text) => AddressRange.parse(text)!);

function addressesOfMachine(): ReadonlySet<string | undefined> {
  if (Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" }).state !== "granted") {
    return new Set();
  }
  return new Set(Deno.networkInterfaces().map(({ address }) => canonicalAddress(address)));
}

/** The notation of an address and port in the system's lists: 32-bit words in this machine's byte order, in hex. */
function endOf(host: string | undefined, port = 0): string[] {
  const address = host === undefined ? undefined : canonicalAddress(host.split("%", 1)[0]!);
  if (address === undefined) return [];
  const bytes = addressBytes(address);
  let words = "";
  for (let start = 0; start < bytes.length; start += 4) {
    for (let index = 3; index >= 0; index--) words += hex(bytes[start + index]!, 2);
  }
  const shownPort = hex(port, 4);
  // An IPv4 address may be mapped into IPv6, at either end.
  const all = bytes.length === 4 ? [words, `0000000000000000FFFF0000${words}`] : [words];
  return all.map((each) => `${each}:${shownPort}`);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
