/** A deployment while it is under way on a node, and the executors that it starts. */
import type { ServiceExecutor } from "../executor/mod.ts";
import type { LiveGeneration } from "./generation.ts";
import type { PreparedGeneration } from "../store/mod.ts";
import type { DeploymentRecord, PublicKey } from "../wire/mod.ts";

/** Who deploys: one connection. */
export interface Deployer {
  /** Its address, for messages and the log. */
  readonly from: string;
  /** The address without the port, for the history. */
  readonly host: string;
  /** The key that it has proved; undefined where it has proved none. */
  readonly key: PublicKey | undefined;
}

/** One deployment, from its beginning to the end of its commit or abort. */
export interface UnderWay {
  readonly by: Deployer;
  about: DeploymentRecord;
  readonly sinceMs: number;
  phase: "begun" | "staging" | "staged" | "committing" | "aborting";
  /** Ends it when its deployer takes too long. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The executors that it needs and that did not run before. */
  readonly fresh: ServiceExecutor[];
  staged: Staged | undefined;
  /** Resolves when it is over, one way or the other. */
  readonly over: PromiseWithResolvers<void>;
}

/** What a commit makes current. */
export interface Staged {
  readonly live: LiveGeneration;
  readonly executors: ReadonlyMap<string, ServiceExecutor>;
  readonly prepared: PreparedGeneration;
}

/** Whether its deployer has given it up. */
export function isAborted(underWay: UnderWay): boolean {
  return underWay.phase === "aborting";
}

/** Ends every executor at once. */
export async function endAll(executors: readonly ServiceExecutor[], reason: string): Promise<void> {
  await Promise.all(executors.map((executor) => executor.kill(reason)));
}
