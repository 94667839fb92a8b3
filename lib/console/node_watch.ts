/** Watches one node: polls its status over one connection. */
import { formatNodeAddress, type NodeAddress, NodeConnection, proveLocal } from "../client/mod.ts";
import {
  ClientNotRegistered,
  ConnectionLost,
  DeadlineExceeded,
  DeployRejected,
  MalformedMessage,
  messageOf,
  Unauthenticated,
} from "../errors/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import type { NodeStatus } from "../protocol/mod.ts";
import { type ClientCalls, readClientCalls } from "./metrics_text.ts";
import { readNodeMetrics } from "./node_metrics.ts";
import {
  type CallCounts,
  type ClientTraffic,
  type NodeCondition,
  type NodeState,
  type ServiceTraffic,
  trafficBetween,
} from "./node_state.ts";

/** Options of watching a node. */
export interface NodeWatchOptions {
  readonly key: SigningKey | undefined;
  /** Called when the node's state has changed. */
  readonly onChange: () => void;
}

/** Counters at one moment. */
interface Counted<Counts> {
  readonly atMs: number;
  readonly counts: Counts;
}

/** Watches from construction until it is closed. */
export class NodeWatch implements AsyncDisposable {
  readonly #address: NodeAddress & { readonly name: string };
  readonly #options: NodeWatchOptions;
  readonly #abort = new AbortController();
  readonly #watching: Promise<unknown>;
  #connection: NodeConnection | undefined;
  #condition: NodeCondition = "asking";
  #problem: string | undefined;
  #status: NodeStatus | undefined;
  #services: readonly ServiceTraffic[] = [];
  #clients: readonly ClientTraffic[] | undefined;
  #trafficProblem: string | undefined;
  #countedServices: Counted<ReadonlyMap<string, CallCounts>> | undefined;
  #countedClients: Counted<readonly ClientCalls[]> | undefined;

  constructor(address: NodeAddress & { readonly name: string }, options: NodeWatchOptions) {
    this.#address = address;
    this.#options = options;
    this.#watching = Promise.all([this.#watchStatus(), this.#watchMetrics()]);
  }

  /** The current state. */
  get state(): NodeState {
    return {
      name: this.#address.name,
      address: formatNodeAddress(this.#address),
      condition: this.#condition,
      problem: this.#problem,
      status: this.#status,
      services: this.#services,
      clients: this.#clients,
      trafficProblem: this.#trafficProblem,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#connection?.close();
    await this.#watching;
  }

  async #watchStatus(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const startedMs = performance.now();
      const slow = setTimeout(() => this.#seemsSlow(), limits.consoleSlowMs);
      try {
        await this.#ask();
      } catch (error) {
        if (!signal.aborted) await this.#failed(error);
      } finally {
        clearTimeout(slow);
      }
      await this.#pause(
        limits.consoleRefreshMs - (performance.now() - startedMs),
        this.#connection,
      );
    }
    await this.#connection?.close();
  }

  async #ask(): Promise<void> {
    const connection = this.#connection ??= await this.#connect();
    const deadline = { timeoutMs: limits.statusTimeoutMs, signal: this.#abort.signal };
    const status = await connection.request({ op: "status" }, deadline);
    const atMs = performance.now();
    const counts = new Map(status.services.map((service) => [service.name, service]));
    const before = this.#countedServices;
    // A restarted node has lost its counters.
    const isSame = before !== undefined && this.#status?.pid === status.pid;
    this.#services = status.services.map((service) => ({
      service: service.name,
      ...trafficBetween(
        isSame ? before.counts.get(service.name) : service,
        service,
        atMs - (before?.atMs ?? atMs),
      ),
    }));
    this.#countedServices = { atMs, counts };
    this.#status = status;
    this.#become(status.isDraining ? "draining" : "up");
  }

  async #connect(): Promise<NodeConnection> {
    const { key } = this.#options;
    const timeoutMs = limits.consoleConnectTimeoutMs;
    const connection = await NodeConnection.open(this.#address, { key, timeoutMs });
    if (this.#abort.signal.aborted) {
      await connection.close();
      this.#abort.signal.throwIfAborted();
    }
    // The node's answer to the request says what is missing.
    await proveLocal(connection, limits.statusTimeoutMs).catch(() => {});
    return connection;
  }

  async #failed(error: unknown): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
    this.#services = [];
    const why = messageOf(error);
    if (error instanceof MalformedMessage) {
      this.#become("older", "it runs an older farcall that cannot report its status");
    } else if (isRefusal(error)) this.#become("refused", why);
    else if (error instanceof DeadlineExceeded) this.#become("slow", why);
    else if (error instanceof ConnectionLost) this.#become("down", "the connection to it was lost");
    else this.#become("down", why);
  }

  #seemsSlow(): void {
    if (this.#condition === "down" || this.#condition === "slow") return;
    const seconds = limits.consoleSlowMs / 1000;
    this.#become("slow", `it has not answered for more than ${seconds} s`);
  }

  #become(condition: NodeCondition, problem?: string): void {
    this.#condition = condition;
    this.#problem = problem;
    this.#options.onChange();
  }

  async #watchMetrics(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      // An unreachable node would be reported twice.
      if (this.#condition === "up" || this.#condition === "draining") await this.#askMetrics();
      else {
        this.#clients = undefined;
        this.#trafficProblem = undefined;
        this.#countedClients = undefined;
      }
      const waitMs = this.#condition === "asking"
        ? limits.consoleRefreshMs
        : limits.consoleMetricsRefreshMs;
      await this.#pause(waitMs);
    }
  }

  async #askMetrics(): Promise<void> {
    const timeout = AbortSignal.timeout(limits.statusTimeoutMs);
    const signal = AbortSignal.any([this.#abort.signal, timeout]);
    const { text, problem } = await readNodeMetrics(this.#address, signal);
    this.#trafficProblem = problem;
    if (text === undefined) {
      this.#clients = undefined;
      this.#countedClients = undefined;
      return;
    }
    const atMs = performance.now();
    const counts = readClientCalls(text);
    const before = this.#countedClients;
    const nameOf = ({ client, service }: ClientCalls): string => JSON.stringify([client, service]);
    const known = new Map(before?.counts.map((each) => [nameOf(each), each]));
    this.#clients = counts.map((each) => ({
      client: each.client,
      service: each.service,
      // A client that is new since the last poll starts at 0.
      ...trafficBetween(
        known.get(nameOf(each)) ?? (before === undefined ? each : { calls: 0, failures: 0 }),
        each,
        atMs - (before?.atMs ?? atMs),
      ),
    }));
    this.#countedClients = { atMs, counts };
  }

  /** Waits for the time, the close, or the end of `connection`. */
  #pause(ms: number, connection?: NodeConnection): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
      connection?.ended.then(done);
    });
  }
}

function isRefusal(error: unknown): boolean {
  return [Unauthenticated, DeployRejected, ClientNotRegistered]
    .some((kind) => error instanceof kind);
}
