/**
 * What travels: types and values, messages of all framings, manifests and ids. Pure: no I/O, no clock.
 *
 * This room must never know of connections, files or processes.
 *
 * @module
 */
export {
  type CompiledSignature,
  compileSignature,
  formatSignature,
  type Signature,
} from "./signature.ts";
export type { ItemStream } from "./_item_stream.ts";
export { isItemSource, type ItemSource, NamedSource } from "./_stream_codec.ts";
export {
  FrameDecoder,
  frameHeaderBytes,
  FrameKind,
  type FrameSink,
  preface,
  protocolVersion,
  readUint32,
  routeNumberMax,
  writeFrameHeader,
  writeUint32,
} from "./frame.ts";
export { giveBuffer, takeBuffer } from "./buffers.ts";
export {
  beginsHttp,
  bodyFraming,
  continueResponse,
  exceptionResponse,
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
export { addressGroup, AddressRange, canonicalAddress } from "./ip_address.ts";
export { type CallRate, formatRate } from "./call_rate.ts";
export {
  checkSignature,
  type DeploymentInfo,
  type DeploymentRecord,
  type DeploymentSignature,
  encodeGeneration,
  generationHashOf,
  type GenerationName,
  type GenerationRecord,
  type PastGeneration,
  signDeployment,
} from "./generation.ts";
export { parseJson, stringifyJson } from "./json.ts";
export {
  generatePem,
  isPublicKey,
  isSignedBy,
  type PublicKey,
  publicKey,
  publicKeyForm,
  shortKey,
  SigningKey,
} from "./key.ts";
export { type JsonSchema, schemaOf, tupleSchema } from "./json_schema.ts";
export {
  formatJsonRpcError,
  formatJsonRpcResult,
  isJsonRpc,
  type JsonRpcId,
  type JsonRpcItem,
  parseErrorCode,
  parseJsonRpc,
} from "./jsonrpc.ts";
export {
  checkManifest,
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
export {
  decodeException,
  decodeGoodbye,
  decodeHello,
  decodeRoute,
  decodeTiming,
  encodeException,
  encodeExceptionBody,
  encodeJson,
  type ExceptionBody,
  type Goodbye,
  type Hello,
  type Route,
  type Timing,
} from "./message.ts";
export { namePatterns } from "./names.ts";
export { chooseOverload, explainOverloads, type OverloadRequest } from "./overload.ts";
export { chooseByJson, type JsonArguments, parseJsonArguments } from "./named_arguments.ts";
export {
  decodeRequest,
  decodeResponse,
  type DescribedOverload,
  type DescribedService,
  encodeControl,
  type ExplainedIdentity,
  type Explanation,
  type Request,
  type Responses,
  type SentScript,
} from "./request.ts";
export {
  type ConnectionClaim,
  connectionStatement,
  httpProof,
  jsonRpcStatement,
  newChallenge,
  type RequestProof,
  textStatement,
} from "./proof.ts";
export { parseTypeExpression, type TypeExpression } from "./type_expression.ts";
export {
  type ScriptId,
  scriptId,
  scriptIdAt,
  scriptIdBytes,
  scriptIdOf,
  scriptIdShownLength,
  type ScriptPin,
  scriptPin,
} from "./script_id.ts";
export { canonicalPermission, permissionForms } from "./permission_values.ts";
export {
  formatQuantity,
  fullLimits,
  type FullServiceLimits,
  limitSpecs,
  parseQuantity,
  permissionKinds,
  quantityForms,
  type ServiceLimits,
  type ServicePermissions,
} from "./service_settings.ts";
export type { ExecutorState, ExecutorStatus, NodeStatus, ServiceStatus } from "./status.ts";
export { software, version } from "./software.ts";
export {
  formatSignedTextRequest,
  formatTextException,
  formatTextRequest,
  formatTextResult,
  JsonObjectScanner,
  parseTextRequest,
  parseTextResponse,
  stringsIn,
  type TextRequest,
} from "./text.ts";
export { encodePayload, givePayload } from "./payload.ts";
export { describeValue } from "./type_mismatch.ts";
