import { Turns } from "../channel/mod.ts";
import {
  Descriptors,
  ExecutorHost,
  type ExecutorRoom,
  type SocketOwners,
} from "../executor/mod.ts";
import { WholeMessages } from "../helper/mod.ts";
import { type Limits, limitsWith } from "../limits/mod.ts";
import { silentLog } from "../log/mod.ts";
import type { Listener, Transport } from "../transport/mod.ts";
import type { PublicKey } from "../identity/mod.ts";
import { Connection } from "./_connection.ts";
import { acceptAll, listenersOf, type NodeListener } from "./_listeners.ts";
import { Connections } from "./_connection_table.ts";
import { LinkedList } from "./linked_list.ts";
import { Lingering } from "./peer/lingering_close.ts";
import { PeerRecords } from "./_peer_records.ts";
import type { NodeContext, NodeServices, Relay } from "./node_context.ts";
import { shutsDown } from "./frames/frame_session.ts";
import { Deployment } from "./deployment/deployment.ts";
import type { DeployKeys } from "./peer/deployers.ts";
import { Dispatcher } from "./calls/dispatch.ts";
import { StackMapper } from "./calls/stack_mapper.ts";
import { memoryBytesMaxOf, memoryThere } from "./memory/available_memory.ts";
import { NodeMemory } from "./memory/node_memory.ts";
import { nodeBounds } from "./operator.ts";
import type { CommonParts, EmbeddedNodeParts, NodeParts } from "./node_parts.ts";
import { NodeMetrics } from "./metrics/node_metrics.ts";
import { LocalSecret } from "./peer/local_deployers.ts";
import type { Membership } from "./_fleet_membership.ts";
import { isDoneWithin } from "../timers/done_within.ts";
import { refuseGrantsOfRoot } from "./_root_grants.ts";
import { warnIfUnencrypted } from "./_unencrypted.ts";
import { SignedRequests } from "./peer/signed_requests.ts";
import type { Tracer } from "../traces/mod.ts";

/** What a node runs, and resources to release besides connections. */
interface Inside {
  readonly messages: WholeMessages;
  readonly log: PeerRecords;
  readonly services: NodeServices;
  readonly deployment?: Deployment;
  readonly deployKeys?: DeployKeys;
  readonly localSecret?: LocalSecret;
  readonly socketOwners?: SocketOwners;
  readonly root?: string;
  readonly bounds: Limits;
  readonly descriptors: Descriptors;
  /** Of its executors; undefined if it has none. */
  readonly room?: ExecutorRoom;
  readonly turns: Turns;
  readonly memory: NodeMemory;
  /** Maps script locations to sources; undefined without scripts. */
  readonly places?: StackMapper;
  readonly tracer: Tracer | undefined;
  /** How callers reach it through NATS; undefined if they do not. */
  readonly relay?: Relay;
  /** Called after all calls have ended. */
  close(): Promise<unknown>;
}

/** An open connection. */
interface Running {
  readonly connection: Connection;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** A node: accepts connections and serves them until it is stopped. */
export class FarcallNode implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #inside: Inside;
  readonly #log: PeerRecords;
  readonly #dispatcher: Dispatcher;
  readonly #context: NodeContext;
  /** Every connection, from accept to close. */
  readonly #connections = new LinkedList<Running>();
  readonly #places: Connections;
  readonly #doors: readonly NodeListener[];
  readonly #lingering: Lingering;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #isDraining = false;
  #stopping: Promise<void> | undefined;
  #member: Membership | undefined;
  /** Resolves when the node has stopped accepting. */
  readonly #accepting: Promise<unknown>;

  private constructor(parts: CommonParts, inside: Inside) {
    this.#listener = parts.listener;
    this.#inside = inside;
    const log = this.#log = inside.log;
    const { bounds, memory, descriptors } = inside;
    this.#lingering = new Lingering(bounds);
    const dispatcher = this.#dispatcher = new Dispatcher(log, memory, inside);
    const places = this.#places = new Connections(
      limitsWith({ pendingBytesMax: memory.pendingBytesMax }, bounds),
      () => descriptors.connectionsMax,
    );
    descriptors.connectionCount = () => places.size;
    descriptors.onLess = () => places.trim();
    // Evict idle connections before descriptors run out.
    parts.listener.onShortage = () => {
      // With TLS, the runtime keeps the descriptors of strangers' incomplete handshakes: evicting others would not
      // help.
      if (!places.dismissStrangers() && !parts.listener.isSecure) places.dismissIdle();
    };
    const isDraining = (): boolean => this.#isDraining;
    this.#doors = listenersOf(parts, places, bounds);
    this.#context = {
      bounds,
      log,
      dispatcher,
      turns: inside.turns,
      lingering: this.#lingering,
      memory,
      descriptors,
      room: inside.room,
      messages: inside.messages,
      services: inside.services,
      deployment: inside.deployment,
      startedMs: performance.now(),
      hostNames: parts.hostNames ?? [],
      givenName: parts.name,
      advertised: parts.advertised ?? [],
      deployKeys: inside.deployKeys ?? new Set(),
      localSecret: inside.localSecret,
      socketOwners: inside.socketOwners,
      signedRequests: new SignedRequests(bounds),
      allowedOrigins: parts.allowedOrigins ?? [],
      metrics: new NodeMetrics(
        log.counts,
        () => [...this.#connections].map((running) => running.connection),
      ),
      metricsAllow: parts.metricsAllow ?? [],
      logHistory: parts.logHistory,
      tracer: inside.tracer,
      relay: inside.relay,
      get connectionsMax() {
        return places.max;
      },
      get isDraining() {
        return isDraining();
      },
      get connectionCount() {
        return places.size;
      },
    };
    warnIfUnencrypted(parts.listener, this.#context);
    this.#sweeper = setInterval(() => this.#sweep(), bounds.sweepEveryMs);
    this.#accepting = Promise.all(
      this.#doors.map((door) =>
        acceptAll(door, inside.turns, (transport) => this.#serve(transport, door))
      ),
    );
  }

  /** Starts serving the store's current generation. */
  static async start(parts: NodeParts): Promise<FarcallNode> {
    const bounds = nodeBounds(parts.rules, limitsWith(parts.bounds));
    const log = new PeerRecords(parts.log ?? silentLog, { bounds });
    for (const warning of parts.store.warnings) log.warn("store.damaged", { message: warning });
    const { store, rules, deployKeys = new Set() } = parts;
    await refuseGrantsOfRoot(rules.grants, store.root);
    const turns = new Turns();
    const there = await memoryThere();
    const places = new StackMapper(store);
    const host = await ExecutorHost.open(store.root, {
      bounds,
      systemBytes: there.systemBytes,
      turns,
      servicesFolder: store.servicesFolder,
      recheck: (scripts) => store.recheck(scripts),
      log,
      places,
    });
    const messages = new WholeMessages({
      confine: (command, memory) => host.confinement.wrap(command, memory),
      log,
      bounds,
    });
    const given = { name: parts.name, rules, keys: deployKeys, log, messages, places, bounds };
    const deployment = new Deployment(store, host, given);
    const close = async (): Promise<void> => {
      await deployment.close();
      await messages.close();
      await host.close();
      await store.close();
      await parts.tracer?.exporter.flush();
    };
    const localSecret = deployKeys.size === 0 ? await LocalSecret.write(store.root) : undefined;
    if (localSecret === undefined) await LocalSecret.remove(store.root);
    const memory = new NodeMemory(memoryBytesMaxOf(bounds, there), bounds);
    const { descriptors, room, socketOwners } = host;
    const shared = { turns, memory, descriptors, room, socketOwners };
    const deployed = { services: deployment, deployment, messages, deployKeys };
    const { tracer, fleet } = parts;
    const kept = {
      ...shared,
      localSecret,
      log,
      bounds,
      root: store.root,
      places,
      relay: fleet,
      tracer,
      close,
    };
    const node = new FarcallNode(parts, { ...deployed, ...kept });
    if (fleet === undefined) return node;
    const { Membership } = await import("./_fleet_membership.ts");
    const inside = { deployment, store, deployKeys, log, dispatcher: node.#dispatcher };
    node.#member = new Membership(fleet, inside);
    return node;
  }

  /** Starts serving a program's services. */
  static async embed(parts: EmbeddedNodeParts): Promise<FarcallNode> {
    const services = { live: parts.live, nodeName: parts.name ?? "" };
    // Large messages are read on the program's own event loop, where its functions run, too.
    const messages = new WholeMessages();
    const turns = new Turns();
    const bounds = limitsWith(parts.bounds);
    const log = new PeerRecords(parts.log ?? silentLog, { bounds });
    const memory = new NodeMemory(memoryBytesMaxOf(bounds, await memoryThere()), bounds);
    // The program has its own descriptors, unknown to the node.
    const descriptors = new Descriptors();
    const close = () => Promise.all([messages.close(), parts.tracer?.exporter.flush()]);
    const kept = { log, bounds, turns, memory, descriptors, close, tracer: parts.tracer };
    return new FarcallNode(parts, { services, messages, ...kept });
  }

  /** The address it listens on. */
  get host(): string {
    return this.#listener.host;
  }

  /** The port it listens on; chosen by the kernel for 0. */
  get port(): number {
    return this.#listener.port;
  }

  /** The absolute path of its root; empty if it is embedded and keeps none. */
  get root(): string {
    return this.#inside.root ?? "";
  }

  /** The port for monitors only; undefined if the main port serves them. */
  get metricsPort(): number | undefined {
    return this.#doors.find(({ surface }) => surface === "probes")?.listener.port;
  }

  /** Its name; empty until it has one. */
  get name(): string {
    return this.#inside.services.nodeName;
  }

  /** How callers reach it through NATS; undefined if they do not. */
  get relay(): Relay | undefined {
    return this.#inside.relay;
  }

  /** Whether it uses TLS. */
  get isSecure(): boolean {
    return this.#listener.isSecure ?? false;
  }

  /** The maximum number of connections. */
  get connectionsMax(): number {
    return this.#places.max;
  }

  /** The number of the live generation; 0 before the first deployment. */
  get generation(): number {
    return this.#inside.services.live.number;
  }

  /** Bytes held for its callers, and their bound. */
  get memory(): { readonly bytes: number; readonly bytesMax: number } {
    return this.#inside.memory;
  }

  /** The keys whose deployments it accepts; empty if it accepts those of its own user. */
  get deployKeys(): readonly PublicKey[] {
    return [...this.#context.deployKeys];
  }

  /** The number of its services. */
  get serviceCount(): number {
    return this.#inside.services.live.services.size;
  }

  /**
   * Stops: accepts nothing more, waits at most `drainTimeoutMs` for calls in flight and at most `goodbyeTimeoutMs` for
   * callers to disconnect, then closes every connection, ends every executor and releases the root. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#isDraining = true;
    this.#log.info("node.draining", { callsInFlight: this.#dispatcher.callsInFlight });
    if (this.#member) {
      await isDoneWithin(this.#inside.bounds.goodbyeTimeoutMs, this.#member.leave());
    }
    for (const { listener } of this.#doors) listener.close();
    await this.#accepting;
    const running = [...this.#connections];
    const leaving = running
      .filter(({ connection }) => connection.sayGoodbye(shutsDown))
      .map(({ ended }) => ended);
    const drained = this.#dispatcher.idle().then(() =>
      Promise.all(running.map(({ connection }) => connection.flushed()))
    );
    if (await isDoneWithin(this.#inside.bounds.drainTimeoutMs, drained)) {
      // Calls that cross the goodbye are refused until their caller has read it and disconnected.
      await isDoneWithin(this.#inside.bounds.goodbyeTimeoutMs, Promise.all(leaving));
    } else {
      this.#log.warn("node.drain-timed-out", { callsInFlight: this.#dispatcher.callsInFlight });
    }
    clearInterval(this.#sweeper);
    for (const { connection } of this.#connections) connection.close();
    await Promise.all([...this.#connections].map(({ ended }) => ended));
    await Promise.all([this.#inside.close(), this.#dispatcher.close()]);
    this.#inside.turns.close();
    this.#log.info("node.stopped");
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#context.metrics.delays.observe(nowMs, this.#inside.bounds.sweepEveryMs);
    for (const { connection } of this.#connections) connection.check(nowMs);
    this.#lingering.sweep(nowMs);
    this.#places.sweep();
    this.#log.sweep();
    const count = this.#places.takeDismissedCount();
    if (count === 0) return;
    this.#log.warn("connections.dismissed", {
      count,
      message:
        "too many connections, or too much memory in incomplete messages: closed unidentified " +
        "and idle connections first",
    });
  }

  #serve(transport: Transport, { surface, places }: NodeListener): void {
    const connection = new Connection(this.#context, transport, surface);
    const stay = places.add(connection);
    const ended = connection.run(stay).then(() => {
      place.leave();
      this.#context.metrics.traffic.ended(connection);
      stay.end();
    });
    const place = this.#connections.add({ connection, ended });
  }
}
