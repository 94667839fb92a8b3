/**
 * What travels: types and values, messages of all framings, manifests and ids. Pure: no I/O, no clock.
 *
 * This room must never know of connections, files or processes.
 *
 * @module
 */
export * from "./calls.ts";
export {
  beginsHttp,
  bodyFraming,
  continueResponse,
  exceptionResponse,
  formatHttpHead,
  formatHttpResponse,
  headEnd,
  type HttpHead,
  HttpRefusal,
  type HttpResponse,
  httpStatuses,
  isKeptAlive,
  malformed,
  parseHttpHead,
} from "./http.ts";
export { HttpBody } from "./http_body.ts";
export {
  addressBytes,
  addressGroup,
  AddressRange,
  canonicalAddress,
  isHostName,
  isUnspecified,
} from "./ip_address.ts";
export { type CallRate, formatRate } from "./call_rate.ts";
export type {
  DeploymentInfo,
  DeploymentRecord,
  DeploymentSignature,
  GenerationName,
  GenerationRecord,
  PastGeneration,
  RootDamage,
} from "./generation.ts";
export {
  checkSignature,
  encodeGeneration,
  generationHashOf,
  signDeployment,
} from "./generation_proof.ts";
export { type JsonSchema, schemaOf, tupleSchema } from "./json_schema.ts";
export {
  formatJsonRpcError,
  isBrokenJsonRpc,
  isJsonRpc,
  type JsonRpcId,
  type JsonRpcItem,
  jsonRpcResultFrame,
  parseErrorCode,
  parseJsonRpc,
} from "./jsonrpc.ts";
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
export {
  checkSources,
  isSourcePath,
  type ManifestSource,
  type ManifestSources,
} from "./manifest_sources.ts";
export { namePatterns } from "./names.ts";
export { refuseEmpty } from "./not_empty.ts";
export { type JsonArguments, type NamedOverload, parseJsonArguments } from "./named_arguments.ts";
export { encodeJsonSteps, parseJsonSteps } from "./json_steps.ts";
export { atOnce, type Steps, type TakeSteps } from "./steps.ts";
export { itemsIn, PackedItems } from "./packed_items.ts";
export { quoteBriefly } from "./type_mismatch.ts";
export { canonicalPermission, permissionForms } from "./permission_values.ts";
export {
  formatSignedTextRequest,
  formatTextException,
  formatTextRequest,
  JsonObjectScanner,
  parseTextRequest,
  parseTextResponse,
  stringsIn,
  type TextRequest,
  textResultFrame,
} from "./text.ts";
export {
  type PreparedCall,
  prepareJson,
  prepareText,
  prepareValues,
  type ResultForm,
  resultJson,
  resultOf,
} from "./whole_call.ts";
