/**
 * Whether a connection to the node was made by one of its own executors: a script that was granted the node's address
 * is on this machine, and must not be taken for another local user. On Linux `/proc` tells whose a socket is. The
 * runtime refuses to read it unless it was started with all permissions, so `ls` and `grep` do.
 */
import { limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import { addressBytes, AddressRange, canonicalAddress } from "../../identity/mod.ts";

/** A connection, as far as it tells where it comes from. */
export interface Peer {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost?: string;
  readonly localPort?: number;
}

/** Whose the other end is: `unknown` where it is closed already, or the system does not tell. */
export type SocketOwner = "executor" | "other" | "unknown";

/** A question that waits for its answer. */
interface Question {
  readonly peer: Peer;
  readonly answer: (owner: SocketOwner) => void;
}

/** Tells executors with a network grant from other connections of this machine. */
export class SocketOwners {
  readonly #log: Log;
  /** The executors that run and may connect. */
  readonly #pids = new Set<number>();
  /** Whether there ever was one: what it has sent may be read when it is gone. */
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
   * Whose the other end of a connection is. Never rejects.
   *
   * @returns undefined, at once, where it can be no executor's: none may connect, or it comes from another machine.
   */
  ownerOf(peer: Peer): Promise<SocketOwner> | undefined {
    if (!this.#isNeeded || !isFromHere(peer)) return undefined;
    return new Promise((answer) => {
      this.#waiting.push({ peer, answer });
      if (!this.#isAsking) this.#askAll();
    });
  }

  /** One look at the system answers all that wait when it begins. */
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

  /** One that has just ended shows nothing, which is soon known here: then it is looked again. */
  async #look(peers: readonly Peer[]): Promise<Look> {
    for (let tries = 1;; tries++) {
      // What starts later has not made these connections.
      const look = await lookAt(peers, [...this.#pids]);
      const isWhole = !look.hidden.some((pid) => this.#pids.has(pid));
      if (isWhole || tries === limits.socketOwnersTriesMax) return { ...look, isWhole };
    }
  }

  #judge(peer: Peer, { sockets, isWhole, rows }: Look): SocketOwner {
    const here = endOf(peer.remoteHost, peer.remotePort);
    const there = endOf(peer.localHost, peer.localPort);
    const ends = rows.filter(({ local }) => here.includes(local));
    // An address may be translated on the way, within this machine too: then only its own end is known.
    const exact = ends.filter(({ remote }) => there.includes(remote));
    const inodes = (exact.length > 0 ? exact : ends).map(({ inode }) => inode);
    if (inodes.some((inode) => sockets.has(inode))) return "executor";
    const isClosed = inodes.length === 0 || inodes.includes("0");
    return isClosed || !isWhole ? "unknown" : "other";
  }
}

/** What the system said. */
interface Look {
  /** The inodes of executors' sockets. */
  readonly sockets: ReadonlySet<string>;
  /** Executors that it has told nothing of. */
  readonly hidden: readonly number[];
  /** Whether no such process runs. */
  readonly isWhole?: boolean;
  readonly rows: readonly { local: string; remote: string; inode: string }[];
}

/**
 * What executors have open is listed first, and only then the system's sockets whose own end is one of the given ones.
 * One that is closed in between has no inode in the second list: nothing is taken for somebody else's because it was
 * looked at too late.
 */
async function lookAt(peers: readonly Peer[], pids: readonly number[]): Promise<Look> {
  const sockets = new Set<string>();
  const seen = new Set<number>();
  const folders = pids.map((pid) => `/proc/${pid}/fd`);
  // With one folder more than there may be, each is named before what is in it.
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

/** What a program of the system writes. @throws If it is not there, or takes too long. */
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

/** Whether it comes from this machine: what connects to one of its own addresses does so from that one, mostly. */
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

/** How the system's lists write an address and a port: words of 32 bits as this machine has them, in hex. */
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
