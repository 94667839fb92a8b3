/** The memory budget of one connection. */
import type { Hold } from "./hold.ts";
import type { ReadMemory } from "../../channel/mod.ts";
import { Overloaded } from "../../errors/mod.ts";
import { formatBytes } from "./costs.ts";
import type { Account, NodeMemory } from "./node_memory.ts";

/** The owner of a budget. */
export interface Peer {
  readonly host: string;
  /** Whether it may be a client, or a deployer. */
  readonly mayBeClient: boolean;
}

/**
 * The one budget of a connection, charged for everything that the node holds for it: routes, incomplete frames and
 * messages, requests, and unread replies. A stranger may hold `strangerBytesMax`; a known peer, its client's share over
 * all connections.
 */
export class PeerBudget implements ReadMemory {
  readonly #memory: NodeMemory;
  readonly #peer: Peer;
  #account: Account;
  #bytes = 0;
  #pendingBytes = 0;
  #isClosed = false;

  constructor(memory: NodeMemory, peer: Peer) {
    this.#memory = memory;
    this.#peer = peer;
    this.#account = memory.ofAddress(peer.host).join();
  }

  /** Whether it may be a client, or a deployer. */
  get isKnown(): boolean {
    return this.#peer.mayBeClient;
  }

  /** Currently held, in all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of these, bytes of an incomplete message. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether it is a stranger's and exceeds a stranger's bound. */
  get isExceeded(): boolean {
    return this.#bytes > this.#memory.bytesPerStrangerMax && !this.isKnown;
  }

  /** Why this many more bytes may not be held now, and the remedy; undefined if they may. */
  refusalOf(bytes: number): string | undefined {
    const { bytesPerStrangerMax } = this.#memory;
    if (this.#bytes + bytes > bytesPerStrangerMax && !this.isKnown) {
      return strangerRefusal(bytesPerStrangerMax);
    }
    return this.#account.refusalOf(bytes);
  }

  hasRoom(bytes: number): boolean {
    return this.refusalOf(bytes) === undefined;
  }

  /** @throws {Overloaded} If this many more bytes may not be held now. */
  charge(bytes: number): void {
    const refusal = this.refusalOf(bytes);
    if (refusal !== undefined) throw new Overloaded(refusal);
    this.add(bytes);
  }

  add(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes += bytes;
    this.#account.add(bytes);
  }

  release(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes -= bytes;
    this.#account.release(bytes);
  }

  /** Charges bytes that are released together. @throws {Overloaded} As {@linkcode charge}. */
  hold(bytes: number): Hold {
    this.charge(bytes);
    return new HeldBytes(this, bytes);
  }

  /**
   * Charges arrived bytes of an incomplete message.
   *
   * @throws {Overloaded} If they may not be held now.
   */
  receive(pendingBytes: number): void {
    const more = pendingBytes - this.#pendingBytes;
    if (more > 0) this.charge(more);
    else if (more < 0) this.release(-more);
    this.#pendingBytes = pendingBytes;
  }

  /**
   * The peer's client is now known: moves its charges to that client's account.
   *
   * @throws {Overloaded} If that exceeds the client's bound.
   */
  belongTo(client: string): void {
    const account = this.#memory.ofClient(client);
    if (account === this.#account || this.#isClosed) return;
    const refusal = account.shareRefusalOf(this.#bytes);
    if (refusal !== undefined) throw new Overloaded(refusal);
    account.join().add(this.#bytes);
    this.#account.release(this.#bytes);
    this.#account.leave();
    this.#account = account;
  }

  /** The connection has ended: releases everything. */
  close(): void {
    if (this.#isClosed) return;
    this.release(this.#bytes);
    this.#isClosed = true;
    this.#account.leave();
  }
}

class HeldBytes implements Hold {
  readonly #budget: PeerBudget;
  #bytes: number;

  constructor(budget: PeerBudget, bytes: number) {
    this.#budget = budget;
    this.#bytes = bytes;
  }

  grow(bytes: number): void {
    this.#budget.charge(bytes);
    this.#bytes += bytes;
  }

  release(): void {
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }
}

function strangerRefusal(bytesMax: number): string {
  return `a peer that this node does not know may have it hold ${formatBytes(bytesMax)}, ` +
    "all together; call as a client that is registered here, and read the answers";
}
