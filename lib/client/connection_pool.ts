/** Connections to nodes: one to each, made when first needed and again after it ended, and not too many. */
import {
  DeadlineExceeded,
  type FarcallError,
  NodeUnreachable,
  Overloaded,
  ServerDraining,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { checkSignal, type Patience, waitFor } from "./_patience.ts";
import { formatNode, type NodeAddress } from "./address.ts";
import type { NodeConnectionOptions } from "./connection_options.ts";
import { NodeConnection } from "./node_connection.ts";
import type { CallTrace } from "./trace.ts";
import { chooseProvider, type ProviderSigns } from "./provider_choice.ts";

/** What the pool knows of one node. */
class Slot implements ProviderSigns {
  readonly node: NodeAddress;
  /** The newest one; it may have ended. */
  connection: NodeConnection | undefined;
  opening: Promise<NodeConnection> | undefined;
  /** Whether what is being opened stands, and waits for the node's greeting. */
  isAwaitingGreeting = false;
  skippedUntilMs = 0;
  /** How long making the connection took, and the node's greeting. */
  connectMs = 0;
  handshakeMs = 0;
  /** Grows with every use of any slot. */
  usedAt = 0;

  constructor(node: NodeAddress) {
    this.node = node;
  }

  get isConnected(): boolean {
    return this.connection !== undefined && this.connection.isUsable;
  }

  get inFlight(): number {
    return this.connection?.inFlight ?? 0;
  }
}

/** The connections of one caller. A node is one by the identity of its address, which its catalog keeps. */
export class ConnectionPool {
  readonly #options: NodeConnectionOptions;
  readonly #slots = new Map<NodeAddress, Slot>();
  /** Every connection that has not ended, those included that a newer one has replaced. */
  readonly #alive = new Set<NodeConnection>();
  #uses = 0;
  readonly #closing = new AbortController();

  constructor(options: NodeConnectionOptions) {
    this.#options = options;
  }

  /** Whether it was closed: whatever was in flight then has failed. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Raised when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * The best of some nodes for a call; see {@linkcode chooseProvider}. May begin to connect to another one.
   *
   * @param nodes At least one.
   */
  choose(nodes: readonly NodeAddress[]): NodeAddress {
    if (nodes.length === 1) return nodes[0];
    const slots = nodes.map((node) => this.#slotOf(node));
    const { provider, probe } = chooseProvider(slots, performance.now());
    if (probe !== undefined) this.#opening(probe).catch(() => {});
    return provider.node;
  }

  /** The connection to a node, if one stands that takes calls. */
  ready(node: NodeAddress): NodeConnection | undefined {
    const slot = this.#slotOf(node);
    if (!slot.isConnected || this.isClosed) return undefined;
    slot.usedAt = ++this.#uses;
    return slot.connection;
  }

  /**
   * The connection to a node. It stands: the node has greeted.
   *
   * @throws {NodeUnreachable} If it cannot be made, or not in time.
   * @throws {DeadlineExceeded} If the node took it and did not greet in time.
   * @throws {Cancelled} If the signal was raised.
   */
  async to(node: NodeAddress, patience: Patience, trace?: CallTrace): Promise<NodeConnection> {
    if (this.isClosed) throw new TypeError("this farcall client is closed");
    checkSignal(patience);
    const ready = this.ready(node);
    if (ready !== undefined) return ready;
    const slot = this.#slotOf(node);
    trace?.lap("resolve");
    const connection = await waitFor(this.#opening(slot), patience, () => {
      const name = formatNode(node);
      return slot.isAwaitingGreeting
        ? new DeadlineExceeded(`${name} did not answer within the deadline`, { node: name })
        : new NodeUnreachable(`no connection to ${name} was made within the call's deadline`, {
          node: name,
        });
    });
    trace?.add("connect", slot.connectMs);
    trace?.add("handshake", slot.handshakeMs);
    trace?.mark();
    return connection;
  }

  /** A call failed at a node: for a while it is passed over where there are others. */
  failed(node: NodeAddress, error: FarcallError): void {
    const slot = this.#slotOf(node);
    if (error instanceof Overloaded) this.#skip(slot, limits.overloadedAvoidMs);
    else if (error instanceof ServerDraining || !slot.isConnected) {
      this.#skip(slot, limits.unreachableAvoidMs);
    }
  }

  /** Ends every connection; messages in flight fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#alive].map((connection) => connection.close()));
    await Promise.all([...this.#slots.values()].map((slot) => slot.opening?.catch(() => {})));
  }

  #slotOf(node: NodeAddress): Slot {
    let slot = this.#slots.get(node);
    if (slot === undefined) {
      slot = new Slot(node);
      this.#slots.set(node, slot);
    }
    return slot;
  }

  #skip(slot: Slot, forMs: number): void {
    slot.skippedUntilMs = performance.now() + forMs;
  }

  #opening(slot: Slot): Promise<NodeConnection> {
    slot.opening ??= this.#open(slot).finally(() => slot.opening = undefined);
    return slot.opening;
  }

  async #open(slot: Slot): Promise<NodeConnection> {
    try {
      const startedMs = performance.now();
      const connection = await NodeConnection.open(slot.node, this.#options);
      const connectedMs = performance.now();
      this.#alive.add(connection);
      connection.ended.then(() => this.#alive.delete(connection));
      if (this.isClosed) await connection.close();
      slot.isAwaitingGreeting = true;
      // Nothing is sent before: whoever ends a connection without a word has certainly run nothing.
      await connection.greeted;
      slot.connectMs = connectedMs - startedMs;
      slot.handshakeMs = performance.now() - connectedMs;
      slot.connection = connection;
      slot.usedAt = ++this.#uses;
      // One that greets and says goodbye drains.
      if (connection.isUsable) slot.skippedUntilMs = 0;
      else this.#skip(slot, limits.unreachableAvoidMs);
      this.#makeRoom();
      return connection;
    } catch (error) {
      this.#skip(slot, limits.unreachableAvoidMs);
      throw error;
    } finally {
      slot.isAwaitingGreeting = false;
    }
  }

  /** Lets go of the connections that were not used for the longest time. */
  #makeRoom(): void {
    let tooMany = this.#alive.size - limits.connectionsPerCallerMax;
    if (tooMany <= 0) return;
    const idle = [...this.#slots.values()]
      .filter((slot) => slot.isConnected && slot.inFlight === 0)
      .sort((a, b) => a.usedAt - b.usedAt);
    for (const slot of idle.slice(0, -1)) {
      if (tooMany-- > 0) slot.connection!.leave();
    }
  }
}
