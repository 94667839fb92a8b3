/**
 * From init.yaml's model to nodes that run it: bundle, observe, diff, plan, apply. Only apply changes
 * anything; diff and plan are pure.
 *
 * This room must never print, and never know how a node stores or runs scripts.
 *
 * @module
 */
export type { AppliedNode } from "./apply.ts";
export type { DeployProgress } from "./progress.ts";
export { alignColumns } from "./_columns.ts";
export {
  type BundledScript,
  type BundleRequest,
  bundleScripts,
  findInScripts,
} from "./bundle/bundle.ts";
export {
  type CheckedScripts,
  checkScripts,
  type ReadScripts,
  readScripts,
} from "./bundle/script_functions.ts";
export { formatScriptTypes, type ScriptFunction } from "./functions/script_types.ts";
export { deploy, type Deployed, type DeployOptions } from "./deploy.ts";
export {
  formatHistory,
  formatStates,
  type PastDeployment,
  type PastDeploymentNode,
  readHistory,
} from "./history.ts";
export { driftText, formatStatus, type FoundNode, readStatus } from "./status.ts";
export { formatVerified, isWhole, type VerifiedNode, verifyNodes } from "./verify.ts";
export { bundleConfiguration } from "./manifests/desired_state.ts";
export { nodesOf } from "./fleet.ts";
export { filesOf, SourceWatch, type WatchedSources } from "./watch.ts";
export { rollback, type RollbackOptions } from "./rollback.ts";
export { type DesiredDeployment, type Plan, planDeployment } from "./plan.ts";
export { formatBytes, formatPlan, planToJson } from "./plan_text.ts";
