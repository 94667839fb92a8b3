/** Connections to nodes: one each, opened on first use, reopened after it ended, and bounded in number. */
import {
  DeadlineExceeded,
  type FarcallError,
  NodeUnreachable,
  Overloaded,
  ServerDraining,
  Unavailable,
} from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { type CallDeadline, checkSignal, waitFor } from "../call_deadline.ts";
import { formatNode, type NodeAddress } from "../address.ts";
import type { NodeConnectionOptions } from "../connection/connection_options.ts";
import { NodeConnection } from "../connection/node_connection.ts";
import type { Way } from "../connection/way.ts";
import type { CallTrace } from "../trace.ts";
import { chooseProvider, type ProviderSigns } from "./provider_choice.ts";

/** The pool's state of one node. */
class Slot implements ProviderSigns {
  readonly node: NodeAddress;
  /** Calls without an answer yet, including those that wait for the connection. */
  calls = 0;
  /** The newest connection; it may have ended. */
  connection: NodeConnection | undefined;
  opening: Promise<NodeConnection> | undefined;
  /** Whether the new connection is established and waits for the node's greeting. */
  isAwaitingGreeting = false;
  skippedUntilMs = 0;
  /** How long connecting and the node's greeting took. */
  connectMs = 0;
  handshakeMs = 0;
  /** The last use, as a counter shared by all slots. */
  usedAt = 0;

  constructor(node: NodeAddress) {
    this.node = node;
  }

  get isConnected(): boolean {
    return this.connection !== undefined && this.connection.isUsable;
  }

  /** A call that returns a stream counts until its answer; the connection itself knows that the stream goes on. */
  get inFlight(): number {
    return this.isConnected ? Math.max(this.calls, this.connection!.inFlight) : this.calls;
  }
}

/**
 * The connections of one caller. Nodes are told apart by the identity of their address objects, which the catalog
 * keeps.
 */
export class ConnectionPool {
  readonly #options: NodeConnectionOptions;
  readonly #bounds: Limits;
  readonly #slots = new WeakMap<NodeAddress, Slot>();
  /** Every open connection, including those that a newer one has replaced. */
  readonly #alive = new Map<NodeConnection, Slot>();
  /** Connections in progress. None rejects. */
  readonly #openings = new Set<Promise<unknown>>();
  #uses = 0;
  readonly #closing = new AbortController();

  constructor(options: NodeConnectionOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? limits;
  }

  /** The bounds of its connections. */
  get bounds(): Limits {
    return this.#bounds;
  }

  /** Whether it is closed; calls in flight have failed then. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Raised on close. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Chooses the best of some nodes for a call, as {@linkcode chooseProvider} does, and counts the call there until
   * {@linkcode done}. May begin to connect to another one.
   *
   * @param nodes At least one.
   */
  choose(nodes: readonly NodeAddress[]): NodeAddress {
    const slot = nodes.length === 1 ? this.#slotOf(nodes[0]!) : this.#best(nodes);
    slot.calls += 1;
    return slot.node;
  }

  /** Ends a call's count at the node that was chosen for it. */
  done(node: NodeAddress): void {
    this.#slotOf(node).calls -= 1;
    this.#makeRoom();
  }

  /** The established connection to a node, if it takes calls. */
  ready(node: NodeAddress): NodeConnection | undefined {
    const slot = this.#slotOf(node);
    if (!slot.isConnected || this.isClosed) return undefined;
    slot.usedAt = ++this.#uses;
    return slot.connection;
  }

  /**
   * The established connection to a node, which has greeted. Connects if necessary.
   *
   * @throws {NodeUnreachable} If connecting fails or takes too long.
   * @throws {DeadlineExceeded} If the node accepted it and did not greet in time.
   * @throws {Cancelled} If the signal was raised.
   */
  async to(node: NodeAddress, deadline: CallDeadline, trace?: CallTrace): Promise<NodeConnection> {
    if (this.isClosed) throw new TypeError("this farcall client is closed");
    checkSignal(deadline);
    const ready = this.ready(node);
    if (ready !== undefined) return ready;
    const slot = this.#slotOf(node);
    trace?.lap("resolve");
    const connection = await waitFor(this.#opening(slot), deadline, () => {
      const name = formatNode(node);
      return slot.isAwaitingGreeting
        ? new DeadlineExceeded(`${name} did not answer within the call's deadline`, { node: name })
        : new NodeUnreachable(`no connection to ${name} was made within the call's deadline`, {
          node: name,
        });
    });
    trace?.add("connect", slot.connectMs);
    trace?.add("handshake", slot.handshakeMs);
    trace?.mark();
    return connection;
  }

  /** Reports a failed call: for a while the node is used only if there is no other. */
  failed(node: NodeAddress, error: FarcallError): void {
    const slot = this.#slotOf(node);
    if (error instanceof Overloaded) this.#skip(slot, this.#bounds.overloadedAvoidMs);
    else if (
      error instanceof ServerDraining || error instanceof Unavailable || !slot.isConnected
    ) {
      this.#skip(slot, this.#bounds.unreachableAvoidMs);
    }
  }

  /** How a fleet's node is reached, by its connection's name; undefined without an established connection. */
  async wayTo(name: string): Promise<Way | undefined> {
    const isMeant = (each: NodeConnection): boolean =>
      each.name === name && each.isUsable && each.address.nats !== undefined;
    return await [...this.#alive.keys()].find(isMeant)?.way();
  }

  /** Ends every connection; messages in flight fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#alive.keys()].map((connection) => connection.close()));
    await Promise.all(this.#openings);
  }

  #best(nodes: readonly NodeAddress[]): Slot {
    const slots = nodes.map((node) => this.#slotOf(node));
    const { provider, probe } = chooseProvider(slots, performance.now());
    if (probe !== undefined && this.#hasRoom) this.#opening(probe).catch(() => {});
    return provider;
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
    if (slot.opening !== undefined) return slot.opening;
    const opening = this.#open(slot).finally(() => slot.opening = undefined);
    const settled = opening.catch(() => {}).finally(() => this.#openings.delete(settled));
    this.#openings.add(settled);
    return slot.opening = opening;
  }

  async #open(slot: Slot): Promise<NodeConnection> {
    try {
      const startedMs = performance.now();
      const connection = await NodeConnection.open(slot.node, this.#options);
      const connectedMs = performance.now();
      this.#alive.set(connection, slot);
      connection.ended.then(() => this.#alive.delete(connection));
      if (this.isClosed) await connection.close();
      slot.isAwaitingGreeting = true;
      // Nothing is sent before the greeting, so a node that closes without one has run nothing.
      await connection.greeted;
      slot.connectMs = connectedMs - startedMs;
      slot.handshakeMs = performance.now() - connectedMs;
      slot.connection = connection;
      slot.usedAt = ++this.#uses;
      // A node that greets and says goodbye is draining.
      if (connection.isUsable) slot.skippedUntilMs = 0;
      else this.#skip(slot, this.#bounds.unreachableAvoidMs);
      this.#makeRoom();
      return connection;
    } catch (error) {
      this.#skip(slot, this.#bounds.unreachableAvoidMs);
      throw error;
    } finally {
      slot.isAwaitingGreeting = false;
    }
  }

  /** Whether there is room for one more connection. */
  get #hasRoom(): boolean {
    return this.#alive.size < this.#bounds.connectionsPerCallerMax || this.#idle().length > 0;
  }

  /** Closes the least recently used connections, if there are too many. */
  #makeRoom(): void {
    if (this.#alive.size <= this.#bounds.connectionsPerCallerMax) return;
    // The others are about to end.
    const kept = [...this.#alive.keys()].filter((connection) => connection.isUsable).length;
    const idle = this.#idle().sort((a, b) => a.usedAt - b.usedAt);
    const tooMany = Math.max(0, kept - this.#bounds.connectionsPerCallerMax);
    for (const slot of idle.slice(0, tooMany)) slot.connection!.leave();
  }

  /** The slots whose connection has no calls. */
  #idle(): Slot[] {
    return [...this.#alive]
      .filter(([connection, slot]) =>
        slot.connection === connection && slot.isConnected && slot.inFlight === 0
      )
      .map(([, slot]) => slot);
  }
}
