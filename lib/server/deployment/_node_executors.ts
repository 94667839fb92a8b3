/** The executors of a node: those of the live generation, and retiring ones that finish their calls. */
import { type ExecutorHost, ServiceExecutor } from "../../executor/mod.ts";
import type { Store } from "../../store/mod.ts";
import { callTargets, type Manifest, type ManifestService } from "../../manifest/mod.ts";
import type { Steps } from "../../encoding/mod.ts";
import { endAll } from "./deployment_session.ts";
import { executorKey } from "../calls/live_generation.ts";
import { limitsUnder, type OperatorRules } from "../operator.ts";

/** Executors by {@linkcode executorKey}. */
export type ExecutorMap = ReadonlyMap<string, ServiceExecutor>;

/** Starts, shares and retires executors. */
export class NodeExecutors {
  readonly #host: ExecutorHost;
  readonly #store: Store;
  readonly #rules: OperatorRules;
  #live: ExecutorMap = new Map();
  readonly #retiring = new Set<ServiceExecutor>();

  constructor(host: ExecutorHost, store: Store, rules: OperatorRules) {
    this.#host = host;
    this.#store = store;
    this.#rules = rules;
  }

  /** The executors of a manifest: running ones are reused, new ones are added to `fresh`. */
  *of(manifest: Manifest, fresh: ServiceExecutor[]): Steps<ExecutorMap> {
    const executors = new Map<string, ServiceExecutor>();
    for (const service of manifest.services) {
      const key = executorKey(service, manifest);
      let executor = this.#live.get(key);
      // One that fails to start is replaced, so that the deployment repairs it or reports why not.
      if (executor === undefined || executor.isFailing) {
        executor = this.#create(service, manifest);
        fresh.push(executor);
      }
      executors.set(key, executor);
      yield;
    }
    return executors;
  }

  /**
   * Reserves room for new executors, some of which are stopped before the last ones start.
   *
   * @returns Releases what was not used.
   * @throws {ExecutorStartError} If the system has too few descriptors for them.
   */
  makeRoom(freshCount: number): () => void {
    const { descriptors, room, bounds } = this.#host;
    const atOnceMax = bounds.executorsWarmMax + bounds.executorStartsAtOnceMax;
    // Idle ones are stopped.
    const atMost = Math.max(1, Math.min(atOnceMax, room.max - room.taken));
    return descriptors.reserve(Math.min(freshCount, atMost));
  }

  /** How many services may be checked concurrently. */
  get trialsAtOnceMax(): number {
    return Math.min(this.#host.room.max, this.#host.bounds.trialsAtOnceMax);
  }

  /** Makes these the live ones; the others retire after their calls. */
  replace(executors: ExecutorMap): void {
    for (const [key, executor] of this.#live) {
      if (executors.get(key) === executor) continue;
      this.#retiring.add(executor);
      executor.retire().finally(() => this.#retiring.delete(executor));
    }
    this.#live = executors;
    this.#host.descriptors.executorsWanted = Math.min(executors.size, this.#host.room.max);
  }

  /** Ends all executors. Calls in flight fail with the reason. */
  async end(reason: string): Promise<void> {
    await endAll([...this.#live.values(), ...this.#retiring], reason);
  }

  #create(service: ManifestService, manifest: Manifest): ServiceExecutor {
    return new ServiceExecutor(this.#host, {
      service: service.name,
      overloads: service.overloads.map(({ rpc, args, returns, script }) => ({
        rpc,
        args,
        returns,
        script,
        url: this.#store.scriptUrl(script),
      })),
      limits: limitsUnder(this.#rules, service),
      permissions: service.permissions,
      isolation: service.isolation,
      targets: callTargets(service, manifest.services),
    });
  }
}
