/** The memory that a node holds for its callers, in all and per caller. */
import { Overloaded } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { addressGroup } from "../../identity/mod.ts";
import { formatBytes } from "./costs.ts";

/**
 * Memory held on behalf of one client, or of the peers at one address that have not identified themselves. Refusable
 * work is charged; what cannot be refused is added, and blocks later charges.
 */
export class Account {
  readonly #memory: NodeMemory;
  readonly #name: string;
  readonly #accounts: Accounts;
  #bytes = 0;
  #users = 0;

  /** Use {@linkcode NodeMemory}. */
  constructor(memory: NodeMemory, name: string, accounts: Accounts) {
    this.#memory = memory;
    this.#name = name;
    this.#accounts = accounts;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Why this many more bytes may not be held now, and the remedy; undefined if they may. */
  refusalOf(bytes: number): string | undefined {
    return this.shareRefusalOf(bytes) ?? this.#memory.refusalOf(bytes);
  }

  /** The same, for bytes that the node already holds on another account. */
  shareRefusalOf(bytes: number): string | undefined {
    const { bytesPerAccountMax } = this.#memory;
    if (this.#bytes + bytes <= bytesPerAccountMax) return undefined;
    return `${this.#accounts.ownerOf(this.#name)} has ${
      formatBytes(this.#bytes)
    } of arguments, results and messages on this node, ` +
      `${formatBytes(bytesPerAccountMax)} are allowed, and this takes ${formatBytes(bytes)}; ` +
      "read the answers, or wait for a call to end";
  }

  /** @throws {Overloaded} If this many more bytes may not be held now. */
  charge(bytes: number): void {
    const refusal = this.refusalOf(bytes);
    if (refusal === undefined) return this.add(bytes);
    this.#forgetIfIdle();
    throw new Overloaded(refusal);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#memory.bytes += bytes;
  }

  release(bytes: number): void {
    this.add(-bytes);
    this.#forgetIfIdle();
  }

  /** Registers a connection that charges this account. */
  join(): this {
    this.#users += 1;
    return this;
  }

  /** Unregisters a connection. */
  leave(): void {
    this.#users -= 1;
    this.#forgetIfIdle();
  }

  #forgetIfIdle(): void {
    if (this.#users === 0 && this.#bytes === 0) this.#accounts.delete(this.#name);
  }
}

/** Accounts by name. */
class Accounts extends Map<string, Account> {
  /** An account's owner, for messages. */
  readonly ownerOf: (name: string) => string;

  constructor(ownerOf: (name: string) => string) {
    super();
    this.ownerOf = ownerOf;
  }
}

/** The memory accounts of one node. */
export class NodeMemory {
  /** The total bound; beyond it, work is `Overloaded`. */
  readonly bytesMax: number;
  /** The bound of one client, or address: never the total, so that others find room. */
  readonly bytesPerAccountMax: number;
  /** The bound of one unknown peer. */
  readonly bytesPerStrangerMax: number;
  /** The bound of incomplete messages. */
  readonly pendingBytesMax: number;
  /** Currently held; updated by the accounts. */
  bytes = 0;
  readonly #clients = new Accounts((name) => `client "${name}"`);
  readonly #addresses = new Accounts((group) =>
    `the ${group.includes("/") ? "network" : "address"} ${group}`
  );

  constructor(bytesMax: number, bounds: Limits) {
    this.bytesMax = bytesMax;
    const half = Math.floor(bytesMax / 2);
    this.bytesPerAccountMax = Math.min(bounds.clientBytesMax, half);
    this.bytesPerStrangerMax = bounds.strangerBytesMax;
    this.pendingBytesMax = Math.min(bounds.pendingBytesMax, half);
  }

  /** Why this many more bytes may not be held now, and the remedy; undefined if they may. */
  refusalOf(bytes: number): string | undefined {
    const { bytesMax } = this;
    const needed = this.bytes + bytes;
    if (needed <= bytesMax) return undefined;
    const wanted = Math.max(2 * bytesMax, needed);
    return `this node holds ${formatBytes(this.bytes)} for its callers, ${
      formatBytes(bytesMax)
    } are allowed, ` +
      `and this takes ${
        formatBytes(bytes)
      }; try again later, ask another node, or start this one with ` +
      `--limit node-memory=${Math.ceil(wanted / 1024 ** 2)}MiB`;
  }

  /** The account of a client, by name; it outlives deployments. */
  ofClient(name: string): Account {
    return this.#accountIn(this.#clients, name);
  }

  /** The account of all unidentified peers of one address, or of one IPv6 network. */
  ofAddress(host: string): Account {
    return this.#accountIn(this.#addresses, addressGroup(host));
  }

  #accountIn(accounts: Accounts, key: string): Account {
    let account = accounts.get(key);
    if (account === undefined) {
      account = new Account(this, key, accounts);
      accounts.set(key, account);
    }
    return account;
  }
}
