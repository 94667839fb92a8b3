/** A node's side of deployments: observe, put, stage, then commit or abort. */
import { DeployRejected } from "../../errors/mod.ts";
import type { ExecutorHost } from "../../executor/mod.ts";
import type { WholeMessages } from "../../helper/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import type { Generation, Store } from "../../store/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import { atOnce } from "../../encoding/mod.ts";
import {
  checkManifestSteps,
  type DeploymentInfo,
  type GenerationName,
  type Manifest,
  type ManifestService,
} from "../../manifest/mod.ts";
import type { Request, Responses, SentScript } from "../../protocol/mod.ts";
import { checkName, checkRules, checkScripts } from "./_manifest_checks.ts";
import { generationOf, keepSecret, observed } from "./_inventory.ts";
import { NodeExecutors } from "./_node_executors.ts";
import type { StackMapper } from "../calls/stack_mapper.ts";
import { exampleRunsOf, runExamples } from "./_example_runs.ts";
import { keepScripts } from "./_script_upload.ts";
import {
  type BeginOptions,
  type Deployer,
  type DeploymentSession,
  endAll,
  EndedDeployments,
  isAborted,
  isUnderWay,
  rejected,
  sinceWhen,
  type Staged,
  takenOverBy,
} from "./deployment_session.ts";
import { checkIsSigned, type DeployKeys, warnOfSigner } from "../peer/deployers.ts";
import type { LocalSecret } from "../peer/local_deployers.ts";
import { type OperatorRules, problemsOf } from "../operator.ts";
import { ServiceStats } from "../calls/service_stats.ts";
import { executorKey, type LiveGeneration, liveGeneration } from "../calls/live_generation.ts";
import { SeriesRoom } from "../metrics/call_series.ts";

const emptyManifest: Manifest = { format: 1, node: "", clients: [], services: [] };

/** The operator's options for deployments. */
export interface DeploymentOptions {
  readonly log: Log;
  readonly messages: WholeMessages;
  /** The node's name; undefined lets the manifest name it. */
  readonly name: string | undefined;
  readonly rules: OperatorRules;
  readonly keys: DeployKeys;
  readonly places: StackMapper;
  readonly bounds: Limits;
}

/** Holds and replaces the live generation of a node. */
export class Deployment {
  readonly #store: Store;
  readonly #options: DeploymentOptions;
  readonly #log: Log;
  readonly #rules: OperatorRules;
  readonly #keys: DeployKeys;
  readonly #seriesRoom: SeriesRoom;
  #live: LiveGeneration;
  readonly #executors: NodeExecutors;
  /** The deployment in progress, at most one. */
  #underWay: DeploymentSession | undefined;
  readonly #ended = new EndedDeployments();

  constructor(store: Store, host: ExecutorHost, options: DeploymentOptions) {
    this.#store = store;
    this.#log = options.log;
    this.#rules = options.rules;
    this.#keys = options.keys;
    this.#options = options;
    this.#seriesRoom = new SeriesRoom(options.bounds);
    const current = store.current();
    if (current !== undefined) warnOfSigner(current, { keys: this.#keys, log: this.#log });
    const manifest = current?.manifest ?? emptyManifest;
    this.#executors = new NodeExecutors(host, store, options.rules);
    const executors = atOnce(this.#executors.of(manifest, []));
    this.#live = atOnce(liveGeneration(current?.number ?? 0, manifest, (service) => {
      const executor = executors.get(executorKey(service, manifest))!;
      // The operator's bounds may be tighter than when this generation was committed.
      const problems = problemsOf(this.#rules, service, this.#options.bounds);
      for (const message of problems) this.#log.warn("service.refused", { message });
      const refusal = problems.length === 0 ? undefined : problems.join("; ");
      return { executor, refusal, stats: new ServiceStats(this.#seriesRoom) };
    }));
    this.#executors.replace(executors);
  }

  /** The live generation. */
  get live(): LiveGeneration {
    return this.#live;
  }

  /** The node's name: from the operator, else as deployed; empty if neither is known. */
  get nodeName(): string {
    return this.#options.name ?? this.#live.manifest.node;
  }

  /**
   * Reports the running manifest, after any commit in progress, and which of its scripts and the given ones are
   * missing.
   */
  async observe(ids: readonly string[]): Promise<Responses["observe"]> {
    if (this.#underWay?.phase === "committing") await this.#underWay.over.promise;
    return await observed(this.#store, { node: this.nodeName, live: this.#live }, ids);
  }

  /** Stores scripts, see {@linkcode keepScripts}. */
  put(
    by: Deployer,
    scripts: readonly SentScript[],
    attachment: Uint8Array<ArrayBuffer>,
  ): Promise<Responses["put"]> {
    this.#ended.check(by);
    // Each upload shows that the deployer is active.
    if (this.#underWay?.by === by && this.#underWay.phase === "begun") this.#watch(this.#underWay);
    return keepScripts(this.#store, this.#options.messages, { scripts, attachment, from: by.host });
  }

  /**
   * Begins a deployment: no other can begin here until it is over.
   *
   * @throws {DeployRejected} If another deployment is in progress and is not taken over, or has changed the live
   *   generation; names its deployer. If this deployment was itself taken over; says by whom.
   */
  async begin(
    by: Deployer,
    info: DeploymentInfo,
    { generation, takesOver }: BeginOptions,
  ): Promise<Responses["begin"]> {
    this.#ended.check(by, info.id);
    const before = this.#underWay;
    // The deployer lost its connection and is back before this node has noticed.
    if (before?.about.id === info.id) await this.abort(before.by);
    else if (before !== undefined && takesOver && generation === this.#live.number) {
      await this.#endFor(before, by, info);
    }
    const underWay = this.#begin(by, info);
    if (generation === this.#live.number) return {};
    this.#finish(underWay);
    throw new DeployRejected(
      `it runs generation ${this.#live.number}${
        sinceWhen(this.#store.history().at(-1))
      }; this was planned ` +
        `for generation ${generation}; run init again`,
    );
  }

  /**
   * Prepares to run a manifest: everything that can fail, fails here. Begins the deployment if necessary.
   *
   * @throws {Unauthenticated} If the required signature is missing or invalid; nothing has changed.
   * @throws {DeployRejected} Says what cannot run and why; nothing has changed.
   */
  async stage(
    by: Deployer,
    { manifest, deployment: info, signed }: Request & { op: "stage" },
  ): Promise<Responses["stage"]> {
    this.#ended.check(by, info.id);
    const begun = this.#underWay;
    const underWay = begun?.by === by && begun.phase === "begun" ? begun : this.#begin(by, info);
    clearTimeout(underWay.timer);
    underWay.phase = "staging";
    // Keeps the signed name, even if `begin` claimed another.
    const { id, deployer, rollbackTo } = info;
    underWay.about = { id, deployer, rollbackTo, from: by.host, signed };
    try {
      underWay.staged = await this.#prepare(manifest, underWay);
      if (isAborted(underWay)) throw new DeployRejected("it was aborted");
      underWay.phase = "staged";
      this.#watch(underWay);
      this.#log.info("deploy.staged", {
        deployer: info.deployer,
        from: by.from,
        key: signed?.key,
        services: underWay.fresh.length,
      });
      return { generation: this.#live.number + 1 };
    } catch (error) {
      await this.#forget(underWay, "its deployment was refused");
      this.#ended.check(by);
      if (isAborted(underWay)) {
        throw new DeployRejected("the deployment was aborted while it was staged");
      }
      throw rejected(underWay, this.#log, "staging failed", error);
    }
  }

  /**
   * Makes the staged generation durable, then live for every new call. Calls in flight finish on the old executors.
   *
   * @throws {DeployRejected} If nothing is staged, or the commit could not be stored.
   */
  async commit(by: Deployer): Promise<Responses["commit"]> {
    this.#ended.check(by);
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
      throw rejected(underWay, this.#log, "the commit failed", error);
    }
    const { number, manifest } = generation;
    this.#live = staged.live;
    for (const { stats, rpcs } of this.#live.services.values()) stats.series.keepOnly(rpcs);
    this.#executors.replace(staged.executors);
    this.#finish(underWay);
    this.#log.info("deploy.committed", {
      generation: number,
      deployer: underWay.about.deployer,
      from: by.from,
      key: underWay.about.signed?.key,
      deployment: underWay.about.id,
      rollbackTo: underWay.about.rollbackTo,
      services: manifest.services.length,
    });
    return { generation: number };
  }

  /** Aborts this deployer's deployment, if any. A commit in progress cannot be aborted. */
  async abort(by: Deployer): Promise<Responses["abort"]> {
    const underWay = this.#underWay;
    if (underWay?.by !== by || underWay.phase === "committing") return {};
    const { phase } = underWay;
    underWay.phase = "aborting";
    if (phase === "begun" || phase === "staged") {
      await this.#forget(underWay, "its deployment was aborted");
    } else await endAll(underWay.fresh, "its deployment was aborted");
    // Otherwise the staging in progress, or an earlier abort, cleans up.
    await underWay.over.promise;
    if (phase === "staging" || phase === "staged") {
      this.#log.info("deploy.aborted", {
        deployer: underWay.about.deployer,
        from: by.from,
      });
    }
    return {};
  }

  /** Whether a connection has a deployment in progress. */
  isUnderWayBy(by: Deployer): boolean {
    return this.#underWay?.by === by;
  }

  /** Resolves when the deployment in progress ends; undefined without one. */
  get over(): Promise<void> | undefined {
    return this.#underWay?.over.promise;
  }

  /** See {@linkcode keepSecret}. */
  keepSecret(secret: LocalSecret): Promise<void> {
    return keepSecret(this.#store, secret);
  }

  /** Reads the whole store, and reports what a restart would not find again. */
  async check(): Promise<Responses["check"]> {
    if (this.#underWay?.phase === "committing") await this.#underWay.over.promise;
    const { damage } = await this.#store.survey({ isReread: true });
    return { damage };
  }

  /** Lists the kept generations and their deployments. */
  history(): Responses["history"] {
    return { node: this.nodeName, generations: this.#store.history() };
  }

  /** See {@linkcode generationOf}. */
  generation(number: number): Promise<Responses["generation"]> {
    return generationOf(this.#store, number);
  }

  /** Ends every executor. Calls in flight fail with the reason. */
  async close(): Promise<void> {
    const underWay = this.#underWay;
    if (underWay !== undefined) {
      await this.abort(underWay.by);
      await underWay.over.promise;
    }
    await this.#executors.end("the node stops");
  }

  /** Ends a deployment that another takes over; a commit in progress is completed. */
  async #endFor(
    before: DeploymentSession,
    by: Deployer,
    { deployer }: DeploymentInfo,
  ): Promise<void> {
    if (before.phase === "committing") return await before.over.promise;
    this.#log.warn("deploy.taken-over", {
      deployer,
      from: by.from,
      key: by.key,
      message: `the deployment of ${before.about.deployer} from ${before.by.from} was ended for it`,
    });
    this.#ended.add(before, takenOverBy(deployer, by.from));
    await this.abort(before.by);
  }

  #begin(by: Deployer, info: DeploymentInfo): DeploymentSession {
    const other = this.#underWay;
    if (other !== undefined) {
      throw new DeployRejected(isUnderWay(other));
    }
    const underWay: DeploymentSession = {
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

  /** Bounds the wait for its deployer. */
  #watch(underWay: DeploymentSession): void {
    const { about: { deployer }, by, sinceMs } = underWay;
    const { stageTimeoutMs, deploymentTimeoutMs } = this.#options.bounds;
    const leftMs = Math.max(0, sinceMs + deploymentTimeoutMs - Date.now());
    clearTimeout(underWay.timer);
    underWay.timer = setTimeout(() => {
      this.#log.warn("deploy.timed-out", { deployer, from: by.from });
      const what = leftMs < stageTimeoutMs
        ? `it was not committed within ${deploymentTimeoutMs} ms`
        : `nothing came of it for ${stageTimeoutMs} ms`;
      this.#ended.add(underWay, `the deployment was ended: ${what}; run init again`);
      this.abort(by);
    }, Math.min(stageTimeoutMs, leftMs));
  }

  /** Checks, starts and writes everything, so that nothing can fail afterwards. */
  async #prepare(value: unknown, underWay: DeploymentSession): Promise<Staged> {
    const manifest = await inSlices(checkManifestSteps(value));
    const candidate = { manifest, deployment: underWay.about, previous: this.#currentName() };
    if (!underWay.by.isVouchedFor) await checkIsSigned(this.#keys, candidate, underWay.by.key);
    checkName(manifest, this.#options.name);
    checkRules(manifest, this.#rules);
    await checkScripts(manifest, this.#store);
    if (isAborted(underWay)) throw new DeployRejected("it was aborted");
    const executors = await inSlices(this.#executors.of(manifest, underWay.fresh));
    const executorOf = (service: ManifestService) => executors.get(executorKey(service, manifest))!;
    const trials = await inSlices(
      exampleRunsOf(this.#live.manifest, manifest, executorOf, underWay.fresh),
    );
    if (isAborted(underWay)) throw new DeployRejected("it was aborted");
    const giveUpRoom = this.#executors.makeRoom(underWay.fresh.length);
    try {
      const { trialsAtOnceMax: atOnceMax } = this.#executors;
      const isOver = () => isAborted(underWay);
      await runExamples(trials, { ...this.#options, atOnceMax, isOver });
    } finally {
      giveUpRoom();
    }
    const live = await inSlices(
      liveGeneration(this.#live.number + 1, manifest, (service) => ({
        executor: executorOf(service),
        refusal: undefined,
        stats: this.#live.services.get(service.name)?.stats ??
          new ServiceStats(this.#seriesRoom),
      })),
    );
    return { live, executors, prepared: await this.#store.prepare(manifest, underWay.about) };
  }

  /** The predecessor of the next generation. */
  #currentName(): GenerationName | undefined {
    const last = this.#store.history().at(-1);
    return last === undefined ? undefined : { number: last.number, fileHash: last.hash };
  }

  /** Stops a deployment's executors, removes its files, and lets the next one begin. */
  async #forget(underWay: DeploymentSession, reason: string): Promise<void> {
    await endAll(underWay.fresh, reason);
    await underWay.staged?.prepared.discard();
    this.#finish(underWay);
  }

  #finish(underWay: DeploymentSession): void {
    clearTimeout(underWay.timer);
    this.#underWay = undefined;
    underWay.over.resolve();
  }
}
