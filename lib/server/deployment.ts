/** A deployment as one node sees it: observe, put, stage, then commit or abort. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { type ExecutorHost, ServiceExecutor } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import type { Generation, Store } from "../store/mod.ts";
import {
  checkManifest,
  type DeploymentInfo,
  type Manifest,
  type ManifestService,
  type Responses,
  type SentScript,
} from "../wire/mod.ts";
import { trialsOf, tryAll } from "./_proof.ts";
import { idOf, keepScripts } from "./_put.ts";
import { type Deployer, endAll, isAborted, type Staged, type UnderWay } from "./_under_way.ts";
import { limitsUnder, type OperatorRules, problemsOf } from "./operator.ts";
import { ServiceStats } from "./service_stats.ts";
import { executorKey, type LiveGeneration, liveGeneration } from "./generation.ts";

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

  /** Says what the node runs, a commit that has begun included, and which of these scripts it lacks. */
  async observe(ids: readonly string[]): Promise<Responses["observe"]> {
    if (this.#underWay?.phase === "committing") await this.#underWay.over.promise;
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
    by: Deployer,
    scripts: readonly SentScript[],
    attachment: Uint8Array<ArrayBuffer>,
  ): Promise<Responses["put"]> {
    // However many there are to come, its deployer is at it.
    if (this.#underWay?.by === by && this.#underWay.phase === "begun") this.#watch(this.#underWay);
    return keepScripts(this.#store, scripts, attachment);
  }

  /**
   * Takes part in a deployment: no other begins here before it is over.
   *
   * @param generation The one that runs as far as the deployer knows.
   * @throws {DeployRejected} If another deployment is under way, or has changed what runs; says whose.
   */
  async begin(
    by: Deployer,
    info: DeploymentInfo,
    generation: number,
  ): Promise<Responses["begin"]> {
    const before = this.#underWay;
    // Its deployer was cut off and is back before this node has noticed.
    if (before?.about.id === info.id) await this.abort(before.by);
    const underWay = this.#begin(by, info);
    if (generation === this.#live.number) return {};
    this.#finish(underWay);
    const { deployment, committedAtMs } = this.#store.history().at(-1) ?? {};
    const since = committedAtMs === undefined ? "" : ` since ${dateOf(committedAtMs)}`;
    const whose = deployment === undefined
      ? ""
      : `, deployed by ${deployment.deployer} from ${deployment.from}`;
    throw new DeployRejected(
      `it runs generation ${this.#live.number}${since}${whose}; this was planned for generation ` +
        `${generation}; run init again`,
    );
  }

  /**
   * Prepares to run a manifest: everything that can fail, fails here. Begins where that was not done.
   *
   * @throws {DeployRejected} That says what cannot be run and why; nothing has changed.
   */
  async stage(
    by: Deployer,
    value: unknown,
    info: DeploymentInfo,
  ): Promise<Responses["stage"]> {
    const begun = this.#underWay;
    const underWay = begun?.by === by && begun.phase === "begun" ? begun : this.#begin(by, info);
    clearTimeout(underWay.timer);
    underWay.phase = "staging";
    try {
      underWay.staged = await this.#prepare(value, underWay);
      if (isAborted(underWay)) throw new DeployRejected("it was aborted");
      underWay.phase = "staged";
      this.#watch(underWay);
      this.#log.info("deploy.staged", {
        deployer: info.deployer,
        from: by.from,
        services: underWay.fresh.length,
      });
      return { generation: this.#live.number + 1 };
    } catch (error) {
      await this.#forget(underWay, "its deployment was refused");
      if (isAborted(underWay)) {
        throw new DeployRejected("the deployment was aborted while it was staged");
      }
      throw this.#rejected(underWay, "staging failed", error);
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
    underWay.phase = "committing";
    let generation: Generation;
    try {
      generation = await staged.prepared.commit();
    } catch (error) {
      await this.#forget(underWay, "its deployment failed");
      throw this.#rejected(underWay, "the commit failed", error);
    }
    const { number, manifest } = generation;
    this.#live = liveGeneration(
      number,
      manifest,
      (service) => ({
        executor: staged.executors.get(executorKey(service))!,
        refusal: undefined,
        stats: this.#live.services.get(service.name)?.stats ?? new ServiceStats(),
      }),
    );
    this.#retire(
      [...this.#executors].filter(([key, executor]) => staged.executors.get(key) !== executor),
    );
    this.#executors = staged.executors;
    this.#finish(underWay);
    this.#log.info("deploy.committed", {
      generation: number,
      deployer: underWay.about.deployer,
      from: by.from,
      deployment: underWay.about.id,
      rollbackTo: underWay.about.rollbackTo,
      services: manifest.services.length,
    });
    return { generation: number };
  }

  /**
   * Forgets what this deployer began, if anything. A commit that has begun is not called back.
   */
  async abort(by: Deployer): Promise<Responses["abort"]> {
    const underWay = this.#underWay;
    if (underWay?.by !== by || underWay.phase === "committing") return {};
    const { phase } = underWay;
    underWay.phase = "aborting";
    if (phase === "begun" || phase === "staged") {
      await this.#forget(underWay, "its deployment was aborted");
    } else await endAll(underWay.fresh, "its deployment was aborted");
    // Else stage, or the abort before this one, has the last word.
    await underWay.over.promise;
    if (phase === "staging" || phase === "staged") {
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

  #begin(by: Deployer, info: DeploymentInfo): UnderWay {
    const other = this.#underWay;
    if (other !== undefined) {
      throw new DeployRejected(
        `another deployment is under way: ${other.about.deployer} from ${other.by.from}, since ` +
          `${dateOf(other.sinceMs)}; try again when it is done`,
      );
    }
    const underWay: UnderWay = {
      by,
      about: { ...info, from: by.host },
      sinceMs: Date.now(),
      phase: "begun",
      timer: undefined,
      fresh: [],
      staged: undefined,
      over: Promise.withResolvers(),
    };
    this.#watch(underWay);
    this.#underWay = underWay;
    return underWay;
  }

  /** Does not wait for its deployer for ever. */
  #watch(underWay: UnderWay): void {
    const { about: { deployer }, by } = underWay;
    clearTimeout(underWay.timer);
    underWay.timer = setTimeout(() => {
      this.#log.warn("deploy.timed-out", { deployer, from: by.from });
      this.abort(by);
    }, limits.stageTimeoutMs);
  }

  /** Checks all, starts all, writes all: after this, nothing is left that could fail. */
  async #prepare(value: unknown, underWay: UnderWay): Promise<Staged> {
    const manifest = checkManifest(value);
    this.#checkName(manifest);
    this.#checkRules(manifest);
    await this.#checkScripts(manifest);
    if (isAborted(underWay)) throw new DeployRejected("it was aborted");
    const executors = this.#executorsFor(manifest, underWay.fresh);
    const executorOf = (service: ManifestService) => executors.get(executorKey(service))!;
    await tryAll(trialsOf(this.#live.manifest, manifest, executorOf, underWay.fresh));
    return { executors, prepared: await this.#store.prepare(manifest, underWay.about) };
  }

  /** Ends what a deployment has started, takes back what it has written, and lets the next one begin. */
  async #forget(underWay: UnderWay, reason: string): Promise<void> {
    await endAll(underWay.fresh, reason);
    await underWay.staged?.prepared.discard();
    this.#finish(underWay);
  }

  #finish(underWay: UnderWay): void {
    clearTimeout(underWay.timer);
    this.#underWay = undefined;
    underWay.over.resolve();
  }

  /** What a deployer is told of a failure; written to the log. */
  #rejected({ about, by }: UnderWay, what: string, error: unknown): DeployRejected {
    const rejection = error instanceof DeployRejected
      ? error
      : new DeployRejected(`${what}: ${messageOf(error)}`, { cause: error });
    this.#log.warn("deploy.rejected", {
      deployer: about.deployer,
      from: by.from,
      message: rejection.message,
    });
    return rejection;
  }

  /** The executors of a manifest: those that run already, and for the rest fresh ones, which are added to `fresh`. */
  #executorsFor(manifest: Manifest, fresh: ServiceExecutor[]): Map<string, ServiceExecutor> {
    const executors = new Map<string, ServiceExecutor>();
    for (const service of manifest.services) {
      const key = executorKey(service);
      let executor = this.#executors.get(key);
      // One that does not come up is tried anew, with what was sent: an init mends it, or says why not.
      if (executor === undefined || executor.isFailing) {
        executor = this.#newExecutor(service);
        fresh.push(executor);
      }
      executors.set(key, executor);
    }
    return executors;
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

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
