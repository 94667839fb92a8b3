/** A deployment as one node sees it: observe, put, stage, then commit or abort. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { type ExecutorHost, ServiceExecutor } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import type { Store } from "../store/mod.ts";
import {
  checkManifest,
  type DeploymentInfo,
  type DeploymentRecord,
  type Manifest,
  type ManifestService,
  type Responses,
  type SentScript,
} from "../wire/mod.ts";
import { hasSameExamples, type Trial, tryAll } from "./_proof.ts";
import { idOf, keepScripts } from "./_put.ts";
import { limitsUnder, type OperatorRules, problemsOf } from "./operator.ts";
import { ServiceStats } from "./service_stats.ts";
import { executorKey, type LiveGeneration, liveGeneration } from "./generation.ts";

/** Who deploys: one connection. */
export interface Deployer {
  /** Its address, for messages and the log. */
  readonly from: string;
  /** The address without the port, for the history. */
  readonly host: string;
}

/** One deployment, from the beginning of its stage to the end of its commit or abort. */
interface UnderWay {
  readonly by: Deployer;
  readonly about: DeploymentRecord;
  readonly sinceMs: number;
  phase: "staging" | "staged" | "committing" | "aborting";
  /** The executors that it needs and that did not run before. */
  readonly fresh: ServiceExecutor[];
  staged: Staged | undefined;
  /** Resolves when it is over, one way or the other. */
  readonly over: PromiseWithResolvers<void>;
}

interface Staged {
  readonly manifest: Manifest;
  readonly executors: ReadonlyMap<string, ServiceExecutor>;
  readonly timer: ReturnType<typeof setTimeout>;
}

const emptyManifest: Manifest = { format: 1, node: "", clients: [], services: [] };

/** Holds the live generation of a node, and replaces it. */
export class Deployment {
  readonly #store: Store;
  readonly #host: ExecutorHost;
  readonly #log: Log;
  /** The name that the operator gave the node; undefined lets the manifest name it. */
  readonly #givenName: string | undefined;
  readonly #rules: OperatorRules;
  #live: LiveGeneration;
  #executors: ReadonlyMap<string, ServiceExecutor> = new Map();
  readonly #retiring = new Set<ServiceExecutor>();
  /** There is one at a time. */
  #underWay: UnderWay | undefined;

  constructor(
    store: Store,
    host: ExecutorHost,
    options: { log: Log; name: string | undefined; rules: OperatorRules },
  ) {
    this.#store = store;
    this.#host = host;
    this.#log = options.log;
    this.#givenName = options.name;
    this.#rules = options.rules;
    const current = store.current();
    const manifest = current?.manifest ?? emptyManifest;
    const executors = new Map<string, ServiceExecutor>();
    this.#live = liveGeneration(current?.number ?? 0, manifest, (service) => {
      const executor = this.#newExecutor(service);
      executors.set(executorKey(service), executor);
      // The operator may allow less than when this generation was committed.
      const problems = problemsOf(this.#rules, service);
      for (const message of problems) this.#log.warn("service.refused", { message });
      const refusal = problems.length === 0 ? undefined : problems.join("; ");
      return { executor, refusal, stats: new ServiceStats() };
    });
    this.#executors = executors;
  }

  /** What the node runs now. */
  get live(): LiveGeneration {
    return this.#live;
  }

  /** The node's name: as given, else as deployed; empty where neither is known. */
  get nodeName(): string {
    return this.#givenName ?? this.#live.manifest.node;
  }

  /** Says what the node runs and which of these scripts it lacks. */
  async observe(ids: readonly string[]): Promise<Responses["observe"]> {
    const manifest = this.#live.number === 0 ? undefined : this.#live.manifest;
    return {
      node: this.nodeName,
      generation: this.#live.number,
      manifest,
      deployment: this.#store.current()?.deployment?.id,
      missing: await this.#store.missing(ids.map(idOf)),
    };
  }

  /** Keeps scripts, as {@linkcode keepScripts} says. */
  put(
    scripts: readonly SentScript[],
    attachment: Uint8Array<ArrayBuffer>,
  ): Promise<Responses["put"]> {
    return keepScripts(this.#store, scripts, attachment);
  }

  /**
   * Prepares to run a manifest: everything that can fail, fails here.
   *
   * @throws {DeployRejected} That says what cannot be run and why; nothing has changed.
   */
  async stage(
    by: Deployer,
    value: unknown,
    info: DeploymentInfo,
  ): Promise<Responses["stage"]> {
    const other = this.#underWay;
    if (other !== undefined) {
      throw new DeployRejected(
        `another deployment is under way: ${other.about.deployer} from ${other.by.from}, since ` +
          `${new Date(other.sinceMs).toISOString()}; try again when it is done`,
      );
    }
    const underWay: UnderWay = {
      by,
      about: { ...info, from: by.host },
      sinceMs: Date.now(),
      phase: "staging",
      fresh: [],
      staged: undefined,
      over: Promise.withResolvers(),
    };
    this.#underWay = underWay;
    try {
      const manifest = checkManifest(value);
      this.#checkName(manifest);
      this.#checkRules(manifest);
      await this.#checkScripts(manifest);
      if (isAborted(underWay)) throw new DeployRejected("it was aborted");
      const executors = this.#executorsFor(manifest, underWay.fresh);
      await tryAll(this.#trials(manifest, executors, underWay.fresh));
      if (isAborted(underWay)) throw new DeployRejected("it was aborted");
      const timer = setTimeout(() => {
        this.#log.warn("deploy.timed-out", { deployer: info.deployer, from: by.from });
        this.abort(by);
      }, limits.stageTimeoutMs);
      underWay.staged = { manifest, executors, timer };
      underWay.phase = "staged";
      this.#log.info("deploy.staged", {
        deployer: info.deployer,
        from: by.from,
        services: underWay.fresh.length,
      });
      return { generation: this.#live.number + 1 };
    } catch (error) {
      await endAll(underWay.fresh, "its deployment was refused");
      this.#finish(underWay);
      if (isAborted(underWay)) {
        throw new DeployRejected("the deployment was aborted while it was staged");
      }
      const rejection = error instanceof DeployRejected
        ? error
        : new DeployRejected(`staging failed: ${messageOf(error)}`, { cause: error });
      this.#log.warn("deploy.rejected", {
        deployer: info.deployer,
        from: by.from,
        message: rejection.message,
      });
      throw rejection;
    }
  }

  /**
   * Makes what this deployer staged the live generation: durable, then for every new call. Calls in
   * flight finish on the old executors.
   *
   * @throws {DeployRejected} If it staged nothing, or the commit could not be stored.
   */
  async commit(by: Deployer): Promise<Responses["commit"]> {
    const underWay = this.#underWay;
    const staged = underWay?.by === by && underWay.phase === "staged" ? underWay.staged : undefined;
    if (underWay === undefined || staged === undefined) {
      throw new DeployRejected("there is nothing to commit: nothing is staged on this connection");
    }
    clearTimeout(staged.timer);
    underWay.phase = "committing";
    try {
      const { number, manifest } = await this.#store.commit(staged.manifest, underWay.about);
      this.#live = liveGeneration(
        number,
        manifest,
        (service) => ({
          executor: staged.executors.get(executorKey(service))!,
          refusal: undefined,
          stats: this.#live.services.get(service.name)?.stats ?? new ServiceStats(),
        }),
      );
      this.#retire([...this.#executors].filter(([key]) => !staged.executors.has(key)));
      this.#executors = staged.executors;
      this.#log.info("deploy.committed", {
        generation: number,
        deployer: underWay.about.deployer,
        from: by.from,
        deployment: underWay.about.id,
        rollbackTo: underWay.about.rollbackTo,
        services: manifest.services.length,
      });
      return { generation: number };
    } catch (error) {
      await endAll(underWay.fresh, "its deployment failed");
      throw error;
    } finally {
      this.#finish(underWay);
    }
  }

  /**
   * Forgets what this deployer staged or is staging, if anything. A commit that has begun is not
   * called back.
   */
  async abort(by: Deployer): Promise<Responses["abort"]> {
    const underWay = this.#underWay;
    if (underWay?.by !== by || underWay.phase === "committing") return {};
    const { phase, staged } = underWay;
    underWay.phase = "aborting";
    await endAll(underWay.fresh, "its deployment was aborted");
    if (phase === "staged") {
      clearTimeout(staged?.timer);
      this.#finish(underWay);
    }
    // Else stage, or the abort before this one, has the last word.
    await underWay.over.promise;
    if (phase !== "aborting") {
      this.#log.info("deploy.aborted", {
        deployer: underWay.about.deployer,
        from: by.from,
      });
    }
    return {};
  }

  /** Says which generations can be gone back to, and where they came from. */
  history(): Responses["history"] {
    return { node: this.nodeName, generations: this.#store.history() };
  }

  /**
   * Says what a generation was.
   *
   * @throws {DeployRejected} If it is not kept, or damaged.
   */
  async generation(number: number): Promise<Responses["generation"]> {
    try {
      return { manifest: (await this.#store.generation(number)).manifest };
    } catch (cause) {
      throw new DeployRejected(messageOf(cause), { cause });
    }
  }

  /** Ends every executor. Calls that are still in flight get an exception that says why. */
  async close(): Promise<void> {
    const underWay = this.#underWay;
    if (underWay !== undefined) {
      await this.abort(underWay.by);
      await underWay.over.promise;
    }
    await endAll([...this.#executors.values(), ...this.#retiring], "the node stops");
  }

  #finish(underWay: UnderWay): void {
    this.#underWay = undefined;
    underWay.over.resolve();
  }

  /** The executors of a manifest: those that run already, and for the rest fresh ones, which are added to `fresh`. */
  #executorsFor(manifest: Manifest, fresh: ServiceExecutor[]): Map<string, ServiceExecutor> {
    const executors = new Map<string, ServiceExecutor>();
    for (const service of manifest.services) {
      const key = executorKey(service);
      let executor = this.#executors.get(key);
      if (executor === undefined) {
        executor = this.#newExecutor(service);
        fresh.push(executor);
      }
      executors.set(key, executor);
    }
    return executors;
  }

  /** The services that have to be tried: those with a fresh executor, or with other examples. */
  #trials(
    manifest: Manifest,
    executors: ReadonlyMap<string, ServiceExecutor>,
    fresh: readonly ServiceExecutor[],
  ): Trial[] {
    const before = new Map(this.#live.manifest.services.map((service) => [service.name, service]));
    return manifest.services.flatMap((service) => {
      const executor = executors.get(executorKey(service))!;
      const isFresh = fresh.includes(executor);
      const isTried = isFresh || !hasSameExamples(before.get(service.name), service);
      return isTried ? [{ service, executor, isFresh }] : [];
    });
  }

  #newExecutor(service: ManifestService): ServiceExecutor {
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
    });
  }

  /** Refuses what the operator does not allow, with the flags that would. */
  #checkRules(manifest: Manifest): void {
    const problems = manifest.services.flatMap((service) => problemsOf(this.#rules, service));
    if (problems.length > 0) throw new DeployRejected(problems.join("; "));
  }

  #checkName(manifest: Manifest): void {
    if (this.#givenName === undefined || this.#givenName === manifest.node) return;
    throw new DeployRejected(
      `this node is called "${this.#givenName}", but the deployment is for "${manifest.node}"; ` +
        "correct the address in init.yaml, or the node's --name",
    );
  }

  async #checkScripts(manifest: Manifest): Promise<void> {
    const ids = manifest.services.flatMap((service) =>
      service.overloads.map((overload) => overload.script)
    );
    const missing = await this.#store.missing(ids);
    if (missing.length === 0) return;
    throw new DeployRejected(
      `${
        missing.length === 1 ? "a script" : `${missing.length} scripts`
      } of the deployment did not ` +
        `reach this node, e.g. ${missing[0]}; run init again`,
    );
  }

  #retire(executors: readonly (readonly [string, ServiceExecutor])[]): void {
    for (const [, executor] of executors) {
      this.#retiring.add(executor);
      executor.retire().finally(() => this.#retiring.delete(executor));
    }
  }
}

function isAborted(underWay: UnderWay): boolean {
  return underWay.phase === "aborting";
}

async function endAll(executors: readonly ServiceExecutor[], reason: string): Promise<void> {
  await Promise.all(executors.map((executor) => executor.kill(reason)));
}
