/** A deployment in progress on a node, and its new executors. */
import { DeployRejected, messageOf, Unauthenticated } from "../../errors/mod.ts";
import type { ServiceExecutor } from "../../executor/mod.ts";
import type { LiveGeneration } from "../calls/live_generation.ts";
import type { Log } from "../../log/mod.ts";
import type { Generation, PreparedGeneration } from "../../store/mod.ts";
import type { DeploymentRecord } from "../../manifest/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";

/** The deployer, identified by its connection. */
export interface Deployer {
  /** Its address, for messages and the log. */
  readonly from: string;
  /** The address without the port, for the history. */
  readonly host: string;
  /** The key that it has proved, if any. */
  readonly key: PublicKey | undefined;
  /** Whether it is a fleet's state, whose signature was checked; each node derives its manifest from it. */
  readonly isVouchedFor?: true;
}

/** One deployment, from begin to the end of commit or abort. */
export interface DeploymentSession {
  readonly by: Deployer;
  about: DeploymentRecord;
  readonly sinceMs: number;
  phase: "begun" | "staging" | "staged" | "committing" | "aborting";
  /** The time limit of its deployer. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The new executors that it needs. */
  readonly fresh: ServiceExecutor[];
  staged: Staged | undefined;
  /** Resolves when it is over, committed or aborted. */
  readonly over: PromiseWithResolvers<void>;
}

/** The generation to commit. */
export interface Staged {
  readonly live: LiveGeneration;
  readonly executors: ReadonlyMap<string, ServiceExecutor>;
  readonly prepared: PreparedGeneration;
}

/** Options of beginning a deployment. */
export interface BeginOptions {
  /** The generation that the deployer expects to be live. */
  readonly generation: number;
  /** Whether to take over from another deployment in progress. */
  readonly takesOver: boolean;
}

/** Deployments that were taken over or timed out, with the reason for their deployers. */
export class EndedDeployments {
  /** By the deployer's connection, and the last one also by id, because its deployer may reconnect. */
  readonly #reasons = new WeakMap<Deployer, string>();
  #last: { readonly id: string; readonly reason: string } | undefined;

  add({ by, about }: DeploymentSession, reason: string): void {
    this.#reasons.set(by, reason);
    this.#last = { id: about.id, reason };
  }

  /** @throws {DeployRejected} If the deployment of this connection, or of this id, was ended. */
  check(by: Deployer, id?: string): void {
    const reason = this.#reasons.get(by) ??
      (id === this.#last?.id ? this.#last?.reason : undefined);
    if (reason !== undefined) throw new DeployRejected(reason);
  }
}

/** The message to deployers whose deployment is taken over. */
export function takenOverBy(deployer: string, from: string): string {
  return `${deployer} from ${from} has taken over, with "init --take-over" at ` +
    `${
      new Date().toISOString()
    }; nothing has changed here by your deployment; ask them, and run init again`;
}

/** Whether its deployer has aborted it. */
export function isAborted(underWay: DeploymentSession): boolean {
  return underWay.phase === "aborting";
}

/** Ends every executor at once. */
export async function endAll(executors: readonly ServiceExecutor[], reason: string): Promise<void> {
  await Promise.all(executors.map((executor) => executor.kill(reason)));
}

/** The message to another deployment that wants to begin. */
export function isUnderWay({ about, by, sinceMs }: DeploymentSession): string {
  return `another deployment is under way: ${about.deployer} from ${by.from}, since ${
    dateOf(sinceMs)
  }; ` +
    "try again when it is done, or end it with init --take-over";
}

/** The error for the deployer; also logged. */
export function rejected(
  { about, by }: DeploymentSession,
  log: Log,
  what: string,
  error: unknown,
): DeployRejected | Unauthenticated {
  const rejection = error instanceof DeployRejected || error instanceof Unauthenticated
    ? error
    : new DeployRejected(`${what}: ${messageOf(error)}`, { cause: error });
  log.warn("deploy.rejected", {
    deployer: about.deployer,
    from: by.from,
    message: rejection.message,
  });
  return rejection;
}

/** The start and deployer of a generation, for messages; empty if unknown. */
export function sinceWhen(
  generation: Pick<Generation, "committedAtMs" | "deployment"> | undefined,
): string {
  if (generation === undefined) return "";
  const { deployment, committedAtMs } = generation;
  const whose = deployment === undefined
    ? ""
    : `, deployed by ${deployment.deployer} from ${deployment.from}`;
  return ` since ${dateOf(committedAtMs)}${whose}`;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
