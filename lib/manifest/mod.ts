/**
 * The deployable form of init.yaml for one node, and its committed generations: services, signatures, tenants, clients,
 * limits and script ids. Pure.
 *
 * @module
 */

export { type CallRate, formatRate, parseRate, rateForm, ratePattern } from "./call_rate.ts";
export {
  type DeploymentInfo,
  type DeploymentRecord,
  type DeploymentSignature,
  type GenerationName,
  type GenerationRecord,
  isDeploymentInfo,
  type PastGeneration,
  type RootDamage,
} from "./generation.ts";
export {
  checkSignature,
  encodeGeneration,
  encodeGenerationSteps,
  generationHashOf,
  signDeployment,
} from "./generation_proof.ts";
export {
  checkManifest,
  checkManifestSteps,
  type Manifest,
  type ManifestClient,
  type ManifestExample,
  manifestFormat,
  manifestHashOf,
  type ManifestOverload,
  type ManifestService,
} from "./manifest.ts";
export { type CalledNode, type CalledNodeTls } from "./called_node.ts";
export {
  type CalledOverload,
  calledOverloads,
  type CallTarget,
  callTargets,
  type GrantedCalls,
} from "./granted_calls.ts";
export { type CallingNode, type ScriptCaller, scriptClient } from "./script_callers.ts";
export { namePatterns } from "./names.ts";
export { canonicalPermission, permissionForms } from "./permission_values.ts";
export {
  formatQuantity,
  fullLimits,
  type FullServiceLimits,
  limitSpecs,
  parseQuantity,
  type PermissionKind,
  permissionKinds,
  quantityForms,
  quantityPattern,
  type ServiceIsolation,
  type ServiceLimits,
  type ServicePermissions,
  sysNames,
  tooSmall,
  type Unit,
} from "./service_settings.ts";
export {
  checkSources,
  isPackagePath,
  isSourcePath,
  type ManifestPackage,
  type ManifestSource,
  type ManifestSources,
} from "./sources.ts";
export { isLabel, labelForm, labelPattern, type Selector, selects } from "./selector.ts";
